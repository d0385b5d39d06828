//! The port of exports, which the probe delegates.

use super::probe::Probe;
use async_trait::async_trait;
use selfsame_application::ports::{
    Connector, ConnectorDeleted, Export, ExportRun, ExportSnapshot, Exports, NewJob, PruneUpTo, RunStarted,
    StorageError,
};
use selfsame_domain::{ConnectorId, ExportId, RunId, Timestamp, WorkspaceId};

type Read<T> = Result<T, StorageError>;

#[async_trait]
impl Exports for Probe {
    async fn create_connector(&self, connector: &Connector) -> Read<()> {
        self.inner.create_connector(connector).await
    }

    async fn connector(&self, workspace: WorkspaceId, id: ConnectorId) -> Read<Option<Connector>> {
        self.inner.connector(workspace, id).await
    }

    async fn connectors(&self, workspace: WorkspaceId) -> Read<Vec<Connector>> {
        self.inner.connectors(workspace).await
    }

    async fn update_connector(&self, connector: &Connector) -> Read<bool> {
        self.inner.update_connector(connector).await
    }

    async fn delete_connector(&self, workspace: WorkspaceId, id: ConnectorId) -> Read<ConnectorDeleted> {
        self.inner.delete_connector(workspace, id).await
    }

    async fn create_export(&self, export: &Export) -> Read<bool> {
        self.inner.create_export(export).await
    }

    async fn export(&self, workspace: WorkspaceId, id: ExportId) -> Read<Option<Export>> {
        self.inner.export(workspace, id).await
    }

    async fn exports(&self, workspace: WorkspaceId) -> Read<Vec<Export>> {
        self.inner.exports(workspace).await
    }

    async fn update_export(&self, export: &Export) -> Read<bool> {
        self.inner.update_export(export).await
    }

    async fn delete_export(&self, workspace: WorkspaceId, id: ExportId, now: Timestamp) -> Read<bool> {
        self.inner.delete_export(workspace, id, now).await
    }

    async fn due_exports(&self, now: Timestamp, limit: u32) -> Read<Vec<Export>> {
        self.inner.due_exports(now, limit).await
    }

    async fn start_run(&self, run: &ExportRun, job: &NewJob) -> Read<RunStarted> {
        self.inner.start_run(run, job).await
    }

    async fn run(&self, workspace: WorkspaceId, id: RunId) -> Read<Option<ExportRun>> {
        self.inner.run(workspace, id).await
    }

    async fn runs(
        &self,
        workspace: WorkspaceId,
        export: ExportId,
        before: Option<RunId>,
        limit: u32,
    ) -> Read<Vec<ExportRun>> {
        self.inner.runs(workspace, export, before, limit).await
    }

    async fn update_run(&self, run: &ExportRun) -> Read<bool> {
        self.inner.update_run(run).await
    }

    async fn cancel_run(&self, workspace: WorkspaceId, id: RunId, now: Timestamp) -> Read<Option<ExportRun>> {
        self.inner.cancel_run(workspace, id, now).await
    }

    async fn prune_runs(&self, over_before: Timestamp) -> Read<u64> {
        self.inner.prune_runs(over_before).await
    }

    async fn prune_deleted(&self, workspace: WorkspaceId, up_to: PruneUpTo) -> Read<u64> {
        self.inner.prune_deleted(workspace, up_to).await
    }

    async fn export_snapshot(&self, workspace: WorkspaceId) -> Read<Box<dyn ExportSnapshot>> {
        self.inner.export_snapshot(workspace).await
    }
}
