//! A database per test, copied from a template.

use std::error::Error;
use std::thread;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::runtime;
use tokio::time::timeout;
use url::Url;

use crate::error::FixtureError;
use crate::reuse::Returned;
use crate::server::Server;

/// How long dropping a database may delay the end of a test.
const DROP_LIMIT: Duration = Duration::from_secs(10);

/// A database for one test alone. When dropped, a database of [`Server::database`] is deleted together with its
/// connections, and one of [`Server::reused_database`] is returned for the next test.
#[derive(Debug)]
pub struct TestDatabase {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) _end: End,
}

/// What happens to a database after its test.
#[derive(Debug)]
pub(crate) enum End {
    /// It is dropped.
    Drop { _dropped: Dropped },
    /// The next test of this process may use it.
    Return { _reserved: Returned },
}

/// Deletes a database when dropped.
#[derive(Debug)]
pub(crate) struct Dropped {
    name: String,
    admin_url: String,
}

/// A validated template name.
#[derive(Debug)]
pub(crate) struct Template {
    name: String,
}

impl Template {
    pub(crate) fn new(name: &str) -> Result<Self, FixtureError> {
        let fits = (1..=40).contains(&name.len());
        if fits
            && name
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        {
            return Ok(Self { name: name.to_owned() });
        }
        Err(FixtureError::TemplateName(name.to_owned()))
    }

    /// The name of the template database.
    pub(crate) fn source(&self) -> String {
        format!("selfsame_template_{}", self.name)
    }
}

impl TestDatabase {
    /// The URL of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database's name on its server.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Server {
    /// A new database with the contents of `template`.
    ///
    /// The template is created at its first use on this server: `prepare` gets the URL of an empty database, fills it
    /// and closes its connections. Only one process at a time prepares a template; the others wait for it. When
    /// `prepare` fails, nothing of the template remains.
    ///
    /// `template` must identify its contents, for example with a hash of the migrations: an existing template of that
    /// name is used as it is. One to forty of a-z, 0-9 and `_`.
    pub async fn database<Prepare, Done, Failure>(
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
        let mut admin = connect(&self.admin_url).await?;
        self.provide(&mut admin, &template, prepare).await?;
        let name = format!("selfsame_test_{:016x}", random()?);
        copy(&mut admin, &template, &name).await?;
        // From here on the destructor deletes it.
        let database = TestDatabase {
            url: on(&self.admin_url, &name)?,
            name: name.clone(),
            _end: End::Drop {
                _dropped: Dropped {
                    name,
                    admin_url: self.admin_url.clone(),
                },
            },
        };
        admin
            .close()
            .await
            .map_err(FixtureError::database("close a connection"))?;
        Ok(database)
    }

    /// Creates the template if it does not exist.
    pub(crate) async fn provide<Prepare, Done, Failure>(
        &self,
        admin: &mut PgConnection,
        template: &Template,
        prepare: Prepare,
    ) -> Result<(), FixtureError>
    where
        Prepare: FnOnce(String) -> Done + Send,
        Done: Future<Output = Result<(), Failure>> + Send,
        Failure: Into<Box<dyn Error + Send + Sync>>,
    {
        let source = template.source();
        if exists(admin, &source).await? {
            return Ok(());
        }
        // The lock belongs to the connection, so it ends with this process.
        lock(admin, &source).await?;
        if !exists(admin, &source).await? {
            self.make_template(admin, template, prepare).await?;
        }
        unlock(admin, &source).await
    }

