//! Workspaces and their API keys.

use crate::bounded::Transaction;
use crate::error::{is_orphan, is_taken, translate};
use crate::rows::{self, corrupt, to_json};
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{ApiKey, Credentials, KeyToStore, StorageError, Workspace, Workspaces};
use selfsame_domain::{KeyId, Policy, Rights, Timestamp, WorkspaceId};
use sqlx::PgConnection;
use uuid::Uuid;

/// A row of `api_keys k`.
macro_rules! api_key_record {
    () => {
        "ROW(k.workspace_id, k.key_id, k.name, k.prefix, k.rights, k.created_at, k.expires_at, k.last_used_at, k.revoked_at)"
    };
}

/// A key with its workspace, by a condition on `k`.
macro_rules! credentials {
    ($condition:literal) => {
        concat!(
            "SELECT ",
            api_key_record!(),
            ", w.name, w.created_at, jsonb_hash_extended(w.policy, 0)
             FROM api_keys k
             JOIN workspaces w ON w.workspace_id = k.workspace_id
             WHERE ",
            $condition
        )
    };
}

const CREDENTIALS: &str = credentials!("k.digest = $1");

const CREDENTIALS_OF: &str = credentials!("k.workspace_id = $1 AND k.key_id = $2");

type CredentialsRow = (ApiKeyRecord, String, Timestamp, i64);

const KEYS: &str = concat!(
    "SELECT ",
    api_key_record!(),
    " FROM api_keys k WHERE k.workspace_id = $1 ORDER BY k.created_at, k.key_id"
);

type ApiKeyRecord = (
    i64,
    Uuid,
    String,
    String,
    String,
    Timestamp,
    Option<Timestamp>,
    Option<Timestamp>,
    Option<Timestamp>,
);

#[async_trait]
impl Workspaces for PostgresStore {
    async fn create_workspace(&self, name: &str, at: Timestamp) -> Result<Workspace, StorageError> {
        let mut connection = self.pool().acquire().await.map_err(translate)?;
        self.in_time(insert_workspace(&mut connection, name, at)).await
    }

    async fn bootstrap(&self, name: &str, key: &KeyToStore, at: Timestamp) -> Result<bool, StorageError> {
        self.in_time(self.make_first(name, key, at)).await
    }

    async fn workspaces(&self) -> Result<Vec<Workspace>, StorageError> {
        let found: Vec<(i64, String, String, Timestamp)> =
            sqlx::query_as("SELECT workspace_id, name, policy::text, created_at FROM workspaces ORDER BY workspace_id")
                .fetch_all(self.pool())
                .await
                .map_err(translate)?;
        rows::all(found, |(id, name, policy, created_at)| {
            let policy = rows::json(&policy, "workspaces", "policy", &id)?;
            Ok(Workspace {
                id: WorkspaceId(id),
                name,
                policy,
                created_at,
            })
        })
    }

    async fn create_key(&self, key: &KeyToStore) -> Result<(), StorageError> {
        let mut connection = self.pool().acquire().await.map_err(translate)?;
        self.in_time(insert_key(&mut connection, key.key.workspace, key)).await
    }

    async fn keys(&self, workspace: WorkspaceId) -> Result<Vec<ApiKey>, StorageError> {
        let found: Vec<(ApiKeyRecord,)> = sqlx::query_as(KEYS)
            .bind(workspace.0)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(found, |(record,)| api_key(record))
    }

    async fn revoke_key(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $3) WHERE workspace_id = $1 AND key_id = $2",
        )
        .bind(workspace.0)
        .bind(key.0)
        .bind(at)
        .execute(self.pool())
        .await
        .map_err(translate)?;
        Ok(done.rows_affected() == 1)
    }

    async fn credentials(&self, digest: &[u8]) -> Result<Option<Credentials>, StorageError> {
        self.in_time(self.credentials_by_digest(digest)).await
    }

    async fn credentials_of(&self, workspace: WorkspaceId, key: KeyId) -> Result<Option<Credentials>, StorageError> {
        self.in_time(self.credentials_by_key(workspace, key)).await
    }

    async fn touch_key(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Result<(), StorageError> {
        sqlx::query("UPDATE api_keys SET last_used_at = $3 WHERE workspace_id = $1 AND key_id = $2")
            .bind(workspace.0)
            .bind(key.0)
            .bind(at)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(())
    }
}

impl PostgresStore {
    async fn make_first(&self, name: &str, key: &KeyToStore, at: Timestamp) -> Result<bool, StorageError> {
        let mut transaction = self.pool().begin().await.map_err(translate)?;
        if has_workspaces(&mut transaction).await? {
            return Ok(false);
        }
        // Whoever else saw none waits here, and then sees the one that was made.
        sqlx::query("LOCK TABLE workspaces IN SHARE ROW EXCLUSIVE MODE")
            .execute(&mut *transaction)
            .await
            .map_err(translate)?;
        if has_workspaces(&mut transaction).await? {
            return Ok(false);
        }
        let workspace = insert_workspace(&mut transaction, name, at).await?;
        insert_key(&mut transaction, workspace.id, key).await?;
        transaction.commit().await.map_err(translate)?;
        Ok(true)
    }

