//! Workspaces and their API keys.

use crate::error::{conflict, names_nothing, storage};
use crate::policies::Policies;
use crate::rows::{Row, json, micros};
use crate::statement::{SqliteRow, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use rusqlite::Connection;
use selfsame_application::ports::{
    AccessVersion, ApiKey, Credentials, KeyToStore, StorageError, Workspace, Workspaces,
};
use selfsame_domain::{KeyId, Policy, Rights, Timestamp, WorkspaceId};

/// The columns of a key `k`, in the order that [`api_key`] reads.
macro_rules! key_columns {
    () => {
        "k.key_id, k.workspace_id, k.name, k.prefix, k.rights, k.created_at, k.expires_at, k.last_used_at, k.revoked_at"
    };
}

/// A key `k` with its workspace, up to a condition. The columns of the workspace begin at 9; the access version is the last.
macro_rules! credentials {
    () => {
        concat!(
            "SELECT ",
            key_columns!(),
            ", w.workspace_id, w.name, w.policy, w.created_at, r.access
               FROM api_keys AS k JOIN workspaces AS w ON w.workspace_id = k.workspace_id
               JOIN revisions AS r ON r.workspace_id = k.workspace_id WHERE "
        )
    };
}

#[async_trait]
impl Workspaces for SqliteStore {
    async fn create_workspace(&self, name: &str, at: Timestamp) -> Result<Workspace, StorageError> {
        let mut writing = self.writer.begin().await?;
        let workspace = insert_workspace(writing.connection()?, name, at)?;
        writing.commit()?;
        Ok(workspace)
    }

    async fn bootstrap(&self, name: &str, key: &KeyToStore, at: Timestamp) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let any = statement("SELECT 1 FROM workspaces LIMIT 1");
        if any.fetch_optional(writing.connection()?).map_err(storage)?.is_some() {
            return Ok(false);
        }
        let workspace = insert_workspace(writing.connection()?, name, at)?;
        insert_key(writing.connection()?, key, workspace.id)?;
        writing.commit()?;
        Ok(true)
    }

    async fn workspaces(&self) -> Result<Vec<Workspace>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement("SELECT workspace_id, name, policy, created_at FROM workspaces ORDER BY workspace_id")
            .fetch_all(reader.connection()?)
            .map_err(storage)?;
        rows.iter()
            .map(|row| workspace(&self.policies, &Row::new(row, "workspaces", 0), 0))
            .collect()
    }

    async fn create_key(&self, key: &KeyToStore) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        insert_key(writing.connection()?, key, key.key.workspace)?;
        writing.commit()
    }

    async fn keys(&self, workspace: WorkspaceId) -> Result<Vec<ApiKey>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(concat!(
            "SELECT ",
            key_columns!(),
            " FROM api_keys AS k WHERE k.workspace_id = ?1 ORDER BY k.created_at, k.key_id",
        ))
        .bind(workspace.0)
        .fetch_all(reader.connection()?)
        .map_err(storage)?;
        rows.iter().map(api_key).collect()
    }

    async fn revoke_key(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement(
            "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?3) WHERE workspace_id = ?1 AND key_id = ?2",
        )
        .bind(workspace.0)
        .bind(key.0)
        .bind(micros(at))
        .execute(writing.connection()?)
        .map_err(storage)?;
        statement("UPDATE revisions SET access = access + 1 WHERE workspace_id = ?1")
            .bind(workspace.0)
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected() == 1)
    }

    async fn credentials(&self, digest: &[u8]) -> Result<Option<Credentials>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let row = statement(concat!(credentials!(), "k.digest = ?1"))
            .bind(digest)
            .fetch_optional(reader.connection()?)
            .map_err(storage)?;
        row.map(|row| self.read_credentials(&row)).transpose()
    }

    async fn credentials_of(&self, workspace: WorkspaceId, key: KeyId) -> Result<Option<Credentials>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let row = statement(concat!(credentials!(), "k.workspace_id = ?1 AND k.key_id = ?2"))
            .bind(workspace.0)
            .bind(key.0)
            .fetch_optional(reader.connection()?)
            .map_err(storage)?;
        row.map(|row| self.read_credentials(&row)).transpose()
    }

    async fn touch_key(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        // Several servers store the use of the same key: the latest time wins.
        let done = statement(
            "UPDATE api_keys SET last_used_at = max(coalesce(last_used_at, ?3), ?3)
             WHERE workspace_id = ?1 AND key_id = ?2",
        )
        .bind(workspace.0)
        .bind(key.0)
        .bind(micros(at))
        .execute(writing.connection()?)
        .map_err(storage)?;
        if done.rows_affected() != 1 {
            // Keys are never deleted, so a use of an unknown key has no row to update.
            tracing::warn!(workspace = workspace.0, key = %key, "the use of an unknown API key was not noted");
            return Ok(());
        }
        writing.commit()
    }
}

