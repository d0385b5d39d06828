//! Destinations of tests: a second, real `PostgreSQL` database, and a stand-in for BigQuery.

use anyhow::{Context, Result};
use selfsame_bigquery_fixture::{BigQuery, Method, PROJECT, as_texts};
use selfsame_pg_fixture::TestDatabase;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use std::str::FromStr;

/// A database of its own, and a connection to look at it.
pub(super) struct Postgres {
    connection: PgConnection,
    pub(super) options: PgConnectOptions,
    _database: TestDatabase,
}

/// A destination of its own.
pub(super) enum Warehouse {
    Postgres(Box<Postgres>),
    BigQuery(BigQuery),
}

impl Postgres {
    pub(super) async fn new() -> Result<Self> {
        let server = selfsame_pg_fixture::server().await?;
        let database = server
            .database("end_to_end_empty", |_| async { Ok::<(), std::io::Error>(()) })
            .await?;
        let options = PgConnectOptions::from_str(database.url())?;
        Ok(Self {
            connection: options.connect().await?,
            options,
            _database: database,
        })
    }

    pub(super) fn connector(&self) -> Value {
        json!({"name": "warehouse", "kind": "postgres", "postgres": {
            "host": self.options.get_host(), "port": self.options.get_port(),
            "database": self.options.get_database(), "user": self.options.get_username(),
            "password": "not-asked-for", "sslMode": "disable"
        }})
    }

    pub(super) async fn run(&mut self, sql: &str) -> Result<()> {
        self.connection.execute(AssertSqlSafe(sql.to_owned())).await?;
        Ok(())
    }

    /// The rows of a query, as JSON.
    pub(super) async fn rows(&mut self, sql: &str) -> Result<Value> {
        let sql = format!("SELECT COALESCE(json_agg(r), '[]')::text FROM ({sql}) r");
        let text: String = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut self.connection)
            .await?;
        Ok(serde_json::from_str(&text)?)
    }
}

impl Warehouse {
    pub(super) async fn postgres() -> Result<Self> {
        Ok(Self::Postgres(Box::new(Postgres::new().await?)))
    }

    pub(super) async fn bigquery() -> Result<Self> {
        Ok(Self::BigQuery(BigQuery::start().await?))
    }

    pub(super) fn connector(&self) -> Value {
        match self {
            Self::Postgres(postgres) => postgres.connector(),
            Self::BigQuery(bigquery) => json!({"name": "warehouse", "kind": "bigquery", "bigquery": {
                "projectId": PROJECT, "dataset": bigquery.dataset(), "location": null, "serviceAccount": null, "endpoint": bigquery.url(),
                "grpcEndpoint": null
            }}),
        }
    }

    /// The rows of a query with their values as texts. Names are in double quotes.
    pub(super) async fn rows(&mut self, sql: &str) -> Result<Value> {
        let rows = match self {
            Self::Postgres(postgres) => postgres.rows(sql).await?,
            Self::BigQuery(bigquery) => Value::Array(bigquery.rows(&sql.replace('"', "`")).await?),
        };
        Ok(as_texts(rows))
    }

    /// Whether every column of the contacts says what it means.
    pub(super) async fn describes_contacts(&mut self) -> Result<bool> {
        match self {
            Self::Postgres(postgres) => {
                let sql = "SELECT DISTINCT col_description(attrelid, attnum) IS NULL AS lacks FROM pg_attribute
                    WHERE attrelid = 'contacts'::regclass AND attnum > 0";
                Ok(postgres.rows(sql).await? == json!([{"lacks": false}]))
            }
            Self::BigQuery(bigquery) => {
                let path = format!("/datasets/{}/tables/contacts", bigquery.dataset());
                let table = bigquery.call(Method::GET, &path, None).await?;
                let fields = table["schema"]["fields"].as_array().context("no schema")?;
                Ok(fields.iter().all(|field| field["description"].is_string()))
            }
        }
    }

    /// Adds a column to the contacts and fills it, as a person would.
    pub(super) async fn add_note(&mut self) -> Result<()> {
        match self {
            Self::Postgres(postgres) => {
                postgres
                    .run("ALTER TABLE contacts ADD COLUMN note text; CREATE INDEX by_note ON contacts (note); UPDATE contacts SET note = 'kept'")
                    .await
            }
            Self::BigQuery(bigquery) => {
                bigquery.add_column("contacts", "note").await?;
                bigquery.rows("UPDATE contacts SET note = 'kept' WHERE TRUE").await?;
                Ok(())
            }
        }
    }
}
