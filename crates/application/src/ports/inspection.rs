//! What is known of the body of an import before its first row is written.

use serde::{Deserialize, Serialize};

/// What is wrong with a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnProblem {
    /// The title of the column, or its number where it has none.
    pub column: String,
    /// The stable name of what is wrong, for programs.
    pub kind: String,
    /// What is wrong, without values of the column.
    pub reason: String,
    /// The first rows that show it, from 1.
    pub rows: Vec<u64>,
}

/// What the inspection of a body found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// How many rows the body has.
    pub total: u64,
    /// What the reader of the rows needs to know: a text of its own.
    pub found: String,
    /// What is wrong with whole columns. A person has to decide about it before the first write.
    pub problems: Vec<ColumnProblem>,
}
