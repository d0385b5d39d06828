//! Destinations of tests.

use async_trait::async_trait;
use secrecy::SecretString;
use selfsame_application::Egress;
use selfsame_application::ports::{Destination, ExportSinks, Hosts, SinkError, SinkRequest, SinkRun, Watermark};
use selfsame_bigquery_fixture::{BigQuery, Method, PROJECT, as_texts};
use selfsame_domain::export::{Cell, ColumnSet, ConnectorSettings, Dataset, Row, SslMode, TablePlan};
use selfsame_domain::{ExportId, Revision, Timestamp};
use selfsame_export::Sinks;
use selfsame_pg_fixture::TestDatabase;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// Knows addresses as they are spelled.
#[derive(Debug)]
struct LiteralHosts;

#[async_trait]
impl Hosts for LiteralHosts {
    async fn addresses(&self, host: &str, port: u16) -> Vec<SocketAddr> {
        let address = host.parse().map(|host| SocketAddr::new(host, port));
        address.into_iter().collect()
    }
}

/// A destination, and a way to look at it.
pub(crate) struct Place {
    sinks: Sinks,
    behind: Behind,
    /// The credentials of the connector.
    pub(crate) secret: Option<SecretString>,
    /// Who connects to `PostgreSQL`; without one the user of the tests.
    user: Option<String>,
}

enum Behind {
    Postgres {
        options: Box<PgConnectOptions>,
        _database: TestDatabase,
    },
    BigQuery(BigQuery),
}

impl Place {
    pub(crate) async fn postgres() -> Self {
        let server = selfsame_pg_fixture::server().await.unwrap();
        let database = server.database("end_to_end_empty", |_| async { Ok::<(), std::io::Error>(()) });
        let database = database.await.unwrap();
        let options = Box::new(PgConnectOptions::from_str(database.url()).unwrap());
        Self::over(Behind::Postgres {
            options,
            _database: database,
        })
    }

    pub(crate) async fn bigquery() -> Self {
        Self::over(Behind::BigQuery(BigQuery::start().await.unwrap()))
    }

    pub(crate) async fn fake() -> Self {
        Self::over(Behind::BigQuery(BigQuery::fake().await.unwrap()))
    }

    fn over(behind: Behind) -> Self {
        let egress = Egress {
            hosts: Arc::new(LiteralHosts),
            allow_private: true,
        };
        Self {
            sinks: Sinks::new(egress, None),
            behind,
            secret: None,
            user: None,
        }
    }

    /// Lets the connector log in as another user of `PostgreSQL`.
    pub(crate) fn log_in(&mut self, user: &str, password: &str) {
        (self.user, self.secret) = (Some(user.to_owned()), Some(password.to_owned().into()));
    }

    /// The same destination behind an address guard that takes public networks alone.
    pub(crate) async fn guarded_check(&self) -> Result<(), SinkError> {
        let egress = Egress {
            hosts: Arc::new(LiteralHosts),
            allow_private: false,
        };
        Sinks::new(egress, None).check(&self.destination(), &[]).await
    }

    pub(crate) fn fixture(&self) -> Option<&BigQuery> {
        match &self.behind {
            Behind::BigQuery(bigquery) => Some(bigquery),
            Behind::Postgres { .. } => None,
        }
    }

    pub(crate) fn destination(&self) -> Destination {
        let settings = match &self.behind {
            Behind::Postgres { options, .. } => ConnectorSettings::Postgres {
                host: options.get_host().to_owned(),
                port: options.get_port(),
                database: options.get_database().unwrap().to_owned(),
                user: self.user.clone().unwrap_or_else(|| options.get_username().to_owned()),
                ssl_mode: SslMode::Disable,
            },
            Behind::BigQuery(bigquery) => ConnectorSettings::BigQuery {
                project: PROJECT.to_owned(),
                dataset: bigquery.dataset().to_owned(),
                location: None,
                endpoint: Some(bigquery.url().to_owned()),
                grpc_endpoint: None,
            },
        };
        Destination {
            settings,
            secret: self.secret.clone(),
        }
    }

    /// Begins a run of an export.
    pub(crate) async fn begin(&self, export: u128, tables: &[ColumnSet]) -> Result<Box<dyn SinkRun>, SinkError> {
        /// Test processes share the emulator, and jobs are named after attempts.
        static ATTEMPTS: AtomicU64 = AtomicU64::new(0);
        let request = SinkRequest {
            destination: self.destination(),
            export: ExportId(Uuid::from_u128(export)),
            attempt: Uuid::from_u64_pair(std::process::id().into(), ATTEMPTS.fetch_add(1, Ordering::Relaxed)),
            begun_at: "2100-01-01T00:00:00Z".parse().unwrap(),
            schema: "public".to_owned(),
            tables: tables.iter().map(|set| TablePlan::new(set).unwrap()).collect(),
        };
        self.sinks.begin(request).await
    }

    pub(crate) async fn check(&self) -> Result<(), SinkError> {
        self.sinks.check(&self.destination(), &[]).await
    }

    async fn connection(options: &PgConnectOptions) -> PgConnection {
        options.connect().await.unwrap()
    }

