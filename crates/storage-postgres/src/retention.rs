//! Deleting expired events: whole months are dropped, the rest is deleted in small batches.

use crate::bounded::Bounded;
use crate::error::translate;
use crate::partitions;
use crate::store::PostgresStore;
use selfsame_application::ports::{Expired, StorageError, Workspaces};
use selfsame_domain::{Policy, Timestamp, WorkspaceId};

/// How many rows one transaction deletes.
const AT_ONCE: u64 = 5_000;

const MONTHS: &str = "
    SELECT to_date(right(c.relname, 7), 'YYYY_MM')::timestamp AT TIME ZONE 'UTC'
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'events'::regclass AND c.relname ~ '^events_[0-9]{4}_[0-9]{2}$'
    ORDER BY 1";

/// Skips rows that another server is deleting.
const EVENTS: &str = "
    DELETE FROM events e
    USING (
        SELECT occurred_at, event_id
        FROM events
        WHERE workspace_id = $1 AND occurred_at < $2
        ORDER BY occurred_at, event_id
        LIMIT $3
        FOR UPDATE SKIP LOCKED
    ) gone
    WHERE e.workspace_id = $1 AND e.occurred_at = gone.occurred_at AND e.event_id = gone.event_id";

const IDENTITIES: &str = "
    DELETE FROM sent_events s
    USING (
        SELECT event_id
        FROM sent_events
        WHERE workspace_id = $1 AND received_at < $2
        ORDER BY received_at
        LIMIT $3
        FOR UPDATE SKIP LOCKED
    ) gone
    WHERE s.workspace_id = $1 AND s.event_id = gone.event_id";

/// Drops months first, so that none of their rows is deleted singly.
pub(crate) async fn expire(store: &PostgresStore, now: Timestamp) -> Result<Expired, StorageError> {
    let workspaces = store.workspaces().await?;
    let kept: Vec<(WorkspaceId, Option<Timestamp>)> = workspaces
        .iter()
        .map(|workspace| (workspace.id, workspace.policy.events_kept_since(now)))
        .collect();
    let pool = store.pool();
    let mut expired = Expired {
        months: drop_months(pool, &kept, now).await?,
        ..Expired::default()
    };
    for (workspace, since) in kept {
        let Some(since) = since else { continue };
        expired.events += delete(pool, EVENTS, workspace, since).await?;
        expired.identities += delete(pool, IDENTITIES, workspace, Policy::identities_kept_since(since)).await?;
    }
    Ok(expired)
}

async fn drop_months(
    pool: &Bounded,
    kept: &[(WorkspaceId, Option<Timestamp>)],
    now: Timestamp,
) -> Result<u64, StorageError> {
    if kept.iter().all(|(_, since)| since.is_none()) {
        return Ok(0);
    }
    let months: Vec<Timestamp> = sqlx::query_scalar(MONTHS).fetch_all(pool).await.map_err(translate)?;
    let mut dropped = 0;
    for month in months {
        // A workspace keeps a month if it keeps the start of the month: retention covers whole months.
        let keeps = |since: Option<Timestamp>| since.is_none_or(|since| since <= month);
        let keepers = kept.iter().filter(|(_, since)| keeps(*since));
        let keepers: Vec<i64> = keepers.map(|(workspace, _)| workspace.0).collect();
        if keepers.len() == kept.len() {
            continue;
        }
        let done: bool = sqlx::query_scalar("SELECT drop_events_partition($1, $2, $3)")
            .bind(month)
            .bind(keepers)
            .bind(partitions::prepares(now, month))
            .fetch_one(pool)
            .await
            .map_err(translate)?;
        dropped += u64::from(done);
    }
    Ok(dropped)
}

async fn delete(
    pool: &Bounded,
    statement: &'static str,
    workspace: WorkspaceId,
    before: Timestamp,
) -> Result<u64, StorageError> {
    let mut deleted = 0;
    loop {
        let done = sqlx::query(statement)
            .bind(workspace.0)
            .bind(before)
            .bind(i64::try_from(AT_ONCE).unwrap_or(i64::MAX))
            .execute(pool)
            .await
            .map_err(translate)?;
        deleted += done.rows_affected();
        if done.rows_affected() < AT_ONCE {
            return Ok(deleted);
        }
    }
}
