//! Definitions of exports.

use super::connectors;
use crate::bounded::Bounded;
use crate::error::{is_taken, translate};
use crate::rows::{all, json, to_json};
use selfsame_application::ports::{Export, StorageError};
use selfsame_domain::{ConnectorId, ExportId, Revision, Timestamp, WorkspaceId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

const INSERT: &str = "
INSERT INTO exports (workspace_id, export_id, connector_id, version, name, definition, is_paused, must_fill, synced, next_run_at,
    created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

const ONE: &str = "
SELECT workspace_id, export_id, connector_id, version, name, definition, is_paused, must_fill, synced, next_run_at, created_at,
    updated_at
FROM exports
WHERE workspace_id = $1 AND export_id = $2";

const ALL: &str = "
SELECT workspace_id, export_id, connector_id, version, name, definition, is_paused, must_fill, synced, next_run_at, created_at,
    updated_at
FROM exports
WHERE workspace_id = $1
ORDER BY export_id
LIMIT 500";

const DUE: &str = "
SELECT workspace_id, export_id, connector_id, version, name, definition, is_paused, must_fill, synced, next_run_at, created_at,
    updated_at
FROM exports
WHERE NOT is_paused AND next_run_at <= $1
ORDER BY next_run_at, workspace_id, export_id
LIMIT $2";

const UPDATE: &str = "
UPDATE exports
SET version = version + 1, name = $4, definition = $5, is_paused = $6, must_fill = $7, synced = $8, next_run_at = $9, updated_at = $10
WHERE workspace_id = $1 AND export_id = $2 AND version = $3";

const OPEN_JOBS: &str = "
SELECT job_id FROM export_runs WHERE workspace_id = $1 AND export_id = $2 AND status IN ('queued', 'running')";

const CANCEL_JOBS: &str = "
UPDATE jobs
SET state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
    finished_at = CASE WHEN state = 'queued' THEN $3 ELSE finished_at END,
    is_cancelling = is_cancelling OR state = 'running'
WHERE workspace_id = $1 AND job_id = ANY ($2::uuid[])";

#[derive(FromRow)]
struct Stored {
    workspace_id: i64,
    export_id: Uuid,
    connector_id: Uuid,
    version: i64,
    name: String,
    definition: String,
    is_paused: bool,
    must_fill: bool,
    synced: Option<i64>,
    next_run_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

pub(super) async fn create(connection: &mut PgConnection, export: &Export) -> Result<bool, StorageError> {
    if !connectors::lock(connection, export.workspace, export.connector).await? {
        return Ok(false);
    }
    sqlx::query(INSERT)
        .bind(export.workspace.0)
        .bind(export.id.0)
        .bind(export.connector.0)
        .bind(export.version)
        .bind(&export.name)
        .bind(to_json(&export.definition)?)
        .bind(export.is_paused)
        .bind(export.must_fill)
        .bind(export.synced.map(|revision| revision.0))
        .bind(export.next_run_at)
        .bind(export.created_at)
        .bind(export.updated_at)
        .execute(connection)
        .await
        .map_err(taken)?;
    Ok(true)
}

pub(super) async fn one(pool: &Bounded, workspace: WorkspaceId, id: ExportId) -> Result<Option<Export>, StorageError> {
    let found: Option<Stored> = sqlx::query_as(ONE)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_optional(pool)
        .await
        .map_err(translate)?;
    found.map(Stored::read).transpose()
}

pub(super) async fn all_of(pool: &Bounded, workspace: WorkspaceId) -> Result<Vec<Export>, StorageError> {
    let found: Vec<Stored> = sqlx::query_as(ALL)
        .bind(workspace.0)
        .fetch_all(pool)
        .await
        .map_err(translate)?;
    all(found, Stored::read)
}

pub(super) async fn due(pool: &Bounded, now: Timestamp, limit: u32) -> Result<Vec<Export>, StorageError> {
    let found: Vec<Stored> = sqlx::query_as(DUE)
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await
        .map_err(translate)?;
    all(found, Stored::read)
}

pub(super) async fn update(pool: &Bounded, export: &Export) -> Result<bool, StorageError> {
    let done = sqlx::query(UPDATE)
        .bind(export.workspace.0)
        .bind(export.id.0)
        .bind(export.version)
        .bind(&export.name)
        .bind(to_json(&export.definition)?)
        .bind(export.is_paused)
        .bind(export.must_fill)
        .bind(export.synced.map(|revision| revision.0))
        .bind(export.next_run_at)
        .bind(export.updated_at)
        .execute(pool)
        .await
        .map_err(taken)?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn delete(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: ExportId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let done = sqlx::query("DELETE FROM exports WHERE workspace_id = $1 AND export_id = $2")
        .bind(workspace.0)
        .bind(id.0)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let jobs: Vec<Uuid> = sqlx::query_scalar(OPEN_JOBS)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_all(&mut *connection)
        .await
        .map_err(translate)?;
    sqlx::query(CANCEL_JOBS)
        .bind(workspace.0)
        .bind(jobs)
        .bind(now)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    sqlx::query("DELETE FROM export_runs WHERE workspace_id = $1 AND export_id = $2")
        .bind(workspace.0)
        .bind(id.0)
        .execute(connection)
        .await
        .map_err(translate)?;
    Ok(true)
}

fn taken(error: sqlx::Error) -> StorageError {
    if is_taken(&error) {
        StorageError::Conflict {
            what: "the name of the export",
        }
    } else {
        translate(error)
    }
}

impl Stored {
    fn read(self) -> Result<Export, StorageError> {
        let id = self.export_id;
        Ok(Export {
            workspace: WorkspaceId(self.workspace_id),
            id: ExportId(id),
            version: self.version,
            name: self.name,
            connector: ConnectorId(self.connector_id),
            definition: json(&self.definition, "exports", "definition", &id)?,
            is_paused: self.is_paused,
            must_fill: self.must_fill,
            synced: self.synced.map(Revision),
            next_run_at: self.next_run_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}
