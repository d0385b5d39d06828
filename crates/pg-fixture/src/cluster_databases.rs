//! Databases of a Citus cluster that tests reuse one after the other.

use std::error::Error;

use sqlx::{Connection, PgConnection};
use url::Url;

use crate::database::{self, End, Template, TestDatabase};
use crate::error::FixtureError;
use crate::reuse::{Reserved, Returned};

const URL_VARIABLE: &str = "TEST_CITUS_URL";
const RESET: &str = include_str!("reset_cluster.sql");
/// Few, so that databases are created and emptied fast.
const SHARDS: u32 = 4;

/// Nodes of the cluster that hold shards, as the coordinator reaches them.
const NODES: &str =
    "SELECT nodename, nodeport FROM pg_dist_node WHERE isactive AND shouldhaveshards AND noderole = 'primary'";

/// A Citus cluster. `TEST_CITUS_URL` names its coordinator and a database there with the extension. The user is a
/// superuser on all nodes, with the same password if any.
#[derive(Debug)]
pub struct CitusCluster {
    admin_url: String,
}

impl CitusCluster {
    /// The cluster of the environment variable.
    pub fn from_environment() -> Result<Self, FixtureError> {
        let admin_url = std::env::var(URL_VARIABLE).map_err(|_| FixtureError::Setting {
            variable: URL_VARIABLE,
            reason: "it is unset; it is the URL of a superuser on the coordinator",
        })?;
        Ok(Self { admin_url })
    }

    /// A database without rows in its distributed tables, which tests reuse one after the other. `prepare` fills a new
    /// one: it gets the URL, and closes its connections. `template` must identify what it creates, as with
    /// [`Server::database`](crate::Server::database).
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
            reserved.connection = None;
            self.make(&reserved.name).await?;
            let prepared = prepare(reserved.url.clone()).await;
            prepared.map_err(|failure| FixtureError::Prepare {
                template: template.source(),
                source: failure.into(),
            })?;
            reserved.prepare_reset(RESET).await?;
        }
        Ok(TestDatabase {
            name: reserved.name.clone(),
            url: reserved.url.clone(),
            _end: End::Return {
                _reserved: Returned::new(reserved),
            },
        })
    }

    /// Creates an empty database with the extension on all nodes, and joins them to a cluster.
    async fn make(&self, name: &str) -> Result<(), FixtureError> {
        let mut admin = database::connect(&self.admin_url).await?;
        let nodes: Vec<(String, i32)> = sqlx::query_as(NODES)
            .fetch_all(&mut admin)
            .await
            .map_err(FixtureError::database("look for the nodes of the cluster"))?;
        for (host, port) in &nodes {
            let mut worker = database::connect(&self.on_node(host, *port)?).await?;
            self.make_on(&mut worker, &self.on_node(host, *port)?, name).await?;
        }
        self.make_on(&mut admin, &self.admin_url, name).await?;
        let mut coordinator = database::connect(&database::on(&self.admin_url, name)?).await?;
        let own = Url::parse(&self.admin_url)?;
        let host = own.host_str().unwrap_or("localhost");
        for (statement, host, port) in [(
            "SELECT citus_set_coordinator_host($1, $2)",
            host,
            i32::from(own.port().unwrap_or(5432)),
        )]
        .into_iter()
        .chain(
            nodes
                .iter()
                .map(|(host, port)| ("SELECT citus_add_node($1, $2)", host.as_str(), *port)),
        ) {
            let added = sqlx::query(statement)
                .bind(host)
                .bind(port)
                .execute(&mut coordinator)
                .await;
            added.map_err(FixtureError::database("add a node"))?;
        }
        let shards = format!("ALTER DATABASE {name} SET citus.shard_count = {SHARDS}");
        database::run(&mut coordinator, "set the number of shards", shards).await
    }

    async fn make_on(&self, admin: &mut PgConnection, url: &str, name: &str) -> Result<(), FixtureError> {
        let alone = "SET citus.enable_create_database_propagation = off".to_owned();
        database::run(admin, "make a database on one node", alone).await?;
        database::drop_database(admin, name).await?;
        database::run(
            admin,
            "create a database",
            format!("CREATE DATABASE {name} TEMPLATE template0"),
        )
        .await?;
        let mut inside = database::connect(&database::on(url, name)?).await?;
        database::run(&mut inside, "create the extension", "CREATE EXTENSION citus".to_owned()).await?;
        inside
            .close()
            .await
            .map_err(FixtureError::database("close a connection"))
    }

    /// The administrator's URL on a node.
    fn on_node(&self, host: &str, port: i32) -> Result<String, FixtureError> {
        let mut url = Url::parse(&self.admin_url)?;
        let moved = url.set_host(Some(host)).is_ok() && url.set_port(u16::try_from(port).ok()).is_ok();
        if moved {
            return Ok(url.into());
        }
        Err(FixtureError::Setting {
            variable: URL_VARIABLE,
            reason: "its form takes no host and port",
        })
    }
}
