//! Writing imports.

use super::{undo, uploads};
use crate::bounded::Bounded;
use crate::error::{is_orphan, translate};
use crate::jobs;
use selfsame_application::Replay;
use selfsame_application::ports::{
    Accepted, ImportEnd, ImportId, ImportRow, NewImport, RowCounts, RowsRecorded, StorageError,
};
use selfsame_domain::{Timestamp, WorkspaceId};
use sqlx::PgConnection;
use uuid::Uuid;

/// How many rows one statement deletes.
const DELETED_AT_ONCE: i64 = 10_000;

/// Frees a key whose time is over.
const FREE_REPLAY: &str = "
UPDATE imports SET replay_key = NULL, replay_digest = NULL
WHERE workspace_id = $1 AND replay_key = $2 AND created_at < $3";

/// Waits for a concurrent request with the same key.
const INSERT: &str = "
INSERT INTO imports (workspace_id, import_id, job_id, format, options, status, total, is_dry_run, replay_key,
    replay_digest, created_at, heartbeat_at)
VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7, $8, $9, $10, $10)
ON CONFLICT (workspace_id, replay_key) WHERE replay_key IS NOT NULL DO NOTHING";

const RECORD: &str = "
UPDATE imports
SET rows_created = rows_created + $5, rows_updated = rows_updated + $6, rows_restored = rows_restored + $7,
    rows_unchanged = rows_unchanged + $8, rows_merged = rows_merged + $9, rows_rejected = rows_rejected + $10,
    heartbeat_at = $4
WHERE workspace_id = $1 AND import_id = $2 AND status = 'running'
  AND rows_created + rows_updated + rows_restored + rows_unchanged + rows_merged + rows_rejected = $3
RETURNING is_cancelling";

const INSERT_ROWS: &str = "
INSERT INTO import_rows (workspace_id, import_id, row_number, line, outcome, contact_id, decision_id, error, dedupe_value)
SELECT $1, $2, r.row_number, r.line, r.outcome, r.contact_id, r.decision_id, r.error, r.dedupe_value
FROM UNNEST($3::bigint[], $4::bigint[], $5::smallint[], $6::bigint[], $7::uuid[], $8::text[], $9::text[])
    AS r (row_number, line, outcome, contact_id, decision_id, error, dedupe_value)";

const END: &str = "
UPDATE imports SET status = $3, error = $4, heartbeat_at = $5, finished_at = $5
WHERE workspace_id = $1 AND import_id = $2 AND status IN ('queued', 'running', 'needs_decision')";

const CANCEL_WAITING: &str = "
UPDATE imports SET status = 'cancelled', heartbeat_at = $3, finished_at = $3
WHERE workspace_id = $1 AND import_id = $2 AND status IN ('queued', 'needs_decision')
RETURNING job_id";

const CANCEL_RUNNING: &str = "
UPDATE imports SET is_cancelling = true
WHERE workspace_id = $1 AND import_id = $2 AND status = 'running'
RETURNING job_id";

const CANCEL_JOB: &str = "
UPDATE jobs SET state = 'cancelled', finished_at = $3, lease_owner = NULL, lease_until = NULL
WHERE workspace_id = $1 AND job_id = $2 AND state IN ('queued', 'running')";

/// A job that waits after a failed attempt becomes due at once, so that it sees the cancellation.
const HURRY_JOB: &str = "
UPDATE jobs SET not_before = LEAST(not_before, $3)
WHERE workspace_id = $1 AND job_id = $2 AND state = 'queued'";

const DELETE_UNDO: &str = "
DELETE FROM import_undo
WHERE workspace_id = $1 AND import_id = $2 AND row_number IN (
    SELECT row_number FROM import_undo WHERE workspace_id = $1 AND import_id = $2 ORDER BY row_number LIMIT $3)";

const DELETE_ROWS: &str = "
DELETE FROM import_rows
WHERE workspace_id = $1 AND import_id = $2 AND row_number IN (
    SELECT row_number FROM import_rows WHERE workspace_id = $1 AND import_id = $2 ORDER BY row_number LIMIT $3)";

pub(super) async fn accept(
    connection: &mut PgConnection,
    import: &NewImport,
    body: &[&[u8]],
) -> Result<Accepted, StorageError> {
    let workspace = import.job.workspace.0;
    if let Some(replay) = &import.replay {
        sqlx::query(FREE_REPLAY)
            .bind(workspace)
            .bind(&replay.key)
            .bind(import.replays_since)
            .execute(&mut *connection)
            .await
            .map_err(translate)?;
    }
    let inserted = sqlx::query(INSERT)
        .bind(workspace)
        .bind(import.id.0)
        .bind(import.job.id.0)
        .bind(import.format.as_str())
        .bind(&import.options)
        .bind(import.total.map(|total| i64::try_from(total).unwrap_or(i64::MAX)))
        .bind(import.is_dry_run)
        .bind(import.replay.as_ref().map(|replay| &replay.key))
        .bind(import.replay.as_ref().map(|replay| &replay.digest))
        .bind(import.job.created_at)
        .execute(&mut *connection)
        .await;
    let inserted = match inserted {
        Ok(done) => done.rows_affected(),
        Err(error) if is_orphan(&error) => return Err(StorageError::UnknownWorkspace),
        Err(error) => return Err(translate(error)),
    };
    if let (0, Some(replay)) = (inserted, &import.replay) {
        return known(connection, workspace, replay).await;
    }
    if import.is_uploaded {
        uploads::take(connection, workspace, import.id).await?;
    }
    uploads::insert_chunks(connection, workspace, import.id, 0, body).await?;
    jobs::insert(connection, &import.job).await?;
    Ok(Accepted::New)
}

