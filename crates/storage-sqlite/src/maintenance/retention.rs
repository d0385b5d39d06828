//! Deletes expired events in small batches.

use crate::catalog::beyond;
use crate::error::storage;
use crate::rows::micros;
use crate::statement::statement;
use crate::store::SqliteStore;
use selfsame_application::ports::{Expired, StorageError, Workspaces};
use selfsame_domain::{Policy, Timestamp, WorkspaceId};

/// How many rows one transaction deletes. A small number keeps the wait of writers short.
const AT_ONCE: u64 = 1_000;

const EVENTS: &str = "DELETE FROM events WHERE rowid IN
    (SELECT rowid FROM events WHERE workspace_id = ?1 AND occurred_at < ?2 ORDER BY occurred_at, event_id LIMIT ?3)";

const IDENTITIES: &str = "DELETE FROM sent_events WHERE workspace_id = ?1 AND event_id IN
    (SELECT event_id FROM sent_events WHERE workspace_id = ?1 AND received_at < ?2 ORDER BY received_at LIMIT ?3)";

pub(super) async fn expire(store: &SqliteStore, now: Timestamp) -> Result<Expired, StorageError> {
    let mut expired = Expired::default();
    for workspace in store.workspaces().await? {
        if let Some(since) = workspace.policy.events_kept_since(now) {
            expired.events += delete(store, EVENTS, workspace.id, since).await?;
            let since = Policy::identities_kept_since(since);
            expired.identities += delete(store, IDENTITIES, workspace.id, since).await?;
        }
    }
    Ok(expired)
}

async fn delete(
    store: &SqliteStore,
    sql: &'static str,
    workspace: WorkspaceId,
    before: Timestamp,
) -> Result<u64, StorageError> {
    let mut deleted = 0;
    loop {
        let mut writing = store.writer.begin().await?;
        let done = statement(sql)
            .bind(workspace.0)
            .bind(micros(before))
            .bind(beyond(AT_ONCE))
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        deleted += done.rows_affected();
        if done.rows_affected() < AT_ONCE {
            return Ok(deleted);
        }
    }
}
