//! Bodies that are uploaded before their import is accepted.

use super::write::delete_body;
use crate::error::{names_nothing, storage};
use crate::rows::{Row, micros};
use crate::statement::{SqliteRow, statement};
use rusqlite::Connection;
use selfsame_application::ports::{ImportId, StorageError};
use selfsame_domain::{Timestamp, WorkspaceId};

const TOUCH: &str = "
INSERT INTO import_uploads (workspace_id, import_id, touched_at) VALUES (?1, ?2, ?3)
ON CONFLICT (workspace_id, import_id) DO UPDATE SET touched_at = excluded.touched_at";

const IDLE: &str = "SELECT workspace_id, import_id FROM import_uploads WHERE touched_at < ?1";

pub(super) fn append(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ImportId,
    place: u32,
    chunks: &[&[u8]],
    now: Timestamp,
) -> Result<(), StorageError> {
    let touched = statement(TOUCH)
        .bind(workspace.0)
        .bind(id.0)
        .bind(micros(now))
        .execute(connection);
    match touched {
        Ok(_) => insert_chunks(connection, workspace, id, place, chunks),
        Err(error) if names_nothing(&error) => Err(StorageError::UnknownWorkspace),
        Err(error) => Err(storage(error)),
    }
}

pub(super) fn insert_chunks(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ImportId,
    place: u32,
    chunks: &[&[u8]],
) -> Result<(), StorageError> {
    for (place, chunk) in (i64::from(place)..).zip(chunks) {
        statement("INSERT INTO import_chunks (workspace_id, import_id, place, bytes) VALUES (?1, ?2, ?3, ?4)")
            .bind(workspace.0)
            .bind(id.0)
            .bind(place)
            .bind(*chunk)
            .execute(connection)
            .map_err(storage)?;
    }
    Ok(())
}

/// Makes an upload the body of an import.
pub(super) fn take(connection: &Connection, workspace: WorkspaceId, id: ImportId) -> Result<(), StorageError> {
    if delete(connection, workspace, id)? == 0 {
        let reason = "the upload was idle for too long and is deleted".to_owned();
        return Err(StorageError::Lost { reason });
    }
    Ok(())
}

/// Deletes an upload with its chunks; returns 1, or 0 when there is none.
pub(super) fn drop_one(connection: &Connection, workspace: WorkspaceId, id: ImportId) -> Result<u64, StorageError> {
    let dropped = delete(connection, workspace, id)?;
    if dropped > 0 {
        delete_body(connection, workspace, id)?;
    }
    Ok(dropped)
}

fn delete(connection: &Connection, workspace: WorkspaceId, id: ImportId) -> Result<u64, StorageError> {
    let deleted = statement("DELETE FROM import_uploads WHERE workspace_id = ?1 AND import_id = ?2")
        .bind(workspace.0)
        .bind(id.0)
        .execute(connection)
        .map_err(storage)?;
    Ok(deleted.rows_affected())
}

/// Uploads of all workspaces to which nothing was added since a time.
pub(super) fn idle(connection: &Connection, since: Timestamp) -> Result<Vec<(WorkspaceId, ImportId)>, StorageError> {
    let found = statement(IDLE)
        .bind(micros(since))
        .fetch_all(connection)
        .map_err(storage)?;
    found.iter().map(read_keys).collect()
}

/// Reads the number of a workspace and the ID of an import.
pub(super) fn read_keys(row: &SqliteRow) -> Result<(WorkspaceId, ImportId), StorageError> {
    let row = Row::new(row, "imports", 1);
    Ok((
        WorkspaceId(row.get(0, "workspace_id")?),
        ImportId(row.get(1, "import_id")?),
    ))
}
