//! How far an export is behind its workspace.

use super::error::ExportError;
use crate::app::Application;
use crate::ports::{Export, RunStatus};

/// Among how many runs the last successful one is looked for.
const RUNS: u32 = 100;

/// How far the tables of an export are behind its workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportLag {
    /// How many commits the tables do not contain yet.
    pub revisions: u64,
    /// For how many seconds the tables have been behind, at the most: since the last successful run began; 0 when they
    /// contain every commit. None when that run is not among the latest ones.
    pub seconds: Option<u64>,
}

impl Application {
    /// How far an export is behind. None before its first run has finished.
    pub async fn export_lag(&self, export: &Export) -> Result<Option<ExportLag>, ExportError> {
        let Some(synced) = export.synced else {
            return Ok(None);
        };
        let latest = self.store.logged(export.workspace, synced, 1).await?.latest;
        let revisions = u64::try_from(latest.0 - synced.0).unwrap_or_default();
        if revisions == 0 {
            return Ok(Some(ExportLag {
                revisions,
                seconds: Some(0),
            }));
        }
        let runs = self.store.runs(export.workspace, export.id, None, RUNS).await?;
        let last = runs.into_iter().find(|run| run.status == RunStatus::Succeeded);
        let since = last.and_then(|run| run.report.started_at);
        let seconds = since.map(|since| (self.clock.now() - since).num_seconds());
        Ok(Some(ExportLag {
            revisions,
            seconds: seconds.map(|seconds| u64::try_from(seconds).unwrap_or_default()),
        }))
    }
}
