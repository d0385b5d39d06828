//! Writing imports.

use super::{undo, uploads};
use crate::error::{names_nothing, storage};
use crate::jobs;
use crate::rows::{Row, corrupt, hex, json, micros};
use crate::statement::{Statement, statement};
use crate::store::SqliteStore;
use rusqlite::Connection;
use selfsame_application::Replay;
use selfsame_application::ports::{
    Accepted, ImportEnd, ImportId, ImportRow, JobId, NewImport, RowCounts, RowsRecorded, StorageError,
};
use selfsame_domain::{Timestamp, WorkspaceId};

/// How many rows one statement deletes.
const DELETED_AT_ONCE: i64 = 10_000;

/// Frees a key whose time is over.
const FREE_REPLAY: &str = "
UPDATE imports SET replay_key = NULL, replay_digest = NULL
WHERE workspace_id = ?1 AND replay_key = ?2 AND created_at < ?3";

const INSERT: &str = "
INSERT INTO imports (workspace_id, import_id, job_id, format, options, status, total, is_dry_run, replay_key,
    replay_digest, created_at, heartbeat_at)
VALUES (?1, ?2, ?3, ?4, ?5, 'queued', ?6, ?7, ?8, ?9, ?10, ?10)
ON CONFLICT (workspace_id, replay_key) WHERE replay_key IS NOT NULL DO NOTHING";

const RECORD: &str = "
UPDATE imports
SET rows_created = rows_created + ?5, rows_updated = rows_updated + ?6, rows_restored = rows_restored + ?7,
    rows_unchanged = rows_unchanged + ?8, rows_merged = rows_merged + ?9, rows_rejected = rows_rejected + ?10,
    heartbeat_at = ?4
WHERE workspace_id = ?1 AND import_id = ?2 AND status = 'running'
  AND rows_created + rows_updated + rows_restored + rows_unchanged + rows_merged + rows_rejected = ?3
RETURNING is_cancelling";

const INSERT_ROWS: &str = "
INSERT INTO import_rows (workspace_id, import_id, row_number, line, outcome, contact_id, decision_id, error, dedupe_value)
SELECT ?1, ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3, unhex(value ->> 4), value ->> 5, value ->> 6
FROM json_each(?3)";

const END: &str = "
UPDATE imports SET status = ?3, error = ?4, heartbeat_at = ?5, finished_at = ?5
WHERE workspace_id = ?1 AND import_id = ?2 AND status IN ('queued', 'running', 'needs_decision')";

const CANCEL_WAITING: &str = "
UPDATE imports SET status = 'cancelled', heartbeat_at = ?3, finished_at = ?3
WHERE workspace_id = ?1 AND import_id = ?2 AND status IN ('queued', 'needs_decision')
RETURNING job_id";

const CANCEL_RUNNING: &str = "
UPDATE imports SET is_cancelling = 1
WHERE workspace_id = ?1 AND import_id = ?2 AND status = 'running'
RETURNING job_id";

const CANCEL_JOB: &str = "
UPDATE jobs SET state = 'cancelled', finished_at = ?3, lease_owner = NULL, lease_until = NULL
WHERE workspace_id = ?1 AND job_id = ?2 AND state IN ('queued', 'running')";

/// A job that waits after a failed attempt becomes due at once, so that it sees the cancellation.
const HURRY_JOB: &str = "
UPDATE jobs SET not_before = min(not_before, ?3)
WHERE workspace_id = ?1 AND job_id = ?2 AND state = 'queued'";

const DELETE_UNDO: &str = "
DELETE FROM import_undo
WHERE workspace_id = ?1 AND import_id = ?2 AND row_number IN (
    SELECT row_number FROM import_undo WHERE workspace_id = ?1 AND import_id = ?2 ORDER BY row_number LIMIT ?3)";

const DELETE_ROWS: &str = "
DELETE FROM import_rows
WHERE workspace_id = ?1 AND import_id = ?2 AND row_number IN (
    SELECT row_number FROM import_rows WHERE workspace_id = ?1 AND import_id = ?2 ORDER BY row_number LIMIT ?3)";

pub(super) fn accept(connection: &Connection, import: &NewImport, body: &[&[u8]]) -> Result<Accepted, StorageError> {
    let workspace = import.job.workspace.0;
    if let Some(replay) = &import.replay {
        statement(FREE_REPLAY)
            .bind(workspace)
            .bind(&replay.key)
            .bind(micros(import.replays_since))
            .execute(connection)
            .map_err(storage)?;
    }
    let inserted = statement(INSERT)
        .bind(workspace)
        .bind(import.id.0)
        .bind(import.job.id.0)
        .bind(import.format.as_str())
        .bind(&import.options)
        .bind(import.total.map(|total| i64::try_from(total).unwrap_or(i64::MAX)))
        .bind(import.is_dry_run)
        .bind(import.replay.as_ref().map(|replay| &replay.key))
        .bind(import.replay.as_ref().map(|replay| &replay.digest))
        .bind(micros(import.job.created_at))
        .execute(connection);
    let inserted = match inserted {
        Ok(done) => done.rows_affected(),
        Err(error) if names_nothing(&error) => return Err(StorageError::UnknownWorkspace),
        Err(error) => return Err(storage(error)),
    };
    if let (0, Some(replay)) = (inserted, &import.replay) {
        return known(connection, workspace, replay);
    }
    if import.is_uploaded {
        uploads::take(connection, import.job.workspace, import.id)?;
    }
    uploads::insert_chunks(connection, import.job.workspace, import.id, 0, body)?;
    jobs::insert(connection, &import.job)?;
    Ok(Accepted::New)
}

