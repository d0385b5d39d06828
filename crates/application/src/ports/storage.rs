//! The write side of a storage.

use async_trait::async_trait;
use selfsame_domain::{
    ChangeSet, ContactId, Decision, Footprint, Policy, ReadSet, Revision, Snapshot, Timestamp, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a storage can fail with.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A value that must be unique is taken: a workspace's name, the digest of a key.
    #[error("{what} is taken")]
    Conflict {
        /// What must be unique.
        what: &'static str,
    },
    /// The transaction lost a race (serialization failure, deadlock, lock time-out) and left nothing; doing it again may succeed.
    #[error("the transaction lost a race")]
    Retriable,
    /// The database cannot be reached, or ended the connection. Whether a commit that was under way took place is unknown.
    #[error("the database is unavailable: {reason}")]
    Unavailable {
        /// What the driver said, without credentials.
        reason: String,
    },
    /// The connection was lost, or gave no answer in time, before a write or a commit was asked for. Nothing was done, and doing it again on
    /// another connection may succeed.
    #[error("the connection to the database was lost: {reason}")]
    Lost {
        /// What the driver said, without credentials.
        reason: String,
    },
    /// A stored value cannot be read back.
    #[error("corrupt value in {table}.{column} of {key}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// Which row.
        key: String,
    },
    /// What was read is no possible state, so nothing can be decided on it. Reading it again will not help.
    #[error("what was read is inconsistent: {0}")]
    Inconsistent(#[from] selfsame_domain::Invariant),
    /// There is no workspace of this number.
    #[error("unknown workspace")]
    UnknownWorkspace,
    /// The database refused a statement for another reason. Doing it again will not help.
    #[error("the database refused a statement")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StorageError {
    /// Whether the same work will fail again, because of what it is about: the database refuses it, or what it reads cannot be used.
    pub fn is_lasting(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Corrupt { .. } | Self::Inconsistent(_))
    }
}

/// A reply that is kept for an idempotency key, or for the detection of duplicated requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The key, 1 to 300 characters, unique within the workspace.
    pub key: String,
    /// SHA-256 of the request.
    pub digest: Vec<u8>,
    /// What was decided.
    pub decisions: Vec<Decision>,
    /// Contacts that it is about; erasing one of them deletes the record.
    pub contacts: Vec<ContactId>,
    /// When the record ends to count.
    pub expires_at: Timestamp,
}

/// The identity policy of a workspace, with the commit that set it.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyVersion {
    /// The commit that set it; 0 for the policy that the workspace was made with.
    pub revision: Revision,
    /// The policy.
    pub policy: Arc<Policy>,
}

/// What a batch asks the storage before it is decided.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadRequest {
    /// The revision of the policy by which the footprint was made.
    pub policy: Revision,
    /// What the batch touches.
    pub footprint: Footprint,
    /// Keys under which a reply may be recorded.
    pub reply_keys: Vec<String>,
    /// Replies that expire at this time or before it do not count.
    pub now: Timestamp,
}

/// What a storage answers to a [`ReadRequest`].
#[derive(Debug, Clone, PartialEq)]
pub enum ReadAnswer {
    /// The policy is another one by now: nothing was read, since the footprint depends on it.
    OutdatedPolicy(PolicyVersion),
    /// What was asked for.
    State(Box<ReadState>),
}

/// One consistent state of a workspace, as far as it was asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadState {
    /// The last commit that it contains.
    pub revision: Revision,
    /// What is recorded under the keys and has not expired.
    pub recorded: Vec<Recorded>,
    /// What the footprint leads to.
    pub snapshot: Snapshot,
}

/// What a batch has read: the condition of its write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Basis {
    /// The last commit that was read.
    pub revision: Revision,
    /// The rows that were read.
    pub read: ReadSet,
    /// Keys under which it was read whether a reply is recorded.
    pub reply_keys: Vec<String>,
}

