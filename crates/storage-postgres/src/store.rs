//! Connecting.

use crate::error::{translate, translate_migration};
use crate::numbers::Numbers;
use crate::policies::Policies;
use selfsame_application::ports::StorageError;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// More than there are statements, so that each is parsed and planned once per connection.
const CACHED_STATEMENTS: usize = 200;

/// A connection that rested longer is tried before it is used: the database may have been restarted meanwhile.
const TRUSTED_REST: Duration = Duration::from_secs(1);

/// Writers know their ways: every row is found by an index, whatever the statistics of a young table say, and statements are planned
/// once for each connection.
const WRITERS: [(&str, &str); 6] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_material", "off"),
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
    /// How long a statement waits for a lock before its transaction is done again.
    pub lock_timeout: Duration,
    /// How long a statement may take.
    pub statement_timeout: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
        }
    }
}

/// A storage in a `PostgreSQL` database. Cloning shares its connections.
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

struct Inner {
    /// For what does not write, or is one statement: plans are the planner's choice.
    pool: PgPool,
    /// For transactions that write.
    writers: PgPool,
    /// Without time-outs: a migration takes as long as it takes.
    migrating: PgConnectOptions,
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
            // Whoever holds locks and does not go on is gone.
            ("idle_in_transaction_session_timeout", "60000".to_owned()),
            // Compiling a plan pays for analyses of minutes, never for these statements.
            ("jit", "off".to_owned()),
        ]);
        let writers = (options.max_connections / 2).max(1);
        let readers = options.max_connections.saturating_sub(writers).max(1);
        let pool = pool(readers, options).connect_with(limited.clone()).await;
        let pool = match pool {
            Err(sqlx::Error::PoolTimedOut) => return Err(why_not(&limited, options.acquire_timeout).await),
            pool => pool.map_err(translate)?,
        };
        let writers = self::pool(writers, options).connect_lazy_with(limited.clone().options(WRITERS));
        let numbers = Numbers::new(limited, options.acquire_timeout);
        let inner = Inner {
            pool,
            writers,
            migrating: plain,
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
            .acquire_timeout(self.pool().options().get_acquire_timeout())
            .connect_with(self.inner.migrating.clone())
            .await
            .map_err(translate)?;
        let migrated = migrator.run(&pool).await.map_err(translate_migration);
        pool.close().await;
        migrated
    }

    /// Closes all connections, after what is under way.
    pub async fn close(&self) {
        self.inner.writers.close().await;
        self.inner.numbers.close().await;
        self.inner.pool.close().await;
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    pub(crate) fn writers(&self) -> &PgPool {
        &self.inner.writers
    }

    pub(crate) fn policies(&self) -> &Policies {
        &self.inner.policies
    }

    pub(crate) fn numbers(&self) -> &Numbers {
        &self.inner.numbers
    }
}

fn pool(connections: u32, options: &ConnectOptions) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .before_acquire(|connection, rest| {
            Box::pin(async move {
                if rest.idle_for > TRUSTED_REST {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
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
        let pool = self.pool();
        f.debug_struct("PostgresStore")
            .field("connections", &pool.size())
            .field("idle", &pool.num_idle())
            .finish_non_exhaustive()
    }
}
