//! Connectors, exports, their runs, and the data that exports read.

mod connectors;
mod definitions;
mod runs;
mod snapshot;

use crate::error::storage;
use crate::rows::micros;
use crate::statement::statement;
use crate::store::SqliteStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    Connector, ConnectorDeleted, Export, ExportRun, ExportSnapshot, Exports, NewJob, PruneUpTo, RunStarted,
    StorageError,
};
use selfsame_domain::{ConnectorId, ExportId, RunId, Timestamp, WorkspaceId};

#[async_trait]
impl Exports for SqliteStore {
    async fn create_connector(&self, connector: &Connector) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        connectors::create(writing.connection()?, connector)?;
        writing.commit()
    }

    async fn connector(&self, workspace: WorkspaceId, id: ConnectorId) -> Result<Option<Connector>, StorageError> {
        let mut reader = self.readers.lend().await?;
        connectors::one(reader.connection()?, workspace, id)
    }

    async fn connectors(&self, workspace: WorkspaceId) -> Result<Vec<Connector>, StorageError> {
        let mut reader = self.readers.lend().await?;
        connectors::all_of(reader.connection()?, workspace)
    }

    async fn update_connector(&self, connector: &Connector) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let updated = connectors::update(writing.connection()?, connector)?;
        writing.commit()?;
        Ok(updated)
    }

    async fn delete_connector(
        &self,
        workspace: WorkspaceId,
        id: ConnectorId,
    ) -> Result<ConnectorDeleted, StorageError> {
        let mut writing = self.writer.begin().await?;
        let deleted = connectors::delete(writing.connection()?, workspace, id)?;
        writing.commit()?;
        Ok(deleted)
    }

    async fn create_export(&self, export: &Export) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let created = definitions::create(writing.connection()?, export)?;
        writing.commit()?;
        Ok(created)
    }

    async fn export(&self, workspace: WorkspaceId, id: ExportId) -> Result<Option<Export>, StorageError> {
        let mut reader = self.readers.lend().await?;
        definitions::one(reader.connection()?, workspace, id)
    }

    async fn exports(&self, workspace: WorkspaceId) -> Result<Vec<Export>, StorageError> {
        let mut reader = self.readers.lend().await?;
        definitions::all_of(reader.connection()?, workspace)
    }

    async fn update_export(&self, export: &Export) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let updated = definitions::update(writing.connection()?, export)?;
        writing.commit()?;
        Ok(updated)
    }

    async fn delete_export(&self, workspace: WorkspaceId, id: ExportId, now: Timestamp) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let deleted = definitions::delete(writing.connection()?, workspace, id, now)?;
        writing.commit()?;
        Ok(deleted)
    }

    async fn due_exports(&self, now: Timestamp, limit: u32) -> Result<Vec<Export>, StorageError> {
        let mut reader = self.readers.lend().await?;
        definitions::due(reader.connection()?, now, limit)
    }

    async fn start_run(&self, run: &ExportRun, job: &NewJob) -> Result<RunStarted, StorageError> {
        let mut writing = self.writer.begin().await?;
        let started = runs::start(writing.connection()?, run, job)?;
        writing.commit()?;
        Ok(started)
    }

    async fn run(&self, workspace: WorkspaceId, id: RunId) -> Result<Option<ExportRun>, StorageError> {
        let mut reader = self.readers.lend().await?;
        runs::one(reader.connection()?, workspace, id)
    }

    async fn runs(
        &self,
        workspace: WorkspaceId,
        export: ExportId,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<ExportRun>, StorageError> {
        let mut reader = self.readers.lend().await?;
        runs::of(reader.connection()?, workspace, export, before, limit)
    }

    async fn update_run(&self, run: &ExportRun) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let updated = runs::update(writing.connection()?, run)?;
        writing.commit()?;
        Ok(updated)
    }

    async fn cancel_run(
        &self,
        workspace: WorkspaceId,
        id: RunId,
        now: Timestamp,
    ) -> Result<Option<ExportRun>, StorageError> {
        let mut writing = self.writer.begin().await?;
        runs::cancel(writing.connection()?, workspace, id, now)?;
        let run = runs::one(writing.connection()?, workspace, id)?;
        writing.commit()?;
        Ok(run)
    }

    async fn prune_runs(&self, over_before: Timestamp) -> Result<u64, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement("DELETE FROM export_runs WHERE finished_at < ?1")
            .bind(micros(over_before))
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected())
    }

    async fn prune_deleted(&self, workspace: WorkspaceId, up_to: PruneUpTo) -> Result<u64, StorageError> {
        let mut writing = self.writer.begin().await?;
        let connection = writing.connection()?;
        statement("UPDATE revisions SET feed_begins = ?2 WHERE workspace_id = ?1 AND feed_begins < ?2")
            .bind(workspace.0)
            .bind(up_to.contacts.0)
            .execute(connection)
            .map_err(storage)?;
        let done = statement(
            "DELETE FROM deletions
             WHERE workspace_id = ?1 AND revision <= max(?2, ?3) AND revision <= iif(kind = 1, ?2, ?3)",
        )
        .bind(workspace.0)
        .bind(up_to.contacts.0)
        .bind(up_to.others.0)
        .execute(connection)
        .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected())
    }

    async fn export_snapshot(&self, workspace: WorkspaceId) -> Result<Box<dyn ExportSnapshot>, StorageError> {
        Ok(Box::new(snapshot::open(self, workspace)?))
    }
}
