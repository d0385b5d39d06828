//! Destinations of exports.

use async_trait::async_trait;
use secrecy::SecretString;
use selfsame_domain::export::{Cell, ConnectorKind, ConnectorSettings, Dataset, Row, TablePlan};
use selfsame_domain::{ExportId, Revision, Timestamp};
use std::fmt;
use uuid::Uuid;

use super::{CompareRequest, TableComparison};

/// A destination with its credentials.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Its address and settings.
    pub settings: ConnectorSettings,
    /// Its password or key; none where it needs none. Never logged.
    pub secret: Option<SecretString>,
}

/// The state up to which the tables of an export are complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermark {
    /// The last commit that they contain.
    pub revision: Revision,
    /// When that state was read.
    pub as_of: Timestamp,
}

/// Why a destination fails. Texts name tables, columns and rights, and never values of rows or credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// It cannot be reached, or closed the connection. A retry may succeed.
    #[error("the destination cannot be reached: {0}")]
    Unreachable(String),
    /// Another run or export has written the tables meanwhile. A retry may succeed.
    #[error("another run has written the tables meanwhile")]
    Raced,
    /// It refuses the credentials, or lacks a right.
    #[error("{problem}")]
    Denied {
        /// What is missing, in one line.
        problem: String,
        /// The statement that grants the right, where there is one.
        grant: Option<String>,
    },
    /// A table does not have the form that the export needs.
    #[error("{problem}; {way_out}")]
    Incompatible {
        /// What is wrong, in one line.
        problem: String,
        /// How to fix it.
        way_out: &'static str,
    },
    /// It refuses a row or a statement for another reason. A retry does not help.
    #[error("the destination refused a statement: {0}")]
    Refused(String),
}

impl SinkError {
    /// The text, with the statement that grants the missing right.
    pub fn with_grant(&self) -> String {
        match self {
            Self::Denied {
                problem,
                grant: Some(grant),
            } => format!("{problem}; `{grant}` grants the right"),
            _ => self.to_string(),
        }
    }

    /// Whether a retry may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Raced)
    }
}

/// The target of a run.
#[derive(Debug, Clone)]
pub struct SinkRequest {
    /// The destination.
    pub destination: Destination,
    /// The export. No other export may write the same tables.
    pub export: ExportId,
    /// What this attempt alone has as its name: what it leaves at the destination when it is killed is never taken for another's.
    pub attempt: Uuid,
    /// When this attempt began.
    pub begun_at: Timestamp,
    /// The schema or folder below the destination in which the tables are.
    pub schema: String,
    /// The tables, each dataset once.
    pub tables: Vec<TablePlan>,
}

/// The destinations of all kinds that this server supports.
#[async_trait]
pub trait ExportSinks: Send + Sync + fmt::Debug {
    /// Whether this kind of destination is supported.
    fn takes(&self, kind: ConnectorKind) -> bool;

    /// Connects, and checks the rights that an export to each of the schemas needs. MUST leave nothing behind.
    async fn check(&self, destination: &Destination, schemas: &[String]) -> Result<(), SinkError>;

    /// Begins a run: connects, creates missing tables and columns with their descriptions, and reads the watermark of
    /// the tables.
    ///
    /// MUST NOT change existing columns, indexes and rows.
    async fn begin(&self, request: SinkRequest) -> Result<Box<dyn SinkRun>, SinkError>;
}

/// A running run. Dropping it, or a future of any method except [`Self::commit`], MUST leave the tables as they were and
/// release what the destination holds for the run within seconds.
#[async_trait]
pub trait SinkRun: Send {
    /// The state up to which all tables are complete. None when a table was just created or extended, when the tables
    /// contain different commits, or when the destination keeps no rows between runs. Then every row must be sent.
    fn watermark(&self) -> Option<Watermark>;

    /// Stages rows of a table, which replace rows with the same key. They MUST NOT be visible to readers before
    /// [`Self::commit`]. Returns the approximate number of bytes sent.
    async fn stage(&mut self, dataset: Dataset, rows: Vec<Row>) -> Result<u64, SinkError>;

    /// Stages a deletion: rows with one of these values in the column are deleted before the staged rows are written.
    async fn forget(&mut self, dataset: Dataset, column: &'static str, values: Vec<Cell>) -> Result<(), SinkError>;

    /// Writes the staged rows and the watermark as far as readers do not see them. With `is_full`, rows that were not
    /// staged are deleted. Called once, before [`Self::commit`]. It MAY wait for other sessions at the destination, for
    /// minutes at most.
    async fn write(&mut self, watermark: Watermark, is_full: bool) -> Result<(), SinkError>;

    /// Makes everything that [`Self::write`] wrote visible atomically. [`Self::write`] or this MUST fail with
    /// [`SinkError::Raced`], and leave the tables as they were, when another run moved the watermark since this one began.
    async fn commit(self: Box<Self>) -> Result<(), SinkError>;

    /// Compares the staged rows, which MUST be all rows of the state of the watermark, with the tables, at the
    /// destination and in its own types. Changes nothing. When the request says to mend and a table differs, a full
    /// [`Self::write`] and [`Self::commit`] MUST be possible afterwards. MUST fail with [`SinkError::Raced`] when another run
    /// moved the watermark since this one began.
    async fn compare(&mut self, request: CompareRequest) -> Result<Vec<TableComparison>, SinkError>;
}