/// Compares a request with the first one that used its key.
async fn known(connection: &mut PgConnection, workspace: i64, replay: &Replay) -> Result<Accepted, StorageError> {
    let (id, digest): (Uuid, Vec<u8>) =
        sqlx::query_as("SELECT import_id, replay_digest FROM imports WHERE workspace_id = $1 AND replay_key = $2")
            .bind(workspace)
            .bind(&replay.key)
            .fetch_one(connection)
            .await
            .map_err(translate)?;
    Ok(if digest == replay.digest {
        Accepted::Known(ImportId(id))
    } else {
        Accepted::OtherRequest
    })
}

pub(crate) async fn record(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: ImportId,
    done: u64,
    rows: &[ImportRow],
    now: Timestamp,
) -> Result<RowsRecorded, StorageError> {
    let counts = RowCounts::of(rows);
    let is_cancelling: Option<bool> = sqlx::query_scalar(RECORD)
        .bind(workspace.0)
        .bind(id.0)
        .bind(whole(done))
        .bind(now)
        .bind(whole(counts.created))
        .bind(whole(counts.updated))
        .bind(whole(counts.restored))
        .bind(whole(counts.unchanged))
        .bind(whole(counts.merged))
        .bind(whole(counts.rejected))
        .fetch_optional(&mut *connection)
        .await
        .map_err(translate)?;
    let Some(is_cancelling) = is_cancelling else {
        return Ok(RowsRecorded::No);
    };
    sqlx::query(INSERT_ROWS)
        .bind(workspace.0)
        .bind(id.0)
        .bind(rows.iter().map(|row| whole(row.row)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| whole(row.line)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.outcome.code()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.contact.map(|id| id.0)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.decision.map(|id| id.0)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.error.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.dedupe_value.as_deref()).collect::<Vec<_>>())
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    undo::insert_parts(connection, workspace, id, rows).await?;
    Ok(if is_cancelling {
        RowsRecorded::Cancelling
    } else {
        RowsRecorded::Yes
    })
}

pub(super) async fn end(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: ImportId,
    end: &ImportEnd,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let done = sqlx::query(END)
        .bind(workspace.0)
        .bind(id.0)
        .bind(end.status().as_str())
        .bind(end.error())
        .bind(now)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    delete_body(connection, workspace.0, id.0).await?;
    Ok(true)
}

pub(super) async fn cancel(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: ImportId,
    now: Timestamp,
) -> Result<(), StorageError> {
    let waiting: Option<Uuid> = sqlx::query_scalar(CANCEL_WAITING)
        .bind(workspace.0)
        .bind(id.0)
        .bind(now)
        .fetch_optional(&mut *connection)
        .await
        .map_err(translate)?;
    if let Some(job) = waiting {
        delete_body(&mut *connection, workspace.0, id.0).await?;
        return change_job(connection, CANCEL_JOB, workspace, job, now).await;
    }
    let running: Option<Uuid> = sqlx::query_scalar(CANCEL_RUNNING)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_optional(&mut *connection)
        .await
        .map_err(translate)?;
    if let Some(job) = running {
        return change_job(connection, HURRY_JOB, workspace, job, now).await;
    }
    Ok(())
}

async fn change_job(
    connection: &mut PgConnection,
    statement: &'static str,
    workspace: WorkspaceId,
    job: Uuid,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(statement)
        .bind(workspace.0)
        .bind(job)
        .bind(now)
        .execute(connection)
        .await
        .map_err(translate)?;
    Ok(())
}

/// Deletes an import that is over, in steps. Returns 1, or 0 when another server deleted it first.
pub(super) async fn delete(pool: &Bounded, workspace: i64, id: Uuid) -> Result<u64, StorageError> {
    for statement in [DELETE_UNDO, DELETE_ROWS] {
        loop {
            let done = sqlx::query(statement)
                .bind(workspace)
                .bind(id)
                .bind(DELETED_AT_ONCE)
                .execute(pool)
                .await
                .map_err(translate)?;
            if done.rows_affected() == 0 {
                break;
            }
        }
    }
    let done = sqlx::query("DELETE FROM imports WHERE workspace_id = $1 AND import_id = $2")
        .bind(workspace)
        .bind(id)
        .execute(pool)
        .await
        .map_err(translate)?;
    Ok(done.rows_affected())
}

pub(super) async fn delete_body(connection: &mut PgConnection, workspace: i64, id: Uuid) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM import_chunks WHERE workspace_id = $1 AND import_id = $2")
        .bind(workspace)
        .bind(id)
        .execute(connection)
        .await
        .map_err(translate)?;
    Ok(())
}

pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
