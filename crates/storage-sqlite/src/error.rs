//! What SQLite fails with, in the terms of the ports.

use selfsame_application::ports::StorageError;
use sqlx::error::ErrorKind;

// Primary result codes (https://www.sqlite.org/rescode.html). Extended ones keep them in their lowest byte.
const PERM: i32 = 3;
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const NOMEM: i32 = 7;
const READONLY: i32 = 8;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const NOTADB: i32 = 26;

/// What this adapter itself refuses.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// A statement touched another number of rows than the change set has: the snapshot was not what the database holds.
    #[error("{touched} of {expected} rows of {table} were there")]
    RowsMissing {
        /// Which table.
        table: &'static str,
        /// How many rows the change set names.
        expected: usize,
        /// How many there were.
        touched: u64,
    },
    /// A dry run asked to write.
    #[error("a dry run cannot write")]
    DryRun,
    /// A value cannot be written as JSON.
    #[error("a value cannot be encoded")]
    Encode(#[from] serde_json::Error),
}

impl From<Refusal> for StorageError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// Maps what the driver says. Its texts name tables and columns, never values.
pub(crate) fn storage(error: sqlx::Error) -> StorageError {
    match primary_code(&error) {
        Some(BUSY | LOCKED) => StorageError::Retriable,
        Some(READONLY) => unavailable("the database file is read-only"),
        Some(FULL) => unavailable("the disk is full"),
        Some(NOTADB) => unavailable("the file is not a SQLite database"),
        Some(PERM | NOMEM | IOERR | CORRUPT | CANTOPEN) => unavailable(&error.to_string()),
        Some(_) => StorageError::Refused(Box::new(error)),
        None => match error {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => unavailable(&error.to_string()),
            error => StorageError::Refused(Box::new(error)),
        },
    }
}

/// As [`storage`], where a unique value that is taken is the caller's to hear of.
pub(crate) fn conflict(error: sqlx::Error, what: &'static str) -> StorageError {
    match kind(&error) {
        Some(ErrorKind::UniqueViolation) => StorageError::Conflict { what },
        _ => storage(error),
    }
}

/// What kind of constraint was broken, if one was.
pub(crate) fn kind(error: &sqlx::Error) -> Option<ErrorKind> {
    error.as_database_error().map(sqlx::error::DatabaseError::kind)
}

pub(crate) fn unavailable(reason: &str) -> StorageError {
    StorageError::Unavailable {
        reason: reason.to_owned(),
    }
}

fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
