//! The index of substrings.

use super::StorageError;
use async_trait::async_trait;
use selfsame_domain::WorkspaceId;

/// Keeps the index by which [`super::Contacts::find`] finds substrings. It is behind the contacts: a background task brings it up to date, so that a
/// write costs nothing for it. It contains [`selfsame_domain::Trigram`]s of active contacts in some form, and no whole text.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// The workspaces whose last commit the index may not contain.
    async fn unindexed(&self) -> Result<Vec<WorkspaceId>, StorageError>;

    /// Indexes the next changed contacts, at most `limit`, in the order of their commits, and forgets those that are not active any more or erased.
    /// Returns whether changes are left. Repeated and concurrent calls, also from several servers, MUST be safe. Raises no revision.
    async fn index(&self, workspace: WorkspaceId, limit: u32) -> Result<bool, StorageError>;
}
