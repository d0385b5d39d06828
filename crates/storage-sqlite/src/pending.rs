//! Pending migrations.

use crate::error::{storage, unavailable};
use crate::location::File;
use crate::migrations;
use crate::store::{SqliteOptions, SqliteStore, patiently};
use selfsame_application::ports::StorageError;
use std::time::Duration;

impl SqliteStore {
    /// All migrations of this release, as `0001 tables`, in order.
    pub fn migrations() -> Vec<String> {
        migrations::names()
    }

    /// The migrations that the file of a URL lacks, as `0001 tables`, in order; none when the file does not exist.
    /// Changes nothing, and creates no file.
    pub async fn pending(url: &str) -> Result<Option<Vec<String>>, StorageError> {
        let options = SqliteOptions::default();
        let file = File::parse(url, Duration::ZERO)?;
        let there = tokio::fs::try_exists(file.path()).await;
        if !there.map_err(|error| unavailable(&format!("the file of the database cannot be read: {error}")))? {
            return Ok(None);
        }
        let missing = || {
            let connection = file.reader()?;
            migrations::missing(&connection)
        };
        let missing = patiently(options.busy_timeout, || missing().map_err(storage)).await?;
        Ok(Some(missing))
    }
}
