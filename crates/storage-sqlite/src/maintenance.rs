//! Keeping the storage in order.

mod retention;
mod violations;

use crate::catalog::beyond;
use crate::error::storage;
use crate::rows::{Row, micros};
use crate::store::SqliteStore;
use async_trait::async_trait;
use selfsame_application::ports::{Expired, Maintenance, StorageError};
use selfsame_domain::{Timestamp, Violation, WorkspaceId};

/// How many replies one transaction deletes, so that writers wait only shortly.
const PRUNED_AT_ONCE: u64 = 5_000;

#[async_trait]
impl Maintenance for SqliteStore {
    async fn ping(&self) -> Result<(), StorageError> {
        let mut reader = self.readers.lend().await?;
        sqlx::query("SELECT 1 FROM workspaces LIMIT 1")
            .fetch_optional(reader.connection()?)
            .await
            .map_err(storage)?;
        drop(reader);
        // Beginning takes the write lock, and fails where the file cannot be written.
        self.writer.begin().await?.commit().await
    }

    async fn violations(&self) -> Result<Vec<(WorkspaceId, Violation)>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        violations::all(connection).await
    }

    /// One table holds all events.
    async fn prepare(&self, _now: Timestamp) -> Result<u64, StorageError> {
        Ok(0)
    }

    async fn events_apart(&self) -> Result<u64, StorageError> {
        Ok(0)
    }

    async fn prune(&self, now: Timestamp) -> Result<u64, StorageError> {
        let mut pruned = 0;
        for workspace in self.with_expired_replies(now).await? {
            loop {
                let some = self.prune_some(workspace, now).await?;
                pruned += some;
                if some < PRUNED_AT_ONCE {
                    break;
                }
            }
        }
        Ok(pruned)
    }

    async fn expire(&self, now: Timestamp) -> Result<Expired, StorageError> {
        retention::expire(self, now).await
    }
}

impl SqliteStore {
    async fn with_expired_replies(&self, now: Timestamp) -> Result<Vec<WorkspaceId>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = sqlx::query(
            "SELECT w.workspace_id FROM workspaces AS w
             WHERE EXISTS (
                SELECT 1 FROM recorded_replies AS r WHERE r.workspace_id = w.workspace_id AND r.expires_at < ?1)",
        )
        .bind(micros(now))
        .fetch_all(reader.connection()?)
        .await
        .map_err(storage)?;
        rows.iter()
            .map(|row| Row::new(row, "workspaces", 0).get(0, "workspace_id").map(WorkspaceId))
            .collect()
    }

    async fn prune_some(&self, workspace: WorkspaceId, now: Timestamp) -> Result<u64, StorageError> {
        let mut writing = self.writer.begin().await?;
        // Both statements find the same replies: nobody else writes between them.
        let contacts = "DELETE FROM recorded_reply_contacts
             WHERE workspace_id = ?1 AND key IN
                (SELECT key FROM recorded_replies WHERE workspace_id = ?1 AND expires_at < ?2
                 ORDER BY expires_at, rowid LIMIT ?3)";
        let replies = "DELETE FROM recorded_replies
             WHERE rowid IN
                (SELECT rowid FROM recorded_replies WHERE workspace_id = ?1 AND expires_at < ?2
                 ORDER BY expires_at, rowid LIMIT ?3)";
        let mut deleted = 0;
        for sql in [contacts, replies] {
            let query = sqlx::query(sql)
                .bind(workspace.0)
                .bind(micros(now))
                .bind(beyond(PRUNED_AT_ONCE));
            deleted = query
                .execute(writing.connection()?)
                .await
                .map_err(storage)?
                .rows_affected();
        }
        writing.commit().await?;
        Ok(deleted)
    }
}
