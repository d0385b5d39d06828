//! Taking an import back.

use async_trait::async_trait;
use selfsame_domain::{ContactId, ContactUndo, Skipped, Timestamp, WorkspaceId};

use super::{Import, ImportId, NewJob, StorageError};

/// What became of the request to take an import back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoAsked {
    /// There is no such import.
    Unknown,
    /// Its rows are still being dealt with. Nothing was stored.
    NotOver,
    /// It is being taken back, or was.
    Noted(Box<Import>),
}

/// A row that is to be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoRow {
    /// Its number.
    pub row: u64,
    /// The contact that it was about.
    pub contact: Option<ContactId>,
    /// What it changed, the contacts in the order of their numbers.
    pub parts: Vec<ContactUndo>,
}

impl UndoRow {
    /// Puts parts together that belong to one row; those of a row come one after the other.
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

/// A row that was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoneRow {
    /// Its number.
    pub row: u64,
    /// What stayed, because it was changed since.
    pub kept: Vec<Skipped>,
}

/// Keeps what is needed to take imports back.
#[async_trait]
pub trait ImportUndos: Send + Sync {
    /// Notes that an import which is over is being taken back, and enqueues its job, in one transaction. One that is being taken back already, or was,
    /// stays as it is, and nothing is enqueued.
    async fn undo_import(&self, id: ImportId, job: &NewJob) -> Result<UndoAsked, StorageError>;

    /// Rows that changed something and were not taken back, the last first.
    async fn rows_to_undo(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        limit: u32,
    ) -> Result<Vec<UndoRow>, StorageError>;

    /// Notes that rows were taken back: what they changed is deleted, what stayed is kept with them. MUST change nothing for a row that was noted
    /// before.
    async fn record_undone(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        rows: &[UndoneRow],
        now: Timestamp,
    ) -> Result<(), StorageError>;

    /// Ends the taking back: `done` says whether every row was. If not, it may be asked for again.
    async fn end_undo(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        done: bool,
        now: Timestamp,
    ) -> Result<(), StorageError>;
}
