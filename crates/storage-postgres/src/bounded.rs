//! Connections with a bound on every wait.
//!
//! A peer can disappear without closing its connection: a stopped process, a failover, an expired NAT entry. The socket
//! then stays open, and every read on it waits forever. The driver sets no options on its sockets and no time-outs on
//! its reads, so the bounds are here: on connecting and acquiring (the pool), on each statement and commit
//! ([`within`]), and on the return of a connection to the pool ([`Lease`]).

mod resting;

use self::resting::{Away, Resting};
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
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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
    resting: Resting,
    /// As many as connections: a task with a turn finds a resting connection, or room for one in the pool.
    turns: Arc<Semaphore>,
    acquire_timeout: Duration,
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
            resting: Resting::default(),
            turns: Arc::new(Semaphore::new(connections as usize)),
            acquire_timeout,
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
        let turn = Arc::clone(&self.turns).acquire_owned();
        let turn = tokio::time::timeout(self.acquire_timeout, turn).await;
        let turn = turn.map_err(|_| Error::PoolTimedOut)?.map_err(|_| Error::PoolClosed)?;
        let away = match self.resting.take(&self.silence).await {
            Some(away) => away,
            None => Away {
                // Its future holds the whole state of connecting, and would be copied with each future around it.
                connection: Box::pin(self.pool.acquire()).await?,
                since: Instant::now(),
            },
        };
        Ok(Lease {
            away: Some(away),
            turn: Some(turn),
            resting: self.resting.clone(),
            in_transaction: false,
            is_clean: false,
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
        (self.pool.size(), self.pool.num_idle() + self.resting.count())
    }

    /// Closes all connections after their current work.
    pub(crate) async fn close(&self) {
        let closing = self.pool.close();
        for mut connection in self.resting.close() {
            give_back(&mut connection).await;
        }
        closing.await;
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
            lease.settle();
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
            let row = pool.answered(lease.fetch_optional(query)).await?;
            lease.settle();
            Ok(row)
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

/// A connection of the pool. When dropped after [`Lease::settle`], it can be used again at once. Otherwise it returns to
/// the pool if it still answers in time; else its socket is closed without a farewell message.
#[derive(Debug)]
pub(crate) struct Lease {
    /// None only during the drop.
    away: Option<Away>,
    /// Held until the connection can be used again.
    turn: Option<OwnedSemaphorePermit>,
    resting: Resting,
    in_transaction: bool,
    is_clean: bool,
}

impl Lease {
    /// Says that the last statement was answered completely, outside of a transaction. Nothing may be sent afterwards.
    pub(crate) fn settle(&mut self) {
        self.is_clean = !self.in_transaction;
    }

    /// Closes the socket without waiting.
    pub(crate) fn close_hard(mut self) {
        drop(self.away.take().map(|away| away.connection.detach()));
    }
}

impl Deref for Lease {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match &self.away {
            Some(away) => &away.connection,
            None => unreachable!("a lease is used after its end"),
        }
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match &mut self.away {
            Some(away) => &mut away.connection,
            None => unreachable!("a lease is used after its end"),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(away) = self.away.take() else {
            return;
        };
        let in_transaction = self.in_transaction;
        let leaving = if self.is_clean {
            self.resting.put(away)
        } else {
            vec![away.connection]
        };
        if leaving.is_empty() {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            for connection in leaving {
                drop(connection.detach());
            }
            return;
        };
        let turn = self.turn.take();
        // Without this task, the pool waits without a bound for the answer to a cancelled statement, and counts the
        // connection as used.
        runtime.spawn(async move {
            for mut connection in leaving {
                if in_transaction && within(SIGN_OF_LIFE, connection.execute("ROLLBACK")).await.is_err() {
                    drop(connection.detach());
                    continue;
                }
                give_back(&mut connection).await;
            }
            drop(turn);
        });
    }
}

/// Returns a connection to the driver's pool. The future owns it, so it is closed when the return takes too long.
async fn give_back(connection: &mut PoolConnection<Postgres>) {
    let _ = tokio::time::timeout(SIGN_OF_LIFE, connection.return_to_pool()).await;
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
        self.lease.settle();
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
