//! Messages for endpoints.

use crate::error::storage;
use crate::rows::{Row, micros};
use crate::statement::{SqliteRow, statement};
use rusqlite::Connection;
use selfsame_application::ports::{Delivery, DeliveryQuery, DueQuery, StorageError};
use selfsame_domain::webhooks::{DeliveryState, DeliveryStatus, EndpointAnswer, EndpointHealth};
use selfsame_domain::{ChangeKind, ContactId, MessageId, Revision, Timestamp, WebhookId, WorkspaceId};

const ADVANCE: &str = "
UPDATE webhooks SET position = ?4
WHERE workspace_id = ?1 AND webhook_id = ?2 AND position = ?3 AND is_enabled";

const STORE: &str = "
INSERT INTO webhook_deliveries (workspace_id, webhook_id, message_id, revision, place, contact_id, kind, body, status,
    attempts, next_try_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending', 0, ?9)
ON CONFLICT (workspace_id, webhook_id, message_id)
DO UPDATE SET status = 'pending', attempts = 0, next_try_at = excluded.next_try_at
WHERE status <> 'pending'";

const PENDING: &str = "
SELECT count(*) FROM webhook_deliveries WHERE workspace_id = ?1 AND webhook_id = ?2 AND status = 'pending'";

const DUE: &str = "
SELECT d.message_id, d.revision, d.place, d.contact_id, d.kind, d.body, d.status, d.attempts, d.next_try_at, d.last_status,
    d.last_detail, d.last_at
FROM webhook_deliveries AS d
WHERE d.workspace_id = ?1 AND d.webhook_id = ?2 AND d.status = 'pending' AND d.next_try_at <= ?3
  AND NOT EXISTS (
      SELECT 1 FROM webhook_deliveries AS e
      WHERE e.workspace_id = d.workspace_id AND e.webhook_id = d.webhook_id AND e.contact_id = d.contact_id
        AND e.status = 'pending' AND (e.revision, e.place) < (d.revision, d.place))
ORDER BY iif(?4, d.next_try_at, NULL), d.revision, d.place
LIMIT ?5";

const RECORD: &str = "
UPDATE webhook_deliveries
SET status = ?4, attempts = ?5, next_try_at = ?6, last_status = ?7, last_detail = ?8, last_at = ?9
WHERE workspace_id = ?1 AND webhook_id = ?2 AND message_id = ?3 AND status = 'pending'";

const RECORD_HEALTH: &str = "
UPDATE webhooks
SET is_enabled = ?3, failures = ?4, paused_until = ?5, problem = ?6
WHERE workspace_id = ?1 AND webhook_id = ?2 AND is_enabled";

const LIST: &str = "
SELECT message_id, revision, place, contact_id, kind, body, status, attempts, next_try_at, last_status, last_detail, last_at
FROM webhook_deliveries
WHERE workspace_id = ?1 AND webhook_id = ?2
  AND (?3 IS NULL OR status = ?3)
  AND (?4 IS NULL OR (revision, place, message_id) < (?4, ?5, ?6))
ORDER BY revision DESC, place DESC, message_id DESC
LIMIT ?7";

const REVIVE: &str = "
UPDATE webhook_deliveries
SET status = 'pending', attempts = 0, next_try_at = ?4
WHERE workspace_id = ?1 AND webhook_id = ?2 AND message_id = ?3 AND status = 'dead'";

/// For all workspaces. The time of the next attempt is that of the last one in these states.
const PRUNE: &str = "
DELETE FROM webhook_deliveries
WHERE (status = 'delivered' AND next_try_at < ?1) OR (status = 'dead' AND next_try_at < ?2)";

type Key = (WorkspaceId, WebhookId);

pub(super) fn store(
    connection: &Connection,
    (workspace, id): Key,
    (from, to): (Revision, Revision),
    made: &[Delivery],
) -> Result<bool, StorageError> {
    let moved = statement(ADVANCE)
        .bind(workspace.0)
        .bind(id.0)
        .bind(from.0)
        .bind(to.0)
        .execute(connection)
        .map_err(storage)?;
    if moved.rows_affected() == 0 {
        return Ok(false);
    }
    for delivery in made {
        statement(STORE)
            .bind(workspace.0)
            .bind(id.0)
            .bind(delivery.message.0)
            .bind(delivery.revision.0)
            .bind(delivery.place)
            .bind(delivery.contact.0)
            .bind(delivery.kind.as_str())
            .bind(&delivery.body)
            .bind(micros(delivery.state.next_try_at))
            .execute(connection)
            .map_err(storage)?;
    }
    Ok(true)
}

pub(super) fn pending(connection: &Connection, workspace: WorkspaceId, id: WebhookId) -> Result<u64, StorageError> {
    let row = statement(PENDING)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_one(connection)
        .map_err(storage)?;
    Row::new(&row, "webhook_deliveries", 0).get(0, "count")
}

pub(super) fn due(connection: &Connection, query: &DueQuery) -> Result<Vec<Delivery>, StorageError> {
    let found = statement(DUE)
        .bind(query.workspace.0)
        .bind(query.webhook.0)
        .bind(micros(query.now))
        .bind(query.longest_due_first)
        .bind(query.limit)
        .fetch_all(connection)
        .map_err(storage)?;
    found.iter().map(read).collect()
}

pub(super) fn record(
    connection: &Connection,
    (workspace, id): Key,
    tried: &[Delivery],
    (is_enabled, health): (bool, &EndpointHealth),
) -> Result<(), StorageError> {
    statement(RECORD_HEALTH)
        .bind(workspace.0)
        .bind(id.0)
        .bind(is_enabled)
        .bind(health.failures)
        .bind(health.paused_until.map(micros))
        .bind(&health.problem)
        .execute(connection)
        .map_err(storage)?;
    for Delivery { message, state, .. } in tried {
        let (answer, at) = state.last.as_ref().map(|(answer, at)| (answer, *at)).unzip();
        statement(RECORD)
            .bind(workspace.0)
            .bind(id.0)
            .bind(message.0)
            .bind(state.status.as_str())
            .bind(state.attempts)
            .bind(micros(state.next_try_at))
            .bind(answer.and_then(|answer| answer.status))
            .bind(answer.map(|answer| answer.detail.as_str()))
            .bind(at.map(micros))
            .execute(connection)
            .map_err(storage)?;
    }
    Ok(())
}

pub(super) fn list(connection: &Connection, query: &DeliveryQuery) -> Result<Vec<Delivery>, StorageError> {
    let found = statement(LIST)
        .bind(query.workspace.0)
        .bind(query.webhook.0)
        .bind(query.status.map(DeliveryStatus::as_str))
        .bind(query.before.map(|before| before.revision.0))
        .bind(query.before.map(|before| before.place))
        .bind(query.before.map(|before| before.message.0))
        .bind(query.limit)
        .fetch_all(connection)
        .map_err(storage)?;
    found.iter().map(read).collect()
}

pub(super) fn revive(
    connection: &Connection,
    (workspace, id): Key,
    messages: &[MessageId],
    now: Timestamp,
) -> Result<u64, StorageError> {
    let mut revived = 0;
    for message in messages {
        let done = statement(REVIVE)
            .bind(workspace.0)
            .bind(id.0)
            .bind(message.0)
            .bind(micros(now))
            .execute(connection)
            .map_err(storage)?;
        revived += done.rows_affected();
    }
    Ok(revived)
}

pub(super) fn prune(
    connection: &Connection,
    delivered_before: Timestamp,
    dead_before: Timestamp,
) -> Result<u64, StorageError> {
    let done = statement(PRUNE)
        .bind(micros(delivered_before))
        .bind(micros(dead_before))
        .execute(connection)
        .map_err(storage)?;
    Ok(done.rows_affected())
}

/// Reads the columns of [`LIST`].
fn read(row: &SqliteRow) -> Result<Delivery, StorageError> {
    let row = Row::new(row, "webhook_deliveries", 0);
    let status: Option<u32> = row.get(9, "last_status")?;
    let status = status.map(u16::try_from).transpose();
    let status = status.map_err(|_| row.corrupt("last_status"))?;
    let detail: Option<String> = row.get(10, "last_detail")?;
    let answer = detail.map(|detail| EndpointAnswer { status, detail });
    Ok(Delivery {
        message: MessageId(row.get(0, "message_id")?),
        revision: Revision(row.get(1, "revision")?),
        place: row.get(2, "place")?,
        contact: ContactId(row.get(3, "contact_id")?),
        kind: row.read(4, "kind", ChangeKind::from_text)?,
        body: row.get(5, "body")?,
        state: DeliveryState {
            status: row.read(6, "status", DeliveryStatus::from_text)?,
            attempts: row.get(7, "attempts")?,
            next_try_at: row.time(8, "next_try_at")?,
            last: answer.zip(row.optional_time(11, "last_at")?),
        },
    })
}
