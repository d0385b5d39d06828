//! Reading what the commits of a workspace changed.

use super::StorageError;
use async_trait::async_trait;
use selfsame_domain::{ContactId, Decision, Revision, WorkspaceId};

/// A decision in the log of a contact, or that the contact was erased.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedEntry {
    /// The commit that wrote it.
    pub revision: Revision,
    /// The contact in whose log the decision is, or that was erased.
    pub contact: ContactId,
    /// The decision; none for an erasure, which deletes the log of the contact.
    pub decision: Option<Decision>,
}

/// Entries of some commits, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedPage {
    /// The entries: by revision, those of one by decision, then contact; erasures come last.
    pub entries: Vec<LoggedEntry>,
    /// All entries up to this commit are among them.
    pub until: Revision,
    /// The last commit.
    pub latest: Revision,
    /// Erasures of this commit and earlier ones may be forgotten.
    pub begins: Revision,
}

/// Reads the identity log of a workspace in the order of its commits.
#[async_trait]
pub trait Changes: Send + Sync {
    /// The entries of the commits after one: whole commits, at least one if there is any, and as many as have about `limit` entries together.
    /// MUST be one state of the workspace, so that no commit up to [`LoggedPage::until`] is missing. [`StorageError::UnknownWorkspace`] without
    /// the workspace.
    async fn logged(&self, workspace: WorkspaceId, after: Revision, limit: u32) -> Result<LoggedPage, StorageError>;
}
