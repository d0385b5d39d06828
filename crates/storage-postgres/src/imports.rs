//! Imports.

mod decisions;
mod read;
mod undo;
mod uploads;
mod write;

pub(crate) use write::record;

use crate::error::translate;
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    Accepted, Import, ImportEnd, ImportId, ImportRow, Imports, Inspection, NewImport, NewJob, RowQuery, RowsRecorded,
    StorageError,
};
use selfsame_domain::{Timestamp, WorkspaceId};

#[async_trait]
impl Imports for PostgresStore {
    async fn accept_import(&self, import: &NewImport, body: &[&[u8]]) -> Result<Accepted, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let accepted = write::accept(&mut transaction, import, body).await?;
            if accepted == Accepted::New {
                transaction.commit().await.map_err(translate)?;
            }
            Ok(accepted)
        })
        .await
    }

    async fn append_upload(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        place: u32,
        chunks: &[&[u8]],
        now: Timestamp,
    ) -> Result<(), StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            uploads::append(&mut transaction, workspace, id, place, chunks, now).await?;
            transaction.commit().await.map_err(translate)
        })
        .await
    }

    async fn drop_upload(&self, workspace: WorkspaceId, id: ImportId) -> Result<(), StorageError> {
        let mut transaction = self.pool().begin().await.map_err(translate)?;
        uploads::drop_one(&mut transaction, workspace.0, id.0).await?;
        transaction.commit().await.map_err(translate)
    }

    async fn drop_uploads(&self, idle_since: Timestamp) -> Result<u64, StorageError> {
        let mut dropped = 0;
        for (workspace, id) in uploads::idle(self.pool(), idle_since).await? {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            dropped += uploads::drop_one(&mut transaction, workspace, id).await?;
            transaction.commit().await.map_err(translate)?;
        }
        Ok(dropped)
    }

    async fn record_inspection(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        inspection: &Inspection,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        decisions::record(self.pool(), workspace, id, inspection, now).await
    }

    async fn decide_import(&self, id: ImportId, options: &str, job: &NewJob) -> Result<bool, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let is_decided = decisions::decide(&mut transaction, id, options, job).await?;
            transaction.commit().await.map_err(translate)?;
            Ok(is_decided)
        })
        .await
    }

    async fn cancel_undecided(&self, since_before: Timestamp, now: Timestamp) -> Result<u64, StorageError> {
        let mut cancelled = 0;
        for import in decisions::undecided(self.pool(), since_before).await? {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            cancelled += decisions::cancel(&mut transaction, import, since_before, now).await?;
            transaction.commit().await.map_err(translate)?;
        }
        Ok(cancelled)
    }

    async fn import(&self, workspace: WorkspaceId, id: ImportId) -> Result<Option<Import>, StorageError> {
        self.in_time(async {
            let mut connection = self.pool().acquire().await.map_err(translate)?;
            read::import(&mut connection, workspace, id).await
        })
        .await
    }

    async fn imports(
        &self,
        workspace: WorkspaceId,
        before: Option<ImportId>,
        limit: u32,
    ) -> Result<Vec<Import>, StorageError> {
        self.in_time(async {
            let mut connection = self.pool().acquire().await.map_err(translate)?;
            read::imports(&mut connection, workspace, before, limit).await
        })
        .await
    }

    async fn import_chunk(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        place: u32,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        sqlx::query_scalar("SELECT bytes FROM import_chunks WHERE workspace_id = $1 AND import_id = $2 AND place = $3")
            .bind(workspace.0)
            .bind(id.0)
            .bind(i64::from(place))
            .fetch_optional(self.pool())
            .await
            .map_err(translate)
    }

    async fn start_import(&self, workspace: WorkspaceId, id: ImportId, now: Timestamp) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "UPDATE imports
             SET status = 'running', started_at = COALESCE(started_at, $3), heartbeat_at = $3
             WHERE workspace_id = $1 AND import_id = $2 AND status IN ('queued', 'running')",
        )
        .bind(workspace.0)
        .bind(id.0)
        .bind(now)
        .execute(self.pool())
        .await
        .map_err(translate)?;
        Ok(done.rows_affected() == 1)
    }

    async fn record_rows(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        done: u64,
        rows: &[ImportRow],
        now: Timestamp,
    ) -> Result<RowsRecorded, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let recorded = write::record(&mut transaction, workspace, id, done, rows, now).await?;
            if recorded != RowsRecorded::No {
                transaction.commit().await.map_err(translate)?;
            }
            Ok(recorded)
        })
        .await
    }

    async fn end_import(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        end: &ImportEnd,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let ended = write::end(&mut transaction, workspace, id, end, now).await?;
            transaction.commit().await.map_err(translate)?;
            Ok(ended)
        })
        .await
    }

    async fn cancel_import(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        now: Timestamp,
    ) -> Result<Option<Import>, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            write::cancel(&mut transaction, workspace, id, now).await?;
            let import = read::import(&mut transaction, workspace, id).await?;
            transaction.commit().await.map_err(translate)?;
            Ok(import)
        })
        .await
    }

    async fn import_rows(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        query: &RowQuery,
    ) -> Result<Vec<ImportRow>, StorageError> {
        self.in_time(async {
            let mut connection = self.pool().acquire().await.map_err(translate)?;
            read::rows(&mut connection, workspace, id, query).await
        })
        .await
    }

    async fn forget_dedupe_values(&self, over_before: Timestamp) -> Result<u64, StorageError> {
        let mut forgotten = 0;
        for (workspace, id) in read::over_before(self.pool(), over_before).await? {
            let done = sqlx::query(
                "UPDATE import_rows SET dedupe_value = NULL
                 WHERE workspace_id = $1 AND import_id = $2 AND dedupe_value IS NOT NULL",
            )
            .bind(workspace)
            .bind(id)
            .execute(self.pool())
            .await
            .map_err(translate)?;
            forgotten += done.rows_affected();
        }
        Ok(forgotten)
    }

    async fn prune_imports(&self, over_before: Timestamp) -> Result<u64, StorageError> {
        let mut pruned = 0;
        for (workspace, id) in read::over_before(self.pool(), over_before).await? {
            pruned += write::delete(self.pool(), workspace, id).await?;
        }
        Ok(pruned)
    }
}
