//! Bodies that are uploaded before their import is accepted.

use crate::bounded::Bounded;
use crate::error::{is_orphan, translate};
use selfsame_application::ports::{ImportId, StorageError};
use selfsame_domain::{Timestamp, WorkspaceId};
use sqlx::PgConnection;
use uuid::Uuid;

const TOUCH: &str = "
INSERT INTO import_uploads (workspace_id, import_id, touched_at) VALUES ($1, $2, $3)
ON CONFLICT (workspace_id, import_id) DO UPDATE SET touched_at = excluded.touched_at";

const IDLE: &str = "SELECT workspace_id, import_id FROM import_uploads WHERE touched_at < $1";

pub(super) async fn append(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: ImportId,
    place: u32,
    chunks: &[&[u8]],
    now: Timestamp,
) -> Result<(), StorageError> {
    let touched = sqlx::query(TOUCH)
        .bind(workspace.0)
        .bind(id.0)
        .bind(now)
        .execute(&mut *connection)
        .await;
    match touched {
        Ok(_) => insert_chunks(connection, workspace.0, id, place, chunks).await,
        Err(error) if is_orphan(&error) => Err(StorageError::UnknownWorkspace),
        Err(error) => Err(translate(error)),
    }
}

pub(super) async fn insert_chunks(
    connection: &mut PgConnection,
    workspace: i64,
    id: ImportId,
    place: u32,
    chunks: &[&[u8]],
) -> Result<(), StorageError> {
    for (place, chunk) in (i64::from(place)..).zip(chunks) {
        sqlx::query("INSERT INTO import_chunks (workspace_id, import_id, place, bytes) VALUES ($1, $2, $3, $4)")
            .bind(workspace)
            .bind(id.0)
            .bind(i32::try_from(place).unwrap_or(i32::MAX))
            .bind(*chunk)
            .execute(&mut *connection)
            .await
            .map_err(translate)?;
    }
    Ok(())
}

/// Makes an upload the body of an import.
pub(super) async fn take(connection: &mut PgConnection, workspace: i64, id: ImportId) -> Result<(), StorageError> {
    let taken = sqlx::query("DELETE FROM import_uploads WHERE workspace_id = $1 AND import_id = $2")
        .bind(workspace)
        .bind(id.0)
        .execute(connection)
        .await
        .map_err(translate)?;
    if taken.rows_affected() == 0 {
        let reason = "the upload was idle for too long and is deleted".to_owned();
        return Err(StorageError::Lost { reason });
    }
    Ok(())
}

/// Deletes an upload with its chunks; returns 1, or 0 when there is none.
pub(super) async fn drop_one(connection: &mut PgConnection, workspace: i64, id: Uuid) -> Result<u64, StorageError> {
    let dropped = sqlx::query("DELETE FROM import_uploads WHERE workspace_id = $1 AND import_id = $2")
        .bind(workspace)
        .bind(id)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    if dropped.rows_affected() > 0 {
        super::write::delete_body(connection, workspace, id).await?;
    }
    Ok(dropped.rows_affected())
}

/// Uploads of all workspaces to which nothing was added since a time.
pub(super) async fn idle(pool: &Bounded, since: Timestamp) -> Result<Vec<(i64, Uuid)>, StorageError> {
    sqlx::query_as(IDLE)
        .bind(since)
        .fetch_all(pool)
        .await
        .map_err(translate)
}
