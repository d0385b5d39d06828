//! Connectors, exports, their runs, and the data that exports read.

mod connectors;
mod definitions;
mod deletions;
mod runs;
mod snapshot;

use crate::error::translate;
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    Connector, ConnectorDeleted, Export, ExportRun, ExportSnapshot, Exports, NewJob, PruneUpTo, RunStarted,
    StorageError,
};
use selfsame_domain::{ConnectorId, ExportId, RunId, Timestamp, WorkspaceId};

#[async_trait]
impl Exports for PostgresStore {
    async fn create_connector(&self, connector: &Connector) -> Result<(), StorageError> {
        connectors::create(self.pool(), connector).await
    }

    async fn connector(&self, workspace: WorkspaceId, id: ConnectorId) -> Result<Option<Connector>, StorageError> {
        connectors::one(self.pool(), workspace, id).await
    }

    async fn connectors(&self, workspace: WorkspaceId) -> Result<Vec<Connector>, StorageError> {
        connectors::all_of(self.pool(), workspace).await
    }

    async fn update_connector(&self, connector: &Connector) -> Result<bool, StorageError> {
        connectors::update(self.pool(), connector).await
    }

    async fn delete_connector(
        &self,
        workspace: WorkspaceId,
        id: ConnectorId,
    ) -> Result<ConnectorDeleted, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let deleted = connectors::delete(&mut transaction, workspace, id).await?;
            transaction.commit().await.map_err(translate)?;
            Ok(deleted)
        })
        .await
    }

    async fn create_export(&self, export: &Export) -> Result<bool, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let created = definitions::create(&mut transaction, export).await?;
            transaction.commit().await.map_err(translate)?;
            Ok(created)
        })
        .await
    }

    async fn export(&self, workspace: WorkspaceId, id: ExportId) -> Result<Option<Export>, StorageError> {
        definitions::one(self.pool(), workspace, id).await
    }

    async fn exports(&self, workspace: WorkspaceId) -> Result<Vec<Export>, StorageError> {
        definitions::all_of(self.pool(), workspace).await
    }

    async fn update_export(&self, export: &Export) -> Result<bool, StorageError> {
        definitions::update(self.pool(), export).await
    }

    async fn delete_export(&self, workspace: WorkspaceId, id: ExportId, now: Timestamp) -> Result<bool, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let deleted = definitions::delete(&mut transaction, workspace, id, now).await?;
            transaction.commit().await.map_err(translate)?;
            Ok(deleted)
        })
        .await
    }

    async fn due_exports(&self, now: Timestamp, limit: u32) -> Result<Vec<Export>, StorageError> {
        definitions::due(self.pool(), now, limit).await
    }

    async fn start_run(&self, run: &ExportRun, job: &NewJob) -> Result<RunStarted, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let started = runs::start(&mut transaction, run, job).await?;
            transaction.commit().await.map_err(translate)?;
            Ok(started)
        })
        .await
    }

    async fn run(&self, workspace: WorkspaceId, id: RunId) -> Result<Option<ExportRun>, StorageError> {
        self.in_time(async {
            let mut connection = self.pool().acquire().await.map_err(translate)?;
            runs::one(&mut connection, workspace, id).await
        })
        .await
    }

    async fn runs(
        &self,
        workspace: WorkspaceId,
        export: ExportId,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<ExportRun>, StorageError> {
        runs::of(self.pool(), workspace, export, before, limit).await
    }

    async fn update_run(&self, run: &ExportRun) -> Result<bool, StorageError> {
        runs::update(self.pool(), run).await
    }

    async fn cancel_run(
        &self,
        workspace: WorkspaceId,
        id: RunId,
        now: Timestamp,
    ) -> Result<Option<ExportRun>, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            runs::cancel(&mut transaction, workspace, id, now).await?;
            let run = runs::one(&mut transaction, workspace, id).await?;
            transaction.commit().await.map_err(translate)?;
            Ok(run)
        })
        .await
    }

    async fn prune_runs(&self, over_before: Timestamp) -> Result<u64, StorageError> {
        let done = sqlx::query("DELETE FROM export_runs WHERE finished_at < $1")
            .bind(over_before)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(done.rows_affected())
    }

    async fn prune_deleted(&self, workspace: WorkspaceId, up_to: PruneUpTo) -> Result<u64, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let pruned = deletions::prune(&mut transaction, workspace, up_to).await?;
            transaction.commit().await.map_err(translate)?;
            Ok(pruned)
        })
        .await
    }

    async fn export_snapshot(&self, workspace: WorkspaceId) -> Result<Box<dyn ExportSnapshot>, StorageError> {
        Ok(Box::new(snapshot::open(self, workspace).await?))
    }
}
