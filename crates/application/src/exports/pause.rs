//! Pausing an export, and going on.

use super::error::ExportError;
use crate::app::Application;
use crate::ports::Export;
use selfsame_domain::{ExportId, WorkspaceId};

/// How often a change is tried that somebody else's change comes before.
const TRIES: usize = 5;

impl Application {
    /// Pauses an export, so that it does not run by itself, or lets it go on. A run under way comes to its end; a run by hand is possible all
    /// the same.
    pub async fn pause_export(
        &self,
        workspace: WorkspaceId,
        id: ExportId,
        is_paused: bool,
    ) -> Result<Export, ExportError> {
        let now = self.clock.now();
        self.change_export(workspace, id, |export| {
            if export.is_paused == is_paused {
                return;
            }
            export.is_paused = is_paused;
            export.updated_at = now;
            // What passed meanwhile is made up for by one run.
            export.next_run_at = export.definition.schedule.as_ref().map(|_| now);
        })
        .await
    }

    /// Changes an export as it is stored at that time.
    pub(super) async fn change_export(
        &self,
        workspace: WorkspaceId,
        id: ExportId,
        change: impl Fn(&mut Export),
    ) -> Result<Export, ExportError> {
        for _ in 0..TRIES {
            let found = self.store.export(workspace, id).await?;
            let before = found.ok_or(ExportError::NotFound("export"))?;
            let mut export = before.clone();
            change(&mut export);
            if export == before {
                return Ok(export);
            }
            if self.store.update_export(&export).await? {
                export.version += 1;
                return Ok(export);
            }
        }
        Err(ExportError::Contended)
    }
}
