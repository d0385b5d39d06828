//! The one connection that writes.

use crate::error::{storage, unavailable};
use crate::store::migrate;
use selfsame_application::ports::StorageError;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The one connection that writes, taken by one transaction after the other in the order of asking.
///
/// A pool of one would do the same with two more messages between threads per transaction, on the path that every write waits for.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    options: SqliteConnectOptions,
    slot: Arc<Mutex<Slot>>,
}

#[derive(Debug)]
struct Slot {
    /// None while a transaction ends, and after one that could not be rolled back; the next one connects again.
    connection: Option<SqliteConnection>,
    closed: bool,
}

impl Writer {
    pub(crate) fn new(options: SqliteConnectOptions, connection: SqliteConnection) -> Self {
        let slot = Slot {
            connection: Some(connection),
            closed: false,
        };
        Self {
            options,
            slot: Arc::new(Mutex::new(slot)),
        }
    }

    /// Begins a transaction that holds the database's write lock from the start, so that it never fails half-way for want of it.
    pub(crate) async fn begin(&self) -> Result<WriteTransaction, StorageError> {
        let slot = self.connected().await?;
        // Active before it is: when this future is dropped while SQLite begins, the transaction must still be ended.
        let mut transaction = WriteTransaction {
            slot: Some(slot),
            active: true,
        };
        let begun = sqlx::query("BEGIN IMMEDIATE").execute(transaction.connection()?).await;
        if let Err(error) = begun {
            transaction.active = false;
            return Err(storage(error));
        }
        Ok(transaction)
    }

    /// The database file.
    pub(crate) fn file(&self) -> &Path {
        self.options.get_filename()
    }

    /// Brings the schema up to date on the writing connection.
    pub(crate) async fn migrate(&self) -> Result<(), StorageError> {
        let mut slot = self.connected().await?;
        let connection = slot
            .connection
            .as_mut()
            .ok_or_else(|| unavailable("the store is closed"))?;
        migrate(connection).await
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
            slot.connection = Some(self.options.connect().await.map_err(storage)?);
        }
        Ok(slot)
    }

    /// Waits for the transaction under way and closes the connection.
    pub(crate) async fn close(&self) -> Result<(), StorageError> {
        let mut slot = self.slot.lock().await;
        slot.closed = true;
        match slot.connection.take() {
            Some(connection) => connection.close().await.map_err(storage),
            None => Ok(()),
        }
    }
}

/// A transaction that may write. Dropping it leaves nothing.
#[derive(Debug)]
pub(crate) struct WriteTransaction {
    slot: Option<OwnedMutexGuard<Slot>>,
    active: bool,
}

impl WriteTransaction {
    pub(crate) fn connection(&mut self) -> Result<&mut SqliteConnection, StorageError> {
        let connection = self.slot.as_mut().and_then(|slot| slot.connection.as_mut());
        connection.ok_or_else(|| unavailable("the transaction has ended"))
    }

    pub(crate) async fn commit(mut self) -> Result<(), StorageError> {
        sqlx::query("COMMIT")
            .execute(self.connection()?)
            .await
            .map_err(storage)?;
        self.active = false;
        Ok(())
    }
}

impl Drop for WriteTransaction {
    fn drop(&mut self) {
        let Some(mut slot) = self.slot.take().filter(|_| self.active) else {
            return;
        };
        // Out of the slot: should the roll-back fail or never run, the connection is closed, which ends its transaction as well.
        let Some(mut connection) = slot.connection.take() else {
            return;
        };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                match sqlx::query("ROLLBACK").execute(&mut connection).await {
                    Ok(_) => slot.connection = Some(connection),
                    Err(error) => tracing::debug!(%error, "the writing connection is replaced"),
                }
            });
        }
    }
}
