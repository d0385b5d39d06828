//! Translates SQLite's errors to those of the ports.

use rusqlite::ffi;
use selfsame_application::ports::StorageError;

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

/// Errors of this adapter.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// A statement changed another number of rows than the change set contains: the snapshot did not match the
    /// database.
    #[error("{touched} of {expected} rows of {table} were there")]
    RowsMissing {
        /// The table.
        table: &'static str,
        /// How many rows the change set contains.
        expected: usize,
        /// How many rows existed.
        touched: u64,
    },
    /// A value cannot be written as JSON.
    #[error("a value cannot be encoded")]
    Encode(#[from] serde_json::Error),
}

impl From<Refusal> for StorageError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// Translates an error of the driver. Its texts name tables and columns, never values.
pub(crate) fn storage(error: rusqlite::Error) -> StorageError {
    match primary_code(&error) {
        Some(BUSY | LOCKED) => StorageError::Retriable,
        Some(READONLY) => unavailable("the database file is read-only"),
        Some(FULL) => unavailable("the disk is full"),
        Some(NOTADB) => unavailable("the file is not a SQLite database"),
        Some(PERM | NOMEM | IOERR | CORRUPT | CANTOPEN) => unavailable(&error.to_string()),
        _ => StorageError::Refused(Box::new(error)),
    }
}

/// As [`storage`], but a taken unique value is reported as a conflict.
pub(crate) fn conflict(error: rusqlite::Error, what: &'static str) -> StorageError {
    match extended_code(&error) {
        Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => StorageError::Conflict { what },
        _ => storage(error),
    }
}

/// Whether a foreign key refers to a missing row.
pub(crate) fn names_nothing(error: &rusqlite::Error) -> bool {
    extended_code(error) == Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

pub(crate) fn unavailable(reason: &str) -> StorageError {
    StorageError::Unavailable {
        reason: reason.to_owned(),
    }
}

fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    Some(error.sqlite_error()?.extended_code)
}

fn primary_code(error: &rusqlite::Error) -> Option<i32> {
    extended_code(error).map(|code| code & 0xff)
}
