//! Sites with their public keys, and the secrets that sign identity tokens.

use crate::error::{conflict, names_nothing, storage};
use crate::rows::{Row, json, micros};
use crate::statement::{SqliteRow, statement};
use crate::store::SqliteStore;
use crate::workspaces::workspace;
use async_trait::async_trait;
use rusqlite::Connection;
use secrecy::ExposeSecret;
use selfsame_application::ports::{LIVE_SECRETS, NewSite, SigningSecret, Site, SiteAccess, Sites, StorageError};
use selfsame_domain::values::SiteOrigin;
use selfsame_domain::{SiteId, Timestamp, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};

/// The columns of a site `s`, in the order that [`read_site`] reads.
macro_rules! site_columns {
    () => {
        "s.site_id, s.workspace_id, s.name, s.key, s.allow_unsigned, s.created_at,
         (SELECT json_group_array(o.origin) FROM site_origins AS o WHERE o.site_id = s.site_id)"
    };
}

/// The site, workspace and secrets of a public key. The columns of the workspace begin at 8.
const ACCESS: &str = concat!(
    "SELECT ",
    site_columns!(),
    ", (SELECT json_group_array(json_array(n.secret, n.created_at)) FROM (
           SELECT g.secret, g.created_at FROM signing_secrets AS g
           WHERE g.workspace_id = s.workspace_id ORDER BY g.secret_id DESC LIMIT ?2) AS n),
       w.workspace_id, w.name, w.policy, w.created_at
       FROM sites AS s JOIN workspaces AS w ON w.workspace_id = s.workspace_id WHERE s.key = ?1"
);

#[async_trait]
impl Sites for SqliteStore {
    async fn create_site(&self, site: &NewSite, at: Timestamp) -> Result<Site, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement(
            "INSERT INTO sites (workspace_id, name, key, allow_unsigned, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .bind(site.workspace.0)
        .bind(&site.name)
        .bind(&site.key)
        .bind(site.allow_unsigned)
        .bind(micros(at))
        .execute(writing.connection()?)
        .map_err(|error| {
            if names_nothing(&error) {
                StorageError::UnknownWorkspace
            } else {
                conflict(error, "the name or the key of the site")
            }
        })?;
        let id = SiteId(done.last_insert_rowid());
        insert_origins(writing.connection()?, id, &site.origins)?;
        writing.commit()?;
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

    async fn sites(&self, workspace: WorkspaceId) -> Result<Vec<Site>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(concat!(
            "SELECT ",
            site_columns!(),
            " FROM sites AS s WHERE s.workspace_id = ?1 ORDER BY s.site_id",
        ))
        .bind(workspace.0)
        .fetch_all(reader.connection()?)
        .map_err(storage)?;
        rows.iter().map(read_site).collect()
    }

