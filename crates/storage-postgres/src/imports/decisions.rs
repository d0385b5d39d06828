//! What the inspection of an import found, and what a person decides about it.

use super::write::{delete_body, whole};
use crate::bounded::Bounded;
use crate::error::translate;
use crate::jobs;
use selfsame_application::ports::{ImportId, Inspection, NewJob, StorageError};
use selfsame_domain::{Timestamp, WorkspaceId};
use sqlx::PgConnection;
use uuid::Uuid;

const RECORD: &str = "
UPDATE imports
SET total = $3, found = $4, problems = $5, heartbeat_at = $6,
    status = CASE WHEN $5 IS NULL THEN status ELSE 'needs_decision' END
WHERE workspace_id = $1 AND import_id = $2 AND status = 'running'";

const DECIDE: &str = "
UPDATE imports SET status = 'queued', options = $3, job_id = $4, heartbeat_at = $5, found = NULL, problems = NULL
WHERE workspace_id = $1 AND import_id = $2 AND status = 'needs_decision'";

const UNDECIDED: &str =
    "SELECT workspace_id, import_id FROM imports WHERE status = 'needs_decision' AND heartbeat_at < $1";

const CANCEL: &str = "
UPDATE imports SET status = 'cancelled', finished_at = $4
WHERE workspace_id = $1 AND import_id = $2 AND status = 'needs_decision' AND heartbeat_at < $3";

pub(super) async fn record(
    pool: &Bounded,
    workspace: WorkspaceId,
    id: ImportId,
    inspection: &Inspection,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let problems = match inspection.problems.as_slice() {
        [] => None,
        problems => Some(serde_json::to_string(problems).map_err(|error| StorageError::Refused(error.into()))?),
    };
    let done = sqlx::query(RECORD)
        .bind(workspace.0)
        .bind(id.0)
        .bind(whole(inspection.total))
        .bind(&inspection.found)
        .bind(problems)
        .bind(now)
        .execute(pool)
        .await
        .map_err(translate)?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn decide(
    connection: &mut PgConnection,
    id: ImportId,
    options: &str,
    job: &NewJob,
) -> Result<bool, StorageError> {
    let done = sqlx::query(DECIDE)
        .bind(job.workspace.0)
        .bind(id.0)
        .bind(options)
        .bind(job.id.0)
        .bind(job.created_at)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    jobs::insert(connection, job).await?;
    Ok(true)
}

/// Imports of all workspaces that need a decision since before a time.
pub(super) async fn undecided(pool: &Bounded, since: Timestamp) -> Result<Vec<(i64, Uuid)>, StorageError> {
    sqlx::query_as(UNDECIDED)
        .bind(since)
        .fetch_all(pool)
        .await
        .map_err(translate)
}

pub(super) async fn cancel(
    connection: &mut PgConnection,
    (workspace, id): (i64, Uuid),
    since: Timestamp,
    now: Timestamp,
) -> Result<u64, StorageError> {
    let done = sqlx::query(CANCEL)
        .bind(workspace)
        .bind(id)
        .bind(since)
        .bind(now)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    if done.rows_affected() > 0 {
        delete_body(connection, workspace, id).await?;
    }
    Ok(done.rows_affected())
}
