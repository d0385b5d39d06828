//! The audit log of the console.

use async_trait::async_trait;
use selfsame_domain::console::AuditEntry;
use selfsame_domain::{AuditId, WorkspaceId};

use super::StorageError;

/// Keeps what people did. Entries are appended, and neither changed nor deleted.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Appends an entry. [`StorageError::UnknownWorkspace`] without its workspace.
    async fn append_audit(&self, entry: &AuditEntry) -> Result<(), StorageError>;

    /// Entries of a workspace, the latest first; those before `before`.
    async fn audit(
        &self,
        workspace: WorkspaceId,
        before: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StorageError>;
}
