//! Where exports are written to.

use async_trait::async_trait;
use secrecy::SecretString;
use selfsame_domain::export::{Cell, ConnectorKind, ConnectorSettings, Dataset, Row, TablePlan};
use selfsame_domain::{ExportId, Revision, Timestamp};
use std::fmt;
use uuid::Uuid;

/// A destination with its credentials.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Where it is.
    pub settings: ConnectorSettings,
    /// Its password or key; none where it needs none. Never logged.
    pub secret: Option<SecretString>,
}

/// Up to when the tables of an export are whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermark {
    /// The last commit that they contain.
    pub revision: Revision,
    /// When that state was read.
    pub as_of: Timestamp,
}

/// What a destination fails with. Texts name tables, columns and rights, and never values of rows or credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// It cannot be reached, or ended the connection. Doing it again may succeed.
    #[error("the destination cannot be reached: {0}")]
    Unreachable(String),
    /// Another run, or another export, has written the tables meanwhile. Doing it again may succeed.
    #[error("another run has written the tables meanwhile")]
    Raced,
    /// It refuses the credentials, or lacks a right.
    #[error("{problem}")]
    Denied {
        /// What is missing, one line.
        problem: String,
        /// The statement that gives the right, where there is one.
        grant: Option<String>,
    },
    /// A table is not as the export needs it.
    #[error("{problem}; {way_out}")]
    Incompatible {
        /// What is wrong, one line.
        problem: String,
        /// What to do about it.
        way_out: &'static str,
    },
    /// It refuses a row or a statement for another reason. Doing it again will not help.
    #[error("the destination refused a statement: {0}")]
    Refused(String),
}

impl SinkError {
    /// Whether doing it again may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Raced)
    }
}

/// What a run writes to.
#[derive(Debug, Clone)]
pub struct SinkRequest {
    /// The destination.
    pub destination: Destination,
    /// The export. No other one may write the same tables.
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

/// The destinations of every kind that this server has.
#[async_trait]
pub trait ExportSinks: Send + Sync + fmt::Debug {
    /// Whether there are destinations of this kind.
    fn takes(&self, kind: ConnectorKind) -> bool;

    /// Connects, and checks the rights that an export to one of the schemas needs. MUST leave nothing.
    async fn check(&self, destination: &Destination, schemas: &[String]) -> Result<(), SinkError>;

    /// Begins a run: connects, makes missing tables and columns, each with its description, and reads how far the tables are.
    ///
    /// MUST NOT change columns, indexes and rows that are there.
    async fn begin(&self, request: SinkRequest) -> Result<Box<dyn SinkRun>, SinkError>;
}

/// A run under way. Dropping it MUST leave the tables as they were.
#[async_trait]
pub trait SinkRun: Send {
    /// Up to when all tables are whole; none when one of them was made or got a column just now, when they are of different commits, or when
    /// the destination keeps no rows between runs. Then every row has to be sent.
    fn watermark(&self) -> Option<Watermark>;

    /// Takes rows of a table, which take the place of rows with the same key. A reader MUST NOT see them before [`Self::commit`]. Returns about
    /// how many bytes were sent.
    async fn stage(&mut self, dataset: Dataset, rows: Vec<Row>) -> Result<u64, SinkError>;

    /// Takes values of a column by which rows are taken away before those that were staged are written.
    async fn forget(&mut self, dataset: Dataset, column: &'static str, values: Vec<Cell>) -> Result<(), SinkError>;

    /// Writes what was staged, and the watermark, so that a reader sees all of it or nothing. With `is_full` rows that were not staged are
    /// taken away. MUST fail with [`SinkError::Raced`], and leave the tables as they were, when somebody has moved the watermark since the run
    /// began.
    async fn commit(self: Box<Self>, watermark: Watermark, is_full: bool) -> Result<(), SinkError>;
}