    /// The rows of a query, with numbers as texts, as BigQuery answers them. Names are in double quotes.
    pub(crate) async fn rows(&self, sql: &str) -> Value {
        let rows = match &self.behind {
            Behind::Postgres { options, .. } => {
                let sql = format!("SELECT COALESCE(json_agg(r), '[]')::text FROM ({sql}) r");
                let query = sqlx::query_scalar(AssertSqlSafe(sql));
                let text: String = query.fetch_one(&mut Self::connection(options).await).await.unwrap();
                serde_json::from_str(&text).unwrap()
            }
            Behind::BigQuery(bigquery) => {
                let rows = bigquery.rows(&sql.replace('"', "`")).await.unwrap();
                Value::Array(rows)
            }
        };
        as_texts(rows)
    }

    /// Runs a statement that writes, as a person would. Names are in double quotes.
    pub(crate) async fn run(&self, sql: &str) {
        match &self.behind {
            Behind::Postgres { options, .. } => {
                let mut connection = Self::connection(options).await;
                connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
            }
            Behind::BigQuery(bigquery) => drop(bigquery.rows(&sql.replace('"', "`")).await.unwrap()),
        }
    }

    /// Adds a text column to a table, as a person would, and fills it.
    pub(crate) async fn add_note(&self, table: &str) {
        match &self.behind {
            Behind::Postgres { options, .. } => {
                let sql = format!("ALTER TABLE {table} ADD COLUMN note text; UPDATE {table} SET note = 'kept'");
                Self::connection(options)
                    .await
                    .execute(AssertSqlSafe(sql))
                    .await
                    .unwrap();
            }
            Behind::BigQuery(bigquery) => {
                bigquery.add_column(table, "note").await.unwrap();
                let fill = format!("UPDATE {table} SET note = 'kept' WHERE TRUE");
                bigquery.rows(&fill).await.unwrap();
            }
        }
    }

    /// Puts a table with a key of another type in the place of one.
    pub(crate) async fn retype(&self, table: &str, key: &str) {
        match &self.behind {
            Behind::Postgres { options, .. } => {
                let sql = format!("ALTER TABLE {table} ALTER COLUMN \"{key}\" TYPE text");
                Self::connection(options)
                    .await
                    .execute(AssertSqlSafe(sql))
                    .await
                    .unwrap();
            }
            Behind::BigQuery(bigquery) => {
                self.drop_table(table).await;
                let body = json!({
                    "tableReference": {"projectId": PROJECT, "datasetId": bigquery.dataset(), "tableId": table},
                    "schema": {"fields": [{"name": key, "type": "STRING"}]},
                });
                let path = format!("/datasets/{}/tables", bigquery.dataset());
                bigquery.call(Method::POST, &path, Some(body)).await.unwrap();
            }
        }
    }

    pub(crate) async fn drop_table(&self, table: &str) {
        match &self.behind {
            Behind::Postgres { options, .. } => {
                let sql = format!("DROP TABLE {table}");
                Self::connection(options)
                    .await
                    .execute(AssertSqlSafe(sql))
                    .await
                    .unwrap();
            }
            Behind::BigQuery(bigquery) => {
                let path = format!("/datasets/{}/tables/{table}", bigquery.dataset());
                bigquery.call(Method::DELETE, &path, None).await.unwrap();
            }
        }
    }

    /// Whether the destination has the schema or dataset with tables in it.
    pub(crate) async fn is_empty(&self) -> bool {
        match &self.behind {
            Behind::Postgres { .. } => {
                let sql = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace";
                self.rows(sql).await == json!([])
            }
            Behind::BigQuery(bigquery) => {
                let path = format!("/datasets/{}", bigquery.dataset());
                bigquery.call(Method::GET, &path, None).await.is_err()
            }
        }
    }
}

/// The contacts of an export with few columns.
pub(crate) fn contacts() -> ColumnSet {
    let columns = ["contactId", "createdDate", "email", "firstName"].map(str::to_owned);
    ColumnSet {
        dataset: Dataset::Contacts,
        columns: columns.to_vec(),
    }
}

pub(crate) fn contact(id: i64, name: &str) -> Row {
    let created: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    vec![
        Cell::Integer(id),
        Cell::Time(created),
        Cell::Null,
        Cell::Text(name.to_owned()),
    ]
}

pub(crate) fn at(revision: i64) -> Watermark {
    Watermark {
        revision: Revision(revision),
        as_of: "2026-02-03T04:05:06.789Z".parse().unwrap(),
    }
}

/// Writes a run and makes it visible.
pub(crate) async fn finish(mut run: Box<dyn SinkRun>, watermark: Watermark, is_full: bool) -> Result<(), SinkError> {
    run.write(watermark, is_full).await?;
    run.commit().await
}

/// What a table of contacts shows.
pub(crate) const NAMES: &str = r#"SELECT "contactId", "firstName" FROM contacts ORDER BY "contactId""#;

pub(crate) fn names(all: &[(i64, &str)]) -> Value {
    let row = |(id, name): &(i64, &str)| json!({"contactId": id.to_string(), "firstName": name});
    all.iter().map(row).collect()
}
