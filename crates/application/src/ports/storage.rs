//! The write side of a storage.

use super::{AccessVersion, ImportId, ImportRow};
use async_trait::async_trait;
use selfsame_domain::{
    ChangeSet, ContactId, Decision, Footprint, Policy, ReadSet, Revision, Snapshot, Timestamp, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Why a storage fails.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A value that must be unique is taken: a workspace's name, the digest of a key.
    #[error("{what} is taken")]
    Conflict {
        /// What must be unique.
        what: &'static str,
    },
    /// The transaction lost a race (serialization failure, deadlock, lock time-out) and changed nothing; a retry may
    /// succeed.
    #[error("the transaction lost a race")]
    Retriable,
    /// The database cannot be reached, or closed the connection. Whether a commit in progress took place is unknown.
    #[error("the database is unavailable: {reason}")]
    Unavailable {
        /// The driver's message, without credentials.
        reason: String,
    },
    /// The connection was lost, or gave no answer in time, before a write or a commit was sent. Nothing was done, and a
    /// retry on another connection may succeed.
    #[error("the connection to the database was lost: {reason}")]
    Lost {
        /// The driver's message, without credentials.
        reason: String,
    },
    /// A stored value cannot be read back.
    #[error("corrupt value in {table}.{column} of {key}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        key: String,
    },
    /// What was read is no possible state, so nothing can be decided on it. Reading it again will not help.
    #[error("what was read is inconsistent: {0}")]
    Inconsistent(#[from] selfsame_domain::Invariant),
    /// There is no workspace of this number.
    #[error("unknown workspace")]
    UnknownWorkspace,
    /// The import of a commit is not running any more, is being cancelled, or another server processed its rows first. Nothing was written.
    #[error("the import is not running here any more")]
    ImportNotRunning,
    /// The database refused a statement for another reason. A retry does not help.
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
    /// The decisions.
    pub decisions: Vec<Decision>,
    /// The contacts that it involves; erasing one of them deletes the record.
    pub contacts: Vec<ContactId>,
    /// When the record expires.
    pub expires_at: Timestamp,
}

/// The identity policy of a workspace, and the commit that set it.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyVersion {
    /// The commit that set it; 0 for the policy of a new workspace.
    pub revision: Revision,
    /// The policy.
    pub policy: Arc<Policy>,
}

/// What a batch reads before it is decided.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadRequest {
    /// The revision of the policy with which the footprint was made.
    pub policy: Revision,
    /// What the batch touches.
    pub footprint: Footprint,
    /// Keys under which a reply may be recorded.
    pub reply_keys: Vec<String>,
    /// The time of the request: replies that expire at or before it do not count.
    pub now: Timestamp,
}

/// The answer to a [`ReadRequest`].
#[derive(Debug, Clone, PartialEq)]
pub enum ReadAnswer {
    /// The policy has changed: nothing was read, because the footprint depends on it.
    OutdatedPolicy(PolicyVersion),
    /// The requested state.
    State(Box<ReadState>),
}

/// One consistent state of a workspace, limited to the request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadState {
    /// The last commit that it contains.
    pub revision: Revision,
    /// The access version of the workspace.
    pub access: AccessVersion,
    /// Unexpired replies that are recorded under the keys.
    pub recorded: Vec<Recorded>,
    /// The rows that the footprint leads to.
    pub snapshot: Snapshot,
}

/// What a batch has read: the condition of its write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Basis {
    /// The last commit that was read.
    pub revision: Revision,
    /// The rows that were read.
    pub read: ReadSet,
    /// Keys whose recorded replies were read.
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

/// The content of one commit.
#[derive(Debug, Clone, Copy)]
pub struct Commit<'a> {
    /// The changes, applied in the order of their members.
    pub changes: &'a ChangeSet,
    /// Replies to record; each key once. A later record replaces an earlier one.
    pub records: &'a [Recorded],
    /// The rows of an import that the commit is about.
    pub import: Option<ImportProgress<'a>>,
}

/// The next rows of a running import, recorded in the commit of their decisions: a row is never written without being recorded, or twice.
#[derive(Debug, Clone, Copy)]
pub struct ImportProgress<'a> {
    /// The import.
    pub import: ImportId,
    /// How many rows were recorded before. A commit with another number MUST be refused with [`StorageError::ImportNotRunning`], as one of an
    /// import that is not running, or is being cancelled.
    pub done: u64,
    /// The rows.
    pub rows: &'a [ImportRow],
    /// The time of the record.
    pub now: Timestamp,
}

