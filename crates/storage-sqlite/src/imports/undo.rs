//! The changes of imports, and their undo.

use super::read;
use crate::error::{Refusal, storage};
use crate::jobs;
use crate::rows::{Row, corrupt, json, micros};
use crate::statement::{SqliteRow, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use rusqlite::Connection;
use selfsame_application::ports::{
    ImportId, ImportRow, ImportStatus, ImportUndos, NewJob, StorageError, UndoAnswer, UndoRow, UndoneRow,
};
use selfsame_domain::{ContactId, ContactUndo, Timestamp, WorkspaceId};

const BEGIN: &str = "
UPDATE imports SET is_undoing = 1, heartbeat_at = ?3
WHERE workspace_id = ?1 AND import_id = ?2 AND is_undoing = 0 AND status IN ('finished', 'failed', 'cancelled')";

const INSERT_PARTS: &str = "
INSERT INTO import_undo (workspace_id, import_id, row_number, contact_id, part)
SELECT ?1, ?2, value ->> 0, value ->> 1, value ->> 2
FROM json_each(?3)";

const PARTS: &str = "
SELECT u.row_number, r.contact_id, u.part
FROM import_undo AS u
JOIN import_rows AS r ON r.workspace_id = ?1 AND r.import_id = ?2 AND r.row_number = u.row_number
WHERE u.workspace_id = ?1 AND u.import_id = ?2 AND u.row_number IN (
    SELECT DISTINCT row_number FROM import_undo WHERE workspace_id = ?1 AND import_id = ?2
    ORDER BY row_number DESC LIMIT ?3)
ORDER BY u.row_number DESC, u.contact_id";

const KEEP: &str = "
UPDATE import_rows SET kept = asked.value ->> 1
FROM json_each(?3) AS asked
WHERE workspace_id = ?1 AND import_id = ?2 AND row_number = asked.value ->> 0
  AND EXISTS (SELECT 1 FROM import_undo AS u
      WHERE u.workspace_id = ?1 AND u.import_id = ?2 AND u.row_number = import_rows.row_number)";

const DELETE_PARTS: &str = "
DELETE FROM import_undo
WHERE workspace_id = ?1 AND import_id = ?2 AND row_number IN (SELECT value ->> 0 FROM json_each(?3))";

const BEAT: &str = "UPDATE imports SET heartbeat_at = ?3 WHERE workspace_id = ?1 AND import_id = ?2 AND is_undoing = 1";

const END: &str = "
UPDATE imports
SET is_undoing = 0, status = CASE WHEN ?3 THEN 'undone' ELSE status END, heartbeat_at = ?4
WHERE workspace_id = ?1 AND import_id = ?2 AND is_undoing = 1";

/// Stores the changes of rows.
pub(super) fn insert_parts(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ImportId,
    rows: &[ImportRow],
) -> Result<(), StorageError> {
    let mut parts = Vec::new();
    for row in rows {
        for part in &row.undo {
            let text = part.to_stored().map_err(Refusal::from)?;
            parts.push((row.row, part.contact, text));
        }
    }
    if parts.is_empty() {
        return Ok(());
    }
    statement(INSERT_PARTS)
        .bind(workspace.0)
        .bind(id.0)
        .bind(json(&parts)?)
        .execute(connection)
        .map_err(storage)?;
    Ok(())
}

#[async_trait]
impl ImportUndos for SqliteStore {
    async fn undo_import(&self, id: ImportId, job: &NewJob) -> Result<UndoAnswer, StorageError> {
        let mut writing = self.writer.begin().await?;
        let connection = writing.connection()?;
        let begun = statement(BEGIN)
            .bind(job.workspace.0)
            .bind(id.0)
            .bind(micros(job.created_at))
            .execute(connection)
            .map_err(storage)?;
        if begun.rows_affected() == 1 {
            jobs::insert(connection, job)?;
        }
        let found = read::import(connection, job.workspace, id)?;
        writing.commit()?;
        Ok(match found {
            None => UndoAnswer::Unknown,
            Some(import) if import.is_undoing || import.status == ImportStatus::Undone => {
                UndoAnswer::Accepted(Box::new(import))
            }
            Some(_) => UndoAnswer::NotOver,
        })
    }

    async fn rows_to_undo(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        limit: u32,
    ) -> Result<Vec<UndoRow>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let found = statement(PARTS)
            .bind(workspace.0)
            .bind(id.0)
            .bind(limit)
            .fetch_all(reader.connection()?)
            .map_err(storage)?;
        let parts: Vec<_> = found
            .iter()
            .map(|row| read_part(row, id))
            .collect::<Result<_, StorageError>>()?;
        Ok(UndoRow::group(parts))
    }

    async fn record_undone(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        rows: &[UndoneRow],
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let mut kept = Vec::new();
        for row in rows {
            kept.push((row.row, json(&row.kept)?));
        }
        let kept = json(&kept)?;
        let mut writing = self.writer.begin().await?;
        for sql in [KEEP, DELETE_PARTS] {
            statement(sql)
                .bind(workspace.0)
                .bind(id.0)
                .bind(&kept)
                .execute(writing.connection()?)
                .map_err(storage)?;
        }
        statement(BEAT)
            .bind(workspace.0)
            .bind(id.0)
            .bind(micros(now))
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()
    }

    async fn end_undo(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        done: bool,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        statement(END)
            .bind(workspace.0)
            .bind(id.0)
            .bind(done)
            .bind(micros(now))
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()
    }
}

/// Reads the columns of [`PARTS`].
fn read_part(row: &SqliteRow, id: ImportId) -> Result<(u64, Option<ContactId>, ContactUndo), StorageError> {
    let row = Row::new(row, "import_undo", 0);
    let part: String = row.get(2, "part")?;
    let part = ContactUndo::from_stored(&part).map_err(|_| corrupt("import_undo", "part", &id))?;
    let contact = row.get::<Option<i64>>(1, "contact_id")?.map(ContactId);
    Ok((row.get(0, "row_number")?, contact, part))
}
