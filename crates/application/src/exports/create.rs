//! Creating an export.

use super::error::ExportError;
use crate::app::Application;
use crate::ports::{Export, ExportDefinition, SegmentQuery};
use selfsame_domain::{ConnectorId, ExportId, WorkspaceId};

/// An export to create.
#[derive(Debug, Clone)]
pub struct NewExport {
    /// Its display name.
    pub name: String,
    /// The connector that it writes to.
    pub connector: ConnectorId,
    /// What it writes.
    pub definition: ExportDefinition,
}

impl Application {
    /// Creates an export. With a schedule, its first run starts at once; without one, runs start on request.
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
