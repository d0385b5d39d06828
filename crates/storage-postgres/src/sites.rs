//! Sites with their public keys, and the secrets that sign identity tokens.

use crate::error::{is_orphan, is_taken, translate};
use crate::rows;
use crate::store::PostgresStore;
use async_trait::async_trait;
use secrecy::ExposeSecret;
use selfsame_application::ports::{
    LIVE_SECRETS, NewSite, SigningSecret, Site, SiteAccess, Sites, StorageError, Workspace,
};
use selfsame_domain::values::SiteOrigin;
use selfsame_domain::{SiteId, Timestamp, WorkspaceId};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};

const SITES: &str = "
    SELECT s.site_id, s.workspace_id, s.name, s.key, s.allow_unsigned, s.created_at,
           ARRAY(SELECT o.origin FROM site_origins o WHERE o.site_id = s.site_id) AS origins
    FROM sites s
    WHERE s.workspace_id = $1
    ORDER BY s.site_id";

/// The site, workspace and secrets of a public key. The second parameter limits the number of secrets.
const ACCESS: &str = "SELECT * FROM site_access_v1($1, $2)";

/// A row of `sites`, with its origins.
#[derive(Debug, sqlx::FromRow)]
struct SiteRow {
    site_id: i64,
    workspace_id: i64,
    name: String,
    key: String,
    allow_unsigned: bool,
    created_at: Timestamp,
    origins: Vec<String>,
}

/// The row of [`ACCESS`]. Secrets and their times of creation are in the same order.
#[derive(Debug, sqlx::FromRow)]
struct AccessRow {
    #[sqlx(flatten)]
    site: SiteRow,
    workspace_name: String,
    workspace_created_at: Timestamp,
    policy_revision: i64,
    secrets: Vec<String>,
    secrets_created_at: Vec<Timestamp>,
}

#[async_trait]
impl Sites for PostgresStore {
    async fn create_site(&self, site: &NewSite, at: Timestamp) -> Result<Site, StorageError> {
        self.in_time(self.insert_site(site, at)).await
    }

    async fn sites(&self, workspace: WorkspaceId) -> Result<Vec<Site>, StorageError> {
        let found: Vec<SiteRow> = sqlx::query_as(SITES)
            .bind(workspace.0)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(found, read_site)
    }

    async fn set_site(
        &self,
        workspace: WorkspaceId,
        site: SiteId,
        origins: &BTreeSet<SiteOrigin>,
        allow_unsigned: bool,
    ) -> Result<bool, StorageError> {
        self.in_time(self.update_site(workspace, site, origins, allow_unsigned))
            .await
    }

    async fn remove_site(&self, workspace: WorkspaceId, site: SiteId) -> Result<bool, StorageError> {
        let done = sqlx::query("DELETE FROM sites WHERE workspace_id = $1 AND site_id = $2")
            .bind(workspace.0)
            .bind(site.0)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(done.rows_affected() == 1)
    }

    async fn add_origins(
        &self,
        workspace: WorkspaceId,
        site: SiteId,
        origins: &BTreeSet<SiteOrigin>,
    ) -> Result<bool, StorageError> {
        self.in_time(self.insert_origins_of(workspace, site, origins)).await
    }

    async fn site(&self, key: &str) -> Result<Option<SiteAccess>, StorageError> {
        self.in_time(self.read_access(key)).await
    }

    async fn add_first_signing_secret(
        &self,
        workspace: WorkspaceId,
        secret: &SigningSecret,
    ) -> Result<(), StorageError> {
        self.in_time(self.insert_first_signing_secret(workspace, secret)).await
    }

    async fn touch_site(&self, workspace: WorkspaceId, site: SiteId, at: Timestamp) -> Result<(), StorageError> {
        sqlx::query("UPDATE sites SET seen_at = GREATEST(seen_at, $3) WHERE workspace_id = $1 AND site_id = $2")
            .bind(workspace.0)
            .bind(site.0)
            .bind(at)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(())
    }

    async fn sites_seen(&self, workspace: WorkspaceId) -> Result<BTreeMap<SiteId, Timestamp>, StorageError> {
        let seen: Vec<(i64, Timestamp)> =
            sqlx::query_as("SELECT site_id, seen_at FROM sites WHERE workspace_id = $1 AND seen_at IS NOT NULL")
                .bind(workspace.0)
                .fetch_all(self.pool())
                .await
                .map_err(translate)?;
        Ok(seen.into_iter().map(|(site, at)| (SiteId(site), at)).collect())
    }

