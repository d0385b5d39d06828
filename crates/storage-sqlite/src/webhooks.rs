//! Webhooks and their deliveries.

mod deliveries;

use crate::error::{conflict, names_nothing, storage};
use crate::jobs;
use crate::rows::{Row, micros};
use crate::statement::{SqliteRow, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use selfsame_application::ports::{Delivery, DeliveryQuery, DueQuery, NewJob, StorageError, Webhook, Webhooks};
use selfsame_domain::webhooks::{EndpointHealth, WantedKinds, WebhookUrl};
use selfsame_domain::{MessageId, Revision, Timestamp, WebhookId, WorkspaceId};

const URL: &str = "the URL of the webhook";

const INSERT: &str = "
INSERT INTO webhooks (workspace_id, webhook_id, url, kinds, sealed, sealed_before, before_until, is_enabled, failures,
    paused_until, problem, position, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";

const ONE: &str = "
SELECT workspace_id, webhook_id, url, kinds, sealed, sealed_before, before_until, is_enabled, failures, paused_until,
    problem, position, created_at, updated_at
FROM webhooks
WHERE workspace_id = ?1 AND webhook_id = ?2";

const ALL: &str = "
SELECT workspace_id, webhook_id, url, kinds, sealed, sealed_before, before_until, is_enabled, failures, paused_until,
    problem, position, created_at, updated_at
FROM webhooks
WHERE workspace_id = ?1
ORDER BY webhook_id
LIMIT 500";

const UPDATE: &str = "
UPDATE webhooks
SET url = ?3, kinds = ?4, sealed = ?5, sealed_before = ?6, before_until = ?7, updated_at = ?8
WHERE workspace_id = ?1 AND webhook_id = ?2";

const SWITCH: &str = "
UPDATE webhooks
SET is_enabled = ?3, failures = ?4, paused_until = ?5, problem = ?6, updated_at = ?7
WHERE workspace_id = ?1 AND webhook_id = ?2";

const MOVE: &str = "UPDATE webhooks SET position = ?3 WHERE workspace_id = ?1 AND webhook_id = ?2";

const DELETE: &str = "DELETE FROM webhooks WHERE workspace_id = ?1 AND webhook_id = ?2";

const DELETE_DELIVERIES: &str = "DELETE FROM webhook_deliveries WHERE workspace_id = ?1 AND webhook_id = ?2";

const DUE: &str = "
SELECT w.workspace_id, w.webhook_id
FROM webhooks AS w
JOIN revisions AS r ON r.workspace_id = w.workspace_id
WHERE w.is_enabled
  AND (w.paused_until IS NULL OR w.paused_until <= ?1)
  AND (w.position < r.latest
       OR EXISTS (
           SELECT 1 FROM webhook_deliveries AS d
           WHERE d.workspace_id = w.workspace_id AND d.webhook_id = w.webhook_id
             AND d.status = 'pending' AND d.next_try_at <= ?1))
  AND NOT EXISTS (
      SELECT 1 FROM jobs AS j
      WHERE j.workspace_id = w.workspace_id AND j.job_id = w.webhook_id AND j.state IN ('queued', 'running'))
ORDER BY w.workspace_id, w.webhook_id
LIMIT ?2";

const FORGET_JOB: &str = "
DELETE FROM jobs WHERE workspace_id = ?1 AND job_id = ?2 AND state NOT IN ('queued', 'running')";

#[async_trait]
impl Webhooks for SqliteStore {
    async fn create_webhook(&self, webhook: &Webhook) -> Result<(), StorageError> {
        let (before, until) = webhook.sealed_before.clone().unzip();
        let mut writing = self.writer.begin().await?;
        statement(INSERT)
            .bind(webhook.workspace.0)
            .bind(webhook.id.0)
            .bind(webhook.url.as_str())
            .bind(webhook.kinds.to_text())
            .bind(&webhook.sealed)
            .bind(before)
            .bind(until.map(micros))
            .bind(webhook.is_enabled)
            .bind(webhook.health.failures)
            .bind(webhook.health.paused_until.map(micros))
            .bind(&webhook.health.problem)
            .bind(webhook.position.0)
            .bind(micros(webhook.created_at))
            .bind(micros(webhook.updated_at))
            .execute(writing.connection()?)
            .map_err(|error| {
                if names_nothing(&error) {
                    StorageError::UnknownWorkspace
                } else {
                    conflict(error, URL)
                }
            })?;
        writing.commit()
    }

    async fn webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<Option<Webhook>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let found = statement(ONE)
            .bind(workspace.0)
            .bind(id.0)
            .fetch_optional(reader.connection()?)
            .map_err(storage)?;
        found.map(|row| read(&row)).transpose()
    }

    async fn webhooks(&self, workspace: WorkspaceId) -> Result<Vec<Webhook>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let found = statement(ALL)
            .bind(workspace.0)
            .fetch_all(reader.connection()?)
            .map_err(storage)?;
        found.iter().map(read).collect()
    }

    async fn update_webhook(&self, webhook: &Webhook) -> Result<bool, StorageError> {
        let (before, until) = webhook.sealed_before.clone().unzip();
        let mut writing = self.writer.begin().await?;
        let done = statement(UPDATE)
            .bind(webhook.workspace.0)
            .bind(webhook.id.0)
            .bind(webhook.url.as_str())
            .bind(webhook.kinds.to_text())
            .bind(&webhook.sealed)
            .bind(before)
            .bind(until.map(micros))
            .bind(micros(webhook.updated_at))
            .execute(writing.connection()?)
            .map_err(|error| conflict(error, URL))?;
        writing.commit()?;
        Ok(done.rows_affected() == 1)
    }

    async fn switch_webhook(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        is_enabled: bool,
        health: &EndpointHealth,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement(SWITCH)
            .bind(workspace.0)
            .bind(id.0)
            .bind(is_enabled)
            .bind(health.failures)
            .bind(health.paused_until.map(micros))
            .bind(&health.problem)
            .bind(micros(now))
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected() == 1)
    }

    async fn delete_webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let delete = |sql| statement(sql).bind(workspace.0).bind(id.0);
        let done = delete(DELETE).execute(writing.connection()?).map_err(storage)?;
        delete(DELETE_DELIVERIES)
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected() == 1)
    }

    async fn due_webhooks(&self, now: Timestamp, limit: u32) -> Result<Vec<(WorkspaceId, WebhookId)>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let found = statement(DUE)
            .bind(micros(now))
            .bind(limit)
            .fetch_all(reader.connection()?)
            .map_err(storage)?;
        let read = |row: &SqliteRow| {
            let row = Row::new(row, "webhooks", 1);
            Ok((
                WorkspaceId(row.get(0, "workspace_id")?),
                WebhookId(row.get(1, "webhook_id")?),
            ))
        };
        found.iter().map(read).collect()
    }

    async fn replace_job(&self, job: &NewJob) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        statement(FORGET_JOB)
            .bind(job.workspace.0)
            .bind(job.id.0)
            .execute(writing.connection()?)
            .map_err(storage)?;
        match jobs::insert(writing.connection()?, job) {
            Ok(()) => writing.commit().map(|()| true),
            Err(StorageError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn store_deliveries(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        range: (Revision, Revision),
        made: &[Delivery],
    ) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let stored = deliveries::store(writing.connection()?, (workspace, id), range, made)?;
        writing.commit()?;
        Ok(stored)
    }

    async fn pending_deliveries(&self, workspace: WorkspaceId, id: WebhookId) -> Result<u64, StorageError> {
        let mut reader = self.readers.lend().await?;
        deliveries::pending(reader.connection()?, workspace, id)
    }

    async fn due_deliveries(&self, query: &DueQuery) -> Result<Vec<Delivery>, StorageError> {
        let mut reader = self.readers.lend().await?;
        deliveries::due(reader.connection()?, query)
    }

    async fn record_attempts(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        tried: &[Delivery],
        state: (bool, &EndpointHealth),
    ) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        deliveries::record(writing.connection()?, (workspace, id), tried, state)?;
        writing.commit()
    }

    async fn deliveries(&self, query: &DeliveryQuery) -> Result<Vec<Delivery>, StorageError> {
        let mut reader = self.readers.lend().await?;
        deliveries::list(reader.connection()?, query)
    }

    async fn move_webhook(&self, workspace: WorkspaceId, id: WebhookId, to: Revision) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement(MOVE)
            .bind(workspace.0)
            .bind(id.0)
            .bind(to.0)
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected() == 1)
    }

    async fn revive_deliveries(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        messages: &[MessageId],
        now: Timestamp,
    ) -> Result<u64, StorageError> {
        let mut writing = self.writer.begin().await?;
        let revived = deliveries::revive(writing.connection()?, (workspace, id), messages, now)?;
        writing.commit()?;
        Ok(revived)
    }

    async fn prune_deliveries(&self, delivered_before: Timestamp, dead_before: Timestamp) -> Result<u64, StorageError> {
        let mut writing = self.writer.begin().await?;
        let pruned = deliveries::prune(writing.connection()?, delivered_before, dead_before)?;
        writing.commit()?;
        Ok(pruned)
    }
}

/// Reads the columns of [`ONE`].
fn read(row: &SqliteRow) -> Result<Webhook, StorageError> {
    let row = Row::new(row, "webhooks", 1);
    let kinds: Option<&str> = row.get(3, "kinds")?;
    let before: Option<Vec<u8>> = row.get(5, "sealed_before")?;
    Ok(Webhook {
        workspace: WorkspaceId(row.get(0, "workspace_id")?),
        id: WebhookId(row.get(1, "webhook_id")?),
        url: row.read(2, "url", |text| WebhookUrl::parse(text).ok())?,
        kinds: WantedKinds::from_text(kinds).ok_or_else(|| row.corrupt("kinds"))?,
        sealed: row.get(4, "sealed")?,
        sealed_before: before.zip(row.optional_time(6, "before_until")?),
        is_enabled: row.get(7, "is_enabled")?,
        health: EndpointHealth {
            failures: row.get(8, "failures")?,
            paused_until: row.optional_time(9, "paused_until")?,
            problem: row.get(10, "problem")?,
        },
        position: Revision(row.get(11, "position")?),
        created_at: row.time(12, "created_at")?,
        updated_at: row.time(13, "updated_at")?,
    })
}
