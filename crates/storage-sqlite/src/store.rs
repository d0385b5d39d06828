//! The store: its connections, from opening to closing.

use crate::error::{storage, unavailable};
use crate::location::File;
use crate::migrations;
use crate::policies::Policies;
use crate::readers::Readers;
use crate::statement::blocking;
use crate::writer::Writer;
use selfsame_application::ports::StorageError;
use std::path::Path;
use std::time::Duration;

/// The pause before another attempt to open a file that another process is setting up.
const OPENING_PAUSE: Duration = Duration::from_millis(10);

/// Settings of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// How many connections read at the same time, 1 to 100.
    pub readers: u32,
    /// How long a writer waits for another process that writes, before it fails with [`StorageError::Retriable`].
    pub busy_timeout: Duration,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            readers: 4,
            busy_timeout: Duration::from_secs(5),
        }
    }
}

/// A store in one SQLite file. A clone shares its connections.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    pub(crate) writer: Writer,
    pub(crate) readers: Readers,
    pub(crate) policies: Policies,
}

impl SqliteStore {
    /// Opens the file of `sqlite:///absolute/path.db` or `sqlite://relative.db`, and migrates it. Creates a missing
    /// file and its directory. Safe from several processes at the same time.
    ///
    /// The reason of [`StorageError::Unavailable`] explains why a URL or a file cannot be used.
    pub async fn open(url: &str, options: SqliteOptions) -> Result<Self, StorageError> {
        let file = File::parse(url, options.busy_timeout)?;
        make_directory(file.path()).await?;
        let impatient = file.impatient();
        patiently(options.busy_timeout, || set_up(&impatient)).await?;
        let first = patiently(options.busy_timeout, || file.writer().map_err(storage)).await?;
        Ok(Self {
            readers: Readers::new(file.clone(), options.readers.clamp(1, 100)),
            writer: Writer::new(file, first),
            policies: Policies::default(),
        })
    }

    /// Migrates the schema under SQLite's own write lock. [`Self::open`] did so already; a repetition changes nothing.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        self.writer.migrate().await
    }

    /// The database file.
    pub fn file(&self) -> &Path {
        self.writer.file()
    }

    /// Waits for the current transaction, and closes all connections.
    pub async fn close(&self) -> Result<(), StorageError> {
        self.readers.close().await?;
        self.writer.close().await
    }
}

/// Creates the directory of the file, but no parent of it: a path with more missing parts is a mistake, and would start
/// an empty database.
async fn make_directory(file: &Path) -> Result<(), StorageError> {
    let Some(directory) = file.parent().filter(|directory| !directory.as_os_str().is_empty()) else {
        return Ok(());
    };
    let Err(error) = tokio::fs::create_dir(directory).await else {
        return Ok(());
    };
    if tokio::fs::metadata(directory).await.is_ok_and(|there| there.is_dir()) {
        return Ok(());
    }
    let directory = directory.display();
    Err(unavailable(&format!(
        "the directory of the database, {directory}, cannot be made: {error}"
    )))
}

/// Retries while the file is busy. Switching a file to WAL needs exclusive access, as does closing its last connection,
/// and SQLite does not always wait for that itself: of several processes that start at the same time, all but one get
/// "busy".
pub(crate) async fn patiently<T>(
    patience: Duration,
    work: impl Fn() -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    let trying = async {
        loop {
            match blocking(&work) {
                Err(StorageError::Retriable) => tokio::time::sleep(OPENING_PAUSE).await,
                result => return result,
            }
        }
    };
    tokio::time::timeout(patience, trying)
        .await
        .unwrap_or(Err(StorageError::Retriable))
}

/// Creates the file and migrates it. Waits for another writer only if there is something to migrate. Otherwise it still
/// begins a transaction, which reveals a file that cannot be written.
fn set_up(file: &File) -> Result<(), StorageError> {
    let connection = file.writer().map_err(storage)?;
    let migrated = match migrations::migrate(&connection) {
        Err(StorageError::Retriable) if migrations::missing(&connection).map_err(storage)?.is_empty() => Ok(()),
        result => result,
    };
    connection.close().map_err(|(_, error)| storage(error))?;
    migrated
}