    async fn knows_origin(&self, origin: &str) -> Result<bool, StorageError> {
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM site_origins WHERE origin = $1)")
            .bind(origin)
            .fetch_one(self.pool())
            .await
            .map_err(translate)
    }

    async fn add_signing_secret(&self, workspace: WorkspaceId, secret: &SigningSecret) -> Result<(), StorageError> {
        self.in_time(self.insert_signing_secret(workspace, secret)).await
    }

    async fn signing_secrets(&self, workspace: WorkspaceId) -> Result<Vec<SigningSecret>, StorageError> {
        let found: Vec<(String, Timestamp)> = sqlx::query_as(
            "SELECT secret, created_at FROM signing_secrets WHERE workspace_id = $1 ORDER BY secret_id DESC LIMIT $2",
        )
        .bind(workspace.0)
        .bind(limit())
        .fetch_all(self.pool())
        .await
        .map_err(translate)?;
        Ok(found.into_iter().map(signing_secret).collect())
    }
}

impl PostgresStore {
    async fn insert_site(&self, site: &NewSite, at: Timestamp) -> Result<Site, StorageError> {
        let mut transaction = self.pool().begin().await.map_err(translate)?;
        let inserted = sqlx::query_scalar(
            "INSERT INTO sites (workspace_id, name, key, allow_unsigned, created_at) VALUES ($1, $2, $3, $4, $5)
             RETURNING site_id",
        )
        .bind(site.workspace.0)
        .bind(&site.name)
        .bind(&site.key)
        .bind(site.allow_unsigned)
        .bind(at)
        .fetch_one(&mut *transaction)
        .await;
        let id = match inserted {
            Ok(id) => SiteId(id),
            Err(error) if is_taken(&error) => {
                return Err(StorageError::Conflict {
                    what: "the name or the key of the site",
                });
            }
            Err(error) if is_orphan(&error) => return Err(StorageError::UnknownWorkspace),
            Err(error) => return Err(translate(error)),
        };
        insert_origins(&mut transaction, id, &site.origins).await?;
        transaction.commit().await.map_err(translate)?;
        Ok(Site {
            id,
            workspace: site.workspace,
            name: site.name.clone(),
            key: site.key.clone(),
            origins: site.origins.clone(),
            allow_unsigned: site.allow_unsigned,
            created_at: at,
        })
    }

    async fn update_site(
        &self,
        workspace: WorkspaceId,
        site: SiteId,
        origins: &BTreeSet<SiteOrigin>,
        allow_unsigned: bool,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.pool().begin().await.map_err(translate)?;
        // Locks the row, so that concurrent changes run one after the other.
        let done = sqlx::query("UPDATE sites SET allow_unsigned = $3 WHERE workspace_id = $1 AND site_id = $2")
            .bind(workspace.0)
            .bind(site.0)
            .bind(allow_unsigned)
            .execute(&mut *transaction)
            .await
            .map_err(translate)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("DELETE FROM site_origins WHERE site_id = $1")
            .bind(site.0)
            .execute(&mut *transaction)
            .await
            .map_err(translate)?;
        insert_origins(&mut transaction, site, origins).await?;
        transaction.commit().await.map_err(translate)?;
        Ok(true)
    }

    async fn insert_origins_of(
        &self,
        workspace: WorkspaceId,
        site: SiteId,
        origins: &BTreeSet<SiteOrigin>,
    ) -> Result<bool, StorageError> {
        let mut transaction = self.pool().begin().await.map_err(translate)?;
        // Locks the row, so that the site is not deleted meanwhile, and concurrent changes run one after the other.
        let found: Option<i64> =
            sqlx::query_scalar("SELECT site_id FROM sites WHERE workspace_id = $1 AND site_id = $2 FOR UPDATE")
                .bind(workspace.0)
                .bind(site.0)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(translate)?;
        if found.is_none() {
            return Ok(false);
        }
        insert_origins(&mut transaction, site, origins).await?;
        transaction.commit().await.map_err(translate)?;
        Ok(true)
    }

