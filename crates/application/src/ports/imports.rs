//! Imports: many contacts at once, with a result for each.

use async_trait::async_trait;
use selfsame_domain::{ContactId, ContactUndo, DecisionId, Skipped, Timestamp, WorkspaceId};
use std::fmt;
use uuid::Uuid;

use super::{ColumnProblem, Inspection, JobId, NewJob, StorageError};
use crate::submit::Replay;

/// The maximum size of a stored chunk of a body, in bytes.
pub const CHUNK_BYTES: usize = 256 << 10;

/// The ID of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImportId(pub Uuid);

impl fmt::Display for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! stored_words {
    ($type:ident { $($variant:ident = $text:literal,)* }) => {
        impl $type {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable text, as stored and as answered.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// Reads what [`Self::as_str`] wrote.
            pub fn from_text(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }
    };
}

/// The format of an import's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImportFormat {
    /// The body of a bulk call (wire fact): an object with `contacts` and the options of the call.
    Bulk,
    /// A file: delimited text, lines of JSON or a spreadsheet.
    File,
}

stored_words! { ImportFormat {
    Bulk = "bulk",
    File = "file",
} }

/// The status of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImportStatus {
    /// It waits in its queue.
    Queued,
    /// Its rows are being processed.
    Running,
    /// It needs a decision by a person before the first write.
    NeedsDecision,
    /// Every row was processed.
    Finished,
    /// It failed before the last row.
    Failed,
    /// It was cancelled before the last row.
    Cancelled,
    /// It was undone.
    Undone,
}

stored_words! { ImportStatus {
    Queued = "queued",
    Running = "running",
    NeedsDecision = "needs_decision",
    Finished = "finished",
    Failed = "failed",
    Cancelled = "cancelled",
    Undone = "undone",
} }

impl ImportStatus {
    /// Whether its rows are final, apart from an undo.
    pub fn is_over(self) -> bool {
        match self {
            Self::Queued | Self::Running | Self::NeedsDecision => false,
            Self::Finished | Self::Failed | Self::Cancelled | Self::Undone => true,
        }
    }
}

/// The result of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowOutcome {
    /// A contact was created.
    Created,
    /// A contact was changed.
    Updated,
    /// A removed contact was restored.
    Restored,
    /// Nothing changed.
    Unchanged,
    /// A contact was changed, and others were merged into it.
    Merged,
    /// The row was refused; it changed nothing.
    Rejected,
}

stored_words! { RowOutcome {
    Created = "created",
    Updated = "updated",
    Restored = "restored",
    Unchanged = "unchanged",
    Merged = "merged",
    Rejected = "rejected",
} }

impl RowOutcome {
    /// The number of the outcome, as stored: its place in [`Self::ALL`].
    pub fn code(self) -> i16 {
        match self {
            Self::Created => 0,
            Self::Updated => 1,
            Self::Restored => 2,
            Self::Unchanged => 3,
            Self::Merged => 4,
            Self::Rejected => 5,
        }
    }

    /// Reads what [`Self::code`] gave.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.iter().copied().find(|outcome| outcome.code() == code)
    }
}

/// The number of rows per outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Of [`RowOutcome::Created`].
    pub created: u64,
    /// Of [`RowOutcome::Updated`].
    pub updated: u64,
    /// Of [`RowOutcome::Restored`].
    pub restored: u64,
    /// Of [`RowOutcome::Unchanged`].
    pub unchanged: u64,
    /// Of [`RowOutcome::Merged`].
    pub merged: u64,
    /// Of [`RowOutcome::Rejected`].
    pub rejected: u64,
}

impl RowCounts {
    /// Counts rows.
    pub fn of(rows: &[ImportRow]) -> Self {
        let mut counts = Self::default();
        for row in rows {
            *counts.of_mut(row.outcome) += 1;
        }
        counts
    }

    /// All rows.
    pub fn total(&self) -> u64 {
        self.created + self.updated + self.restored + self.unchanged + self.merged + self.rejected
    }

    /// Adds the counts of another part of the import.
    pub fn add(&mut self, other: &Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.restored += other.restored;
        self.unchanged += other.unchanged;
        self.merged += other.merged;
        self.rejected += other.rejected;
    }

    /// The count of one outcome.
    pub fn get(&self, outcome: RowOutcome) -> u64 {
        let mut copy = *self;
        *copy.of_mut(outcome)
    }

