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

/// How long one waits before asking again for a file that another process is just setting up.
const OPENING_PAUSE: Duration = Duration::from_millis(10);

/// How the store runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// How many connections read at the same time, 1 to 100.
    pub readers: u32,
    /// How long a writer waits for another process that writes, before it gives up with [`StorageError::Retriable`].
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

/// A store in one SQLite file. Cloning shares its connections.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    pub(crate) writer: Writer,
    pub(crate) readers: Readers,
    pub(crate) policies: Policies,
}

impl SqliteStore {
    /// Opens the file of `sqlite:///absolute/path.db` or `sqlite://relative.db`, and migrates it. File and directory are made when they are
    /// missing. Several processes may do so at once.
    ///
    /// [`StorageError::Unavailable`] says in its reason why a URL or a file cannot be used.
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

    /// Brings the schema up to date under SQLite's own write lock. [`Self::open`] did so already; doing it again changes nothing.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        self.writer.migrate().await
    }

    /// The database file.
    pub fn file(&self) -> &Path {
        self.writer.file()
    }

    /// Waits for the transaction under way, and closes all connections.
    pub async fn close(&self) -> Result<(), StorageError> {
        self.readers.close().await?;
        self.writer.close().await
    }
}

/// Makes the directory of the file, and none above it: a path of which more is missing is a mistake, and would begin an empty database.
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

/// Tries again while the file is busy. Turning a file to WAL needs it alone, as does closing its last connection, and SQLite does not always wait
/// for that by itself: of several processes that start at once all but one are told that it is busy.
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

/// Makes the file and migrates it. A writer that is at work is waited for only if there is something to migrate. Without one this begins a transaction in any case, which
/// tells a file that cannot be written.
fn set_up(file: &File) -> Result<(), StorageError> {
    let connection = file.writer().map_err(storage)?;
    let migrated = match migrations::migrate(&connection) {
        Err(StorageError::Retriable) if migrations::missing(&connection).map_err(storage)?.is_empty() => Ok(()),
        result => result,
    };
    connection.close().map_err(|(_, error)| storage(error))?;
    migrated
}
