//! Reading what the commits of a workspace changed.

use super::StorageError;
use async_trait::async_trait;
use selfsame_domain::{ContactId, Decision, Revision, SegmentMove, WorkspaceId};

/// What an entry of the feed is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Logged {
    /// A decision in the log of the contact.
    Decided(Box<Decision>),
    /// The contact was erased, with its log.
    Erased,
    /// The contact entered a segment or left it.
    Moved(SegmentMove),
}

/// An entry of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedEntry {
    /// The commit that wrote it.
    pub revision: Revision,
    /// The contact.
    pub contact: ContactId,
    /// What happened.
    pub what: Logged,
}

/// Entries of some commits, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedPage {
    /// The entries by revision. Those of one commit: decisions by decision and contact, then erasures by contact, then moves by contact and segment.
    pub entries: Vec<LoggedEntry>,
    /// All entries up to this commit are among them.
    pub until: Revision,
    /// The last commit.
    pub latest: Revision,
    /// Erasures of this commit and earlier ones may be forgotten.
    pub begins: Revision,
}

/// Reads the identity log of a workspace, its erasures, and entries and exits of segments in the order of its commits.
#[async_trait]
pub trait Changes: Send + Sync {
    /// The entries of the commits after one: whole commits, at least one if there is any, and as many as have about `limit` entries together.
    /// MUST be one state of the workspace, so that no commit up to [`LoggedPage::until`] is missing. [`StorageError::UnknownWorkspace`] without
    /// the workspace.
    async fn logged(&self, workspace: WorkspaceId, after: Revision, limit: u32) -> Result<LoggedPage, StorageError>;
}
