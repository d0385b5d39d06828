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

/// More than there are statements, so that each is parsed and planned once per connection.
const CACHED_STATEMENTS: usize = 200;

/// How long the server has to cancel a statement that takes too long, until it counts as gone.
const CANCEL: Duration = Duration::from_secs(2);

/// The database ends sessions whose other end is gone within half a minute.
const LOST_PEERS: [(&str, &str); 4] = [
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "4"),
    ("tcp_user_timeout", "30000"),
];

/// How the store connects, and how long it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectOptions {
    /// How many connections are open at the most: half of them for writing, at least one for each. Two more come and go, for
    /// handing out contact numbers and for migrating.
    pub max_connections: u32,
    /// How long a request waits for a free connection, or for the database to accept one, before it is told that the database is
    /// unavailable.
    pub acquire_timeout: Duration,
    /// How long a statement waits for a lock before its transaction is done again. A transaction that does nothing for twice as long is
    /// ended by the database, with its locks.
    pub lock_timeout: Duration,
    /// How long a statement may take. A connection that gives no answer for two more seconds is closed.
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

/// A storage in a `PostgreSQL` database. Cloning shares its connections.
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

struct Inner {
    /// For readers.
    pool: Bounded,
    /// For batches, so that readers never take all connections from them.
    writers: Bounded,
    acquire_timeout: Duration,
    /// Without time-outs: a migration takes as long as it takes.
    migrating: PgConnectOptions,
    lock_timeout: Duration,
    policies: Policies,
    numbers: Numbers,
}

impl PostgresStore {
    /// Connects to the database of a `postgres://` URL. Does not migrate it.
    ///
    /// [`StorageError::Refused`] for a URL that is none and for credentials that are not taken, [`StorageError::Unavailable`] when the
    /// database cannot be reached within the time.
    pub async fn connect(url: &str, options: &ConnectOptions) -> Result<Self, StorageError> {
        let plain = PgConnectOptions::from_str(url)
            .map_err(translate)?
            .application_name("selfsame")
            .statement_cache_capacity(CACHED_STATEMENTS);
        let limited = plain.clone().options([
            ("default_transaction_isolation", "read committed".to_owned()),
            ("lock_timeout", options.lock_timeout.as_millis().to_string()),
            ("statement_timeout", options.statement_timeout.as_millis().to_string()),
            // A server that holds locks and does not go on is gone. Short, because others wait for the locks.
            (
                "idle_in_transaction_session_timeout",
                (2 * options.lock_timeout).as_millis().to_string(),
            ),
            // Compiling a plan pays for analyses of minutes, never for these statements.
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
            // A definition that changes the shards of a table on several nodes changes one after the other. Means nothing without Citus.
            migrating: plain.options([("citus.multi_shard_modify_mode", "sequential")]),
            lock_timeout: options.lock_timeout,
            policies: Policies::default(),
            numbers,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Brings the tables up to date. Several servers may do so at once: the first takes an advisory lock, and the others find
    /// nothing left to do. Migrations of a newer release are left alone.
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
        // New tables and functions of a distributed database have to be on all nodes before anybody uses them.
        let distribution = self.distribution().await?;
        if distribution.is_some_and(|known| !known.lacking.is_empty()) {
            self.distribute().await.map_err(|error| match error {
                DistributeError::Storage(error) => error,
                other => StorageError::Refused(Box::new(other)),
            })?;
        }
        Ok(())
    }

    /// Closes all connections, after what is under way, which takes no longer than a statement may.
    pub async fn close(&self) {
        self.inner.writers.close().await;
        self.inner.numbers.close().await;
        self.inner.pool.close().await;
    }

    /// Bounds what is done with a connection of [`Bounded::acquire`] or within a transaction.
    pub(crate) fn in_time<'a, T: Send + 'a>(
        &'a self,
        work: impl Future<Output = Result<T, StorageError>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, StorageError>> {
        let limit = self.pool().answer_timeout();
        Box::pin(async move {
            let done = within(limit, async { Ok(work.await) }).await;
            done.map_err(translate)?
        })
    }

    /// How to connect for migrating.
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

/// Why there is no connection: the pool keeps to itself what its attempts failed with.
async fn why_not(options: &PgConnectOptions, limit: Duration) -> StorageError {
    match tokio::time::timeout(limit, PgConnection::connect_with(options)).await {
        Ok(Err(error)) => translate(error),
        Ok(Ok(_)) | Err(_) => StorageError::Unavailable {
            reason: "no connection in time".to_owned(),
        },
    }
}

/// Says nothing of where it is connected to: the driver's options hold the password.
impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (connections, idle) = self.pool().size();
        f.debug_struct("PostgresStore")
            .field("connections", &connections)
            .field("idle", &idle)
            .finish_non_exhaustive()
    }
}
