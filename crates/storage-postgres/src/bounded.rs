//! Connections with a bound on every wait.
//!
//! A peer can disappear without closing its connection: a stopped process, a failover, an expired NAT entry. The socket
//! then stays open, and every read on it waits forever. The driver sets no options on its sockets and no time-outs on
//! its reads, so the bounds are here: on connecting and acquiring (the pool), on each statement and commit
//! ([`within`]), and on the return of a connection to the pool ([`Lease`]).

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryStreamExt};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Connection, Describe, Either, Error, Execute, Executor, PgConnection, PgPool, Postgres, SqlStr};
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// How long a connection may take to answer a ping or another trivial statement.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// A connection that was idle for longer is tested before use: the database may have been restarted meanwhile.
const TRUSTED_REST: Duration = Duration::from_millis(100);

/// How many lost connections are replaced before the caller gets an error.
pub(crate) const REPLACEMENTS: usize = 3;

/// A pool whose operations all have time-outs.
#[derive(Debug, Clone)]
pub(crate) struct Bounded {
    pool: PgPool,
    /// How long a statement or a commit may take, up to its last row.
    answer_timeout: Duration,
    silence: Silence,
}

/// When a connection last timed out. Connections opened before that time are replaced without a test: what broke one of
/// them usually broke all, and every test would take [`SIGN_OF_LIFE`].
#[derive(Debug, Clone, Default)]
struct Silence(Arc<Mutex<Option<Instant>>>);

impl Silence {
    /// Records the error of a connection, if it is a time-out.
    fn note(&self, error: &Error) {
        if matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::TimedOut) {
            *self.lock() = Some(Instant::now());
        }
    }

    /// Whether the last time-out came before a connection of this age was opened.
    fn precedes(&self, age: Duration) -> bool {
        self.lock().is_none_or(|noticed| noticed.elapsed() > age)
    }

    /// A panic cannot leave the value inconsistent: it is a single assignment.
    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bounds the time of an operation on a connection. The [`Lease`] of a connection that did not answer detects this when
/// it is dropped.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let silence = || Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time").into());
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| silence())
}

impl Bounded {
    /// Creates a pool of at most this many connections, which are opened on demand. Acquiring one takes at most
    /// `acquire_timeout`, connecting included.
    pub(crate) fn new(
        connections: u32,
        acquire_timeout: Duration,
        answer_timeout: Duration,
        options: PgConnectOptions,
    ) -> Self {
        let silence = Silence::default();
        let noticed = silence.clone();
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(move |connection, rest| {
                let silence = noticed.clone();
                async move {
                    if !silence.precedes(rest.age) {
                        return Ok(false);
                    }
                    if rest.idle_for > TRUSTED_REST {
                        let answer = within(SIGN_OF_LIFE, connection.ping()).await;
                        answer.inspect_err(|error| silence.note(error))?;
                    }
                    Ok(true)
                }
                .boxed()
            });
        Self {
            pool: pool.connect_lazy_with(options),
            answer_timeout,
            silence,
        }
    }

    /// How long a statement or a commit may take.
    pub(crate) fn answer_timeout(&self) -> Duration {
        self.answer_timeout
    }

    /// Acquires a connection for several statements, which the caller bounds with [`within`].
    pub(crate) async fn acquire(&self) -> Result<Lease, Error> {
        Ok(Lease {
            connection: Some(self.pool.acquire().await?),
            in_transaction: false,
        })
    }

    /// Begins a transaction, whose statements the caller bounds with [`within`].
    pub(crate) async fn begin(&self) -> Result<Transaction, Error> {
        self.begin_with("BEGIN").await
    }

