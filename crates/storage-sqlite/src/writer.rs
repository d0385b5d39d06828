//! The only connection that writes.

use crate::error::{storage, unavailable};
use crate::location::File;
use crate::migrations;
use crate::statement::{blocking, statement};
use rusqlite::Connection;
use selfsame_application::ports::StorageError;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The pause before another attempt to get a lock that another process holds.
const PAUSE: Duration = Duration::from_millis(2);

/// The only connection that writes. Transactions take it one after the other, in the order of their requests.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    file: File,
    slot: Arc<Mutex<Slot>>,
}

#[derive(Debug)]
struct Slot {
    /// None after a transaction that could not be rolled back; the next one reconnects.
    connection: Option<Connection>,
    closed: bool,
}

impl Writer {
    pub(crate) fn new(file: File, connection: Connection) -> Self {
        let slot = Slot {
            connection: Some(connection),
            closed: false,
        };
        Self {
            file,
            slot: Arc::new(Mutex::new(slot)),
        }
    }

    /// Begins a transaction that holds the database's write lock from the start, so that it never fails half-way for
    /// lack of the lock. SQLite would block this thread while it waits for another process, so this polls instead.
    pub(crate) async fn begin(&self) -> Result<WriteTransaction, StorageError> {
        let slot = self.connected().await?;
        let mut transaction = WriteTransaction { slot, active: false };
        let requested_at = Instant::now();
        loop {
            let begun = self.try_to_begin(transaction.connection()?);
            transaction.active = begun.is_ok();
            match begun {
                Err(StorageError::Retriable) if requested_at.elapsed() < self.file.busy_timeout() => {}
                begun => return begun.map(|()| transaction),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn try_to_begin(&self, connection: &Connection) -> Result<(), StorageError> {
        connection.busy_timeout(Duration::ZERO).map_err(storage)?;
        let begun = statement("BEGIN IMMEDIATE").execute(connection).map_err(storage);
        connection.busy_timeout(self.file.busy_timeout()).map_err(storage)?;
        begun.map(drop)
    }

    /// The database file.
    pub(crate) fn file(&self) -> &Path {
        self.file.path()
    }

    /// Migrates the schema on the writing connection.
    pub(crate) async fn migrate(&self) -> Result<(), StorageError> {
        let slot = self.connected().await?;
        let connection = slot
            .connection
            .as_ref()
            .ok_or_else(|| unavailable("the store is closed"))?;
        migrations::migrate(connection)
    }

    async fn connected(&self) -> Result<OwnedMutexGuard<Slot>, StorageError> {
        let mut slot = if let Ok(slot) = Arc::clone(&self.slot).try_lock_owned() {
            slot
        } else {
            metrics::counter!("selfsame_lock_waits_total").increment(1);
            Arc::clone(&self.slot).lock_owned().await
        };
        if slot.closed {
            return Err(unavailable("the store is closed"));
        }
        if slot.connection.is_none() {
            slot.connection = Some(blocking(|| self.file.writer()).map_err(storage)?);
        }
        Ok(slot)
    }

    /// Waits for the current transaction, and closes the connection.
    pub(crate) async fn close(&self) -> Result<(), StorageError> {
        let mut slot = self.slot.lock().await;
        slot.closed = true;
        match slot.connection.take() {
            Some(connection) => blocking(|| connection.close().map_err(|(_, error)| storage(error))),
            None => Ok(()),
        }
    }
}

/// A transaction that may write. Rolled back when dropped.
#[derive(Debug)]
pub(crate) struct WriteTransaction {
    slot: OwnedMutexGuard<Slot>,
    active: bool,
}

impl WriteTransaction {
    pub(crate) fn connection(&mut self) -> Result<&Connection, StorageError> {
        let connection = self.slot.connection.as_ref();
        connection.ok_or_else(|| unavailable("the transaction has ended"))
    }

    pub(crate) fn commit(mut self) -> Result<(), StorageError> {
        statement("COMMIT").execute(self.connection()?).map_err(storage)?;
        self.active = false;
        Ok(())
    }
}

impl Drop for WriteTransaction {
    fn drop(&mut self) {
        if !self.active {
            return;
        }
        let Some(connection) = self.slot.connection.take() else {
            return;
        };
        match statement("ROLLBACK").execute(&connection) {
            Ok(_) => self.slot.connection = Some(connection),
            // Closing the connection ends its transaction as well.
            Err(error) => tracing::debug!(%error, "the writing connection is replaced"),
        }
    }
}