    fn of_mut(&mut self, outcome: RowOutcome) -> &mut u64 {
        match outcome {
            RowOutcome::Created => &mut self.created,
            RowOutcome::Updated => &mut self.updated,
            RowOutcome::Restored => &mut self.restored,
            RowOutcome::Unchanged => &mut self.unchanged,
            RowOutcome::Merged => &mut self.merged,
            RowOutcome::Rejected => &mut self.rejected,
        }
    }
}

/// An import to accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImport {
    /// Its ID, unique within the workspace; IDs grow with time.
    pub id: ImportId,
    /// The format of its body.
    pub format: ImportFormat,
    /// The options of the format; empty for [`ImportFormat::Bulk`], whose body contains them.
    pub options: String,
    /// The number of rows, where it is known.
    pub total: Option<u64>,
    /// Whether its rows are decided and nothing is written.
    pub is_dry_run: bool,
    /// Whether its body was stored before, by [`Imports::append_upload`] under the same ID.
    pub is_uploaded: bool,
    /// The idempotency key of the request, if it had one.
    pub replay: Option<Replay>,
    /// Earlier requests with the same key do not count when they were accepted before this time.
    pub replays_since: Timestamp,
    /// The job that runs it; its workspace and time are those of the import.
    pub job: NewJob,
}

/// The result of a request to import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It was stored, with its job.
    New,
    /// It repeats an earlier request, which created this import. Nothing was stored.
    Known(ImportId),
    /// Its idempotency key was used for another request. Nothing was stored.
    OtherRequest,
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Its ID.
    pub id: ImportId,
    /// The format of its body.
    pub format: ImportFormat,
    /// The options of the format.
    pub options: String,
    /// Its status.
    pub status: ImportStatus,
    /// The number of rows, where it is known.
    pub total: Option<u64>,
    /// The results of the processed rows: rows 1 to the sum of these.
    pub counts: RowCounts,
    /// Whether its rows are decided and nothing is written.
    pub is_dry_run: bool,
    /// What its inspection found, for the reader of its rows; none before, and for forms that need none.
    pub found: Option<String>,
    /// What is wrong with whole columns.
    pub problems: Vec<ColumnProblem>,
    /// Why it failed.
    pub error: Option<String>,
    /// Whether its cancellation was requested.
    pub is_cancelling: bool,
    /// Whether an undo is in progress.
    pub is_undoing: bool,
    /// The job that runs it.
    pub job: JobId,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When its first row was processed.
    pub started_at: Option<Timestamp>,
    /// When a server last worked on it.
    pub heartbeat_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// A row of an import, and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Its number among the rows, from 1.
    pub row: u64,
    /// The line of the body on which it begins, from 1; for bulk calls the number of the row.
    pub line: u64,
    /// Its result.
    pub outcome: RowOutcome,
    /// The contact that it matched or created.
    pub contact: Option<ContactId>,
    /// The decision; none for a row that could not be read.
    pub decision: Option<DecisionId>,
    /// Why it was refused, without values of the row.
    pub error: Option<String>,
    /// The value of the dedupe field, for calls that answer with it.
    pub dedupe_value: Option<String>,
    /// What it changed. Stored with the row, and read only by [`super::ImportUndos::rows_to_undo`].
    pub undo: Vec<ContactUndo>,
    /// What the undo left in place, because it was changed since.
    pub kept: Vec<Skipped>,
}

/// Whether rows were recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsRecorded {
    /// They were recorded.
    Yes,
    /// They were recorded, and the import's cancellation was requested.
    Cancelling,
    /// Nothing was written: the import is not running any more, or another server recorded them first.
    No,
}

impl RowsRecorded {
    /// Whether the commit of the decisions of the rows may be made: it must not when they were not recorded, or the import is to end.
    ///
    /// # Errors
    ///
    /// [`StorageError::ImportNotRunning`]: the transaction must be rolled back.
    pub fn for_commit(self) -> Result<(), StorageError> {
        match self {
            Self::Yes => Ok(()),
            Self::Cancelling | Self::No => Err(StorageError::ImportNotRunning),
        }
    }
}

/// Which rows to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowQuery {
    /// Only rows with this outcome.
    pub outcome: Option<RowOutcome>,
    /// Only rows after this number.
    pub after: u64,
    /// The maximum number of rows.
    pub limit: u32,
}

/// How an import ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportEnd {
    /// Every row was processed.
    Finished,
    /// It was cancelled.
    Cancelled,
    /// It failed for good.
    Failed {
        /// Why.
        error: String,
    },
}

