//! What a caller hands to the write lane, and what comes back.

use crate::ports::StorageError;
use selfsame_domain::{Command, Decision};

/// Commands of one caller: they are decided in their order, in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// What is asked; at least one.
    pub commands: Vec<Command>,
    /// The idempotency key, if the caller sent one.
    pub replay: Option<Replay>,
    /// SHA-256 of what the request says, for calls that are refused when they are repeated within the workspace's window (wire fact).
    pub duplicate_digest: Option<Vec<u8>>,
    /// The size of the request in bytes, which bounds how much shares a transaction.
    pub bytes: usize,
}

/// An idempotency key with the request that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// As the caller sent it, with what scopes it, 1 to 300 characters.
    pub key: String,
    /// SHA-256 of the request.
    pub digest: Vec<u8>,
}

impl Submission {
    /// A single command, never replayed.
    pub fn of(command: Command) -> Self {
        Self {
            commands: vec![command],
            replay: None,
            duplicate_digest: None,
            bytes: 0,
        }
    }
}

/// Why a submission has no decisions.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubmitError {
    /// Too much is waiting, or the server is stopping. Nothing was done.
    #[error("the server is busy")]
    Busy,
    /// The idempotency key was used before for another request. Nothing was done.
    #[error("the idempotency key was used for another request")]
    ReplayMismatch,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] std::sync::Arc<StorageError>),
}

impl From<StorageError> for SubmitError {
    fn from(error: StorageError) -> Self {
        Self::Storage(std::sync::Arc::new(error))
    }
}

/// The decisions of one submission, in the order of its commands.
pub(crate) type Reply = Result<Vec<Decision>, SubmitError>;
