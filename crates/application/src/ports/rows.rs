//! Reading the rows of an import from its stored body.

use selfsame_domain::{Command, CustomField, Policy};
use std::io::Read;

use super::{Import, Inspection};

/// A row that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadRow {
    /// The line of the body on which it begins, from 1.
    pub line: u64,
    /// Its approximate size in bytes.
    pub bytes: usize,
    /// See [`super::ImportRow::dedupe_value`].
    pub dedupe_value: Option<String>,
    /// The command of the row, or why it cannot be read, without values of the row.
    pub command: Result<Command, String>,
}

/// Why a body cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// It does not match its format. A retry does not help.
    #[error("{0}")]
    Malformed(String),
    /// The bytes could not be read. A retry may help.
    #[error("the stored body cannot be read")]
    Interrupted(#[from] std::io::Error),
}

/// Whether the reader continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuation {
    /// It continues.
    Yes,
    /// It stops: the receiver is gone.
    No,
}

/// What an inspection may look at besides the body.
#[derive(Debug, Clone)]
pub struct InspectionContext {
    /// The policy of the workspace.
    pub policy: Policy,
    /// The custom fields of the workspace.
    pub fields: Vec<CustomField>,
}

/// Reads the rows of imports. A port, because the form of a body belongs to a front end.
pub trait RowReader: Send + Sync + std::fmt::Debug {
    /// Looks at the whole body of a file before its first row is written. Blocks as [`Self::read`] does, within the same bounds.
    fn inspect(
        &self,
        import: &Import,
        context: &InspectionContext,
        body: &mut dyn Read,
    ) -> Result<Inspection, RowsError> {
        let _ = (import, context, body);
        Ok(Inspection::default())
    }

    /// Reads all rows in their order and hands each to `rows`. Blocks: it has a thread of its own. MUST give the same rows for the same body and
    /// policy, and MUST NOT hold more in memory than a bulk call or a few rows of a file.
    fn read(
        &self,
        import: &Import,
        policy: &Policy,
        body: &mut dyn Read,
        rows: &mut dyn FnMut(ReadRow) -> Continuation,
    ) -> Result<(), RowsError>;
}
