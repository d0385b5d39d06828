//! Imports.

mod decisions;
mod read;
mod undo;
mod uploads;
mod write;

pub(crate) use write::record;

use crate::error::storage;
use crate::rows::{corrupt, micros};
use crate::statement::statement;
use crate::store::SqliteStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    Accepted, Import, ImportEnd, ImportId, ImportRow, Imports, Inspection, NewImport, NewJob, RowQuery, RowsRecorded,
    StorageError,
};
use selfsame_domain::{Timestamp, WorkspaceId};

#[async_trait]
impl Imports for SqliteStore {
    async fn accept_import(&self, import: &NewImport, body: &[&[u8]]) -> Result<Accepted, StorageError> {
        let mut writing = self.writer.begin().await?;
        let accepted = write::accept(writing.connection()?, import, body)?;
        if accepted == Accepted::New {
            writing.commit()?;
        }
        Ok(accepted)
    }

    async fn append_upload(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        place: u32,
        chunks: &[&[u8]],
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        uploads::append(writing.connection()?, workspace, id, place, chunks, now)?;
        writing.commit()
    }

    async fn drop_upload(&self, workspace: WorkspaceId, id: ImportId) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        uploads::drop_one(writing.connection()?, workspace, id)?;
        writing.commit()
    }

    async fn drop_uploads(&self, idle_since: Timestamp) -> Result<u64, StorageError> {
        let idle = {
            let mut reader = self.readers.lend().await?;
            uploads::idle(reader.connection()?, idle_since)?
        };
        let mut dropped = 0;
        for (workspace, id) in idle {
            let mut writing = self.writer.begin().await?;
            dropped += uploads::drop_one(writing.connection()?, workspace, id)?;
            writing.commit()?;
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
        let mut writing = self.writer.begin().await?;
        let is_running = decisions::record(writing.connection()?, workspace, id, inspection, now)?;
        writing.commit()?;
        Ok(is_running)
    }

    async fn decide_import(&self, id: ImportId, options: &str, job: &NewJob) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let is_decided = decisions::decide(writing.connection()?, id, options, job)?;
        writing.commit()?;
        Ok(is_decided)
    }

    async fn cancel_undecided(&self, since_before: Timestamp, now: Timestamp) -> Result<u64, StorageError> {
        let undecided = {
            let mut reader = self.readers.lend().await?;
            decisions::undecided(reader.connection()?, since_before)?
        };
        let mut cancelled = 0;
        for import in undecided {
            let mut writing = self.writer.begin().await?;
            cancelled += decisions::cancel(writing.connection()?, import, since_before, now)?;
            writing.commit()?;
        }
        Ok(cancelled)
    }

    async fn import(&self, workspace: WorkspaceId, id: ImportId) -> Result<Option<Import>, StorageError> {
        let mut reader = self.readers.lend().await?;
        read::import(reader.connection()?, workspace, id)
    }

    async fn imports(
        &self,
        workspace: WorkspaceId,
        before: Option<ImportId>,
        limit: u32,
    ) -> Result<Vec<Import>, StorageError> {
        let mut reader = self.readers.lend().await?;
        read::imports(reader.connection()?, workspace, before, limit)
    }

    async fn import_chunk(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        place: u32,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let row =
            statement("SELECT bytes FROM import_chunks WHERE workspace_id = ?1 AND import_id = ?2 AND place = ?3")
                .bind(workspace.0)
                .bind(id.0)
                .bind(i64::from(place))
                .fetch_optional(reader.connection()?)
                .map_err(storage)?;
        row.map(|row| row.get(0).ok_or_else(|| corrupt("import_chunks", "bytes", &id)))
            .transpose()
    }

    async fn start_import(&self, workspace: WorkspaceId, id: ImportId, now: Timestamp) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement(
            "UPDATE imports
             SET status = 'running', started_at = COALESCE(started_at, ?3), heartbeat_at = ?3
             WHERE workspace_id = ?1 AND import_id = ?2 AND status IN ('queued', 'running')",
        )
        .bind(workspace.0)
        .bind(id.0)
        .bind(micros(now))
        .execute(writing.connection()?)
        .map_err(storage)?;
        writing.commit()?;
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
        let mut writing = self.writer.begin().await?;
        let recorded = write::record(writing.connection()?, workspace, id, done, rows, now)?;
        if recorded != RowsRecorded::No {
            writing.commit()?;
        }
        Ok(recorded)
    }

    async fn end_import(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        end: &ImportEnd,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let ended = write::end(writing.connection()?, workspace, id, end, now)?;
        writing.commit()?;
        Ok(ended)
    }

    async fn cancel_import(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        now: Timestamp,
    ) -> Result<Option<Import>, StorageError> {
        let mut writing = self.writer.begin().await?;
        write::cancel(writing.connection()?, workspace, id, now)?;
        let import = read::import(writing.connection()?, workspace, id)?;
        writing.commit()?;
        Ok(import)
    }

    async fn import_rows(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        query: &RowQuery,
    ) -> Result<Vec<ImportRow>, StorageError> {
        let mut reader = self.readers.lend().await?;
        read::rows(reader.connection()?, workspace, id, query)
    }

    async fn forget_dedupe_values(&self, over_before: Timestamp) -> Result<u64, StorageError> {
        let mut forgotten = 0;
        for (workspace, id) in self.over_before(over_before).await? {
            let mut writing = self.writer.begin().await?;
            let done = statement(
                "UPDATE import_rows SET dedupe_value = NULL
                 WHERE workspace_id = ?1 AND import_id = ?2 AND dedupe_value IS NOT NULL",
            )
            .bind(workspace.0)
            .bind(id.0)
            .execute(writing.connection()?)
            .map_err(storage)?;
            writing.commit()?;
            forgotten += done.rows_affected();
        }
        Ok(forgotten)
    }

    async fn prune_imports(&self, over_before: Timestamp) -> Result<u64, StorageError> {
        let mut pruned = 0;
        for (workspace, id) in self.over_before(over_before).await? {
            pruned += write::delete(self, workspace, id).await?;
        }
        Ok(pruned)
    }
}

impl SqliteStore {
    async fn over_before(&self, time: Timestamp) -> Result<Vec<(WorkspaceId, ImportId)>, StorageError> {
        let mut reader = self.readers.lend().await?;
        read::over_before(reader.connection()?, time)
    }
}