impl SqliteStore {
    fn read_credentials(&self, row: &SqliteRow) -> Result<Credentials, StorageError> {
        Ok(Credentials {
            key: api_key(row)?,
            workspace: workspace(&self.policies, &Row::new(row, "workspaces", 9), 9)?,
            access: AccessVersion(Row::new(row, "revisions", 9).get(13, "access")?),
        })
    }
}

fn insert_workspace(connection: &Connection, name: &str, at: Timestamp) -> Result<Workspace, StorageError> {
    let policy = Policy::default();
    let done = statement("INSERT INTO workspaces (name, policy, created_at) VALUES (?1, ?2, ?3)")
        .bind(name)
        .bind(json(&policy)?)
        .bind(micros(at))
        .execute(connection)
        .map_err(|error| conflict(error, "the workspace's name"))?;
    let id = WorkspaceId(done.last_insert_rowid());
    statement("INSERT INTO revisions (workspace_id) VALUES (?1)")
        .bind(id.0)
        .execute(connection)
        .map_err(storage)?;
    Ok(Workspace {
        id,
        name: name.to_owned(),
        policy,
        created_at: at,
    })
}

fn insert_key(connection: &Connection, to_store: &KeyToStore, workspace: WorkspaceId) -> Result<(), StorageError> {
    let key = &to_store.key;
    statement(
        "INSERT INTO api_keys (workspace_id, key_id, name, prefix, digest, rights, created_at, expires_at,
            last_used_at, revoked_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )
    .bind(workspace.0)
    .bind(key.id.0)
    .bind(&key.name)
    .bind(&key.prefix)
    .bind(&to_store.digest)
    .bind(key.rights.as_str())
    .bind(micros(key.created_at))
    .bind(key.expires_at.map(micros))
    .bind(key.last_used_at.map(micros))
    .bind(key.revoked_at.map(micros))
    .execute(connection)
    .map_err(|error| {
        if names_nothing(&error) {
            StorageError::UnknownWorkspace
        } else {
            conflict(error, "the digest of the API key")
        }
    })?;
    Ok(())
}

/// Reads `workspace_id, name, policy, created_at`, starting at a column.
pub(crate) fn workspace(policies: &Policies, row: &Row<'_>, from: usize) -> Result<Workspace, StorageError> {
    let id = WorkspaceId(row.get(from, "workspace_id")?);
    let policy = policies
        .read(id, row.get(from + 2, "policy")?)
        .map_err(|_| row.corrupt("policy"))?;
    Ok(Workspace {
        id,
        name: row.get(from + 1, "name")?,
        policy: Policy::clone(&policy),
        created_at: row.time(from + 3, "created_at")?,
    })
}

/// Reads a key from `key_columns`.
fn api_key(row: &SqliteRow) -> Result<ApiKey, StorageError> {
    let row = Row::new(row, "api_keys", 0);
    Ok(ApiKey {
        id: KeyId(row.get(0, "key_id")?),
        workspace: WorkspaceId(row.get(1, "workspace_id")?),
        name: row.get(2, "name")?,
        prefix: row.get(3, "prefix")?,
        rights: row.read(4, "rights", Rights::from_text)?,
        created_at: row.time(5, "created_at")?,
        expires_at: row.optional_time(6, "expires_at")?,
        last_used_at: row.optional_time(7, "last_used_at")?,
        revoked_at: row.optional_time(8, "revoked_at")?,
    })
}
