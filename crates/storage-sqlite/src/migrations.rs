//! The migrations of this release, and which of them a database has.

use crate::error::storage;
use crate::statement::blocking;
use rusqlite::Connection;
use selfsame_application::ports::StorageError;

/// Name and text of every migration, oldest first. SQLite's `user_version` stores how many a file has.
const MIGRATIONS: [(&str, &str); 16] = [
    (
        "0001 tables",
        include_str!("../../../migrations/sqlite/0001_tables.sql"),
    ),
    (
        "0002 imports",
        include_str!("../../../migrations/sqlite/0002_imports.sql"),
    ),
    (
        "0003 import undo",
        include_str!("../../../migrations/sqlite/0003_import_undo.sql"),
    ),
    (
        "0004 segment formulas",
        include_str!("../../../migrations/sqlite/0004_segment_formulas.sql"),
    ),
    (
        "0005 exports",
        include_str!("../../../migrations/sqlite/0005_exports.sql"),
    ),
    (
        "0006 import files",
        include_str!("../../../migrations/sqlite/0006_import_files.sql"),
    ),
    (
        "0007 console users",
        include_str!("../../../migrations/sqlite/0007_console_users.sql"),
    ),
    (
        "0008 change feed",
        include_str!("../../../migrations/sqlite/0008_change_feed.sql"),
    ),
    (
        "0009 search",
        include_str!("../../../migrations/sqlite/0009_search.sql"),
    ),
    (
        "0010 webhooks",
        include_str!("../../../migrations/sqlite/0010_webhooks.sql"),
    ),
    (
        "0011 segment record",
        include_str!("../../../migrations/sqlite/0011_segment_record.sql"),
    ),
    (
        "0012 deleted segments",
        include_str!("../../../migrations/sqlite/0012_deleted_segments.sql"),
    ),
    (
        "0013 segment due",
        include_str!("../../../migrations/sqlite/0013_segment_due.sql"),
    ),
    (
        "0014 console lists",
        include_str!("../../../migrations/sqlite/0014_console_lists.sql"),
    ),
    (
        "0015 segment counts",
        include_str!("../../../migrations/sqlite/0015_segment_counts.sql"),
    ),
    (
        "0016 sign in",
        include_str!("../../../migrations/sqlite/0016_sign_in.sql"),
    ),
];

/// The names of all migrations, oldest first.
pub(crate) fn names() -> Vec<String> {
    MIGRATIONS.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// The names of the migrations that a file lacks. A file of a newer release lacks none.
pub(crate) fn missing(connection: &Connection) -> Result<Vec<String>, rusqlite::Error> {
    let applied = applied(connection)?;
    let all = names().into_iter().zip(1..);
    Ok(all
        .filter(|(_, number)| *number > applied)
        .map(|(name, _)| name)
        .collect())
}

fn applied(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Rewrites the first page of the file without a change.
pub(crate) fn rewrite(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "user_version", applied(connection)?)
}

/// Runs the missing migrations in one transaction that excludes other writers. Migrations of a newer release are left
/// alone, so that the previous release can be started again.
pub(crate) fn migrate(connection: &Connection) -> Result<(), StorageError> {
    blocking(|| {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let migrated = run(connection).and_then(|()| connection.execute_batch("COMMIT"));
        if migrated.is_err() && !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        migrated
    })
    .map_err(storage)
}

fn run(connection: &Connection) -> Result<(), rusqlite::Error> {
    let applied = applied(connection)?;
    for ((_, text), number) in MIGRATIONS.iter().zip(1..).filter(|(_, number)| *number > applied) {
        connection.execute_batch(text)?;
        connection.pragma_update(None, "user_version", number)?;
    }
    Ok(())
}
