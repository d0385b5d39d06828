//! Connectors.

use crate::bounded::Bounded;
use crate::error::{is_orphan, is_taken, translate};
use crate::rows::{all, json, to_json};
use selfsame_application::ports::{Connector, ConnectorDeleted, StorageError};
use selfsame_domain::{ConnectorId, Timestamp, WorkspaceId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

const INSERT: &str = "
INSERT INTO connectors (workspace_id, connector_id, name, settings, sealed, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)";

const ONE: &str = "
SELECT workspace_id, connector_id, name, settings, sealed, created_at, updated_at
FROM connectors
WHERE workspace_id = $1 AND connector_id = $2";

const ALL: &str = "
SELECT workspace_id, connector_id, name, settings, sealed, created_at, updated_at
FROM connectors
WHERE workspace_id = $1
ORDER BY connector_id
LIMIT 500";

const UPDATE: &str = "
UPDATE connectors SET name = $3, settings = $4, sealed = $5, updated_at = $6
WHERE workspace_id = $1 AND connector_id = $2";

/// Creating an export of the connector locks this row as well, so a connector in use cannot be deleted.
const LOCK: &str = "SELECT connector_id FROM connectors WHERE workspace_id = $1 AND connector_id = $2 FOR UPDATE";

const IS_USED: &str = "SELECT EXISTS (SELECT FROM exports WHERE workspace_id = $1 AND connector_id = $2)";

#[derive(FromRow)]
struct Stored {
    workspace_id: i64,
    connector_id: Uuid,
    name: String,
    settings: String,
    sealed: Option<Vec<u8>>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

pub(super) async fn create(pool: &Bounded, connector: &Connector) -> Result<(), StorageError> {
    let inserted = sqlx::query(INSERT)
        .bind(connector.workspace.0)
        .bind(connector.id.0)
        .bind(&connector.name)
        .bind(to_json(&connector.settings)?)
        .bind(&connector.sealed)
        .bind(connector.created_at)
        .bind(connector.updated_at)
        .execute(pool)
        .await;
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if is_orphan(&error) => Err(StorageError::UnknownWorkspace),
        Err(error) => Err(taken(error)),
    }
}

pub(super) async fn one(
    pool: &Bounded,
    workspace: WorkspaceId,
    id: ConnectorId,
) -> Result<Option<Connector>, StorageError> {
    let found: Option<Stored> = sqlx::query_as(ONE)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_optional(pool)
        .await
        .map_err(translate)?;
    found.map(Stored::read).transpose()
}

pub(super) async fn all_of(pool: &Bounded, workspace: WorkspaceId) -> Result<Vec<Connector>, StorageError> {
    let found: Vec<Stored> = sqlx::query_as(ALL)
        .bind(workspace.0)
        .fetch_all(pool)
        .await
        .map_err(translate)?;
    all(found, Stored::read)
}

pub(super) async fn update(pool: &Bounded, connector: &Connector) -> Result<bool, StorageError> {
    let done = sqlx::query(UPDATE)
        .bind(connector.workspace.0)
        .bind(connector.id.0)
        .bind(&connector.name)
        .bind(to_json(&connector.settings)?)
        .bind(&connector.sealed)
        .bind(connector.updated_at)
        .execute(pool)
        .await
        .map_err(taken)?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn delete(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: ConnectorId,
) -> Result<ConnectorDeleted, StorageError> {
    if !lock(connection, workspace, id).await? {
        return Ok(ConnectorDeleted::Missing);
    }
    let is_used: bool = sqlx::query_scalar(IS_USED)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_one(&mut *connection)
        .await
        .map_err(translate)?;
    if is_used {
        return Ok(ConnectorDeleted::InUse);
    }
    sqlx::query("DELETE FROM connectors WHERE workspace_id = $1 AND connector_id = $2")
        .bind(workspace.0)
        .bind(id.0)
        .execute(connection)
        .await
        .map_err(translate)?;
    Ok(ConnectorDeleted::Yes)
}

/// Locks the row of a connector. Returns whether it exists.
pub(super) async fn lock(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: ConnectorId,
) -> Result<bool, StorageError> {
    let found: Option<Uuid> = sqlx::query_scalar(LOCK)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_optional(connection)
        .await
        .map_err(translate)?;
    Ok(found.is_some())
}

fn taken(error: sqlx::Error) -> StorageError {
    if is_taken(&error) {
        StorageError::Conflict {
            what: "the name of the connector",
        }
    } else {
        translate(error)
    }
}

impl Stored {
    fn read(self) -> Result<Connector, StorageError> {
        let id = self.connector_id;
        Ok(Connector {
            workspace: WorkspaceId(self.workspace_id),
            id: ConnectorId(id),
            name: self.name,
            settings: json(&self.settings, "connectors", "settings", &id)?,
            sealed: self.sealed,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}
