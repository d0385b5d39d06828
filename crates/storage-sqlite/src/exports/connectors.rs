//! Connectors.

use crate::error::{conflict, names_nothing, storage};
use crate::rows::{Row, json, micros};
use crate::statement::{SqliteRow, statement};
use rusqlite::Connection;
use selfsame_application::ports::{Connector, ConnectorDeleted, StorageError};
use selfsame_domain::{ConnectorId, WorkspaceId};

const NAME: &str = "the name of the connector";

const INSERT: &str = "
INSERT INTO connectors (workspace_id, connector_id, name, settings, sealed, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const ONE: &str = "
SELECT workspace_id, connector_id, name, settings, sealed, created_at, updated_at
FROM connectors
WHERE workspace_id = ?1 AND connector_id = ?2";

const ALL: &str = "
SELECT workspace_id, connector_id, name, settings, sealed, created_at, updated_at
FROM connectors
WHERE workspace_id = ?1
ORDER BY connector_id
LIMIT 500";

const UPDATE: &str = "
UPDATE connectors SET name = ?3, settings = ?4, sealed = ?5, updated_at = ?6
WHERE workspace_id = ?1 AND connector_id = ?2";

const IS_USED: &str = "SELECT workspace_id FROM exports WHERE workspace_id = ?1 AND connector_id = ?2 LIMIT 1";

pub(super) fn create(connection: &Connection, connector: &Connector) -> Result<(), StorageError> {
    statement(INSERT)
        .bind(connector.workspace.0)
        .bind(connector.id.0)
        .bind(&connector.name)
        .bind(json(&connector.settings)?)
        .bind(&connector.sealed)
        .bind(micros(connector.created_at))
        .bind(micros(connector.updated_at))
        .execute(connection)
        .map_err(|error| {
            if names_nothing(&error) {
                StorageError::UnknownWorkspace
            } else {
                conflict(error, NAME)
            }
        })?;
    Ok(())
}

pub(super) fn one(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ConnectorId,
) -> Result<Option<Connector>, StorageError> {
    let found = statement(ONE)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_optional(connection)
        .map_err(storage)?;
    found.map(|row| read(&row)).transpose()
}

pub(super) fn all_of(connection: &Connection, workspace: WorkspaceId) -> Result<Vec<Connector>, StorageError> {
    let found = statement(ALL)
        .bind(workspace.0)
        .fetch_all(connection)
        .map_err(storage)?;
    found.iter().map(read).collect()
}

pub(super) fn update(connection: &Connection, connector: &Connector) -> Result<bool, StorageError> {
    let done = statement(UPDATE)
        .bind(connector.workspace.0)
        .bind(connector.id.0)
        .bind(&connector.name)
        .bind(json(&connector.settings)?)
        .bind(&connector.sealed)
        .bind(micros(connector.updated_at))
        .execute(connection)
        .map_err(|error| conflict(error, NAME))?;
    Ok(done.rows_affected() == 1)
}

pub(super) fn delete(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ConnectorId,
) -> Result<ConnectorDeleted, StorageError> {
    let used = statement(IS_USED)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_optional(connection)
        .map_err(storage)?;
    if used.is_some() {
        return Ok(ConnectorDeleted::InUse);
    }
    let done = statement("DELETE FROM connectors WHERE workspace_id = ?1 AND connector_id = ?2")
        .bind(workspace.0)
        .bind(id.0)
        .execute(connection)
        .map_err(storage)?;
    Ok(if done.rows_affected() == 1 {
        ConnectorDeleted::Yes
    } else {
        ConnectorDeleted::Missing
    })
}

/// Reads the columns of [`ONE`].
fn read(row: &SqliteRow) -> Result<Connector, StorageError> {
    let row = Row::new(row, "connectors", 1);
    Ok(Connector {
        workspace: WorkspaceId(row.get(0, "workspace_id")?),
        id: ConnectorId(row.get(1, "connector_id")?),
        name: row.get(2, "name")?,
        settings: row.json(3, "settings")?,
        sealed: row.get(4, "sealed")?,
        created_at: row.time(5, "created_at")?,
        updated_at: row.time(6, "updated_at")?,
    })
}
