//! The input of the write lane, and its answer.

use crate::ports::{ImportId, ReadRow, StorageError};
use selfsame_domain::{Command, Decision};
use std::sync::Arc;

/// The commands of one caller. They are decided in order, in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// The commands; at least one.
    pub commands: Vec<Command>,
    /// The idempotency key, if the caller sent one.
    pub replay: Option<Replay>,
    /// SHA-256 of the request's content, for calls whose repetition within the workspace's duplicate window is refused
    /// (wire fact).
    pub duplicate_digest: Option<Vec<u8>>,
    /// The size of the request in bytes, which bounds the size of a batch.
    pub bytes: usize,
    /// The rows of an import that the commands are from. They are recorded in the commit of their decisions.
    pub import: Option<ImportBatch>,
}

/// The next rows of a running import.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportBatch {
    /// The import.
    pub import: ImportId,
    /// How many rows were recorded before.
    pub done: u64,
    /// The rows, in order. The commands of the submission are those of the rows that could be read.
    pub rows: Arc<[ReadRow]>,
}

/// An idempotency key, and the digest of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The key as the caller sent it, with its scope, 1 to 300 characters.
    pub key: String,
    /// SHA-256 of the request.
    pub digest: Vec<u8>,
}

impl Submission {
    /// A single command without an idempotency key.
    pub fn of(command: Command) -> Self {
        Self {
            commands: vec![command],
            replay: None,
            duplicate_digest: None,
            bytes: 0,
            import: None,
        }
    }
}

/// Why a submission was not decided.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubmitError {
    /// Too many submissions are waiting, or the server is stopping. Nothing was done.
    #[error("the server is busy")]
    Busy,
    /// The idempotency key was used before for another request. Nothing was done.
    #[error("the idempotency key was used for another request")]
    ReplayMismatch,
    /// The workspace's access version is not the one at which the caller was recognised. Nothing was done.
    #[error("the access of the workspace has changed since the key was read")]
    AccessChanged,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] Arc<StorageError>),
}

impl From<StorageError> for SubmitError {
    fn from(error: StorageError) -> Self {
        Self::Storage(Arc::new(error))
    }
}

/// The decisions of one submission, in the order of its commands.
pub(crate) type Reply = Result<Vec<Decision>, SubmitError>;
