//! Sending a test, sending again, queueing the work of webhooks, and deleting old messages.

use super::error::WebhookError;
use super::outlets::WebhookOutlets;
use crate::app::Application;
use crate::changes::ChangeQuery;
use crate::ports::{JobId, JobKind, NewJob, StorageError};
use chrono::TimeDelta;
use selfsame_domain::webhooks::EndpointAnswer;
use selfsame_domain::{MessageId, Revision, WebhookId, WorkspaceId};
use std::collections::BTreeSet;

/// How many webhooks get a job at a time.
const MOST_DUE: u32 = 200;

/// For how long delivered and dead messages are kept.
const DELIVERED: TimeDelta = TimeDelta::days(1);
const DEAD: TimeDelta = TimeDelta::days(30);

/// What to send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// All changes after a commit.
    After(Revision),
    /// These messages, as far as they are dead.
    Dead(Vec<MessageId>),
}

impl Application {
    /// Sends a test message at once, whether the webhook is enabled or not, and returns the answer.
    pub async fn test_webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<EndpointAnswer, WebhookError> {
        let webhook = self.found_webhook(workspace, id).await?;
        let outlets = self.webhook_outlets()?;
        let now = self.clock.now();
        let keys = outlets.keys(&webhook, now)?;
        let message = MessageId(self.ids.uuid(now)).to_header();
        let body = outlets.bodies.of_test(now);
        let message = WebhookOutlets::message(&webhook.url, &keys, message, body, now);
        Ok(outlets.sender.send(&message).await)
    }

    /// Sends messages again. Returns how many dead messages are pending now.
    pub async fn replay_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        replay: &Replay,
    ) -> Result<u64, WebhookError> {
        self.found_webhook(workspace, id).await?;
        match replay {
            Replay::Dead(messages) => {
                let now = self.clock.now();
                Ok(self.store.revive_deliveries(workspace, id, messages, now).await?)
            }
            Replay::After(revision) => {
                let query = ChangeQuery {
                    after: Some(*revision),
                    limit: 1,
                    kinds: BTreeSet::new(),
                };
                self.changes(workspace, &query).await?;
                if self.store.move_webhook(workspace, id, *revision).await? {
                    Ok(0)
                } else {
                    Err(WebhookError::NotFound)
                }
            }
        }
    }

    /// Queues a job for every webhook that has work. Several servers may call it at the same time.
    pub async fn start_due_webhooks(&self) -> Result<(), StorageError> {
        let now = self.clock.now();
        for (workspace, id) in self.store.due_webhooks(now, MOST_DUE).await? {
            let job = NewJob {
                workspace,
                id: JobId(id.0),
                kind: JobKind::Webhook,
                queue: format!("webhook {id}"),
                payload: id.to_string(),
                not_before: now,
                created_at: now,
            };
            if self.store.replace_job(&job).await? {
                self.jobs.enqueued();
            }
        }
        Ok(())
    }

    /// Deletes messages that were delivered a day ago, or are dead for 30 days. Returns how many.
    pub async fn prune_deliveries(&self) -> Result<u64, StorageError> {
        let now = self.clock.now();
        self.store.prune_deliveries(now - DELIVERED, now - DEAD).await
    }
}
