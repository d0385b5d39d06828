//! Pending migrations.

use crate::error::translate;
use crate::store::PostgresStore;
use selfsame_application::ports::StorageError;
use sqlx::migrate::Migrator;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

impl PostgresStore {
    /// The migrations that the database lacks, as `0001 core`, in order. Changes nothing.
    pub async fn pending(&self) -> Result<Vec<String>, StorageError> {
        let applied = self.applied().await.map_err(translate)?;
        let lacks = MIGRATIONS
            .iter()
            .filter(|migration| !applied.contains(&migration.version));
        Ok(lacks
            .map(|migration| format!("{:04} {}", migration.version, migration.description))
            .collect())
    }

    async fn applied(&self) -> Result<Vec<i64>, sqlx::Error> {
        let kept = sqlx::query_scalar::<_, bool>("SELECT to_regclass('_sqlx_migrations') IS NOT NULL");
        if !kept.fetch_one(self.pool()).await? {
            return Ok(Vec::new());
        }
        sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success")
            .fetch_all(self.pool())
            .await
    }
}
