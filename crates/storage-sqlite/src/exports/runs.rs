//! Runs of exports.

use crate::error::storage;
use crate::jobs;
use crate::rows::{Row, corrupt, json, micros};
use crate::statement::{SqliteRow, statement};
use rusqlite::Connection;
use selfsame_application::ports::{ExportRun, JobId, NewJob, RunStarted, RunStatus, StorageError};
use selfsame_domain::{ExportId, RunId, Timestamp, WorkspaceId};
use uuid::Uuid;

const INSERT: &str = "
INSERT INTO export_runs (workspace_id, run_id, export_id, job_id, status, report, created_at)
SELECT ?1, ?2, ?3, ?4, 'queued', ?5, ?6
FROM exports
WHERE workspace_id = ?1 AND export_id = ?3
ON CONFLICT (workspace_id, export_id) WHERE status = 'queued' DO NOTHING";

const QUEUED: &str = "
SELECT run_id FROM export_runs WHERE workspace_id = ?1 AND export_id = ?2 AND status = 'queued'";

const ONE: &str = "
SELECT workspace_id, run_id, export_id, job_id, status, report, created_at, finished_at
FROM export_runs
WHERE workspace_id = ?1 AND run_id = ?2";

const OF: &str = "
SELECT workspace_id, run_id, export_id, job_id, status, report, created_at, finished_at
FROM export_runs
WHERE workspace_id = ?1 AND export_id = ?2 AND run_id < ?3
ORDER BY run_id DESC
LIMIT ?4";

const UPDATE: &str = "
UPDATE export_runs SET status = ?3, report = ?4, finished_at = ?5
WHERE workspace_id = ?1 AND run_id = ?2 AND status IN ('queued', 'running')";

/// A queued job, also one after a failed attempt, is cancelled at once.
const CANCEL_JOB: &str = "
UPDATE jobs
SET state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
    finished_at = CASE WHEN state = 'queued' THEN ?3 ELSE finished_at END,
    is_cancelling = is_cancelling OR state = 'running'
WHERE workspace_id = ?1 AND job_id = ?2
RETURNING state";

const CANCEL: &str = "
UPDATE export_runs SET status = 'cancelled', finished_at = ?3
WHERE workspace_id = ?1 AND run_id = ?2 AND status IN ('queued', 'running')";

pub(super) fn start(connection: &Connection, run: &ExportRun, job: &NewJob) -> Result<RunStarted, StorageError> {
    let inserted = statement(INSERT)
        .bind(run.workspace.0)
        .bind(run.id.0)
        .bind(run.export.0)
        .bind(run.job.0)
        .bind(json(&run.report)?)
        .bind(micros(run.created_at))
        .execute(connection)
        .map_err(storage)?;
    if inserted.rows_affected() == 1 {
        jobs::insert(connection, job)?;
        return Ok(RunStarted::New);
    }
    let queued = statement(QUEUED)
        .bind(run.workspace.0)
        .bind(run.export.0)
        .fetch_optional(connection)
        .map_err(storage)?;
    let Some(queued) = queued else {
        return Ok(RunStarted::Missing);
    };
    let id: Uuid = queued
        .get(0)
        .ok_or_else(|| corrupt("export_runs", "run_id", &run.export))?;
    Ok(RunStarted::Queued(RunId(id)))
}

pub(super) fn one(
    connection: &Connection,
    workspace: WorkspaceId,
    id: RunId,
) -> Result<Option<ExportRun>, StorageError> {
    let found = statement(ONE)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_optional(connection)
        .map_err(storage)?;
    found.map(|row| read(&row)).transpose()
}

pub(super) fn of(
    connection: &Connection,
    workspace: WorkspaceId,
    export: ExportId,
    before: Option<RunId>,
    limit: u32,
) -> Result<Vec<ExportRun>, StorageError> {
    let found = statement(OF)
        .bind(workspace.0)
        .bind(export.0)
        .bind(before.map_or(Uuid::max(), |before| before.0))
        .bind(limit)
        .fetch_all(connection)
        .map_err(storage)?;
    found.iter().map(read).collect()
}

pub(super) fn update(connection: &Connection, run: &ExportRun) -> Result<bool, StorageError> {
    let done = statement(UPDATE)
        .bind(run.workspace.0)
        .bind(run.id.0)
        .bind(run.status.as_str())
        .bind(json(&run.report)?)
        .bind(run.finished_at.map(micros))
        .execute(connection)
        .map_err(storage)?;
    Ok(done.rows_affected() == 1)
}

pub(super) fn cancel(
    connection: &Connection,
    workspace: WorkspaceId,
    id: RunId,
    now: Timestamp,
) -> Result<(), StorageError> {
    let run = one(connection, workspace, id)?;
    let Some(run) = run.filter(|run| !run.status.is_over()) else {
        return Ok(());
    };
    let state = statement(CANCEL_JOB)
        .bind(workspace.0)
        .bind(run.job.0)
        .bind(micros(now))
        .fetch_optional(connection)
        .map_err(storage)?;
    if state.and_then(|row| row.get::<String>(0)).as_deref() == Some("running") {
        return Ok(());
    }
    statement(CANCEL)
        .bind(workspace.0)
        .bind(id.0)
        .bind(micros(now))
        .execute(connection)
        .map_err(storage)?;
    Ok(())
}

/// Reads the columns of [`ONE`].
fn read(row: &SqliteRow) -> Result<ExportRun, StorageError> {
    let row = Row::new(row, "export_runs", 1);
    Ok(ExportRun {
        workspace: WorkspaceId(row.get(0, "workspace_id")?),
        id: RunId(row.get(1, "run_id")?),
        export: ExportId(row.get(2, "export_id")?),
        job: JobId(row.get(3, "job_id")?),
        status: row.read(4, "status", RunStatus::from_text)?,
        report: row.json(5, "report")?,
        created_at: row.time(6, "created_at")?,
        finished_at: row.optional_time(7, "finished_at")?,
    })
}
