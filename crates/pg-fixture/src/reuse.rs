//! Databases that tests reuse one after the other: emptying one takes a tenth of the time of copying and dropping one.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use sqlx::PgConnection;
use tokio::runtime::{self, Runtime};
use tokio::time::timeout;

use crate::database::{self, End, Template, TestDatabase};
use crate::error::FixtureError;
use crate::server::Server;

const RESET: &str = include_str!("reset.sql");
/// How long the reset of a database may take before the database is recreated instead.
const RESET_LIMIT: Duration = Duration::from_secs(10);

/// Databases that this process has reserved and does not use at the moment.
static IDLE: Mutex<Vec<Reserved>> = Mutex::new(Vec::new());

/// Drives connections that outlive the runtime of the test that opened them.
static RUNTIME: LazyLock<io::Result<Runtime>> = LazyLock::new(|| {
    let mut builder = runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build()
});

/// A database that only this process uses.
#[derive(Debug)]
pub(crate) struct Reserved {
    pub(crate) name: String,
    pub(crate) url: String,
    prefix: String,
    admin_url: String,
    /// Its advisory lock is the reservation, so the reservation ends with this process.
    admin: PgConnection,
    /// A connection to the database, once it has been created.
    pub(crate) connection: Option<PgConnection>,
}

/// Returns the reservation to the next test of this process when dropped.
#[derive(Debug)]
pub(crate) struct Returned(Option<Reserved>);

impl Returned {
    pub(crate) fn new(reserved: Reserved) -> Self {
        Self(Some(reserved))
    }
}

impl Drop for Returned {
    fn drop(&mut self) {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.0.take());
    }
}

impl Server {
    /// A database with the contents of `template`, which tests reuse one after the other. No other test uses it until
    /// the result is dropped. Takes the arguments of [`Server::database`].
    ///
    /// All written rows are deleted: tables are emptied and sequences restart. A database in which a test created or
    /// dropped tables, or changed rows of the template, is recreated. Other changes of the schema are not detected: a
    /// test that alters a table or a function needs [`Server::database`].
    ///
    /// The databases stay on the server, as templates do: as many as the most tests that ran at the same time.
    pub async fn reused_database<Prepare, Done, Failure>(
        &self,
        template: &str,
        prepare: Prepare,
    ) -> Result<TestDatabase, FixtureError>
    where
        Prepare: FnOnce(String) -> Done + Send,
        Done: Future<Output = Result<(), Failure>> + Send,
        Failure: Into<Box<dyn Error + Send + Sync>>,
    {
        let template = Template::new(template)?;
        let mut reserved = Reserved::new(&self.admin_url, &template, RESET).await?;
        if !reserved.is_reset().await? {
            self.provide(&mut reserved.admin, &template, prepare).await?;
            reserved.make(&template).await?;
        }
        Ok(TestDatabase {
            name: reserved.name.clone(),
            url: reserved.url.clone(),
            _end: End::Return {
                _reserved: Returned::new(reserved),
            },
        })
    }
}

impl Reserved {
    /// Takes an idle reservation of this process, or reserves a database. `reset` is the statement that empties it.
    pub(crate) async fn new(admin_url: &str, template: &Template, reset: &str) -> Result<Self, FixtureError> {
        let mut hasher = DefaultHasher::new();
        (template.source(), reset).hash(&mut hasher);
        let prefix = format!("selfsame_reused_{:016x}_", hasher.finish());
        if let Some(reserved) = idle(admin_url, &prefix) {
            return Ok(reserved);
        }
        let mut admin = connect(admin_url).await?;
        let free = "SELECT number FROM generate_series(1, 100) number
                    WHERE pg_try_advisory_lock(hashtextextended($1 || number, 0)) LIMIT 1";
        let number: Option<i32> = sqlx::query_scalar(free)
            .bind(&prefix)
            .fetch_optional(&mut admin)
            .await
            .map_err(FixtureError::database("reserve a database"))?;
        let number = number.ok_or(FixtureError::System("more than a hundred tests use databases at once"))?;
        let name = format!("{prefix}{number}");
        let url = database::on(admin_url, &name)?;
        let connection = if database::exists(&mut admin, &name).await? {
            Some(connect(&url).await?)
        } else {
            None
        };
        let admin_url = admin_url.to_owned();
        Ok(Self {
            name,
            url,
            prefix,
            admin_url,
            admin,
            connection,
        })
    }

    /// Empties the database; false when it must be recreated.
    pub(crate) async fn is_reset(&mut self) -> Result<bool, FixtureError> {
        let Some(connection) = &mut self.connection else {
            return Ok(false);
        };
        match timeout(RESET_LIMIT, reset(connection)).await {
            Ok(result) => result.map_err(FixtureError::database("reset a database")),
            Err(_) => Ok(false),
        }
    }

    /// Creates or recreates the database.
    async fn make(&mut self, template: &Template) -> Result<(), FixtureError> {
        self.connection = None;
        database::drop_database(&mut self.admin, &self.name).await?;
        database::copy(&mut self.admin, template, &self.name).await?;
        self.prepare_reset(RESET).await
    }

    pub(crate) async fn prepare_reset(&mut self, reset: &str) -> Result<(), FixtureError> {
        let mut connection = connect(&self.url).await?;
        database::run(&mut connection, "prepare the reset of a database", reset.to_owned()).await?;
        self.connection = Some(connection);
        Ok(())
    }
}

fn idle(admin_url: &str, prefix: &str) -> Option<Reserved> {
    let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let fits = |reserved: &Reserved| reserved.prefix == prefix && reserved.admin_url == admin_url;
    let index = idle.iter().position(fits)?;
    Some(idle.swap_remove(index))
}

async fn reset(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    // The previous test may have left connections. They must end: an active one could write after the reset.
    let others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    while sqlx::query_scalar::<_, i64>(others).fetch_one(&mut *connection).await? > 0 {}
    // The function is missing where a process was killed between the copy and the preparation.
    let prepared = "SELECT to_regprocedure('selfsame_fixture.reset()') IS NOT NULL";
    Ok(sqlx::query_scalar(prepared).fetch_one(&mut *connection).await?
        && sqlx::query_scalar("SELECT selfsame_fixture.reset()")
            .fetch_one(connection)
            .await?)
}

async fn connect(url: &str) -> Result<PgConnection, FixtureError> {
    let Ok(runtime) = &*RUNTIME else {
        return Err(FixtureError::System(
            "the system gives no thread for the fixture's runtime",
        ));
    };
    let url = url.to_owned();
    let connecting = runtime.spawn(async move { database::connect(&url).await });
    connecting
        .await
        .unwrap_or(Err(FixtureError::System("the runtime is shutting down")))
}
