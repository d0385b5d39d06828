//! Runs of exports.

use crate::bounded::Bounded;
use crate::error::translate;
use crate::jobs;
use crate::rows::{all, corrupt, json, to_json};
use selfsame_application::ports::{ExportRun, JobId, NewJob, RunStarted, RunStatus, StorageError};
use selfsame_domain::{ExportId, RunId, Timestamp, WorkspaceId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

/// Waits for a concurrent insert of a queued run of the same export.
const INSERT: &str = "
INSERT INTO export_runs (workspace_id, run_id, export_id, job_id, status, report, created_at)
SELECT $1, $2, $3, $4, 'queued', $5, $6
FROM exports
WHERE workspace_id = $1 AND export_id = $3
ON CONFLICT (workspace_id, export_id) WHERE status = 'queued' DO NOTHING";

const QUEUED: &str = "
SELECT run_id FROM export_runs WHERE workspace_id = $1 AND export_id = $2 AND status = 'queued'";

const ONE: &str = "
SELECT workspace_id, run_id, export_id, job_id, status, report, created_at, finished_at
FROM export_runs
WHERE workspace_id = $1 AND run_id = $2";

const OF: &str = "
SELECT workspace_id, run_id, export_id, job_id, status, report, created_at, finished_at
FROM export_runs
WHERE workspace_id = $1 AND export_id = $2 AND run_id < $3
ORDER BY run_id DESC
LIMIT $4";

const UPDATE: &str = "
UPDATE export_runs SET status = $3, report = $4, finished_at = $5
WHERE workspace_id = $1 AND run_id = $2 AND status IN ('queued', 'running')";

/// A queued job, also one after a failed attempt, is cancelled at once.
const CANCEL_JOB: &str = "
UPDATE jobs
SET state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
    finished_at = CASE WHEN state = 'queued' THEN $3 ELSE finished_at END,
    is_cancelling = is_cancelling OR state = 'running'
WHERE workspace_id = $1 AND job_id = $2
RETURNING state";

const CANCEL: &str = "
UPDATE export_runs SET status = 'cancelled', finished_at = $3
WHERE workspace_id = $1 AND run_id = $2 AND status IN ('queued', 'running')";

#[derive(FromRow)]
struct Stored {
    workspace_id: i64,
    run_id: Uuid,
    export_id: Uuid,
    job_id: Uuid,
    status: String,
    report: String,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
}

pub(super) async fn start(
    connection: &mut PgConnection,
    run: &ExportRun,
    job: &NewJob,
) -> Result<RunStarted, StorageError> {
    let inserted = sqlx::query(INSERT)
        .bind(run.workspace.0)
        .bind(run.id.0)
        .bind(run.export.0)
        .bind(run.job.0)
        .bind(to_json(&run.report)?)
        .bind(run.created_at)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    if inserted.rows_affected() == 1 {
        jobs::insert(connection, job).await?;
        return Ok(RunStarted::New);
    }
    let queued: Option<Uuid> = sqlx::query_scalar(QUEUED)
        .bind(run.workspace.0)
        .bind(run.export.0)
        .fetch_optional(connection)
        .await
        .map_err(translate)?;
    Ok(queued.map_or(RunStarted::Missing, |id| RunStarted::Queued(RunId(id))))
}

pub(super) async fn one(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: RunId,
) -> Result<Option<ExportRun>, StorageError> {
    let found: Option<Stored> = sqlx::query_as(ONE)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_optional(connection)
        .await
        .map_err(translate)?;
    found.map(Stored::read).transpose()
}

pub(super) async fn of(
    pool: &Bounded,
    workspace: WorkspaceId,
    export: ExportId,
    before: Option<RunId>,
    limit: u32,
) -> Result<Vec<ExportRun>, StorageError> {
    let found: Vec<Stored> = sqlx::query_as(OF)
        .bind(workspace.0)
        .bind(export.0)
        .bind(before.map_or(Uuid::max(), |before| before.0))
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await
        .map_err(translate)?;
    all(found, Stored::read)
}

pub(super) async fn update(pool: &Bounded, run: &ExportRun) -> Result<bool, StorageError> {
    let done = sqlx::query(UPDATE)
        .bind(run.workspace.0)
        .bind(run.id.0)
        .bind(run.status.as_str())
        .bind(to_json(&run.report)?)
        .bind(run.finished_at)
        .execute(pool)
        .await
        .map_err(translate)?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn cancel(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: RunId,
    now: Timestamp,
) -> Result<(), StorageError> {
    let run = one(connection, workspace, id).await?;
    let Some(run) = run.filter(|run| !run.status.is_over()) else {
        return Ok(());
    };
    let state: Option<String> = sqlx::query_scalar(CANCEL_JOB)
        .bind(workspace.0)
        .bind(run.job.0)
        .bind(now)
        .fetch_optional(&mut *connection)
        .await
        .map_err(translate)?;
    if state.as_deref() == Some("running") {
        return Ok(());
    }
    sqlx::query(CANCEL)
        .bind(workspace.0)
        .bind(id.0)
        .bind(now)
        .execute(connection)
        .await
        .map_err(translate)?;
    Ok(())
}

impl Stored {
    fn read(self) -> Result<ExportRun, StorageError> {
        let id = self.run_id;
        Ok(ExportRun {
            workspace: WorkspaceId(self.workspace_id),
            id: RunId(id),
            export: ExportId(self.export_id),
            job: JobId(self.job_id),
            status: RunStatus::from_text(&self.status).ok_or_else(|| corrupt("export_runs", "status", &id))?,
            report: json(&self.report, "export_runs", "report", &id)?,
            created_at: self.created_at,
            finished_at: self.finished_at,
        })
    }
}
