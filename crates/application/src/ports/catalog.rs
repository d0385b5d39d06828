//! Reading the definitions of a workspace.

use async_trait::async_trait;
use selfsame_domain::{Category, CustomField, Segment, WorkspaceId};

use super::{Page, StorageError};

/// Reads segments, categories and custom fields.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Segments by number. With a text, only those whose name contains it, ignoring case.
    async fn segments(
        &self,
        workspace: WorkspaceId,
        name_contains: Option<&str>,
        offset: u64,
        limit: u32,
    ) -> Result<Page<Segment>, StorageError>;

    /// Categories by number, archived ones included, each with the number of active contacts in its segment.
    async fn categories(&self, workspace: WorkspaceId) -> Result<Vec<(Category, u64)>, StorageError>;

    /// Custom fields by number, archived ones included.
    async fn fields(&self, workspace: WorkspaceId) -> Result<Vec<CustomField>, StorageError>;
}
