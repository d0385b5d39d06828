//! Deleting an export.

use super::error::ExportError;
use crate::app::Application;
use selfsame_domain::{ExportId, WorkspaceId};

impl Application {
    /// Deletes an export and the records of its runs. The tables at the destination stay as they are.
    pub async fn delete_export(&self, workspace: WorkspaceId, id: ExportId) -> Result<(), ExportError> {
        if self.store.delete_export(workspace, id, self.clock.now()).await? {
            Ok(())
        } else {
            Err(ExportError::NotFound("export"))
        }
    }
}
