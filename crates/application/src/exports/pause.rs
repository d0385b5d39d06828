//! Pausing and resuming an export.

use super::error::ExportError;
use crate::app::Application;
use crate::ports::Export;
use selfsame_domain::{ExportId, WorkspaceId};

/// How often a change is attempted when concurrent changes win.
const TRIES: usize = 5;

impl Application {
    /// Pauses or resumes the schedule of an export. A running run finishes, and runs on request stay possible.
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
            // One run makes up for all scheduled times that passed during the pause.
            export.next_run_at = export.definition.schedule.as_ref().map(|_| now);
        })
        .await
    }

    /// Applies a change to the currently stored export.
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
