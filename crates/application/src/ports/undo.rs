//! Undoing an import.

use async_trait::async_trait;
use selfsame_domain::{ContactId, ContactUndo, Skipped, Timestamp, WorkspaceId};

use super::{Import, ImportId, NewJob, StorageError};

/// The result of a request to undo an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoAnswer {
    /// There is no such import.
    Unknown,
    /// The import is still running. Nothing was stored.
    NotOver,
    /// Its undo is in progress or done.
    Accepted(Box<Import>),
}

/// A row to undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoRow {
    /// Its number.
    pub row: u64,
    /// The contact of the row.
    pub contact: Option<ContactId>,
    /// What it changed, ordered by contact number.
    pub parts: Vec<ContactUndo>,
}

impl UndoRow {
    /// Groups consecutive parts of the same row.
    pub fn group(parts: impl IntoIterator<Item = (u64, Option<ContactId>, ContactUndo)>) -> Vec<Self> {
        let mut rows: Vec<Self> = Vec::new();
        for (row, contact, part) in parts {
            match rows.last_mut().filter(|last| last.row == row) {
                Some(last) => last.parts.push(part),
                None => rows.push(Self {
                    row,
                    contact,
                    parts: vec![part],
                }),
            }
        }
        rows
    }
}

/// A row that was undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoneRow {
    /// Its number.
    pub row: u64,
    /// What the undo left in place, because it was changed since.
    pub kept: Vec<Skipped>,
}

/// Stores what is needed to undo imports.
#[async_trait]
pub trait ImportUndos: Send + Sync {
    /// Marks a finished import as being undone, and enqueues the job, in one transaction. An import whose undo is in
    /// progress or done stays as it is, and nothing is enqueued.
    async fn undo_import(&self, id: ImportId, job: &NewJob) -> Result<UndoAnswer, StorageError>;

    /// Rows that changed something and were not undone, from the last to the first.
    async fn rows_to_undo(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        limit: u32,
    ) -> Result<Vec<UndoRow>, StorageError>;

    /// Marks rows as undone: deletes their changes, and stores what was left in place. MUST change nothing for a row
    /// that is marked already.
    async fn record_undone(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        rows: &[UndoneRow],
        now: Timestamp,
    ) -> Result<(), StorageError>;

    /// Ends the undo. `done` says whether every row was undone; if not, the undo can be requested again.
    async fn end_undo(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        done: bool,
        now: Timestamp,
    ) -> Result<(), StorageError>;
}
