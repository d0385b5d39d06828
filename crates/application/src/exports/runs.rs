//! Starting and cancelling runs.

use super::error::ExportError;
use crate::app::Application;
use crate::ports::{ExportRun, JobId, JobKind, NewJob, RunReport, RunStarted, RunStatus, Verification};
use selfsame_domain::{ExportId, RunId, WorkspaceId};
use std::time::Duration;

impl Application {
    /// Queues a run. Returns the queued run if there is one. A running run is followed by another, because it may miss
    /// what was written after it began.
    pub async fn start_export_run(&self, workspace: WorkspaceId, export: ExportId) -> Result<RunId, ExportError> {
        self.queue_run(workspace, export, None).await
    }

    /// Queues a run, which verifies if it has a verification. Returns the queued run if there is one.
    pub(super) async fn queue_run(
        &self,
        workspace: WorkspaceId,
        export: ExportId,
        verification: Option<Verification>,
    ) -> Result<RunId, ExportError> {
        let now = self.clock.now();
        let id = RunId(self.ids.uuid(now));
        let run = ExportRun {
            workspace,
            id,
            export,
            job: JobId(id.0),
            status: RunStatus::Queued,
            report: RunReport {
                verification,
                ..RunReport::default()
            },
            created_at: now,
            finished_at: None,
        };
        let job = NewJob {
            workspace,
            id: run.job,
            kind: JobKind::Export,
            queue: format!("export {export}"),
            payload: id.to_string(),
            not_before: now,
            created_at: now,
        };
        match self.store.start_run(&run, &job).await? {
            RunStarted::New => {
                self.jobs.enqueued();
                Ok(id)
            }
            RunStarted::Queued(id) => Ok(id),
            RunStarted::Missing => Err(ExportError::NotFound("export")),
        }
    }

    /// Cancels a run, and waits up to `patience` for its end. A run that is over stays as it is.
    pub async fn cancel_export_run(
        &self,
        workspace: WorkspaceId,
        export: ExportId,
        id: RunId,
        patience: Duration,
    ) -> Result<ExportRun, ExportError> {
        let missing = || ExportError::NotFound("run");
        let mut ends = self.jobs.ends();
        let known = self.store.run(workspace, id).await?;
        known.filter(|run| run.export == export).ok_or_else(missing)?;
        let cancelled = self.store.cancel_run(workspace, id, self.clock.now()).await?;
        let run = cancelled.ok_or_else(missing)?;
        if run.status.is_over() {
            return Ok(run);
        }
        let waiting = async {
            loop {
                // The sender lives as long as the application.
                let _ = ends.changed().await;
                match self.store.run(workspace, id).await? {
                    Some(run) if !run.status.is_over() => {}
                    run => return run.ok_or_else(missing),
                }
            }
        };
        tokio::time::timeout(patience, waiting).await.unwrap_or(Ok(run))
    }
}