    async fn credentials_by_digest(&self, digest: &[u8]) -> Result<Option<Credentials>, StorageError> {
        let mut connection = self.pool().acquire().await.map_err(translate)?;
        let found = sqlx::query_as(CREDENTIALS)
            .bind(digest)
            .fetch_optional(&mut *connection);
        let found = found.await.map_err(translate)?;
        self.read_credentials(&mut connection, found).await
    }

    async fn credentials_by_key(
        &self,
        workspace: WorkspaceId,
        key: KeyId,
    ) -> Result<Option<Credentials>, StorageError> {
        let mut connection = self.pool().acquire().await.map_err(translate)?;
        let query = sqlx::query_as(CREDENTIALS_OF).bind(workspace.0).bind(key.0);
        let found = query.fetch_optional(&mut *connection).await.map_err(translate)?;
        self.read_credentials(&mut connection, found).await
    }

    async fn read_credentials(
        &self,
        connection: &mut PgConnection,
        found: Option<CredentialsRow>,
    ) -> Result<Option<Credentials>, StorageError> {
        let Some((record, name, created_at, fingerprint)) = found else {
            return Ok(None);
        };
        let key = api_key(record)?;
        let workspace = self
            .workspace(connection, key.workspace, name, created_at, fingerprint)
            .await?;
        Ok(Some(Credentials { key, workspace }))
    }

    /// A workspace with the policy of this fingerprint. The policy is long, is the same almost always, and is known to whoever writes.
    pub(crate) async fn workspace(
        &self,
        connection: &mut PgConnection,
        id: WorkspaceId,
        name: String,
        created_at: Timestamp,
        fingerprint: i64,
    ) -> Result<Workspace, StorageError> {
        let known = match self.policies().known(id).filter(|known| known.is(fingerprint)) {
            Some(known) => known,
            None => self.policies().read(connection, id).await?,
        };
        Ok(Workspace {
            id,
            name,
            policy: known.policy.clone(),
            created_at,
        })
    }
}

async fn has_workspaces(transaction: &mut Transaction) -> Result<bool, StorageError> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM workspaces)")
        .fetch_one(&mut **transaction)
        .await
        .map_err(translate)
}

async fn insert_workspace(connection: &mut PgConnection, name: &str, at: Timestamp) -> Result<Workspace, StorageError> {
    let policy = Policy::default();
    let id: Option<i64> = sqlx::query_scalar(
        "INSERT INTO workspaces (name, policy, created_at) VALUES ($1, $2::jsonb, $3)
         ON CONFLICT (name) DO NOTHING
         RETURNING workspace_id",
    )
    .bind(name)
    .bind(to_json(&policy)?)
    .bind(at)
    .fetch_optional(connection)
    .await
    .map_err(translate)?;
    let id = id.ok_or(StorageError::Conflict {
        what: "the name of the workspace",
    })?;
    Ok(Workspace {
        id: WorkspaceId(id),
        name: name.to_owned(),
        policy,
        created_at: at,
    })
}

async fn insert_key(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    KeyToStore { key, digest }: &KeyToStore,
) -> Result<(), StorageError> {
    let inserted = sqlx::query(
        "INSERT INTO api_keys
            (workspace_id, key_id, name, prefix, digest, rights, created_at, expires_at, last_used_at, revoked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(workspace.0)
    .bind(key.id.0)
    .bind(&key.name)
    .bind(&key.prefix)
    .bind(digest)
    .bind(key.rights.as_str())
    .bind(key.created_at)
    .bind(key.expires_at)
    .bind(key.last_used_at)
    .bind(key.revoked_at)
    .execute(connection)
    .await;
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if is_taken(&error) => Err(StorageError::Conflict {
            what: "the digest of the key",
        }),
        Err(error) if is_orphan(&error) => Err(StorageError::UnknownWorkspace),
        Err(error) => Err(translate(error)),
    }
}

fn api_key(record: ApiKeyRecord) -> Result<ApiKey, StorageError> {
    let (workspace, id, name, prefix, rights, created_at, expires_at, last_used_at, revoked_at) = record;
    Ok(ApiKey {
        id: KeyId(id),
        workspace: WorkspaceId(workspace),
        name,
        prefix,
        rights: Rights::from_text(&rights).ok_or_else(|| corrupt("api_keys", "rights", &id))?,
        created_at,
        expires_at,
        last_used_at,
        revoked_at,
    })
}