    async fn read_access(&self, key: &str) -> Result<Option<SiteAccess>, StorageError> {
        let mut connection = self.pool().acquire().await.map_err(translate)?;
        let found: Option<AccessRow> = sqlx::query_as(ACCESS)
            .bind(key)
            .bind(limit())
            .fetch_optional(&mut *connection)
            .await
            .map_err(translate)?;
        let Some(row) = found else {
            return Ok(None);
        };
        let site = read_site(row.site)?;
        let policy = self
            .policy_of(&mut connection, site.workspace, row.policy_revision)
            .await?;
        connection.settle();
        let workspace = Workspace {
            id: site.workspace,
            name: row.workspace_name,
            policy,
            created_at: row.workspace_created_at,
        };
        let secrets = row.secrets.into_iter().zip(row.secrets_created_at);
        Ok(Some(SiteAccess {
            site,
            workspace,
            secrets: secrets.map(signing_secret).collect(),
        }))
    }

    async fn insert_signing_secret(&self, workspace: WorkspaceId, secret: &SigningSecret) -> Result<(), StorageError> {
        let mut transaction = self.pool().begin().await.map_err(translate)?;
        let inserted =
            sqlx::query("INSERT INTO signing_secrets (workspace_id, secret, created_at) VALUES ($1, $2, $3)")
                .bind(workspace.0)
                .bind(secret.secret.expose_secret())
                .bind(secret.created_at)
                .execute(&mut *transaction)
                .await;
        match inserted {
            Ok(_) => {}
            Err(error) if is_orphan(&error) => return Err(StorageError::UnknownWorkspace),
            Err(error) => return Err(translate(error)),
        }
        sqlx::query(
            "DELETE FROM signing_secrets WHERE workspace_id = $1 AND secret_id IN (
                SELECT secret_id FROM signing_secrets WHERE workspace_id = $1 ORDER BY secret_id DESC OFFSET $2)",
        )
        .bind(workspace.0)
        .bind(limit())
        .execute(&mut *transaction)
        .await
        .map_err(translate)?;
        transaction.commit().await.map_err(translate)
    }

    async fn insert_first_signing_secret(
        &self,
        workspace: WorkspaceId,
        secret: &SigningSecret,
    ) -> Result<(), StorageError> {
        let mut transaction = self.pool().begin().await.map_err(translate)?;
        // The lock on the workspace's row lets only one of several concurrent calls add the first secret.
        let found: Option<i64> =
            sqlx::query_scalar("SELECT workspace_id FROM workspaces WHERE workspace_id = $1 FOR NO KEY UPDATE")
                .bind(workspace.0)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(translate)?;
        if found.is_none() {
            return Err(StorageError::UnknownWorkspace);
        }
        sqlx::query(
            "INSERT INTO signing_secrets (workspace_id, secret, created_at) SELECT $1, $2, $3
             WHERE NOT EXISTS (SELECT FROM signing_secrets WHERE workspace_id = $1)",
        )
        .bind(workspace.0)
        .bind(secret.secret.expose_secret())
        .bind(secret.created_at)
        .execute(&mut *transaction)
        .await
        .map_err(translate)?;
        transaction.commit().await.map_err(translate)
    }
}

/// [`LIVE_SECRETS`] as a parameter.
fn limit() -> i64 {
    LIVE_SECRETS.try_into().unwrap_or(i64::MAX)
}

async fn insert_origins(
    connection: &mut PgConnection,
    site: SiteId,
    origins: &BTreeSet<SiteOrigin>,
) -> Result<(), StorageError> {
    let origins: Vec<&str> = origins.iter().map(SiteOrigin::as_str).collect();
    sqlx::query("INSERT INTO site_origins (site_id, origin) SELECT $1, UNNEST($2::text[]) ON CONFLICT DO NOTHING")
        .bind(site.0)
        .bind(origins)
        .execute(connection)
        .await
        .map_err(translate)?;
    Ok(())
}

fn read_site(row: SiteRow) -> Result<Site, StorageError> {
    let id = row.site_id;
    let origin = |text: String| SiteOrigin::parse(&text).map_err(|_| rows::corrupt("site_origins", "origin", &id));
    Ok(Site {
        id: SiteId(id),
        workspace: WorkspaceId(row.workspace_id),
        name: row.name,
        key: row.key,
        origins: row.origins.into_iter().map(origin).collect::<Result<_, _>>()?,
        allow_unsigned: row.allow_unsigned,
        created_at: row.created_at,
    })
}

fn signing_secret((secret, created_at): (String, Timestamp)) -> SigningSecret {
    SigningSecret {
        secret: secret.into(),
        created_at,
    }
}
