//! Statements: a text, its parameters, and its rows.

use crate::error::storage;
use rusqlite::types::{ToSql, ToSqlOutput, Value};
use rusqlite::{CachedStatement, Connection, Error, params_from_iter};
use selfsame_application::ports::StorageError;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::runtime::{Handle, RuntimeFlavor};
use uuid::Uuid;

/// A statement with the values of `?1`, `?2` and so on. Every connection prepares a text once.
#[derive(Debug)]
pub(crate) struct Statement {
    sql: Cow<'static, str>,
    binds: Result<Vec<Value>, Error>,
}

/// Creates a statement.
pub(crate) fn statement(sql: &'static str) -> Statement {
    Statement {
        sql: Cow::Borrowed(sql),
        binds: Ok(Vec::new()),
    }
}

/// Creates a statement from a generated text. All values are bound.
pub(crate) fn dynamic(sql: String) -> Statement {
    Statement {
        sql: Cow::Owned(sql),
        binds: Ok(Vec::new()),
    }
}

impl Statement {
    /// Binds the next parameter.
    pub(crate) fn bind(mut self, value: impl ToSql) -> Self {
        self.binds = self.binds.and_then(|mut binds| {
            binds.push(match value.to_sql()? {
                ToSqlOutput::Borrowed(value) => value.try_into()?,
                ToSqlOutput::Owned(value) => value,
                _ => return Err(Error::InvalidQuery),
            });
            Ok(binds)
        });
        self
    }

    /// Returns all rows.
    pub(crate) fn fetch_all(self, connection: &Connection) -> Result<Vec<SqliteRow>, Error> {
        blocking(|| {
            let mut statement = self.prepare(connection)?;
            let width = statement.column_count();
            let mut rows = statement.raw_query();
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let cells = (0..width).map(|index| row.get(index));
                found.push(SqliteRow(cells.collect::<Result<_, _>>()?));
            }
            Ok(found)
        })
    }

    /// Returns the first row, if there is one.
    pub(crate) fn fetch_optional(self, connection: &Connection) -> Result<Option<SqliteRow>, Error> {
        Ok(self.fetch_all(connection)?.into_iter().next())
    }

    /// Returns the first row.
    pub(crate) fn fetch_one(self, connection: &Connection) -> Result<SqliteRow, Error> {
        self.fetch_optional(connection)?.ok_or(Error::QueryReturnedNoRows)
    }

    /// Executes the statement for its changes.
    pub(crate) fn execute(self, connection: &Connection) -> Result<Done, Error> {
        blocking(|| {
            let rows_affected = self.prepare(connection)?.raw_execute()? as u64;
            Ok(Done {
                rows_affected,
                last_insert_rowid: connection.last_insert_rowid(),
            })
        })
    }

    fn prepare(self, connection: &Connection) -> Result<CachedStatement<'_>, Error> {
        tracing::trace!(target: "selfsame_storage_sqlite::statement", text = &*self.sql);
        let mut statement = connection.prepare_cached(&self.sql)?;
        for (index, value) in (1..).zip(self.binds?) {
            statement.raw_bind_parameter(index, value)?;
        }
        Ok(statement)
    }
}

/// A statement that is executed for many rows.
pub(crate) fn prepared<'c>(connection: &'c Connection, sql: &'static str) -> Result<CachedStatement<'c>, Error> {
    tracing::trace!(target: "selfsame_storage_sqlite::statement", text = sql);
    connection.prepare_cached(sql)
}

/// Executes a statement for each of the keys, with the parameters of the key, and passes every row on. For look-ups of most requests:
/// parameters cost less than keys in a JSON text.
pub(crate) fn fetch_each<K, const N: usize>(
    connection: &Connection,
    sql: &'static str,
    keys: impl Iterator<Item = K>,
    parameters: impl Fn(K) -> [Value; N],
    mut found: impl FnMut(K, &SqliteRow) -> Result<(), StorageError>,
) -> Result<(), StorageError>
where
    K: Copy,
{
    let mut keys = keys.peekable();
    if keys.peek().is_none() {
        return Ok(());
    }
    let mut statement = prepared(connection, sql).map_err(storage)?;
    let width = statement.column_count();
    for key in keys {
        let mut rows = statement.query(params_from_iter(parameters(key))).map_err(storage)?;
        while let Some(row) = rows.next().map_err(storage)? {
            let cells = (0..width).map(|index| row.get(index));
            found(key, &SqliteRow(cells.collect::<Result<_, _>>().map_err(storage)?))?;
        }
    }
    Ok(())
}

