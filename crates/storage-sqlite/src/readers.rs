//! Read-only connections.

use crate::error::{storage, unavailable};
use crate::location::File;
use crate::statement::{blocking, statement};
use rusqlite::Connection;
use selfsame_application::ports::StorageError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A pool of read-only connections, opened on demand.
#[derive(Debug, Clone)]
pub(crate) struct Readers {
    file: File,
    count: u32,
    permits: Arc<Semaphore>,
    /// The connection that was returned last is lent first: its cache is the warmest.
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    /// Readers of a file, at most `count` at the same time.
    pub(crate) fn new(file: File, count: u32) -> Self {
        let permits = Arc::new(Semaphore::new(count as usize));
        Self {
            file,
            count,
            permits,
            idle: Arc::default(),
        }
    }

    /// Waits for a connection.
    pub(crate) async fn lend(&self) -> Result<Reader, StorageError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| closed())?;
        let idle = lock(&self.idle).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => blocking(|| self.file.reader()).map_err(storage)?,
        };
        Ok(Reader {
            connection: Some(connection),
            home: Arc::clone(&self.idle),
            _permit: permit,
        })
    }

    /// Waits for a connection and begins a transaction: all of its reads see one state.
    pub(crate) async fn begin(&self) -> Result<ReadTransaction, StorageError> {
        let mut reader = self.lend().await?;
        statement("BEGIN").execute(reader.connection()?).map_err(storage)?;
        Ok(ReadTransaction { reader })
    }

    /// Opens a separate connection in a transaction, for long reads of one state. It takes no place in the pool.
    pub(crate) fn begin_separate(&self) -> Result<SeparateReader, StorageError> {
        let connection = blocking(|| self.file.reader()).map_err(storage)?;
        statement("BEGIN").execute(&connection).map_err(storage)?;
        Ok(SeparateReader { connection })
    }

    /// Waits until all lent connections are returned, and closes all.
    pub(crate) async fn close(&self) -> Result<(), StorageError> {
        let all = self.permits.acquire_many(self.count).await;
        self.permits.close();
        // The pool was closed before.
        if all.is_err() {
            return Ok(());
        }
        let idle: Vec<Connection> = lock(&self.idle).drain(..).collect();
        for connection in idle {
            blocking(|| connection.close().map_err(|(_, error)| storage(error)))?;
        }
        Ok(())
    }
}

/// A panic cannot leave the list inconsistent: every critical section is a single push or pop.
fn lock(idle: &Mutex<Vec<Connection>>) -> MutexGuard<'_, Vec<Connection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

fn closed() -> StorageError {
    unavailable("the store is closed")
}

/// A lent connection. Returned to the pool when dropped.
#[derive(Debug)]
pub(crate) struct Reader {
    connection: Option<Connection>,
    home: Arc<Mutex<Vec<Connection>>>,
    _permit: OwnedSemaphorePermit,
}

impl Reader {
    pub(crate) fn connection(&mut self) -> Result<&Connection, StorageError> {
        self.connection.as_ref().ok_or_else(closed)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            lock(&self.home).push(connection);
        }
    }
}

/// A separate connection in a transaction. Closed when dropped, which ends the transaction.
#[derive(Debug)]
pub(crate) struct SeparateReader {
    connection: Connection,
}

impl SeparateReader {
    pub(crate) fn connection(&mut self) -> &Connection {
        &self.connection
    }
}

/// A lent connection in a transaction. Returned to the pool after the transaction has ended.
#[derive(Debug)]
pub(crate) struct ReadTransaction {
    reader: Reader,
}

impl ReadTransaction {
    pub(crate) fn connection(&mut self) -> Result<&Connection, StorageError> {
        self.reader.connection()
    }
}

impl Drop for ReadTransaction {
    fn drop(&mut self) {
        let Some(connection) = self.reader.connection.take() else {
            return;
        };
        match statement("ROLLBACK").execute(&connection) {
            Ok(_) => self.reader.connection = Some(connection),
            // Closing the connection ends its transaction as well.
            Err(error) => tracing::debug!(%error, "a reading connection is replaced"),
        }
    }
}