    /// Begins a transaction with another statement. A connection that was lost while idle fails here, before any work
    /// was done, so another one is tried.
    pub(crate) async fn begin_with(&self, statement: &'static str) -> Result<Transaction, Error> {
        let mut replaced = 0;
        loop {
            let mut lease = self.acquire().await?;
            lease.in_transaction = true;
            match within(SIGN_OF_LIFE, lease.execute(statement)).await {
                Ok(_) => {
                    return Ok(Transaction {
                        lease,
                        answer_timeout: self.answer_timeout,
                    });
                }
                Err(error) if replaced < REPLACEMENTS && is_lost(&error) => {
                    tracing::warn!(%error, "a resting connection was lost");
                    self.silence.note(&error);
                    lease.close_hard();
                    replaced += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Bounds a statement. The server cancels a statement that takes too long; a server that does not even do that is
    /// lost.
    async fn answered<T>(&self, statement: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let answer = within(self.answer_timeout, statement).await;
        answer.inspect_err(|error| self.silence.note(error))
    }

    /// Whether a connection does not answer any more.
    pub(crate) async fn has_lost(&self, connection: &mut PgConnection) -> bool {
        let answer = within(SIGN_OF_LIFE, connection.ping()).await;
        answer.inspect_err(|error| self.silence.note(error)).is_err()
    }

    /// How many connections are open, and how many of them are idle.
    pub(crate) fn size(&self) -> (u32, usize) {
        (self.pool.size(), self.pool.num_idle())
    }

    /// Closes all connections after their current work.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Whether the connection, not the statement, is the cause.
fn is_lost(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::Protocol(_) | Error::WorkerCrashed => true,
        // Errors with which a server ends a connection: terminated by an administrator, crashed, or idle for too long.
        Error::Database(error) => matches!(error.code().as_deref(), Some("57P01" | "57P02" | "57P05")),
        _ => false,
    }
}

/// Executes one statement on a connection of its own.
impl<'p> Executor<'p> for &'_ Bounded {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let pool = self.clone();
        let all = async move {
            let mut lease = pool.acquire().await?;
            let all: Vec<_> = pool.answered(lease.fetch_many(query).try_collect()).await?;
            Ok::<_, Error>(stream::iter(all.into_iter().map(Ok)))
        };
        stream::once(all).try_flatten().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let pool = self.clone();
        async move {
            let mut lease = pool.acquire().await?;
            pool.answered(lease.fetch_optional(query)).await
        }
        .boxed()
    }

    fn prepare_with<'e>(self, sql: SqlStr, types: &'e [PgTypeInfo]) -> BoxFuture<'e, Result<PgStatement, Error>>
    where
        'p: 'e,
    {
        let pool = self.clone();
        async move {
            let mut lease = pool.acquire().await?;
            pool.answered(lease.prepare_with(sql, types)).await
        }
        .boxed()
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, Error>>
    where
        'p: 'e,
    {
        let pool = self.clone();
        async move {
            let mut lease = pool.acquire().await?;
            pool.answered(lease.describe(sql)).await
        }
        .boxed()
    }
}

/// A connection of the pool. When dropped, it returns to the pool if it still answers in time; else its socket is
/// closed without a farewell message.
#[derive(Debug)]
pub(crate) struct Lease {
    /// None only during the drop.
    connection: Option<PoolConnection<Postgres>>,
    in_transaction: bool,
}

impl Lease {
    /// Closes the socket without waiting.
    pub(crate) fn close_hard(mut self) {
        drop(self.connection.take().map(PoolConnection::detach));
    }
}

impl Deref for Lease {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("a lease is used after its end"),
        }
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("a lease is used after its end"),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        let in_transaction = self.in_transaction;
        let Ok(runtime) = Handle::try_current() else {
            drop(connection.detach());
            return;
        };
        // Without this task, the pool waits without a bound for the answer to a cancelled statement, and counts the
        // connection as used.
        runtime.spawn(async move {
            if in_transaction && within(SIGN_OF_LIFE, connection.execute("ROLLBACK")).await.is_err() {
                drop(connection.detach());
                return;
            }
            // The future owns the connection, so the connection is closed when the return takes too long.
            let _ = tokio::time::timeout(SIGN_OF_LIFE, connection.return_to_pool()).await;
        });
    }
}

/// A transaction. Rolled back when dropped.
#[derive(Debug)]
pub(crate) struct Transaction {
    lease: Lease,
    answer_timeout: Duration,
}

impl Transaction {
    /// Commits. After an error it is unknown whether the commit took place.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        within(self.answer_timeout, self.lease.execute("COMMIT")).await?;
        self.lease.in_transaction = false;
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.lease
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.lease
    }
}
