//! What a database lacks.

use crate::error::{storage, unavailable};
use crate::location;
use crate::store::{MIGRATIONS, SqliteStore};
use selfsame_application::ports::StorageError;
use sqlx::migrate::Migration;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

impl SqliteStore {
    /// All migrations of this release, as `0001 core`, in their order.
    pub fn migrations() -> Vec<String> {
        MIGRATIONS.iter().map(name).collect()
    }

    /// The migrations that the file of a URL lacks, as `0001 core`, in their order; none when there is no such file. Changes
    /// nothing, and makes no file.
    pub async fn pending(url: &str) -> Result<Option<Vec<String>>, StorageError> {
        let file = location::parse(url)?;
        let there = tokio::fs::try_exists(file.get_filename()).await;
        if !there.map_err(|error| unavailable(&format!("the file of the database cannot be read: {error}")))? {
            return Ok(None);
        }
        let mut connection = file.pragma("query_only", "ON").connect().await.map_err(storage)?;
        let applied = applied(&mut connection).await.map_err(storage)?;
        connection.close().await.map_err(storage)?;
        let lacks = MIGRATIONS
            .iter()
            .filter(|migration| !applied.contains(&migration.version));
        Ok(Some(lacks.map(name).collect()))
    }
}

fn name(migration: &Migration) -> String {
    format!("{:04} {}", migration.version, migration.description)
}

async fn applied(connection: &mut SqliteConnection) -> Result<Vec<i64>, sqlx::Error> {
    let kept =
        sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations')");
    if !kept.fetch_one(&mut *connection).await? {
        return Ok(Vec::new());
    }
    sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success")
        .fetch_all(connection)
        .await
}
