//! Reading rows, and writing batches of rows as JSON texts for SQLite.

use crate::error::Refusal;
use crate::statement::{Decode, SqliteRow};
use chrono::DateTime;
use selfsame_application::ports::StorageError;
use selfsame_domain::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use uuid::Uuid;

/// A row of one table. Errors name the row's number or UUID, never a value.
pub(crate) struct Row<'r> {
    cells: &'r SqliteRow,
    table: &'static str,
    /// The column of the result that identifies the row: a number or a UUID.
    key: usize,
}

impl<'r> Row<'r> {
    pub(crate) fn new(cells: &'r SqliteRow, table: &'static str, key: usize) -> Self {
        Self { cells, table, key }
    }

    pub(crate) fn get<T>(&self, index: usize, column: &'static str) -> Result<T, StorageError>
    where
        T: Decode<'r>,
    {
        self.cells.get(index).ok_or_else(|| self.corrupt(column))
    }

    /// A text that encodes a domain value.
    pub(crate) fn read<T>(
        &self,
        index: usize,
        column: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StorageError> {
        read(self.get(index, column)?).ok_or_else(|| self.corrupt(column))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, index: usize, column: &'static str) -> Result<T, StorageError> {
        self.read(index, column, |text| serde_json::from_str(text).ok())
    }

    pub(crate) fn time(&self, index: usize, column: &'static str) -> Result<Timestamp, StorageError> {
        let micros = self.get(index, column)?;
        DateTime::from_timestamp_micros(micros).ok_or_else(|| self.corrupt(column))
    }

    pub(crate) fn optional_time(&self, index: usize, column: &'static str) -> Result<Option<Timestamp>, StorageError> {
        let micros: Option<i64> = self.get(index, column)?;
        micros
            .map(|micros| DateTime::from_timestamp_micros(micros).ok_or_else(|| self.corrupt(column)))
            .transpose()
    }

    pub(crate) fn corrupt(&self, column: &'static str) -> StorageError {
        let number = self.cells.get::<i64>(self.key).map(|number| number.to_string());
        let uuid = || self.cells.get::<Uuid>(self.key).map(|uuid| uuid.to_string());
        let key = number.or_else(uuid).unwrap_or_default();
        StorageError::Corrupt {
            table: self.table,
            column,
            key,
        }
    }
}

/// A value that cannot be read back.
pub(crate) fn corrupt(table: &'static str, column: &'static str, key: &dyn Display) -> StorageError {
    StorageError::Corrupt {
        table,
        column,
        key: key.to_string(),
    }
}

/// A JSON text for `json_each`.
pub(crate) fn json<T: Serialize + ?Sized>(rows: &T) -> Result<String, StorageError> {
    Ok(serde_json::to_string(rows).map_err(Refusal::from)?)
}

/// A UUID for `unhex`.
pub(crate) fn hex(uuid: Uuid) -> String {
    uuid.simple().to_string()
}

pub(crate) fn micros(at: Timestamp) -> i64 {
    at.timestamp_micros()
}
