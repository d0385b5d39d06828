//! Definitions of exports.

use super::connectors;
use crate::error::{conflict, storage};
use crate::rows::{Row, json, micros};
use crate::statement::{SqliteRow, statement};
use rusqlite::Connection;
use selfsame_application::ports::{Export, StorageError};
use selfsame_domain::{ConnectorId, ExportId, Revision, Timestamp, WorkspaceId};

const NAME: &str = "the name of the export";

const INSERT: &str = "
INSERT INTO exports (workspace_id, export_id, connector_id, version, name, definition, is_paused, must_fill, synced, next_run_at,
    created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

const ONE: &str = "
SELECT workspace_id, export_id, connector_id, version, name, definition, is_paused, must_fill, synced, next_run_at, created_at,
    updated_at
FROM exports
WHERE workspace_id = ?1 AND export_id = ?2";

const ALL: &str = "
SELECT workspace_id, export_id, connector_id, version, name, definition, is_paused, must_fill, synced, next_run_at, created_at,
    updated_at
FROM exports
WHERE workspace_id = ?1
ORDER BY export_id
LIMIT 500";

const DUE: &str = "
SELECT workspace_id, export_id, connector_id, version, name, definition, is_paused, must_fill, synced, next_run_at, created_at,
    updated_at
FROM exports
WHERE NOT is_paused AND next_run_at <= ?1
ORDER BY next_run_at, workspace_id, export_id
LIMIT ?2";

const UPDATE: &str = "
UPDATE exports
SET version = version + 1, name = ?4, definition = ?5, is_paused = ?6, must_fill = ?7, synced = ?8, next_run_at = ?9, updated_at = ?10
WHERE workspace_id = ?1 AND export_id = ?2 AND version = ?3";

const CANCEL_JOBS: &str = "
UPDATE jobs
SET state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
    finished_at = CASE WHEN state = 'queued' THEN ?3 ELSE finished_at END,
    is_cancelling = is_cancelling OR state = 'running'
WHERE workspace_id = ?1 AND job_id IN (
    SELECT job_id FROM export_runs WHERE workspace_id = ?1 AND export_id = ?2 AND status IN ('queued', 'running'))";

pub(super) fn create(connection: &Connection, export: &Export) -> Result<bool, StorageError> {
    if connectors::one(connection, export.workspace, export.connector)?.is_none() {
        return Ok(false);
    }
    statement(INSERT)
        .bind(export.workspace.0)
        .bind(export.id.0)
        .bind(export.connector.0)
        .bind(export.version)
        .bind(&export.name)
        .bind(json(&export.definition)?)
        .bind(export.is_paused)
        .bind(export.must_fill)
        .bind(export.synced.map(|revision| revision.0))
        .bind(export.next_run_at.map(micros))
        .bind(micros(export.created_at))
        .bind(micros(export.updated_at))
        .execute(connection)
        .map_err(|error| conflict(error, NAME))?;
    Ok(true)
}

pub(super) fn one(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ExportId,
) -> Result<Option<Export>, StorageError> {
    let found = statement(ONE)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_optional(connection)
        .map_err(storage)?;
    found.map(|row| read(&row)).transpose()
}

pub(super) fn all_of(connection: &Connection, workspace: WorkspaceId) -> Result<Vec<Export>, StorageError> {
    let found = statement(ALL)
        .bind(workspace.0)
        .fetch_all(connection)
        .map_err(storage)?;
    found.iter().map(read).collect()
}

pub(super) fn due(connection: &Connection, now: Timestamp, limit: u32) -> Result<Vec<Export>, StorageError> {
    let found = statement(DUE)
        .bind(micros(now))
        .bind(limit)
        .fetch_all(connection)
        .map_err(storage)?;
    found.iter().map(read).collect()
}

pub(super) fn update(connection: &Connection, export: &Export) -> Result<bool, StorageError> {
    let done = statement(UPDATE)
        .bind(export.workspace.0)
        .bind(export.id.0)
        .bind(export.version)
        .bind(&export.name)
        .bind(json(&export.definition)?)
        .bind(export.is_paused)
        .bind(export.must_fill)
        .bind(export.synced.map(|revision| revision.0))
        .bind(export.next_run_at.map(micros))
        .bind(micros(export.updated_at))
        .execute(connection)
        .map_err(|error| conflict(error, NAME))?;
    Ok(done.rows_affected() == 1)
}

pub(super) fn delete(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ExportId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let done = statement("DELETE FROM exports WHERE workspace_id = ?1 AND export_id = ?2")
        .bind(workspace.0)
        .bind(id.0)
        .execute(connection)
        .map_err(storage)?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    statement(CANCEL_JOBS)
        .bind(workspace.0)
        .bind(id.0)
        .bind(micros(now))
        .execute(connection)
        .map_err(storage)?;
    statement("DELETE FROM export_runs WHERE workspace_id = ?1 AND export_id = ?2")
        .bind(workspace.0)
        .bind(id.0)
        .execute(connection)
        .map_err(storage)?;
    Ok(true)
}

/// Reads the columns of [`ONE`].
fn read(row: &SqliteRow) -> Result<Export, StorageError> {
    let row = Row::new(row, "exports", 1);
    Ok(Export {
        workspace: WorkspaceId(row.get(0, "workspace_id")?),
        id: ExportId(row.get(1, "export_id")?),
        connector: ConnectorId(row.get(2, "connector_id")?),
        version: row.get(3, "version")?,
        name: row.get(4, "name")?,
        definition: row.json(5, "definition")?,
        is_paused: row.get(6, "is_paused")?,
        must_fill: row.get(7, "must_fill")?,
        synced: row.get::<Option<i64>>(8, "synced")?.map(Revision),
        next_run_at: row.optional_time(9, "next_run_at")?,
        created_at: row.time(10, "created_at")?,
        updated_at: row.time(11, "updated_at")?,
    })
}
