//! Where the database file is.

use crate::error::unavailable;
use selfsame_application::ports::StorageError;
use sqlx::sqlite::SqliteConnectOptions;
use std::str::FromStr;

/// Reads `sqlite:///absolute/path.db` or `sqlite://relative.db`.
///
/// Databases in memory are refused: each connection would have one of its own, and nothing would outlive the process. Parameters are
/// refused because none of them leaves the adapter's promises whole.
pub(crate) fn parse(url: &str) -> Result<SqliteConnectOptions, StorageError> {
    let path = url
        .strip_prefix("sqlite:")
        .ok_or_else(|| unavailable("the database URL must begin with `sqlite://`"))?;
    if path.contains(":memory:") || path.contains("mode=memory") {
        return Err(in_memory());
    }
    if path.contains('?') {
        return Err(unavailable("the URL of a SQLite database takes no parameters"));
    }
    let options = SqliteConnectOptions::from_str(url).map_err(|error| unavailable(&error.to_string()))?;
    let file = options.get_filename();
    if file.as_os_str().is_empty() {
        return Err(unavailable(
            "the URL of a SQLite database must name a file, as `sqlite:///var/lib/selfsame/data.db`",
        ));
    }
    // SQLite gives a meaning of its own to these names, also where they were percent-encoded in the URL.
    let name = file.to_string_lossy();
    if name.contains(":memory:") || name.starts_with("file:") {
        return Err(in_memory());
    }
    Ok(options)
}

fn in_memory() -> StorageError {
    unavailable("a SQLite database in memory keeps nothing and is not supported; name a file, as `sqlite://data.db`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(url: &str) -> Result<String, String> {
        parse(url)
            .map(|options| options.get_filename().display().to_string())
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
