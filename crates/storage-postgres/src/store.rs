//! Connecting.

use crate::bounded::{Bounded, within};
use crate::distribution::DistributeError;
use crate::error::{translate, translate_migration};
use crate::numbers::Numbers;
use crate::policies::Policies;
use futures::future::BoxFuture;
use selfsame_application::ports::StorageError;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// More than the number of statements, so that each is parsed and planned once per connection.
const CACHED_STATEMENTS: usize = 200;

/// How long the server may take to cancel a statement that runs too long, before it counts as lost.
const CANCEL: Duration = Duration::from_secs(2);

/// The database ends sessions of lost clients within half a minute.
const LOST_PEERS: [(&str, &str); 4] = [
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "4"),
    ("tcp_user_timeout", "30000"),
];

/// Settings of the connections and time-outs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectOptions {
    /// The most open connections: half of them for writing, at least one for each purpose. Two more are used
    /// temporarily, to reserve contact numbers and to migrate.
    pub max_connections: u32,
    /// How long a request waits for a free connection, or for the database to accept one, before it fails as
    /// unavailable.
    pub acquire_timeout: Duration,
    /// How long a statement waits for a lock before its transaction is repeated. The database ends a transaction that
    /// is idle for twice as long, and releases its locks.
    pub lock_timeout: Duration,
    /// How long a statement may take. A connection that does not answer for two more seconds is closed.
    pub statement_timeout: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(20),
        }
    }
}

/// A storage in a `PostgreSQL` database. A clone shares its connections.
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

struct Inner {
    /// For readers.
    pool: Bounded,
    /// For batches, so that readers cannot take all connections.
    writers: Bounded,
    acquire_timeout: Duration,
    /// Without time-outs: a migration may take long.
    migrating: PgConnectOptions,
    lock_timeout: Duration,
    policies: Policies,
    numbers: Numbers,
}

impl PostgresStore {
    /// Connects to the database of a `postgres://` URL. Does not migrate it.
    ///
    /// [`StorageError::Refused`] for an invalid URL and for refused credentials, [`StorageError::Unavailable`] when the
    /// database cannot be reached in time.
    pub async fn connect(url: &str, options: &ConnectOptions) -> Result<Self, StorageError> {
        let plain = PgConnectOptions::from_str(url)
            .map_err(translate)?
            .application_name("selfsame")
            .statement_cache_capacity(CACHED_STATEMENTS);
        let limited = plain.clone().options([
            ("default_transaction_isolation", "read committed".to_owned()),
            ("lock_timeout", options.lock_timeout.as_millis().to_string()),
            ("statement_timeout", options.statement_timeout.as_millis().to_string()),
            // A server that holds locks and is idle is lost. The bound is short, because other writers wait for the
            // locks.
            (
                "idle_in_transaction_session_timeout",
                (2 * options.lock_timeout).as_millis().to_string(),
            ),
            // Just-in-time compilation pays off for analyses of minutes, never for these statements.
            ("jit", "off".to_owned()),
        ]);
        let limited = limited.options(LOST_PEERS);
        let writers = (options.max_connections / 2).max(1);
        let readers = options.max_connections.saturating_sub(writers).max(1);
        let bounded = |connections, session| {
            let answer_timeout = options.statement_timeout + CANCEL;
            Bounded::new(connections, options.acquire_timeout, answer_timeout, session)
        };
        let pool = bounded(readers, limited.clone());
        match pool.acquire().await {
            Err(sqlx::Error::PoolTimedOut) => return Err(why_not(&limited, options.acquire_timeout).await),
            acquired => drop(acquired.map_err(translate)?),
        }
        let writers = bounded(writers, limited.clone());
        let numbers = Numbers::new(bounded(1, limited));
        let inner = Inner {
            pool,
            writers,
            acquire_timeout: options.acquire_timeout,
            // Changes the shards of a table on several nodes one after the other. No effect without Citus.
            migrating: plain.options([("citus.multi_shard_modify_mode", "sequential")]),
            lock_timeout: options.lock_timeout,
            policies: Policies::default(),
            numbers,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Migrates the tables. Safe from several servers at the same time: the first takes an advisory lock, and the
    /// others find nothing left to do. Migrations of a newer release are left alone.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        let mut migrator: Migrator = sqlx::migrate!("../../migrations/postgres");
        migrator.set_ignore_missing(true);
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(self.inner.acquire_timeout)
            .connect_with(self.inner.migrating.clone())
            .await
            .map_err(translate)?;
        let migrated = migrator.run(&pool).await.map_err(translate_migration);
        pool.close().await;
        migrated?;
        // New tables and functions of a distributed database must be on all nodes before use.
        let distribution = self.distribution().await?;
        if distribution.is_some_and(|known| !known.lacking.is_empty()) {
            self.distribute().await.map_err(|error| match error {
                DistributeError::Storage(error) => error,
                other => StorageError::Refused(Box::new(other)),
            })?;
        }
        Ok(())
    }

    /// Closes all connections after their current work, which takes no longer than a statement may.
    pub async fn close(&self) {
        self.inner.writers.close().await;
        self.inner.numbers.close().await;
        self.inner.pool.close().await;
    }

    /// Bounds work on a connection of [`Bounded::acquire`] or within a transaction.
    pub(crate) fn in_time<'a, T: Send + 'a>(
        &'a self,
        work: impl Future<Output = Result<T, StorageError>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, StorageError>> {
        let limit = self.pool().answer_timeout();
        // The futures of statements are large. This one is moved once, not into every layer around it.
        let work: BoxFuture<'a, _> = Box::pin(work);
        Box::pin(async move {
            let done = within(limit, async { Ok(work.await) }).await;
            done.map_err(translate)?
        })
    }

    /// The connection settings for migrations.
    pub(crate) fn migrating(&self) -> &PgConnectOptions {
        &self.inner.migrating
    }

    /// The settings that sessions on the workers of a cluster need, as names and values.
    pub(crate) fn worker_settings(&self) -> Vec<(&'static str, String)> {
        let lock_timeout = ("lock_timeout", self.inner.lock_timeout.as_millis().to_string());
        let lost_peers = LOST_PEERS.map(|(name, value)| (name, value.to_owned()));
        [lock_timeout].into_iter().chain(lost_peers).collect()
    }

    pub(crate) fn pool(&self) -> &Bounded {
        &self.inner.pool
    }

    pub(crate) fn writers(&self) -> &Bounded {
        &self.inner.writers
    }

    pub(crate) fn policies(&self) -> &Policies {
        &self.inner.policies
    }

    pub(crate) fn numbers(&self) -> &Numbers {
        &self.inner.numbers
    }
}

/// Why no connection could be opened: the pool does not return the errors of its attempts.
async fn why_not(options: &PgConnectOptions, limit: Duration) -> StorageError {
    match tokio::time::timeout(limit, PgConnection::connect_with(options)).await {
        Ok(Err(error)) => translate(error),
        Ok(Ok(_)) | Err(_) => StorageError::Unavailable {
            reason: "no connection in time".to_owned(),
        },
    }
}

/// Shows no connection settings: the driver's options contain the password.
impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (connections, idle) = self.pool().size();
        f.debug_struct("PostgresStore")
            .field("connections", &connections)
            .field("idle", &idle)
            .finish_non_exhaustive()
    }
}
