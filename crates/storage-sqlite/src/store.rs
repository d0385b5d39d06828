//! The store: its connections, from opening to closing.

use crate::error::{storage, unavailable};
use crate::location;
use crate::policies::Policies;
use crate::readers::Readers;
use crate::writer::Writer;
use selfsame_application::ports::StorageError;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

/// Those of a newer release are left alone, so that the release before can be started again.
pub(crate) static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = sqlx::migrate!("../../migrations/sqlite");
    migrator.set_ignore_missing(true);
    migrator
});

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
        let file = location::parse(url)?;
        make_directory(file.get_filename()).await?;
        let connecting = file.busy_timeout(options.busy_timeout);
        let writing = connecting
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // 64 MiB of pages: the default of 2 MB does not hold the inner pages of the indexes of a million contacts.
            .pragma("cache_size", "-65536")
            // A new contact touches some ten pages at random places of the indexes, and a whole page is logged for each: pages of 2 KiB
            // instead of 4 halve what a commit writes. Only a new file takes it.
            .page_size(2048)
            // What is erased is overwritten in the file.
            .pragma("secure_delete", "ON")
            // 16 MiB of log before it is copied back, so that pages that change often are copied once.
            .pragma("wal_autocheckpoint", "8000")
            // What a large transaction left in the log is given back to the file system.
            .pragma("journal_size_limit", "67108864");
        set_up(&writing, options.busy_timeout).await?;
        let first = writing.connect().await.map_err(storage)?;
        let reading = connecting.pragma("query_only", "ON").pragma("cache_size", "-16384");
        let readers = Readers::new(reading, options.readers.clamp(1, 100));
        Ok(Self {
            writer: Writer::new(writing, first),
            readers,
            policies: Policies::default(),
        })
    }

    /// Brings the schema up to date under SQLite's own write lock. [`Self::open`] did so already; doing it again changes nothing.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        self.writer.migrate().await
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

/// Makes the file and migrates it. Turning a new file to WAL needs it alone, and SQLite does not wait for that by itself: of several
/// processes that start at once all but one are told that it is busy, and ask again.
async fn set_up(options: &SqliteConnectOptions, patience: Duration) -> Result<(), StorageError> {
    let impatient = options.clone().busy_timeout(Duration::ZERO);
    let trying = async {
        loop {
            match try_to_set_up(&impatient).await {
                Err(StorageError::Retriable) => tokio::time::sleep(OPENING_PAUSE).await,
                result => return result,
            }
        }
    };
    tokio::time::timeout(patience, trying)
        .await
        .unwrap_or(Err(StorageError::Retriable))
}

/// A writer that is at work is waited for only if there is something to migrate. Without one this begins a transaction in any case, which
/// tells a file that cannot be written.
async fn try_to_set_up(options: &SqliteConnectOptions) -> Result<(), StorageError> {
    let mut connection = options.connect().await.map_err(storage)?;
    let migrated = match migrate(&mut connection).await {
        Err(StorageError::Retriable) if is_current(&mut connection).await? => Ok(()),
        result => result,
    };
    connection.close().await.map_err(storage)?;
    migrated
}

/// Whether all migrations of this release were applied as they are.
async fn is_current(connection: &mut SqliteConnection) -> Result<bool, StorageError> {
    let kept = "SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations'";
    if sqlx::query(kept)
        .fetch_optional(&mut *connection)
        .await
        .map_err(storage)?
        .is_none()
    {
        return Ok(false);
    }
    let applied = "SELECT version, checksum FROM _sqlx_migrations WHERE success";
    let applied: Vec<(i64, Vec<u8>)> = sqlx::query_as(applied).fetch_all(connection).await.map_err(storage)?;
    let mut known = MIGRATIONS
        .iter()
        .map(|migration| (migration.version, migration.checksum.to_vec()));
    Ok(known.all(|migration| applied.contains(&migration)))
}

/// Runs what is new among the migrations, all or nothing, while nobody else writes. The driver's own lock does nothing on SQLite.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<(), StorageError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(storage)?;
    MIGRATIONS
        .run_direct(None, &mut *transaction, false)
        .await
        .map_err(|error| match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => storage(error),
            error => StorageError::Refused(Box::new(error)),
        })?;
    transaction.commit().await.map_err(storage)
}
