//! Maintenance of the database.

mod retention;
mod violations;

use crate::catalog::beyond;
use crate::error::{storage, unavailable};
use crate::migrations;
use crate::rows::{Row, micros};
use crate::statement::{Statement, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use selfsame_application::ports::{Expired, Maintenance, StorageError};
use selfsame_domain::{ContactId, DecisionId, Timestamp, Violation, WorkspaceId};
use std::io;
use std::path::Path;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

/// How many replies, and how many decisions without a contact, one transaction deletes. A small number keeps the wait
/// of writers short.
const PRUNED_AT_ONCE: u64 = 5_000;

/// How many bytes are written to check that the disk has space.
const GROWTH: usize = 1 << 20;

#[async_trait]
impl Maintenance for SqliteStore {
    async fn ping(&self) -> Result<(), StorageError> {
        let mut reader = self.readers.lend().await?;
        statement("SELECT 1 FROM workspaces LIMIT 1")
            .fetch_optional(reader.connection()?)
            .map_err(storage)?;
        drop(reader);
        let mut writing = self.writer.begin().await?;
        migrations::rewrite(writing.connection()?).map_err(storage)?;
        writing.commit()
    }

    /// The write-ahead log may have free space of its own, so a commit proves nothing about the disk. Therefore this
    /// writes a file beside the database.
    async fn try_to_grow(&self) -> Result<(), StorageError> {
        self.ping().await?;
        let file = self.writer.file().with_added_extension("doctor");
        let grown = grow(&file).await;
        let removed = tokio::fs::remove_file(&file).await;
        grown
            .and(removed)
            .map_err(|error| unavailable(&format!("the disk of the database takes no more data: {error}")))
    }

    async fn violations(&self) -> Result<Vec<(WorkspaceId, Violation)>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        violations::all(connection)
    }

    /// One table holds all events.
    async fn prepare(&self, _now: Timestamp) -> Result<u64, StorageError> {
        Ok(0)
    }

    async fn misplaced_events(&self) -> Result<u64, StorageError> {
        Ok(0)
    }

    async fn prune(&self, now: Timestamp) -> Result<u64, StorageError> {
        let mut pruned = 0;
        for workspace in self.prunable(now).await? {
            loop {
                let [replies, decisions] = self.prune_some(workspace, now).await?;
                pruned += replies + decisions;
                if replies.max(decisions) < PRUNED_AT_ONCE {
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

/// Writes a file durably.
async fn grow(path: &Path) -> io::Result<()> {
    let mut file = File::create(path).await?;
    file.write_all(&vec![0xff; GROWTH]).await?;
    // Reports errors of pending writes, which the sync would not.
    file.flush().await?;
    file.sync_all().await
}

impl SqliteStore {
    /// The workspaces that have something to delete.
    async fn prunable(&self, now: Timestamp) -> Result<Vec<WorkspaceId>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(
            "SELECT w.workspace_id FROM workspaces AS w
             WHERE EXISTS (
                SELECT 1 FROM recorded_replies AS r WHERE r.workspace_id = w.workspace_id AND r.expires_at < ?1)
             OR EXISTS (
                SELECT 1 FROM identity_log AS l
                WHERE l.workspace_id = w.workspace_id AND l.contact_id = ?2 AND l.decision_id < ?3)",
        )
        .bind(micros(now))
        .bind(ContactId::NONE.0)
        .bind(DecisionId::first_kept_without_contact(now).0)
        .fetch_all(reader.connection()?)
        .map_err(storage)?;
        rows.iter()
            .map(|row| Row::new(row, "workspaces", 0).get(0, "workspace_id").map(WorkspaceId))
            .collect()
    }

    /// Deletes a batch, and returns the numbers of replies and of decisions without a contact.
    async fn prune_some(&self, workspace: WorkspaceId, now: Timestamp) -> Result<[u64; 2], StorageError> {
        let mut writing = self.writer.begin().await?;
        // The first two statements find the same replies, because this transaction is the only writer.
        let contacts = statement(
            "DELETE FROM recorded_reply_contacts
             WHERE workspace_id = ?1 AND key IN
                (SELECT key FROM recorded_replies WHERE workspace_id = ?1 AND expires_at < ?2
                 ORDER BY expires_at, rowid LIMIT ?3)",
        );
        let replies = statement(
            "DELETE FROM recorded_replies
             WHERE rowid IN
                (SELECT rowid FROM recorded_replies WHERE workspace_id = ?1 AND expires_at < ?2
                 ORDER BY expires_at, rowid LIMIT ?3)",
        );
        let without_contact = statement(
            "DELETE FROM identity_log
             WHERE rowid IN
                (SELECT rowid FROM identity_log WHERE workspace_id = ?1 AND contact_id = ?2 AND decision_id < ?4
                 ORDER BY decision_id LIMIT ?3)",
        );
        let expired = |query: Statement| query.bind(workspace.0).bind(micros(now)).bind(beyond(PRUNED_AT_ONCE));
        let without_contact = without_contact
            .bind(workspace.0)
            .bind(ContactId::NONE.0)
            .bind(beyond(PRUNED_AT_ONCE))
            .bind(DecisionId::first_kept_without_contact(now).0);
        let mut deleted = [0; 3];
        for (statement, deleted) in [expired(contacts), expired(replies), without_contact]
            .into_iter()
            .zip(&mut deleted)
        {
            let done = statement.execute(writing.connection()?).map_err(storage)?;
            *deleted = done.rows_affected();
        }
        writing.commit()?;
        let [_, replies, without_contact] = deleted;
        Ok([replies, without_contact])
    }
}
