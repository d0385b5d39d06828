//! Maintenance of the database.

mod violations;

use crate::error::translate;
use crate::partitions;
use crate::retention;
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{Expired, Maintenance, StorageError};
use selfsame_domain::{ContactId, DecisionId, Timestamp, Violation, WorkspaceId};
use sqlx::Executor;

/// Writes a message to the write-ahead log, durable with its commit, and returns whether it did. A standby or read-only
/// database writes nothing.
const WRITE: &str = "
    SELECT CASE
        WHEN pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean THEN false
        ELSE pg_logical_emit_message(true, 'selfsame', 'ping') IS NOT NULL
    END";

/// Writes 1 MiB.
const GROW: [&str; 2] = [
    "CREATE TEMPORARY TABLE selfsame_doctor (filler text) ON COMMIT DROP",
    "INSERT INTO selfsame_doctor SELECT repeat(md5(row::text), 32) FROM generate_series(1, 1024) AS row",
];

/// Skips rows that a commit is about to replace.
const PRUNE: &str = "
    DELETE FROM recorded_replies
    WHERE workspace_id = $1
      AND key IN (
        SELECT key FROM recorded_replies WHERE workspace_id = $1 AND expires_at < $2 ORDER BY key
        FOR UPDATE SKIP LOCKED)";

const PRUNE_WITHOUT_CONTACT: &str =
    "DELETE FROM identity_log WHERE workspace_id = $1 AND contact_id = $2 AND decision_id < $3";

#[async_trait]
impl Maintenance for PostgresStore {
    async fn ping(&self) -> Result<(), StorageError> {
        let writes: bool = sqlx::query_scalar(WRITE)
            .fetch_one(self.writers())
            .await
            .map_err(translate)?;
        if !writes {
            return Err(StorageError::Unavailable {
                reason: "the database takes no writes".to_owned(),
            });
        }
        Ok(())
    }

    /// A temporary table uses the disk of the tables; its catalog entries go through the write-ahead log.
    async fn try_to_grow(&self) -> Result<(), StorageError> {
        self.ping().await?;
        self.in_time(async {
            let mut transaction = self.writers().begin().await.map_err(translate)?;
            for statement in GROW {
                transaction.execute(statement).await.map_err(translate)?;
            }
            transaction.commit().await.map_err(translate)
        })
        .await
    }

    async fn violations(&self) -> Result<Vec<(WorkspaceId, Violation)>, StorageError> {
        violations::find(self.pool()).await
    }

    async fn prepare(&self, now: Timestamp) -> Result<u64, StorageError> {
        partitions::prepare(self.pool(), now).await
    }

    async fn misplaced_events(&self) -> Result<u64, StorageError> {
        partitions::left_over(self.pool()).await
    }

    async fn prune(&self, now: Timestamp) -> Result<u64, StorageError> {
        let workspaces: Vec<i64> = sqlx::query_scalar("SELECT workspace_id FROM workspaces")
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        let mut pruned = 0;
        for workspace in workspaces {
            let replies = sqlx::query(PRUNE).bind(workspace).bind(now);
            let without_contact = sqlx::query(PRUNE_WITHOUT_CONTACT)
                .bind(workspace)
                .bind(ContactId::NONE.0)
                .bind(DecisionId::first_kept_without_contact(now).0);
            for statement in [replies, without_contact] {
                let done = statement.execute(self.pool()).await.map_err(translate)?;
                pruned += done.rows_affected();
            }
        }
        Ok(pruned)
    }

    async fn expire(&self, now: Timestamp) -> Result<Expired, StorageError> {
        retention::expire(self, now).await
    }
}
