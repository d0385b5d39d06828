//! The changes of imports, and their undo.

use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    ImportId, ImportStatus, ImportUndos, NewJob, StorageError, UndoAnswer, UndoRow, UndoneRow,
};
use selfsame_domain::{Timestamp, WorkspaceId};

#[async_trait]
impl ImportUndos for MemoryStore {
    async fn undo_import(&self, id: ImportId, job: &NewJob) -> Result<UndoAnswer, StorageError> {
        let mut shared = self.lock();
        let Some(stored) = shared.imports.get_mut(&(job.workspace, id)) else {
            return Ok(UndoAnswer::Unknown);
        };
        let import = &mut stored.import;
        if !import.status.is_over() {
            return Ok(UndoAnswer::NotOver);
        }
        let begins = !import.is_undoing && import.status != ImportStatus::Undone;
        if begins {
            import.is_undoing = true;
            import.heartbeat_at = job.created_at;
        }
        let import = import.clone();
        if begins {
            shared.enqueue(job)?;
        }
        Ok(UndoAnswer::Accepted(Box::new(import)))
    }

    async fn rows_to_undo(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        limit: u32,
    ) -> Result<Vec<UndoRow>, StorageError> {
        let shared = self.lock();
        let stored = shared.imports.get(&(workspace, id));
        let rows = stored.into_iter().flat_map(|stored| stored.rows.iter().rev());
        let rows = rows.filter(|row| !row.undo.is_empty()).take(limit as usize);
        Ok(rows
            .map(|row| UndoRow {
                row: row.row,
                contact: row.contact,
                parts: row.undo.clone(),
            })
            .collect())
    }

    async fn record_undone(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        rows: &[UndoneRow],
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let mut shared = self.lock();
        let Some(stored) = shared.imports.get_mut(&(workspace, id)) else {
            return Ok(());
        };
        if stored.import.is_undoing {
            stored.import.heartbeat_at = now;
        }
        for undone in rows {
            let mut own = stored.rows.iter_mut();
            if let Some(row) = own.find(|row| row.row == undone.row && !row.undo.is_empty()) {
                row.undo.clear();
                row.kept.clone_from(&undone.kept);
            }
        }
        Ok(())
    }

    async fn end_undo(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        done: bool,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let mut shared = self.lock();
        let stored = shared.imports.get_mut(&(workspace, id));
        if let Some(import) = stored
            .map(|stored| &mut stored.import)
            .filter(|import| import.is_undoing)
        {
            import.is_undoing = false;
            import.heartbeat_at = now;
            if done {
                import.status = ImportStatus::Undone;
            }
        }
        Ok(())
    }
}
