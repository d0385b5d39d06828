//! Recorded replies, and entries of the identity log.

use super::{decision_body, json, to_json};
use selfsame_application::ports::{Recorded, StorageError};
use selfsame_domain::{ContactId, LogEntry, Timestamp};
use uuid::Uuid;

/// A row of `recorded_replies`.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "reply_v1")]
pub(crate) struct ReplyRecord {
    key: String,
    digest: Vec<u8>,
    decisions: String,
    contacts: Vec<i64>,
    expires_at: Timestamp,
}

impl TryFrom<&Recorded> for ReplyRecord {
    type Error = StorageError;

    fn try_from(recorded: &Recorded) -> Result<Self, StorageError> {
        Ok(Self {
            key: recorded.key.clone(),
            digest: recorded.digest.clone(),
            decisions: to_json(&recorded.decisions)?,
            contacts: recorded.contacts.iter().map(|id| id.0).collect(),
            expires_at: recorded.expires_at,
        })
    }
}

impl TryFrom<ReplyRecord> for Recorded {
    type Error = StorageError;

    fn try_from(record: ReplyRecord) -> Result<Self, StorageError> {
        Ok(Self {
            decisions: json(&record.decisions, "recorded_replies", "decisions", &record.key)?,
            key: record.key,
            digest: record.digest,
            contacts: record.contacts.into_iter().map(ContactId).collect(),
            expires_at: record.expires_at,
        })
    }
}

/// A row of `identity_log` to write.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "log_entry_v1")]
pub(crate) struct LogEntryRecord {
    contact_id: i64,
    decision_id: Uuid,
    body: Vec<u8>,
    /// None when empty.
    mentions: Option<Vec<i64>>,
}

impl TryFrom<&LogEntry> for LogEntryRecord {
    type Error = StorageError;

    fn try_from(entry: &LogEntry) -> Result<Self, StorageError> {
        let mentions: Vec<i64> = entry.mentions.iter().map(|id| id.0).collect();
        Ok(Self {
            contact_id: entry.contact.0,
            decision_id: entry.decision.id.0,
            body: decision_body(&entry.decision)?,
            mentions: (!mentions.is_empty()).then_some(mentions),
        })
    }
}