    async fn set_site(
        &self,
        workspace: WorkspaceId,
        site: SiteId,
        origins: &BTreeSet<SiteOrigin>,
        allow_unsigned: bool,
    ) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement("UPDATE sites SET allow_unsigned = ?3 WHERE workspace_id = ?1 AND site_id = ?2")
            .bind(workspace.0)
            .bind(site.0)
            .bind(allow_unsigned)
            .execute(writing.connection()?)
            .map_err(storage)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        statement("DELETE FROM site_origins WHERE site_id = ?1")
            .bind(site.0)
            .execute(writing.connection()?)
            .map_err(storage)?;
        insert_origins(writing.connection()?, site, origins)?;
        writing.commit()?;
        Ok(true)
    }

    async fn add_origins(
        &self,
        workspace: WorkspaceId,
        site: SiteId,
        origins: &BTreeSet<SiteOrigin>,
    ) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let found = statement("SELECT site_id FROM sites WHERE workspace_id = ?1 AND site_id = ?2")
            .bind(workspace.0)
            .bind(site.0)
            .fetch_optional(writing.connection()?)
            .map_err(storage)?;
        if found.is_none() {
            return Ok(false);
        }
        insert_origins(writing.connection()?, site, origins)?;
        writing.commit()?;
        Ok(true)
    }

    async fn remove_site(&self, workspace: WorkspaceId, site: SiteId) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement("DELETE FROM sites WHERE workspace_id = ?1 AND site_id = ?2")
            .bind(workspace.0)
            .bind(site.0)
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected() == 1)
    }

    async fn site(&self, key: &str) -> Result<Option<SiteAccess>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let row = statement(ACCESS)
            .bind(key)
            .bind(limit())
            .fetch_optional(reader.connection()?)
            .map_err(storage)?;
        let Some(row) = row else { return Ok(None) };
        let secrets: Vec<(String, i64)> = Row::new(&row, "sites", 0).json(7, "signing_secrets")?;
        Ok(Some(SiteAccess {
            site: read_site(&row)?,
            workspace: workspace(&self.policies, &Row::new(&row, "workspaces", 8), 8)?,
            secrets: signing_secrets(&Row::new(&row, "signing_secrets", 0), secrets)?,
        }))
    }

    async fn touch_site(&self, workspace: WorkspaceId, site: SiteId, at: Timestamp) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        statement("UPDATE sites SET seen_at = max(coalesce(seen_at, ?3), ?3) WHERE workspace_id = ?1 AND site_id = ?2")
            .bind(workspace.0)
            .bind(site.0)
            .bind(micros(at))
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()
    }

    async fn sites_seen(&self, workspace: WorkspaceId) -> Result<BTreeMap<SiteId, Timestamp>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement("SELECT site_id, seen_at FROM sites WHERE workspace_id = ?1 AND seen_at IS NOT NULL")
            .bind(workspace.0)
            .fetch_all(reader.connection()?)
            .map_err(storage)?;
        let read = |row| {
            let row = Row::new(row, "sites", 0);
            Ok((SiteId(row.get(0, "site_id")?), row.time(1, "seen_at")?))
        };
        rows.iter().map(read).collect()
    }

    async fn knows_origin(&self, origin: &str) -> Result<bool, StorageError> {
        let mut reader = self.readers.lend().await?;
        let found = statement("SELECT 1 FROM site_origins WHERE origin = ?1 LIMIT 1")
            .bind(origin)
            .fetch_optional(reader.connection()?)
            .map_err(storage)?;
        Ok(found.is_some())
    }

    async fn add_signing_secret(&self, workspace: WorkspaceId, secret: &SigningSecret) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        statement("INSERT INTO signing_secrets (workspace_id, secret, created_at) VALUES (?1, ?2, ?3)")
            .bind(workspace.0)
            .bind(secret.secret.expose_secret())
            .bind(micros(secret.created_at))
            .execute(writing.connection()?)
            .map_err(|error| {
                if names_nothing(&error) {
                    StorageError::UnknownWorkspace
                } else {
                    storage(error)
                }
            })?;
        statement(
            "DELETE FROM signing_secrets WHERE secret_id IN (
                SELECT secret_id FROM signing_secrets WHERE workspace_id = ?1 ORDER BY secret_id DESC LIMIT -1 OFFSET ?2)",
        )
        .bind(workspace.0)
        .bind(limit())
        .execute(writing.connection()?)
        .map_err(storage)?;
        writing.commit()
    }

    async fn add_first_signing_secret(
        &self,
        workspace: WorkspaceId,
        secret: &SigningSecret,
    ) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        statement(
            "INSERT INTO signing_secrets (workspace_id, secret, created_at) SELECT ?1, ?2, ?3
             WHERE NOT EXISTS (SELECT 1 FROM signing_secrets WHERE workspace_id = ?1)",
        )
        .bind(workspace.0)
        .bind(secret.secret.expose_secret())
        .bind(micros(secret.created_at))
        .execute(writing.connection()?)
        .map_err(|error| {
            if names_nothing(&error) {
                StorageError::UnknownWorkspace
            } else {
                storage(error)
            }
        })?;
        writing.commit()
    }

    async fn signing_secrets(&self, workspace: WorkspaceId) -> Result<Vec<SigningSecret>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(
            "SELECT secret_id, secret, created_at FROM signing_secrets
             WHERE workspace_id = ?1 ORDER BY secret_id DESC LIMIT ?2",
        )
        .bind(workspace.0)
        .bind(limit())
        .fetch_all(reader.connection()?)
        .map_err(storage)?;
        let read = |row: &SqliteRow| {
            let row = Row::new(row, "signing_secrets", 0);
            let secret: String = row.get(1, "secret")?;
            Ok(SigningSecret {
                secret: secret.into(),
                created_at: row.time(2, "created_at")?,
            })
        };
        rows.iter().map(read).collect()
    }
}

/// [`LIVE_SECRETS`] as a parameter.
fn limit() -> i64 {
    LIVE_SECRETS.try_into().unwrap_or(i64::MAX)
}

fn insert_origins(connection: &Connection, site: SiteId, origins: &BTreeSet<SiteOrigin>) -> Result<(), StorageError> {
    statement("INSERT OR IGNORE INTO site_origins (site_id, origin) SELECT ?1, value FROM json_each(?2)")
        .bind(site.0)
        .bind(json(origins)?)
        .execute(connection)
        .map_err(storage)?;
    Ok(())
}

/// Reads a site from `site_columns`.
fn read_site(row: &SqliteRow) -> Result<Site, StorageError> {
    let row = Row::new(row, "sites", 0);
    Ok(Site {
        id: SiteId(row.get(0, "site_id")?),
        workspace: WorkspaceId(row.get(1, "workspace_id")?),
        name: row.get(2, "name")?,
        key: row.get(3, "key")?,
        allow_unsigned: row.get(4, "allow_unsigned")?,
        created_at: row.time(5, "created_at")?,
        origins: row.json(6, "origin")?,
    })
}

fn signing_secrets(row: &Row<'_>, secrets: Vec<(String, i64)>) -> Result<Vec<SigningSecret>, StorageError> {
    let read = |(secret, micros): (String, i64)| {
        let created_at = Timestamp::from_timestamp_micros(micros).ok_or_else(|| row.corrupt("created_at"))?;
        Ok(SigningSecret {
            secret: secret.into(),
            created_at,
        })
    };
    secrets.into_iter().map(read).collect()
}
