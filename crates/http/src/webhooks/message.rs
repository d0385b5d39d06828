//! The bodies of messages.

use crate::changes::ChangeBody;
use selfsame_application::ports::MessageBodies;
use selfsame_domain::{ContactChange, Timestamp};
use serde_json::json;

/// Writes a change as the change feed does, in the envelope of Standard Webhooks: `type`, `timestamp` and `data`.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChangeMessages;

impl MessageBodies for ChangeMessages {
    fn of_change(&self, change: &ContactChange) -> String {
        let data = ChangeBody::from(change);
        let kind = format!("contact.{}", change.kind.as_str());
        // Of an erasure no time is kept.
        match change.decision {
            Some((_, at)) => json!({"type": kind, "timestamp": at, "data": data}),
            None => json!({"type": kind, "data": data}),
        }
        .to_string()
    }

    fn of_test(&self, at: Timestamp) -> String {
        json!({"type": "test", "timestamp": at, "data": {}}).to_string()
    }
}
