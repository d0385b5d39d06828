//! Making an export.

use super::error::ExportError;
use crate::app::Application;
use crate::ports::{Export, ExportDefinition, SegmentQuery};
use selfsame_domain::{ConnectorId, ExportId, WorkspaceId};

/// An export to be made.
#[derive(Debug, Clone)]
pub struct NewExport {
    /// What to call it.
    pub name: String,
    /// Where it goes to.
    pub connector: ConnectorId,
    /// What it writes.
    pub definition: ExportDefinition,
}

impl Application {
    /// Makes an export. One with a schedule begins its first run at once; another one when somebody says so.
    pub async fn create_export(&self, workspace: WorkspaceId, new: NewExport) -> Result<Export, ExportError> {
        if let Some(segment) = new.definition.segment {
            let one = SegmentQuery {
                segment,
                by_time: false,
                ascending: true,
                offset: 0,
                limit: 1,
            };
            let found = self.store.in_segment(workspace, &one).await?;
            found.ok_or(ExportError::NoSegment)?;
        }
        let now = self.clock.now();
        let export = Export {
            workspace,
            id: ExportId(self.ids.uuid(now)),
            version: 1,
            name: new.name,
            connector: new.connector,
            next_run_at: new.definition.schedule.as_ref().map(|_| now),
            definition: new.definition,
            is_paused: false,
            synced: None,
            must_fill: false,
            created_at: now,
            updated_at: now,
        };
        if !self.store.create_export(&export).await? {
            return Err(ExportError::NoConnector);
        }
        Ok(export)
    }
}