impl ImportEnd {
    /// The status of an import with this end.
    pub fn status(&self) -> ImportStatus {
        match self {
            Self::Finished => ImportStatus::Finished,
            Self::Cancelled => ImportStatus::Cancelled,
            Self::Failed { .. } => ImportStatus::Failed,
        }
    }

    /// The error of a failed import.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Failed { error } => Some(error),
            Self::Finished | Self::Cancelled => None,
        }
    }
}

/// Stores imports.
#[async_trait]
pub trait Imports: Send + Sync {
    /// Stores an import with its body and its job, in one transaction: after `Ok` no crash loses it. The body comes in chunks of at most
    /// [`CHUNK_BYTES`]. [`StorageError::UnknownWorkspace`] without the workspace; [`StorageError::Lost`] when its body was to be uploaded before and is
    /// not there any more.
    async fn accept_import(&self, import: &NewImport, body: &[&[u8]]) -> Result<Accepted, StorageError>;

    /// Adds chunks, each of at most [`CHUNK_BYTES`], to the body of an import that is not accepted yet. `place` is that of the first one. After `Ok`
    /// they are durable. [`StorageError::UnknownWorkspace`] without the workspace.
    async fn append_upload(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        place: u32,
        chunks: &[&[u8]],
        now: Timestamp,
    ) -> Result<(), StorageError>;

    /// Deletes what was uploaded for an import that will not be accepted. One that was accepted stays as it is.
    async fn drop_upload(&self, workspace: WorkspaceId, id: ImportId) -> Result<(), StorageError>;

    /// Deletes uploads to which nothing was added since a time; returns how many.
    async fn drop_uploads(&self, idle_since: Timestamp) -> Result<u64, StorageError>;

    /// Notes what the inspection of a running import found. With problems, the import needs a decision afterwards. Says whether it was running.
    async fn record_inspection(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        inspection: &Inspection,
        now: Timestamp,
    ) -> Result<bool, StorageError>;

    /// Queues an import that needs a decision, with other options and a new job. What was found is forgotten: it is inspected again. Says whether it
    /// needed a decision.
    async fn decide_import(&self, id: ImportId, options: &str, job: &NewJob) -> Result<bool, StorageError>;

    /// Cancels imports that need a decision since before a time, and deletes their bodies; returns how many.
    async fn cancel_undecided(&self, since_before: Timestamp, now: Timestamp) -> Result<u64, StorageError>;

    /// One import.
    async fn import(&self, workspace: WorkspaceId, id: ImportId) -> Result<Option<Import>, StorageError>;

    /// The imports of a workspace before `before`, newest first.
    async fn imports(
        &self,
        workspace: WorkspaceId,
        before: Option<ImportId>,
        limit: u32,
    ) -> Result<Vec<Import>, StorageError>;

    /// A chunk of the body, by its place from 0; none after the last. An upload has its chunks before its import is accepted.
    async fn import_chunk(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        place: u32,
    ) -> Result<Option<Vec<u8>>, StorageError>;

    /// Marks a queued import as running. Returns whether it is running afterwards.
    async fn start_import(&self, workspace: WorkspaceId, id: ImportId, now: Timestamp) -> Result<bool, StorageError>;

    /// Adds the results of the next rows. MUST write nothing when the import is not running, or when the number of
    /// processed rows differs from `done`, because another server recorded them first.
    async fn record_rows(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        done: u64,
        rows: &[ImportRow],
        now: Timestamp,
    ) -> Result<RowsRecorded, StorageError>;

    /// Ends an import, and deletes its body. Returns whether it did; one that is over stays as it is.
    async fn end_import(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        end: &ImportEnd,
        now: Timestamp,
    ) -> Result<bool, StorageError>;

    /// Cancels a queued import with its job, and deletes its body; requests the server of a running one to stop.
    /// Returns the import in its new state.
    async fn cancel_import(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        now: Timestamp,
    ) -> Result<Option<Import>, StorageError>;

    /// Rows of an import in their order.
    async fn import_rows(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        query: &RowQuery,
    ) -> Result<Vec<ImportRow>, StorageError>;

    /// Deletes the dedupe values of rows of imports that ended before a time: an identifier is kept no longer than
    /// needed.
    async fn forget_dedupe_values(&self, over_before: Timestamp) -> Result<u64, StorageError>;

    /// Deletes imports that ended before a time, with their rows; returns how many.
    async fn prune_imports(&self, over_before: Timestamp) -> Result<u64, StorageError>;
}
