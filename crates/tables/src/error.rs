//! Why a table cannot be read.

use std::io::{Error, ErrorKind};

/// Why a table cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It is no table, or a damaged one. The text says what is wrong, and quotes nothing of it.
    #[error("{0}")]
    Malformed(String),
    /// The bytes did not come.
    #[error("the table cannot be read")]
    Io(#[source] Error),
}

impl TableError {
    pub(crate) fn malformed(reason: impl Into<String>) -> Self {
        Self::Malformed(reason.into())
    }

    pub(crate) fn not_a_spreadsheet() -> Self {
        Self::malformed("the file is no XLSX spreadsheet, or a damaged one")
    }
}

impl From<Error> for TableError {
    fn from(error: Error) -> Self {
        match error.kind() {
            // Ours, with a text that is meant for people.
            ErrorKind::InvalidData => Self::Malformed(error.to_string()),
            ErrorKind::FileTooLarge => Self::malformed("the table is larger than allowed once it is unpacked"),
            // Those of the decompressor, which quotes nothing either.
            ErrorKind::InvalidInput | ErrorKind::UnexpectedEof => {
                Self::malformed("the packed table is damaged or cut off")
            }
            _ => Self::Io(error),
        }
    }
}

/// An error for a stream whose reader wants an [`Error`].
pub(crate) fn invalid(reason: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidData, reason.into())
}