/// Runs blocking work on the file. On a multi-threaded runtime, other tasks of this thread continue on another thread.
pub(crate) fn blocking<T>(work: impl FnOnce() -> T) -> T {
    let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    match flavor {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// After how many steps of its virtual machine the database looks at the time: some ten microseconds of work.
const STEPS: i32 = 1_000;

/// Runs statements until a time. None when a statement was interrupted, because the time was over.
pub(crate) fn until<T>(
    connection: &Connection,
    deadline: Instant,
    work: impl FnOnce() -> Result<T, StorageError>,
) -> Result<Option<T>, StorageError> {
    let is_over = Arc::new(AtomicBool::new(false));
    let noticed = Arc::clone(&is_over);
    let handler = move || {
        let over = Instant::now() >= deadline;
        noticed.fetch_or(over, Ordering::Relaxed);
        over
    };
    connection.progress_handler(STEPS, Some(handler)).map_err(storage)?;
    // Also after a panic: the connection is lent again.
    let _limit = Limited(connection);
    let done = work();
    if is_over.load(Ordering::Relaxed) {
        return Ok(None);
    }
    done.map(Some)
}

/// A connection whose statements end at a time, until this is dropped.
struct Limited<'c>(&'c Connection);

impl Drop for Limited<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.progress_handler(0, None::<fn() -> bool>) {
            tracing::error!(%error, "cannot lift the time limit of a connection");
        }
    }
}

/// The effect of a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done {
    rows_affected: u64,
    last_insert_rowid: i64,
}

impl Done {
    pub(crate) fn rows_affected(self) -> u64 {
        self.rows_affected
    }

    pub(crate) fn last_insert_rowid(self) -> i64 {
        self.last_insert_rowid
    }
}

/// A row of a result.
#[derive(Debug)]
pub(crate) struct SqliteRow(Vec<Value>);

impl SqliteRow {
    /// A cell; none when it has another type, or is missing.
    pub(crate) fn get<'r, T: Decode<'r>>(&'r self, index: usize) -> Option<T> {
        T::decode(self.0.get(index)?)
    }
}

/// A type that a cell can be read as.
pub(crate) trait Decode<'r>: Sized {
    fn decode(value: &'r Value) -> Option<Self>;
}

impl<'r, T: Decode<'r>> Decode<'r> for Option<T> {
    fn decode(value: &'r Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::decode(value).map(Some),
        }
    }
}

impl Decode<'_> for i64 {
    fn decode(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl Decode<'_> for i16 {
    fn decode(value: &Value) -> Option<Self> {
        i64::decode(value)?.try_into().ok()
    }
}

impl Decode<'_> for u32 {
    fn decode(value: &Value) -> Option<Self> {
        i64::decode(value)?.try_into().ok()
    }
}

impl Decode<'_> for u64 {
    fn decode(value: &Value) -> Option<Self> {
        i64::decode(value)?.try_into().ok()
    }
}

impl Decode<'_> for bool {
    fn decode(value: &Value) -> Option<Self> {
        i64::decode(value).map(|number| number != 0)
    }
}

impl<'r> Decode<'r> for &'r str {
    fn decode(value: &'r Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Decode<'_> for String {
    fn decode(value: &Value) -> Option<Self> {
        <&str>::decode(value).map(str::to_owned)
    }
}

impl Decode<'_> for Vec<u8> {
    fn decode(value: &Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl Decode<'_> for Uuid {
    fn decode(value: &Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Self::from_slice(bytes).ok(),
            _ => None,
        }
    }
}
