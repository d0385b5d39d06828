//! Messages for endpoints.

use super::count;
use crate::bounded::Bounded;
use crate::error::translate;
use crate::rows::{all, corrupt};
use selfsame_application::ports::{Delivery, DeliveryQuery, DueQuery, StorageError};
use selfsame_domain::webhooks::{DeliveryState, DeliveryStatus, EndpointAnswer, EndpointHealth};
use selfsame_domain::{ChangeKind, ContactId, MessageId, Revision, Timestamp, WebhookId, WorkspaceId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

const ADVANCE: &str = "
UPDATE webhooks SET position = $4
WHERE workspace_id = $1 AND webhook_id = $2 AND position = $3 AND is_enabled";

const STORE: &str = "
INSERT INTO webhook_deliveries AS d (workspace_id, webhook_id, message_id, revision, place, contact_id, kind, body, status,
    attempts, next_try_at)
SELECT $1, $2, m.message_id, m.revision, m.place, m.contact_id, m.kind, m.body, 'pending', 0, m.next_try_at
FROM UNNEST($3::uuid[], $4::bigint[], $5::integer[], $6::bigint[], $7::text[], $8::text[], $9::timestamptz[])
    AS m (message_id, revision, place, contact_id, kind, body, next_try_at)
ON CONFLICT (workspace_id, webhook_id, message_id)
DO UPDATE SET status = 'pending', attempts = 0, next_try_at = EXCLUDED.next_try_at
WHERE d.status <> 'pending'";

const PENDING: &str = "
SELECT count(*) FROM webhook_deliveries WHERE workspace_id = $1 AND webhook_id = $2 AND status = 'pending'";

const DUE: &str = "
SELECT d.message_id, d.revision, d.place, d.contact_id, d.kind, d.body, d.status, d.attempts, d.next_try_at, d.last_status,
    d.last_detail, d.last_at
FROM webhook_deliveries AS d
WHERE d.workspace_id = $1 AND d.webhook_id = $2 AND d.status = 'pending' AND d.next_try_at <= $3
  AND NOT EXISTS (
      SELECT FROM webhook_deliveries AS e
      WHERE e.workspace_id = d.workspace_id AND e.webhook_id = d.webhook_id AND e.contact_id = d.contact_id
        AND e.status = 'pending' AND (e.revision, e.place) < (d.revision, d.place))
ORDER BY CASE WHEN $4 THEN d.next_try_at END, d.revision, d.place
LIMIT $5";

const RECORD: &str = "
UPDATE webhook_deliveries AS d
SET status = a.status, attempts = a.attempts, next_try_at = a.next_try_at, last_status = a.last_status,
    last_detail = a.last_detail, last_at = a.last_at
FROM UNNEST($3::uuid[], $4::text[], $5::integer[], $6::timestamptz[], $7::integer[], $8::text[], $9::timestamptz[])
    AS a (message_id, status, attempts, next_try_at, last_status, last_detail, last_at)
WHERE d.workspace_id = $1 AND d.webhook_id = $2 AND d.message_id = a.message_id AND d.status = 'pending'";

const RECORD_HEALTH: &str = "
UPDATE webhooks
SET is_enabled = $3, failures = $4, paused_until = $5, problem = $6
WHERE workspace_id = $1 AND webhook_id = $2 AND is_enabled";

const LIST: &str = "
SELECT message_id, revision, place, contact_id, kind, body, status, attempts, next_try_at, last_status, last_detail, last_at
FROM webhook_deliveries
WHERE workspace_id = $1 AND webhook_id = $2
  AND ($3::text IS NULL OR status = $3)
  AND ($4::bigint IS NULL OR (revision, place, message_id) < ($4, $5, $6))
ORDER BY revision DESC, place DESC, message_id DESC
LIMIT $7";

const REVIVE: &str = "
UPDATE webhook_deliveries
SET status = 'pending', attempts = 0, next_try_at = $4
WHERE workspace_id = $1 AND webhook_id = $2 AND message_id = ANY($3) AND status = 'dead'";

/// For all workspaces. The time of the next attempt is that of the last one in these states.
const PRUNE: &str = "
DELETE FROM webhook_deliveries
WHERE (status = 'delivered' AND next_try_at < $1) OR (status = 'dead' AND next_try_at < $2)";

#[derive(FromRow)]
struct Stored {
    message_id: Uuid,
    revision: i64,
    place: i32,
    contact_id: i64,
    kind: String,
    body: String,
    status: String,
    attempts: i32,
    next_try_at: Timestamp,
    last_status: Option<i32>,
    last_detail: Option<String>,
    last_at: Option<Timestamp>,
}

type Key = (WorkspaceId, WebhookId);

pub(super) async fn store(
    connection: &mut PgConnection,
    (workspace, id): Key,
    (from, to): (Revision, Revision),
    made: &[Delivery],
) -> Result<bool, StorageError> {
    let moved = sqlx::query(ADVANCE)
        .bind(workspace.0)
        .bind(id.0)
        .bind(from.0)
        .bind(to.0)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    if moved.rows_affected() == 0 {
        return Ok(false);
    }
    if !made.is_empty() {
        let of = |read: fn(&Delivery) -> i64| made.iter().map(read).collect::<Vec<_>>();
        sqlx::query(STORE)
            .bind(workspace.0)
            .bind(id.0)
            .bind(made.iter().map(|delivery| delivery.message.0).collect::<Vec<_>>())
            .bind(of(|delivery| delivery.revision.0))
            .bind(made.iter().map(|delivery| count(delivery.place)).collect::<Vec<_>>())
            .bind(of(|delivery| delivery.contact.0))
            .bind(made.iter().map(|delivery| delivery.kind.as_str()).collect::<Vec<_>>())
            .bind(made.iter().map(|delivery| delivery.body.as_str()).collect::<Vec<_>>())
            .bind(
                made.iter()
                    .map(|delivery| delivery.state.next_try_at)
                    .collect::<Vec<_>>(),
            )
            .execute(connection)
            .await
            .map_err(translate)?;
    }
    Ok(true)
}

pub(super) async fn pending(pool: &Bounded, workspace: WorkspaceId, id: WebhookId) -> Result<u64, StorageError> {
    let pending: i64 = sqlx::query_scalar(PENDING)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_one(pool)
        .await
        .map_err(translate)?;
    u64::try_from(pending).map_err(|_| corrupt("webhook_deliveries", "count", &id))
}

pub(super) async fn due(pool: &Bounded, query: &DueQuery) -> Result<Vec<Delivery>, StorageError> {
    let found: Vec<Stored> = sqlx::query_as(DUE)
        .bind(query.workspace.0)
        .bind(query.webhook.0)
        .bind(query.now)
        .bind(query.longest_due_first)
        .bind(i64::from(query.limit))
        .fetch_all(pool)
        .await
        .map_err(translate)?;
    all(found, Stored::read)
}

pub(super) async fn record(
    connection: &mut PgConnection,
    (workspace, id): Key,
    tried: &[Delivery],
    (is_enabled, health): (bool, &EndpointHealth),
) -> Result<(), StorageError> {
    // The row of the webhook first, as storing deliveries does.
    sqlx::query(RECORD_HEALTH)
        .bind(workspace.0)
        .bind(id.0)
        .bind(is_enabled)
        .bind(count(health.failures))
        .bind(health.paused_until)
        .bind(&health.problem)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    if tried.is_empty() {
        return Ok(());
    }
    let last = |delivery: &Delivery| delivery.state.last.clone();
    let answers: Vec<Option<EndpointAnswer>> = tried.iter().map(|one| last(one).map(|(answer, _)| answer)).collect();
    let statuses = answers.iter().map(|answer| answer.as_ref()?.status.map(i32::from));
    let details = answers
        .iter()
        .map(|answer| answer.as_ref().map(|answer| answer.detail.as_str()));
    sqlx::query(RECORD)
        .bind(workspace.0)
        .bind(id.0)
        .bind(tried.iter().map(|one| one.message.0).collect::<Vec<_>>())
        .bind(tried.iter().map(|one| one.state.status.as_str()).collect::<Vec<_>>())
        .bind(tried.iter().map(|one| count(one.state.attempts)).collect::<Vec<_>>())
        .bind(tried.iter().map(|one| one.state.next_try_at).collect::<Vec<_>>())
        .bind(statuses.collect::<Vec<_>>())
        .bind(details.collect::<Vec<_>>())
        .bind(tried.iter().map(|one| last(one).map(|(_, at)| at)).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map_err(translate)?;
    Ok(())
}

pub(super) async fn list(pool: &Bounded, query: &DeliveryQuery) -> Result<Vec<Delivery>, StorageError> {
    let found: Vec<Stored> = sqlx::query_as(LIST)
        .bind(query.workspace.0)
        .bind(query.webhook.0)
        .bind(query.status.map(DeliveryStatus::as_str))
        .bind(query.before.map(|before| before.revision.0))
        .bind(query.before.map(|before| count(before.place)))
        .bind(query.before.map(|before| before.message.0))
        .bind(i64::from(query.limit))
        .fetch_all(pool)
        .await
        .map_err(translate)?;
    all(found, Stored::read)
}

pub(super) async fn revive(
    pool: &Bounded,
    (workspace, id): Key,
    messages: &[MessageId],
    now: Timestamp,
) -> Result<u64, StorageError> {
    let done = sqlx::query(REVIVE)
        .bind(workspace.0)
        .bind(id.0)
        .bind(messages.iter().map(|message| message.0).collect::<Vec<_>>())
        .bind(now)
        .execute(pool)
        .await
        .map_err(translate)?;
    Ok(done.rows_affected())
}

pub(super) async fn prune(
    pool: &Bounded,
    delivered_before: Timestamp,
    dead_before: Timestamp,
) -> Result<u64, StorageError> {
    let done = sqlx::query(PRUNE)
        .bind(delivered_before)
        .bind(dead_before)
        .execute(pool)
        .await
        .map_err(translate)?;
    Ok(done.rows_affected())
}

impl Stored {
    fn read(self) -> Result<Delivery, StorageError> {
        let wrong = |column| corrupt("webhook_deliveries", column, &self.message_id);
        let status = self.last_status.map(u16::try_from).transpose();
        let status = status.map_err(|_| wrong("last_status"))?;
        let answer = self.last_detail.map(|detail| EndpointAnswer { status, detail });
        Ok(Delivery {
            message: MessageId(self.message_id),
            revision: Revision(self.revision),
            place: u32::try_from(self.place).map_err(|_| wrong("place"))?,
            contact: ContactId(self.contact_id),
            kind: ChangeKind::from_text(&self.kind).ok_or_else(|| wrong("kind"))?,
            body: self.body,
            state: DeliveryState {
                status: DeliveryStatus::from_text(&self.status).ok_or_else(|| wrong("status"))?,
                attempts: u32::try_from(self.attempts).map_err(|_| wrong("attempts"))?,
                next_try_at: self.next_try_at,
                last: answer.zip(self.last_at),
            },
        })
    }
}