impl Basis {
    /// What a batch has read that got this state for its request.
    pub fn of(request: &ReadRequest, state: &ReadState) -> Self {
        Self {
            revision: state.revision,
            read: ReadSet::of(&request.footprint, &state.snapshot),
            reply_keys: request.reply_keys.clone(),
        }
    }
}

/// What is to be written in one commit.
#[derive(Debug, Clone, Copy)]
pub struct Commit<'a> {
    /// The changes, applied in the order of their members.
    pub changes: &'a ChangeSet,
    /// Replies to be recorded; each key once. A later record takes the place of an earlier one.
    pub records: &'a [Recorded],
}

impl Commit<'_> {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.changes.is_empty()
    }
}

/// What became of a write that was made on a [`Basis`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is durable, as the commit of this revision.
    Committed(Revision),
    /// Something that was read has changed since. Nothing was written.
    Stale,
}

/// A storage that takes writes.
///
/// Every workspace has a revision, the number of its last commit. Writers of a workspace take turns at it:
///
/// - A commit that changes something MUST raise the revision by one, so the order of revisions is the order of commits and there are no gaps.
///   A write of nothing ([`Commit::is_empty`]) MUST raise nothing.
/// - Every row that a commit writes, and every contact of [`ChangeSet::touched`], MUST carry the revision of the commit, as far as a
///   [`ReadSet`] names such rows. Contacts that lose a membership by [`ChangeSet::segments_emptied`], and contacts and visitors that
///   [`ChangeSet::repointed`] and [`ChangeSet::visitors_returned`] change, count as written.
/// - The workspace MUST remember the revisions at which its policy changed, at which it last changed definitions
///   ([`ChangeSet::changes_definitions`]) and at which it last deleted ([`ChangeSet::deletes`]).
///
/// A batch is read, decided and written without a transaction around the three steps. When another commit came between, the write says so,
/// and the batch is done again by [`Storage::exclusive`], which no other commit can come between.
#[async_trait]
pub trait Storage: Send + Sync + std::fmt::Debug {
    /// The policy of the workspace as this storage last saw it. It may be outdated, which the next [`Storage::read`] tells.
    async fn policy(&self, workspace: WorkspaceId) -> Result<PolicyVersion, StorageError>;

    /// Reads one consistent state, in a number of round trips that does not depend on the size of the footprint. Takes no lock, waits for no
    /// writer and MUST NOT leave anything, except that new numbers may be skipped. Every member of the snapshot MUST be as [`Snapshot`] says.
    async fn read(&self, workspace: WorkspaceId, request: &ReadRequest) -> Result<ReadAnswer, StorageError>;

    /// Writes what was decided on a basis, if the basis is still true.
    ///
    /// MUST take the revision of the workspace before anything else, so that no other commit comes between check and write. The basis is true if
    /// no commit came after it, or if none that came after it wrote what [`ReadSet`] names. An adapter may take a true basis for a stale one,
    /// never a stale one for a true one. MUST check that every row that it removes or updates was there; where the basis is true, a row that is not
    /// there or a value that is taken is [`StorageError::Refused`]. After [`Written::Committed`] no crash of process or database loses the
    /// write. Any error but [`StorageError::Unavailable`] MUST leave nothing.
    async fn write(&self, workspace: WorkspaceId, basis: &Basis, commit: Commit<'_>) -> Result<Written, StorageError>;

    /// Takes the revision of the workspace, and with it keeps every other commit out, until the returned value is used up or dropped.
    async fn exclusive(&self, workspace: WorkspaceId) -> Result<Box<dyn Exclusive>, StorageError>;
}

/// A transaction that holds the revision of its workspace. Dropping it MUST leave nothing and let others go on.
#[async_trait]
pub trait Exclusive: Send {
    /// As [`Storage::read`]; what was read stays true. May be called again with another request.
    async fn read(&mut self, request: &ReadRequest) -> Result<ReadAnswer, StorageError>;

    /// As [`Storage::write`] on a basis that is true; answers the revision of the commit, or the present one when there was nothing to write.
    async fn write(self: Box<Self>, commit: Commit<'_>) -> Result<Revision, StorageError>;
}
