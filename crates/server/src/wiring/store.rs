//! The storage: the scheme of the URL chooses the adapter.

use super::clock::SystemClock;
use crate::settings::{DatabaseUrl, Settings};
use anyhow::{Context, Result, bail};
use selfsame_application::ports::{Clock, Maintenance, Store};
use selfsame_storage_postgres::{ConnectOptions, Distributed, Distribution, PostgresStore};
use selfsame_storage_sqlite::{SqliteOptions, SqliteStore};
use std::path::Path;
use std::sync::Arc;

/// A storage that is open, and up to date.
#[derive(Debug)]
pub(crate) enum OpenStore {
    /// One file.
    Sqlite(Box<SqliteStore>),
    /// A server.
    Postgres(PostgresStore),
}

impl OpenStore {
    /// Opens the database of the settings, creates a missing `SQLite` file, and brings its tables up to
    /// date. Returns the names of the migrations that it lacked.
    pub(crate) async fn migrated(settings: &Settings) -> Result<(Self, Vec<String>)> {
        let database = &settings.database_url;
        match database {
            DatabaseUrl::Sqlite(url) => {
                let lacks = SqliteStore::pending(url).await.with_context(|| cannot_open(database))?;
                let store = open_sqlite(settings, url).await?;
                // A new file lacked all of them.
                let lacks = lacks.unwrap_or_else(SqliteStore::migrations);
                Ok((Self::Sqlite(Box::new(store)), lacks))
            }
            DatabaseUrl::Postgres { .. } => {
                let store = connect_postgres(settings).await?;
                let lacks = store.pending().await.with_context(|| cannot_open(database))?;
                store
                    .migrate()
                    .await
                    .with_context(|| format!("cannot bring the tables of {database} up to date"))?;
                store
                    .prepare(SystemClock.now())
                    .await
                    .with_context(|| format!("cannot make the partitions of {database}"))?;
                Ok((Self::Postgres(store), lacks))
            }
        }
    }

    /// Opens the database of the settings if it exists and is up to date. Changes nothing.
    pub(crate) async fn existing(settings: &Settings) -> Result<Self> {
        let database = &settings.database_url;
        match database {
            DatabaseUrl::Sqlite(url) => {
                match SqliteStore::pending(url).await.with_context(|| cannot_open(database))? {
                    None => bail!(
                        "{}: there is no database yet; `selfsame migrate` or `selfsame serve` makes it",
                        cannot_open(database)
                    ),
                    Some(lacks) => complete(&lacks)?,
                }
                Ok(Self::Sqlite(Box::new(open_sqlite(settings, url).await?)))
            }
            DatabaseUrl::Postgres { .. } => {
                let store = connect_postgres(settings).await?;
                complete(&store.pending().await.with_context(|| cannot_open(database))?)?;
                Ok(Self::Postgres(store))
            }
        }
    }

    /// The storage, as the application sees it.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => Arc::new((**store).clone()),
            Self::Postgres(store) => Arc::new(store.clone()),
        }
    }

    /// The file of the database, if it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(store) => Some(store.file()),
            Self::Postgres(_) => None,
        }
    }

    /// Distributes the tables over the nodes of a cluster, and returns what it did.
    pub(crate) async fn distribute(&self, database: &DatabaseUrl) -> Result<Distributed> {
        let Self::Postgres(store) = self else {
            bail!(
                "{database} is one file, which cannot be distributed; use a `postgres://` URL of the coordinator of a Citus cluster"
            );
        };
        store
            .distribute()
            .await
            .with_context(|| format!("cannot distribute {database}"))
    }

    /// The distribution of the tables over the nodes of a cluster; none if they are not distributed.
    pub(crate) async fn distribution(&self) -> Result<Option<Distribution>> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(store) => store
                .distribution()
                .await
                .context("the distribution of the tables cannot be read"),
        }
    }

    /// Closes all connections after the work under way.
    pub(crate) async fn close(self) -> Result<()> {
        match self {
            Self::Sqlite(store) => store.close().await.context("cannot close the database"),
            Self::Postgres(store) => {
                store.close().await;
                Ok(())
            }
        }
    }
}

async fn open_sqlite(settings: &Settings, url: &str) -> Result<SqliteStore> {
    let mut options = SqliteOptions::default();
    if let Some(connections) = settings.database_max_connections {
        // One of the connections is the writer.
        options.readers = connections.saturating_sub(1).max(1);
    }
    SqliteStore::open(url, options)
        .await
        .with_context(|| cannot_open(&settings.database_url))
}

async fn connect_postgres(settings: &Settings) -> Result<PostgresStore> {
    let mut options = ConnectOptions::default();
    if let Some(connections) = settings.database_max_connections {
        options.max_connections = connections;
    }
    let database = &settings.database_url;
    PostgresStore::connect(database.expose(), &options)
        .await
        .with_context(|| cannot_open(database))
}

fn cannot_open(database: &DatabaseUrl) -> String {
    format!("cannot open the database {database}")
}

fn complete(lacks: &[String]) -> Result<()> {
    match lacks {
        [] => Ok(()),
        [one] => bail!("the database lacks migration {one}; run `selfsame migrate`"),
        several => bail!(
            "the database lacks migrations {}; run `selfsame migrate`",
            several.join(", ")
        ),
    }
}