/// Compares a request with the first one that used its key.
fn known(connection: &Connection, workspace: i64, replay: &Replay) -> Result<Accepted, StorageError> {
    let row = statement("SELECT import_id, replay_digest FROM imports WHERE workspace_id = ?1 AND replay_key = ?2")
        .bind(workspace)
        .bind(&replay.key)
        .fetch_one(connection)
        .map_err(storage)?;
    let row = Row::new(&row, "imports", 0);
    let digest: Vec<u8> = row.get(1, "replay_digest")?;
    Ok(if digest == replay.digest {
        Accepted::Known(ImportId(row.get(0, "import_id")?))
    } else {
        Accepted::OtherRequest
    })
}

pub(crate) fn record(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ImportId,
    done: u64,
    rows: &[ImportRow],
    now: Timestamp,
) -> Result<RowsRecorded, StorageError> {
    let counts = RowCounts::of(rows);
    let recorded = statement(RECORD)
        .bind(workspace.0)
        .bind(id.0)
        .bind(whole(done))
        .bind(micros(now))
        .bind(whole(counts.created))
        .bind(whole(counts.updated))
        .bind(whole(counts.restored))
        .bind(whole(counts.unchanged))
        .bind(whole(counts.merged))
        .bind(whole(counts.rejected))
        .fetch_optional(connection)
        .map_err(storage)?;
    let Some(recorded) = recorded else {
        return Ok(RowsRecorded::No);
    };
    let is_cancelling = recorded
        .get(0)
        .ok_or_else(|| corrupt("imports", "is_cancelling", &id))?;
    let texts: Vec<_> = rows
        .iter()
        .map(|row| {
            let (contact, decision) = (row.contact, row.decision.map(|id| hex(id.0)));
            (
                row.row,
                row.line,
                row.outcome.code(),
                contact,
                decision,
                &row.error,
                &row.dedupe_value,
            )
        })
        .collect();
    statement(INSERT_ROWS)
        .bind(workspace.0)
        .bind(id.0)
        .bind(json(&texts)?)
        .execute(connection)
        .map_err(storage)?;
    undo::insert_parts(connection, workspace, id, rows)?;
    Ok(if is_cancelling {
        RowsRecorded::Cancelling
    } else {
        RowsRecorded::Yes
    })
}

pub(super) fn end(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ImportId,
    end: &ImportEnd,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let done = statement(END)
        .bind(workspace.0)
        .bind(id.0)
        .bind(end.status().as_str())
        .bind(end.error())
        .bind(micros(now))
        .execute(connection)
        .map_err(storage)?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    delete_body(connection, workspace, id)?;
    Ok(true)
}

pub(super) fn cancel(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ImportId,
    now: Timestamp,
) -> Result<(), StorageError> {
    if let Some(job) = cancelled(
        statement(CANCEL_WAITING).bind(workspace.0).bind(id.0).bind(micros(now)),
        connection,
    )? {
        delete_body(connection, workspace, id)?;
        return change_job(connection, CANCEL_JOB, workspace, job, now);
    }
    if let Some(job) = cancelled(statement(CANCEL_RUNNING).bind(workspace.0).bind(id.0), connection)? {
        return change_job(connection, HURRY_JOB, workspace, job, now);
    }
    Ok(())
}

/// The job of the import that a statement changed, if it changed one.
fn cancelled(change: Statement, connection: &Connection) -> Result<Option<JobId>, StorageError> {
    let row = change.fetch_optional(connection).map_err(storage)?;
    row.map(|row| Row::new(&row, "imports", 0).get(0, "job_id").map(JobId))
        .transpose()
}

fn change_job(
    connection: &Connection,
    sql: &'static str,
    workspace: WorkspaceId,
    job: JobId,
    now: Timestamp,
) -> Result<(), StorageError> {
    statement(sql)
        .bind(workspace.0)
        .bind(job.0)
        .bind(micros(now))
        .execute(connection)
        .map_err(storage)?;
    Ok(())
}

/// Deletes an import that is over, in steps. Returns 1, or 0 when another server deleted it first.
pub(super) async fn delete(store: &SqliteStore, workspace: WorkspaceId, id: ImportId) -> Result<u64, StorageError> {
    loop {
        let mut writing = store.writer.begin().await?;
        let mut deleted = 0;
        for sql in [DELETE_UNDO, DELETE_ROWS] {
            let done = statement(sql)
                .bind(workspace.0)
                .bind(id.0)
                .bind(DELETED_AT_ONCE)
                .execute(writing.connection()?)
                .map_err(storage)?;
            deleted += done.rows_affected();
        }
        if deleted > 0 {
            writing.commit()?;
            continue;
        }
        let done = statement("DELETE FROM imports WHERE workspace_id = ?1 AND import_id = ?2")
            .bind(workspace.0)
            .bind(id.0)
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        return Ok(done.rows_affected());
    }
}

pub(super) fn delete_body(connection: &Connection, workspace: WorkspaceId, id: ImportId) -> Result<(), StorageError> {
    statement("DELETE FROM import_chunks WHERE workspace_id = ?1 AND import_id = ?2")
        .bind(workspace.0)
        .bind(id.0)
        .execute(connection)
        .map_err(storage)?;
    Ok(())
}

pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
