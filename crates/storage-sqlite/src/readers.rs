//! The connections that read.

use crate::error::{storage, unavailable};
use selfsame_application::ports::StorageError;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections that read, lent out one by one and made when they are needed.
///
/// The driver's own pool asks a connection whether it is alive whenever it comes back. A file does not hang up, and every request
/// reads its credentials: the question would cost as much as the answer.
#[derive(Debug, Clone)]
pub(crate) struct Readers {
    options: SqliteConnectOptions,
    count: u32,
    permits: Arc<Semaphore>,
    /// The one that came back last goes out first: its cache is the warmest.
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
}

impl Readers {
    /// Readers of a file, at most so many at the same time.
    pub(crate) fn new(options: SqliteConnectOptions, count: u32) -> Self {
        let permits = Arc::new(Semaphore::new(count as usize));
        Self {
            options,
            count,
            permits,
            idle: Arc::default(),
        }
    }

    /// Waits for a connection.
    pub(crate) async fn lend(&self) -> Result<Reader, StorageError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| closed())?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.options.connect().await.map_err(storage)?,
        };
        Ok(Reader {
            connection: Some(connection),
            home: Arc::clone(&self.idle),
            _permit: permit,
        })
    }

    /// Waits for a connection and begins: all that it reads is of one state.
    pub(crate) async fn begin(&self) -> Result<ReadTransaction, StorageError> {
        let reader = self.lend().await?;
        let mut transaction = ReadTransaction { reader: Some(reader) };
        sqlx::query("BEGIN")
            .execute(transaction.connection()?)
            .await
            .map_err(storage)?;
        Ok(transaction)
    }

    /// Waits for those that are lent, and closes all.
    pub(crate) async fn close(&self) -> Result<(), StorageError> {
        let all = self.permits.acquire_many(self.count).await;
        self.permits.close();
        // Closed before: there is nothing left to close.
        if all.is_err() {
            return Ok(());
        }
        let idle: Vec<SqliteConnection> = self.idle().drain(..).collect();
        for connection in idle {
            connection.close().await.map_err(storage)?;
        }
        Ok(())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        lock(&self.idle)
    }
}

/// A panic under the lock leaves the list whole: every change is a single push or pop.
fn lock(idle: &Mutex<Vec<SqliteConnection>>) -> MutexGuard<'_, Vec<SqliteConnection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

fn closed() -> StorageError {
    unavailable("the store is closed")
}

/// A lent connection. It goes back when it is dropped.
#[derive(Debug)]
pub(crate) struct Reader {
    connection: Option<SqliteConnection>,
    home: Arc<Mutex<Vec<SqliteConnection>>>,
    _permit: OwnedSemaphorePermit,
}

impl Reader {
    pub(crate) fn connection(&mut self) -> Result<&mut SqliteConnection, StorageError> {
        self.connection.as_mut().ok_or_else(closed)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            lock(&self.home).push(connection);
        }
    }
}

/// A lent connection in a transaction. It goes back when the transaction has ended.
#[derive(Debug)]
pub(crate) struct ReadTransaction {
    reader: Option<Reader>,
}

impl ReadTransaction {
    pub(crate) fn connection(&mut self) -> Result<&mut SqliteConnection, StorageError> {
        self.reader.as_mut().ok_or_else(closed)?.connection()
    }
}

impl Drop for ReadTransaction {
    fn drop(&mut self) {
        // Out of the reader: should the end of the transaction fail or never come, the connection is closed, which ends it as well.
        let Some(mut reader) = self.reader.take() else { return };
        let Some(mut connection) = reader.connection.take() else {
            return;
        };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                match sqlx::query("ROLLBACK").execute(&mut connection).await {
                    Ok(_) => lock(&reader.home).push(connection),
                    Err(error) => tracing::debug!(%error, "a reading connection is replaced"),
                }
                // Only now may somebody else have one.
                drop(reader);
            });
        }
    }
}
