//! What the inspection of an import found, and what a person decides about it.

use super::uploads::read_keys;
use super::write::{delete_body, whole};
use crate::error::storage;
use crate::jobs;
use crate::rows::{json, micros};
use crate::statement::statement;
use rusqlite::Connection;
use selfsame_application::ports::{ImportId, Inspection, NewJob, StorageError};
use selfsame_domain::{Timestamp, WorkspaceId};

const RECORD: &str = "
UPDATE imports
SET total = ?3, found = ?4, problems = ?5, heartbeat_at = ?6,
    status = CASE WHEN ?5 IS NULL THEN status ELSE 'needs_decision' END
WHERE workspace_id = ?1 AND import_id = ?2 AND status = 'running'";

const DECIDE: &str = "
UPDATE imports SET status = 'queued', options = ?3, job_id = ?4, heartbeat_at = ?5, found = NULL, problems = NULL
WHERE workspace_id = ?1 AND import_id = ?2 AND status = 'needs_decision'";

const UNDECIDED: &str =
    "SELECT workspace_id, import_id FROM imports WHERE status = 'needs_decision' AND heartbeat_at < ?1";

const CANCEL: &str = "
UPDATE imports SET status = 'cancelled', finished_at = ?4
WHERE workspace_id = ?1 AND import_id = ?2 AND status = 'needs_decision' AND heartbeat_at < ?3";

pub(super) fn record(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ImportId,
    inspection: &Inspection,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let problems = match inspection.problems.as_slice() {
        [] => None,
        problems => Some(json(problems)?),
    };
    let done = statement(RECORD)
        .bind(workspace.0)
        .bind(id.0)
        .bind(whole(inspection.total))
        .bind(&inspection.found)
        .bind(problems)
        .bind(micros(now))
        .execute(connection)
        .map_err(storage)?;
    Ok(done.rows_affected() == 1)
}

pub(super) fn decide(connection: &Connection, id: ImportId, options: &str, job: &NewJob) -> Result<bool, StorageError> {
    let done = statement(DECIDE)
        .bind(job.workspace.0)
        .bind(id.0)
        .bind(options)
        .bind(job.id.0)
        .bind(micros(job.created_at))
        .execute(connection)
        .map_err(storage)?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    jobs::insert(connection, job)?;
    Ok(true)
}

/// Imports of all workspaces that need a decision since before a time.
pub(super) fn undecided(
    connection: &Connection,
    since: Timestamp,
) -> Result<Vec<(WorkspaceId, ImportId)>, StorageError> {
    let found = statement(UNDECIDED)
        .bind(micros(since))
        .fetch_all(connection)
        .map_err(storage)?;
    found.iter().map(read_keys).collect()
}

pub(super) fn cancel(
    connection: &Connection,
    (workspace, id): (WorkspaceId, ImportId),
    since: Timestamp,
    now: Timestamp,
) -> Result<u64, StorageError> {
    let done = statement(CANCEL)
        .bind(workspace.0)
        .bind(id.0)
        .bind(micros(since))
        .bind(micros(now))
        .execute(connection)
        .map_err(storage)?;
    if done.rows_affected() > 0 {
        delete_body(connection, workspace, id)?;
    }
    Ok(done.rows_affected())
}
