//! The location of the database file, and the settings of its connections.

use crate::error::unavailable;
use crate::{decimals, zones};
use percent_encoding::percent_decode_str;
use rusqlite::{Connection, OpenFlags};
use selfsame_application::ports::StorageError;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// More than the number of statements, so that every connection prepares each of them once.
const CACHED_STATEMENTS: usize = 300;

/// Pages of 2 KiB instead of 4 halve what a commit writes: a new contact touches some ten pages at random places of the
/// indexes, and each is logged as a whole. Only a new file takes the size. 64 MiB of cache hold the inner pages of the
/// indexes of a million contacts, which the default of 2 MB does not. Deleted data is overwritten in the file
/// (`secure_delete`). The write-ahead log grows to 16 MiB before it is copied back, so that pages that change often are
/// copied once; the space that a large transaction used in it is returned to the file system.
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
    /// Reads `sqlite:///absolute/path.db` or `sqlite://relative.db`. Connections wait up to `busy_timeout` for another
    /// process that writes.
    ///
    /// In-memory databases are refused: each connection would have its own, and nothing would outlive the process.
    /// Parameters are refused because each of them would break a guarantee of the adapter.
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
        // SQLite gives these names a special meaning, also where they were percent-encoded in the URL.
        if path.contains(":memory:") || path.starts_with("file:") {
            return Err(in_memory());
        }
        Ok(Self {
            path: PathBuf::from(path.as_ref()),
            busy_timeout,
        })
    }

    /// The same file for connections that do not wait for other processes.
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

    /// The path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a connection that writes. Creates a missing file.
    pub(crate) fn writer(&self) -> Result<Connection, rusqlite::Error> {
        self.open(OpenFlags::SQLITE_OPEN_CREATE, WRITING)
    }

    /// Opens a connection that only reads. It must still write the index of the write-ahead log, as every reader.
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
        zones::add(&connection)?;
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
