//! Workspaces and their API keys.

use crate::bounded::Transaction;
use crate::error::{is_orphan, is_taken, translate};
use crate::rows::{self, corrupt, to_json};
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    AccessVersion, ApiKey, Credentials, KeyToStore, StorageError, Workspace, Workspaces,
};
use selfsame_domain::{KeyId, Policy, Rights, Timestamp, WorkspaceId};
use sqlx::PgConnection;
use uuid::Uuid;

/// The policy is long, rarely changes and is cached, so only its revision is read.
const CREDENTIALS: &str = "SELECT * FROM credentials_v1($1)";

const CREDENTIALS_OF: &str = "
    SELECT k.workspace_id, k.key_id, k.name, k.prefix, k.rights, k.created_at, k.expires_at, k.last_used_at, k.revoked_at,
           w.name AS workspace_name, w.created_at AS workspace_created_at, r.policy AS policy_revision,
           r.access
    FROM api_keys k
    JOIN workspaces w ON w.workspace_id = $1
    JOIN revisions r ON r.workspace_id = $1
    WHERE k.workspace_id = $1 AND k.key_id = $2";

const KEYS: &str = "
    SELECT workspace_id, key_id, name, prefix, rights, created_at, expires_at, last_used_at, revoked_at
    FROM api_keys
    WHERE workspace_id = $1
    ORDER BY created_at, key_id";

const WORKSPACES: &str = "
    SELECT w.workspace_id, w.name, p.policy::text AS policy, w.created_at
    FROM workspaces w
    JOIN policies p ON p.workspace_id = w.workspace_id
    ORDER BY w.workspace_id";

/// A row of `api_keys`.
#[derive(Debug, sqlx::FromRow)]
struct ApiKeyRow {
    workspace_id: i64,
    key_id: Uuid,
    name: String,
    prefix: String,
    rights: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

#[derive(Debug, sqlx::FromRow)]
struct CredentialsRow {
    #[sqlx(flatten)]
    key: ApiKeyRow,
    workspace_name: String,
    workspace_created_at: Timestamp,
    policy_revision: i64,
    access: i64,
}

/// A row of `workspaces`, with the policy.
#[derive(Debug, sqlx::FromRow)]
struct WorkspaceRow {
    workspace_id: i64,
    name: String,
    policy: String,
    created_at: Timestamp,
}

#[async_trait]
impl Workspaces for PostgresStore {
    async fn create_workspace(&self, name: &str, at: Timestamp) -> Result<Workspace, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let workspace = insert_workspace(&mut transaction, name, at).await?;
            transaction.commit().await.map_err(translate)?;
            Ok(workspace)
        })
        .await
    }

    async fn bootstrap(&self, name: &str, key: &KeyToStore, at: Timestamp) -> Result<bool, StorageError> {
        self.in_time(self.make_first(name, key, at)).await
    }

    async fn workspaces(&self) -> Result<Vec<Workspace>, StorageError> {
        let found: Vec<WorkspaceRow> = sqlx::query_as(WORKSPACES)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(found, |row| {
            Ok(Workspace {
                id: WorkspaceId(row.workspace_id),
                name: row.name,
                policy: rows::json(&row.policy, "policies", "policy", &row.workspace_id)?,
                created_at: row.created_at,
            })
        })
    }

    async fn create_key(&self, key: &KeyToStore) -> Result<(), StorageError> {
        let mut connection = self.pool().acquire().await.map_err(translate)?;
        self.in_time(insert_key(&mut connection, key.key.workspace, key)).await
    }

    async fn keys(&self, workspace: WorkspaceId) -> Result<Vec<ApiKey>, StorageError> {
        let found: Vec<ApiKeyRow> = sqlx::query_as(KEYS)
            .bind(workspace.0)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(found, api_key)
    }

    async fn revoke_key(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Result<bool, StorageError> {
        self.in_time(self.revoke(workspace, key, at)).await
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
        // Concurrent calls that found no workspace wait here, and then see the new one.
        sqlx::query("SELECT FROM turns WHERE name = 'first workspace' FOR UPDATE")
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

    /// Raises the access version in the same transaction, so that no server uses the key from memory any more.
    async fn revoke(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Result<bool, StorageError> {
        let mut transaction = self.pool().begin().await.map_err(translate)?;
        let done = sqlx::query(
            "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $3) WHERE workspace_id = $1 AND key_id = $2",
        )
        .bind(workspace.0)
        .bind(key.0)
        .bind(at)
        .execute(&mut *transaction)
        .await
        .map_err(translate)?;
        sqlx::query("UPDATE revisions SET access = access + 1 WHERE workspace_id = $1")
            .bind(workspace.0)
            .execute(&mut *transaction)
            .await
            .map_err(translate)?;
        transaction.commit().await.map_err(translate)?;
        Ok(done.rows_affected() == 1)
    }

    async fn credentials_by_digest(&self, digest: &[u8]) -> Result<Option<Credentials>, StorageError> {
        let mut connection = self.pool().acquire().await.map_err(translate)?;
        let found = sqlx::query_as(CREDENTIALS)
            .bind(digest)
            .fetch_optional(&mut *connection);
        let found = found.await.map_err(translate)?;
        let credentials = self.read_credentials(&mut connection, found).await?;
        connection.settle();
        Ok(credentials)
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
        let Some(row) = found else {
            return Ok(None);
        };
        let key = api_key(row.key)?;
        let policy = self.policy_of(connection, key.workspace, row.policy_revision).await?;
        let workspace = Workspace {
            id: key.workspace,
            name: row.workspace_name,
            policy,
            created_at: row.workspace_created_at,
        };
        let access = AccessVersion(row.access);
        Ok(Some(Credentials { key, workspace, access }))
    }

    /// The policy of the commit that set it.
    pub(crate) async fn policy_of(
        &self,
        connection: &mut PgConnection,
        workspace: WorkspaceId,
        revision: i64,
    ) -> Result<Policy, StorageError> {
        let known = self.policies().known(workspace);
        let policy = match known.filter(|known| known.revision.0 == revision) {
            Some(known) => known,
            None => self.policies().read(connection, workspace).await?,
        };
        Ok(Policy::clone(&policy.policy))
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
        "INSERT INTO workspaces (name, created_at) VALUES ($1, $2)
         ON CONFLICT (name) DO NOTHING
         RETURNING workspace_id",
    )
    .bind(name)
    .bind(at)
    .fetch_optional(&mut *connection)
    .await
    .map_err(translate)?;
    let id = id.ok_or(StorageError::Conflict {
        what: "the name of the workspace",
    })?;
    sqlx::query("INSERT INTO policies (workspace_id, policy) VALUES ($1, $2::json)")
        .bind(id)
        .bind(to_json(&policy)?)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    sqlx::query("INSERT INTO revisions (workspace_id) VALUES ($1)")
        .bind(id)
        .execute(connection)
        .await
        .map_err(translate)?;
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

fn api_key(row: ApiKeyRow) -> Result<ApiKey, StorageError> {
    let id = row.key_id;
    Ok(ApiKey {
        id: KeyId(id),
        workspace: WorkspaceId(row.workspace_id),
        name: row.name,
        prefix: row.prefix,
        rights: Rights::from_text(&row.rights).ok_or_else(|| corrupt("api_keys", "rights", &id))?,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
        revoked_at: row.revoked_at,
    })
}