impl Commit<'_> {
    /// Whether nothing changes. Rows of an import alone are recorded by [`super::Imports::record_rows`], without a commit.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.changes.is_empty()
    }
}

/// The result of a write on a [`Basis`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is durable, as the commit of this revision.
    Committed(Revision),
    /// Something that was read has changed since. Nothing was written.
    Stale,
}

/// A storage that accepts writes.
///
/// Every workspace has a revision, the number of its last commit. Writers of a workspace take turns:
///
/// - A commit that changes something MUST raise the revision by one, so the order of revisions is the order of commits
///   and there are no gaps. An empty write ([`Commit::is_empty`]) MUST NOT raise it.
/// - Every row that a commit writes, and every contact of [`ChangeSet::touched`], MUST carry the revision of the
///   commit, as far as a [`ReadSet`] names such rows. Contacts that lose a membership by
///   [`ChangeSet::segments_emptied`], and contacts and visitors that [`ChangeSet::repointed`] and
///   [`ChangeSet::visitors_returned`] change, count as written.
/// - The workspace MUST store the revisions at which its policy last changed, at which its definitions last changed
///   ([`ChangeSet::changes_definitions`]) and at which it last deleted something ([`ChangeSet::deletes`]).
/// - A commit that changes the policy MUST raise the access version.
///
/// A batch is read, decided and written without a transaction around the three steps. When a conflicting commit came
/// between, the write reports it, and the batch is repeated with [`Storage::exclusive`], which excludes other commits.
#[async_trait]
pub trait Storage: Send + Sync + std::fmt::Debug {
    /// The policy of the workspace as this storage last read it. It may be outdated, which the next [`Storage::read`]
    /// reports.
    async fn policy(&self, workspace: WorkspaceId) -> Result<PolicyVersion, StorageError>;

    /// Whether it pays to read a batch while the one before is written: reading does not wait for the writer, and gets
    /// other new numbers than a write that has begun.
    fn overlaps(&self) -> bool {
        false
    }

    /// Whether a batch should exclude other writers before it is read, in one section that may block its thread: where the
    /// connection that writes also reads best, and nothing waits for a network.
    fn excludes(&self) -> bool {
        false
    }

    /// Reads one consistent state, in a number of round trips that does not depend on the size of the footprint. Takes
    /// no lock, waits for no writer and MUST NOT leave anything behind, except that new numbers may be skipped. Every
    /// field of the snapshot MUST be as [`Snapshot`] defines it.
    async fn read(&self, workspace: WorkspaceId, request: &ReadRequest) -> Result<ReadAnswer, StorageError>;

    /// Writes the decided changes if their basis is still current.
    ///
    /// MUST lock the revision of the workspace before anything else, so that no other commit comes between check and
    /// write. The basis is current if no commit came after it, or if none that came after it wrote what [`ReadSet`]
    /// names. An adapter may report a current basis as stale, never the reverse. MUST check that every row that it
    /// deletes or updates existed; on a current basis, a missing row or a taken value is [`StorageError::Refused`].
    /// After [`Written::Committed`] the write survives any crash of process or database. Any error but
    /// [`StorageError::Unavailable`] MUST leave nothing behind.
    async fn write(&self, workspace: WorkspaceId, basis: &Basis, commit: Commit<'_>) -> Result<Written, StorageError>;

    /// Locks the revision of the workspace, and so excludes every other commit until the returned value is consumed or
    /// dropped.
    async fn exclusive(&self, workspace: WorkspaceId) -> Result<Box<dyn Exclusive>, StorageError>;
}

/// A transaction that holds the revision of its workspace. Dropping it MUST leave nothing behind and release the lock.
#[async_trait]
pub trait Exclusive: Send {
    /// As [`Storage::read`]; the state stays current. May be called again with another request.
    async fn read(&mut self, request: &ReadRequest) -> Result<ReadAnswer, StorageError>;

    /// As [`Storage::write`] on a current basis. Returns the revision of the commit, or the current one when there was
    /// nothing to write.
    async fn write(self: Box<Self>, commit: Commit<'_>) -> Result<Revision, StorageError>;
}
