//! Webhooks and their deliveries.

mod deliveries;

use crate::error::{is_orphan, is_taken, translate};
use crate::jobs;
use crate::rows::{all, corrupt};
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{Delivery, DeliveryQuery, DueQuery, NewJob, StorageError, Webhook, Webhooks};
use selfsame_domain::webhooks::{EndpointHealth, WantedKinds, WebhookUrl};
use selfsame_domain::{MessageId, Revision, Timestamp, WebhookId, WorkspaceId};
use sqlx::FromRow;
use uuid::Uuid;

const INSERT: &str = "
INSERT INTO webhooks (workspace_id, webhook_id, url, kinds, sealed, sealed_before, before_until, is_enabled, failures,
    paused_until, problem, position, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

const ONE: &str = "
SELECT workspace_id, webhook_id, url, kinds, sealed, sealed_before, before_until, is_enabled, failures, paused_until,
    problem, position, created_at, updated_at
FROM webhooks
WHERE workspace_id = $1 AND webhook_id = $2";

const ALL: &str = "
SELECT workspace_id, webhook_id, url, kinds, sealed, sealed_before, before_until, is_enabled, failures, paused_until,
    problem, position, created_at, updated_at
FROM webhooks
WHERE workspace_id = $1
ORDER BY webhook_id
LIMIT 500";

const UPDATE: &str = "
UPDATE webhooks
SET url = $3, kinds = $4, sealed = $5, sealed_before = $6, before_until = $7, updated_at = $8
WHERE workspace_id = $1 AND webhook_id = $2";

const SWITCH: &str = "
UPDATE webhooks
SET is_enabled = $3, failures = $4, paused_until = $5, problem = $6, updated_at = $7
WHERE workspace_id = $1 AND webhook_id = $2";

const MOVE: &str = "UPDATE webhooks SET position = $3 WHERE workspace_id = $1 AND webhook_id = $2";

/// The row is locked by its deletion first, so that no job stores deliveries in between.
const DELETE: &str = "DELETE FROM webhooks WHERE workspace_id = $1 AND webhook_id = $2";

const DELETE_DELIVERIES: &str = "DELETE FROM webhook_deliveries WHERE workspace_id = $1 AND webhook_id = $2";

const DUE: &str = "
SELECT w.workspace_id, w.webhook_id
FROM webhooks AS w
JOIN revisions AS r ON r.workspace_id = w.workspace_id
WHERE w.is_enabled
  AND (w.paused_until IS NULL OR w.paused_until <= $1)
  AND (w.position < r.latest
       OR EXISTS (
           SELECT FROM webhook_deliveries AS d
           WHERE d.workspace_id = w.workspace_id AND d.webhook_id = w.webhook_id
             AND d.status = 'pending' AND d.next_try_at <= $1))
  AND NOT EXISTS (
      SELECT FROM jobs AS j
      WHERE j.workspace_id = w.workspace_id AND j.job_id = w.webhook_id AND j.state IN ('queued', 'running'))
ORDER BY w.workspace_id, w.webhook_id
LIMIT $2";

const FORGET_JOB: &str = "
DELETE FROM jobs WHERE workspace_id = $1 AND job_id = $2 AND state NOT IN ('queued', 'running')";

#[derive(FromRow)]
struct Stored {
    workspace_id: i64,
    webhook_id: Uuid,
    url: String,
    kinds: Option<String>,
    sealed: Vec<u8>,
    sealed_before: Option<Vec<u8>>,
    before_until: Option<Timestamp>,
    is_enabled: bool,
    failures: i32,
    paused_until: Option<Timestamp>,
    problem: Option<String>,
    position: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[async_trait]
impl Webhooks for PostgresStore {
    async fn create_webhook(&self, webhook: &Webhook) -> Result<(), StorageError> {
        let (before, until) = webhook.sealed_before.clone().unzip();
        let inserted = sqlx::query(INSERT)
            .bind(webhook.workspace.0)
            .bind(webhook.id.0)
            .bind(webhook.url.as_str())
            .bind(webhook.kinds.to_text())
            .bind(&webhook.sealed)
            .bind(before)
            .bind(until)
            .bind(webhook.is_enabled)
            .bind(count(webhook.health.failures))
            .bind(webhook.health.paused_until)
            .bind(&webhook.health.problem)
            .bind(webhook.position.0)
            .bind(webhook.created_at)
            .bind(webhook.updated_at)
            .execute(self.pool())
            .await;
        match inserted {
            Ok(_) => Ok(()),
            Err(error) if is_orphan(&error) => Err(StorageError::UnknownWorkspace),
            Err(error) => Err(taken(error)),
        }
    }

    async fn webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<Option<Webhook>, StorageError> {
        let found: Option<Stored> = sqlx::query_as(ONE)
            .bind(workspace.0)
            .bind(id.0)
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        found.map(Stored::read).transpose()
    }

    async fn webhooks(&self, workspace: WorkspaceId) -> Result<Vec<Webhook>, StorageError> {
        let found: Vec<Stored> = sqlx::query_as(ALL)
            .bind(workspace.0)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        all(found, Stored::read)
    }

    async fn update_webhook(&self, webhook: &Webhook) -> Result<bool, StorageError> {
        let (before, until) = webhook.sealed_before.clone().unzip();
        let done = sqlx::query(UPDATE)
            .bind(webhook.workspace.0)
            .bind(webhook.id.0)
            .bind(webhook.url.as_str())
            .bind(webhook.kinds.to_text())
            .bind(&webhook.sealed)
            .bind(before)
            .bind(until)
            .bind(webhook.updated_at)
            .execute(self.pool())
            .await
            .map_err(taken)?;
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
        let done = sqlx::query(SWITCH)
            .bind(workspace.0)
            .bind(id.0)
            .bind(is_enabled)
            .bind(count(health.failures))
            .bind(health.paused_until)
            .bind(&health.problem)
            .bind(now)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(done.rows_affected() == 1)
    }

    async fn delete_webhook(&self, workspace: WorkspaceId, id: WebhookId) -> Result<bool, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let mut existed = false;
            for (place, sql) in [DELETE, DELETE_DELIVERIES].into_iter().enumerate() {
                let done = sqlx::query(sql)
                    .bind(workspace.0)
                    .bind(id.0)
                    .execute(&mut *transaction)
                    .await
                    .map_err(translate)?;
                existed |= place == 0 && done.rows_affected() == 1;
            }
            transaction.commit().await.map_err(translate)?;
            Ok(existed)
        })
        .await
    }

    async fn due_webhooks(&self, now: Timestamp, limit: u32) -> Result<Vec<(WorkspaceId, WebhookId)>, StorageError> {
        let found: Vec<(i64, Uuid)> = sqlx::query_as(DUE)
            .bind(now)
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        let read = |(workspace, id)| (WorkspaceId(workspace), WebhookId(id));
        Ok(found.into_iter().map(read).collect())
    }

    async fn replace_job(&self, job: &NewJob) -> Result<bool, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            sqlx::query(FORGET_JOB)
                .bind(job.workspace.0)
                .bind(job.id.0)
                .execute(&mut *transaction)
                .await
                .map_err(translate)?;
            match jobs::insert(&mut transaction, job).await {
                Ok(()) => transaction.commit().await.map_err(translate).map(|()| true),
                Err(StorageError::Conflict { .. }) => Ok(false),
                Err(error) => Err(error),
            }
        })
        .await
    }

    async fn store_deliveries(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        range: (Revision, Revision),
        made: &[Delivery],
    ) -> Result<bool, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let stored = deliveries::store(&mut transaction, (workspace, id), range, made).await?;
            transaction.commit().await.map_err(translate)?;
            Ok(stored)
        })
        .await
    }

    async fn pending_deliveries(&self, workspace: WorkspaceId, id: WebhookId) -> Result<u64, StorageError> {
        deliveries::pending(self.pool(), workspace, id).await
    }

    async fn due_deliveries(&self, query: &DueQuery) -> Result<Vec<Delivery>, StorageError> {
        deliveries::due(self.pool(), query).await
    }

    async fn record_attempts(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        tried: &[Delivery],
        state: (bool, &EndpointHealth),
    ) -> Result<(), StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            deliveries::record(&mut transaction, (workspace, id), tried, state).await?;
            transaction.commit().await.map_err(translate)
        })
        .await
    }

    async fn deliveries(&self, query: &DeliveryQuery) -> Result<Vec<Delivery>, StorageError> {
        deliveries::list(self.pool(), query).await
    }

    async fn move_webhook(&self, workspace: WorkspaceId, id: WebhookId, to: Revision) -> Result<bool, StorageError> {
        let done = sqlx::query(MOVE)
            .bind(workspace.0)
            .bind(id.0)
            .bind(to.0)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(done.rows_affected() == 1)
    }

    async fn revive_deliveries(
        &self,
        workspace: WorkspaceId,
        id: WebhookId,
        messages: &[MessageId],
        now: Timestamp,
    ) -> Result<u64, StorageError> {
        deliveries::revive(self.pool(), (workspace, id), messages, now).await
    }

    async fn prune_deliveries(&self, delivered_before: Timestamp, dead_before: Timestamp) -> Result<u64, StorageError> {
        deliveries::prune(self.pool(), delivered_before, dead_before).await
    }
}

fn taken(error: sqlx::Error) -> StorageError {
    if is_taken(&error) {
        StorageError::Conflict {
            what: "the URL of the webhook",
        }
    } else {
        translate(error)
    }
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl Stored {
    fn read(self) -> Result<Webhook, StorageError> {
        let wrong = |column| corrupt("webhooks", column, &self.webhook_id);
        Ok(Webhook {
            workspace: WorkspaceId(self.workspace_id),
            id: WebhookId(self.webhook_id),
            url: WebhookUrl::parse(&self.url).map_err(|_| wrong("url"))?,
            kinds: WantedKinds::from_text(self.kinds.as_deref()).ok_or_else(|| wrong("kinds"))?,
            sealed_before: self.sealed_before.zip(self.before_until),
            sealed: self.sealed,
            is_enabled: self.is_enabled,
            health: EndpointHealth {
                failures: u32::try_from(self.failures).map_err(|_| wrong("failures"))?,
                paused_until: self.paused_until,
                problem: self.problem,
            },
            position: Revision(self.position),
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}
