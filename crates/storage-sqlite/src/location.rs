//! Where the database file is, and how it is opened.

use crate::decimals;
use crate::error::unavailable;
use percent_encoding::percent_decode_str;
use rusqlite::{Connection, OpenFlags};
use selfsame_application::ports::StorageError;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// More than there are statements, so that every connection prepares each of them once.
const CACHED_STATEMENTS: usize = 300;

/// Pages of 2 KiB instead of 4 halve what a commit writes, because a new contact touches some ten pages at random places of the indexes and a
/// whole page is logged for each; only a new file takes the size. 64 MiB of cache hold the inner pages of the indexes of a million contacts,
/// which the default of 2 MB does not. What is erased is overwritten in the file (`secure_delete`). 16 MiB of log come before it is copied
/// back, so that pages that change often are copied once; what a large transaction left in the log is given back to the file system.
const WRITING: &str = "
    PRAGMA page_size = 2048;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA cache_size = -65536;
    PRAGMA secure_delete = ON;
    PRAGMA wal_autocheckpoint = 8000;
    PRAGMA journal_size_limit = 67108864;";

const READING: &str = "
    PRAGMA query_only = ON;
    PRAGMA cache_size = -16384;";

/// A database file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    path: PathBuf,
    busy_timeout: Duration,
}

impl File {
    /// Reads `sqlite:///absolute/path.db` or `sqlite://relative.db`. Connections wait for another process that writes for as long as
    /// `busy_timeout`.
    ///
    /// Databases in memory are refused: each connection would have one of its own, and nothing would outlive the process. Parameters are
    /// refused because none of them leaves the adapter's promises whole.
    pub(crate) fn parse(url: &str, busy_timeout: Duration) -> Result<Self, StorageError> {
        let path = url
            .strip_prefix("sqlite:")
            .ok_or_else(|| unavailable("the database URL must begin with `sqlite://`"))?;
        if path.contains(":memory:") || path.contains("mode=memory") {
            return Err(in_memory());
        }
        if path.contains('?') {
            return Err(unavailable("the URL of a SQLite database takes no parameters"));
        }
        let path = percent_decode_str(path.strip_prefix("//").unwrap_or(path))
            .decode_utf8()
            .map_err(|_| unavailable("the URL of a SQLite database must be UTF-8"))?;
        if path.is_empty() {
            return Err(unavailable(
                "the URL of a SQLite database must name a file, as `sqlite:///var/lib/selfsame/data.db`",
            ));
        }
        // SQLite gives a meaning of its own to these names, also where they were percent-encoded in the URL.
        if path.contains(":memory:") || path.starts_with("file:") {
            return Err(in_memory());
        }
        Ok(Self {
            path: PathBuf::from(path.as_ref()),
            busy_timeout,
        })
    }

    /// The same file, opened by connections that wait for nobody.
    pub(crate) fn impatient(&self) -> Self {
        Self {
            path: self.path.clone(),
            busy_timeout: Duration::ZERO,
        }
    }

    /// How long a connection waits for another process.
    pub(crate) fn busy_timeout(&self) -> Duration {
        self.busy_timeout
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a connection that writes. Makes the file when it is missing.
    pub(crate) fn writer(&self) -> Result<Connection, rusqlite::Error> {
        self.open(OpenFlags::SQLITE_OPEN_CREATE, WRITING)
    }

    /// Opens a connection that only reads. It may write the index of the log all the same, as every reader of the log must.
    pub(crate) fn reader(&self) -> Result<Connection, rusqlite::Error> {
        self.open(OpenFlags::empty(), READING)
    }

    fn open(&self, more: OpenFlags, settings: &str) -> Result<Connection, rusqlite::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(self.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        connection.execute_batch(settings)?;
        decimals::add(&connection)?;
        Ok(connection)
    }
}

fn in_memory() -> StorageError {
    unavailable("a SQLite database in memory keeps nothing and is not supported; name a file, as `sqlite://data.db`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(url: &str) -> Result<String, String> {
        File::parse(url, Duration::ZERO)
            .map(|file| file.path().display().to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_path_is_absolute_or_relative() {
        assert_eq!(file("sqlite:///var/lib/a.db").as_deref(), Ok("/var/lib/a.db"));
        assert_eq!(file("sqlite://a/b.db").as_deref(), Ok("a/b.db"));
        assert_eq!(file("sqlite:a.db").as_deref(), Ok("a.db"));
        assert_eq!(file("sqlite://with%20blank.db").as_deref(), Ok("with blank.db"));
    }

    #[test]
    fn memory_in_any_spelling_is_refused() {
        let spellings = [
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite://a?mode=memory",
            "sqlite://%3Amemory%3A",
            "sqlite://file:a",
        ];
        for url in spellings {
            assert!(file(url).is_err_and(|why| why.contains("in memory")), "{url}");
        }
    }

    #[test]
    fn what_names_no_file_is_refused() {
        for url in [
            "sqlite://",
            "sqlite:",
            "postgres://localhost",
            "sqlite://a.db?mode=ro",
            "sqlite://a.db?immutable=1",
        ] {
            assert!(file(url).is_err(), "{url}");
        }
    }
}