    /// Builds the template under another name and renames it when it is complete, so that the remains of a killed
    /// process are never taken for a template.
    async fn make_template<Prepare, Done, Failure>(
        &self,
        admin: &mut PgConnection,
        template: &Template,
        prepare: Prepare,
    ) -> Result<(), FixtureError>
    where
        Prepare: FnOnce(String) -> Done + Send,
        Done: Future<Output = Result<(), Failure>> + Send,
        Failure: Into<Box<dyn Error + Send + Sync>>,
    {
        let finished = template.source();
        let unfinished = format!("{finished}_new");
        drop_database(admin, &unfinished).await?;
        run(
            admin,
            "create a template",
            format!("CREATE DATABASE {unfinished} TEMPLATE template0"),
        )
        .await?;
        if let Err(failure) = prepare(on(&self.admin_url, &unfinished)?).await {
            drop_database(admin, &unfinished).await?;
            return Err(FixtureError::Prepare {
                template: template.name.clone(),
                source: failure.into(),
            });
        }
        // A template cannot be copied while a session is connected to it, so connections are forbidden.
        let close = format!("ALTER DATABASE {unfinished} ALLOW_CONNECTIONS false");
        run(admin, "close a template", close).await?;
        run(
            admin,
            "finish a template",
            format!("ALTER DATABASE {unfinished} RENAME TO {finished}"),
        )
        .await
    }
}

impl Drop for Dropped {
    /// Best effort: a database that cannot be dropped is deleted with the cluster.
    fn drop(&mut self) {
        let admin_url = std::mem::take(&mut self.admin_url);
        let name = std::mem::take(&mut self.name);
        let dropping = async move {
            let mut admin = connect(&admin_url).await?;
            drop_database(&mut admin, &name).await
        };
        // A separate runtime and thread: this may be called inside of a runtime, or after its end.
        let worker = thread::spawn(move || {
            if let Ok(runtime) = runtime::Builder::new_current_thread().enable_all().build() {
                // A failed clean-up must not fail a finished test.
                drop(runtime.block_on(async { timeout(DROP_LIMIT, dropping).await }));
            }
        });
        // The process may end right after this: nextest runs each test in its own process.
        drop(worker.join());
    }
}

/// Creates a database as a copy of the template.
pub(crate) async fn copy(admin: &mut PgConnection, template: &Template, name: &str) -> Result<(), FixtureError> {
    let statement = format!("CREATE DATABASE {name} TEMPLATE {}", template.source());
    run(admin, "create a database", statement).await
}

/// Drops a database, if it exists, and ends its connections.
pub(crate) async fn drop_database(admin: &mut PgConnection, name: &str) -> Result<(), FixtureError> {
    let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    run(admin, "drop a database", statement).await
}

/// `url` with another database.
pub(crate) fn on(url: &str, database: &str) -> Result<String, FixtureError> {
    let mut url = Url::parse(url)?;
    url.set_path(database);
    Ok(url.into())
}

pub(crate) async fn connect(url: &str) -> Result<PgConnection, FixtureError> {
    PgConnection::connect(url)
        .await
        .map_err(FixtureError::database("connect as the administrator"))
}

/// Executes a statement without parameters. This module generates all names in it.
pub(crate) async fn run(admin: &mut PgConnection, action: &'static str, statement: String) -> Result<(), FixtureError> {
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(admin).await;
    done.map(drop).map_err(FixtureError::database(action))
}

pub(crate) async fn exists(admin: &mut PgConnection, name: &str) -> Result<bool, FixtureError> {
    let found = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)").bind(name);
    found
        .fetch_one(admin)
        .await
        .map_err(FixtureError::database("look for a template"))
}

async fn lock(admin: &mut PgConnection, name: &str) -> Result<(), FixtureError> {
    let locked = sqlx::query("SELECT pg_advisory_lock(hashtextextended($1, 0))")
        .bind(name)
        .execute(admin)
        .await;
    locked.map(drop).map_err(FixtureError::database("lock a template"))
}

async fn unlock(admin: &mut PgConnection, name: &str) -> Result<(), FixtureError> {
    let unlocked = sqlx::query("SELECT pg_advisory_unlock(hashtextextended($1, 0))")
        .bind(name)
        .execute(admin)
        .await;
    unlocked.map(drop).map_err(FixtureError::database("unlock a template"))
}

fn random() -> Result<u64, FixtureError> {
    getrandom::u64().map_err(|_| FixtureError::System("the system gives no randomness"))
}
