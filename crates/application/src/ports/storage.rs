//! The write side of a storage.

use async_trait::async_trait;
use selfsame_domain::{ChangeSet, ContactId, Decision, Footprint, Policy, Snapshot, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

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
    /// The connection was lost, or gave no answer in time, before the commit of a unit of work was asked for. Nothing was done, and doing it
    /// again on another connection may succeed.
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
    /// There is no workspace of this number.
    #[error("unknown workspace")]
    UnknownWorkspace,
    /// The database refused a statement for another reason. Doing it again will not help.
    #[error("the database refused a statement")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a unit of work is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To write: takes locks.
    Write,
    /// To see what a write would do: takes no locks, and MUST leave nothing, not even new numbers.
    DryRun,
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

/// A storage that takes writes.
#[async_trait]
pub trait Storage: Send + Sync + std::fmt::Debug {
    /// Begins a transaction on one workspace. Nothing of it may be seen by others before [`UnitOfWork::commit`]; dropping it
    /// MUST leave nothing.
    async fn begin(&self, workspace: WorkspaceId, mode: Mode) -> Result<Box<dyn UnitOfWork>, StorageError>;
}

/// One transaction: `recorded`, `load`, `apply` in this order, each at most once, then `commit`.
#[async_trait]
pub trait UnitOfWork: Send {
    /// The identity policy of the workspace as of the beginning.
    fn policy(&self) -> &Policy;

    /// Takes the given keys for itself, in sorted order, and returns what is recorded under them and expires after `now`. Another
    /// transaction that asks for one of them MUST wait until this one ends. (In a dry run it only reads.)
    async fn recorded(&mut self, keys: &[String], now: Timestamp) -> Result<Vec<Recorded>, StorageError>;

    /// Locks and loads a footprint, with a number of round trips that does not depend on its size.
    ///
    /// MUST take locks in the one global order (keys sorted, then contacts by number), and MUST return every member as
    /// [`Snapshot`] says it. Whatever another transaction commits afterwards MUST NOT make the snapshot wrong. When what was
    /// locked turns out to be no longer what the footprint leads to, it fails with [`StorageError::Retriable`].
    async fn load(&mut self, footprint: &Footprint) -> Result<Snapshot, StorageError>;

    /// Writes the changes in the order of their members, and the records, with set-based statements. MUST check that every
    /// row that it updates was there.
    async fn apply(&mut self, changes: &ChangeSet, records: &[Recorded]) -> Result<(), StorageError>;

    /// Makes it durable: after `Ok` no crash of process or database loses it.
    async fn commit(self: Box<Self>) -> Result<(), StorageError>;
}
