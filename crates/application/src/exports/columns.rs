//! Adding columns to an export.

use super::error::ExportError;
use crate::app::Application;
use crate::ports::Export;
use selfsame_domain::export::ColumnSet;
use selfsame_domain::{ExportId, RunId, WorkspaceId};

impl Application {
    /// Adds all currently available columns to an export, the external ID included, and starts a run that fills them
    /// for every row. Returns no run when no column is missing.
    pub async fn widen_export(
        &self,
        workspace: WorkspaceId,
        id: ExportId,
    ) -> Result<(Export, Option<RunId>), ExportError> {
        let lacks = |export: &Export| export.definition.datasets.iter().any(|set| !set.lacking().is_empty());
        let found = self.store.export(workspace, id).await?;
        let before = found.ok_or(ExportError::NotFound("export"))?;
        if !lacks(&before) {
            return Ok((before, None));
        }
        let now = self.clock.now();
        let export = self
            .change_export(workspace, id, |export| {
                if !lacks(export) {
                    return;
                }
                for set in &mut export.definition.datasets {
                    *set = ColumnSet::new(set.dataset, true);
                }
                export.must_fill = true;
                export.updated_at = now;
            })
            .await?;
        let run = self.start_export_run(workspace, id).await?;
        Ok((export, Some(run)))
    }
}
