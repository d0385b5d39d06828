//! A stand-in for BigQuery for tests.
//!
//! [`BigQuery::start`] takes the emulator `local-bigquery` where there is a Python of 3.13 or newer, and installs it below the target
//! directory where `make setup` has not. All test processes share one emulator; each test has a dataset of its own. Elsewhere, and with
//! `TEST_BIGQUERY=fake`, it is [`BigQuery::fake`]: the part of the REST API that exports use, over `SQLite`, of each test alone.

mod emulator;
mod fake;

pub use reqwest::Method;

use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::task::JoinHandle;

/// The project that the stand-in has.
pub const PROJECT: &str = "proj";

/// What a stand-in fails with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be installed or started.
    #[error("the emulator of BigQuery cannot be used: {0}")]
    Unusable(String),
    /// The machine refuses something.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It does not answer.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// It answers an error.
    #[error("{status} {text}")]
    Answered {
        /// The status.
        status: u16,
        /// The body.
        text: String,
    },
}

/// A running stand-in.
#[derive(Debug)]
pub struct BigQuery {
    http: reqwest::Client,
    base: String,
    dataset: String,
    behind: Behind,
    queries: AtomicU64,
}

/// What answers.
#[derive(Debug)]
enum Behind {
    Emulator {
        _lease: emulator::Lease,
    },
    Fake {
        server: JoinHandle<std::io::Result<()>>,
        state: Arc<fake::State>,
    },
}

impl BigQuery {
    /// Starts the emulator, or the fake where there is none.
    pub async fn start() -> Result<Self, Error> {
        if std::env::var_os("TEST_BIGQUERY").is_some_and(|wanted| wanted == "fake") {
            return Self::fake().await;
        }
        let Some(python) = emulator::python()? else {
            return Self::fake().await;
        };
        let joined = tokio::task::spawn_blocking(move || emulator::join(&python)).await;
        let lease = joined.map_err(|error| Error::Unusable(error.to_string()))??;
        Ok(Self::at(lease.base.clone(), Behind::Emulator { _lease: lease }))
    }

    /// Starts the fake.
    pub async fn fake() -> Result<Self, Error> {
        let (base, server, state) = fake::start().await?;
        Ok(Self::at(base, Behind::Fake { server, state }))
    }

    fn at(base: String, behind: Behind) -> Self {
        /// Test processes share the emulator, so a name has the number of the process and one of its own.
        static DATASETS: AtomicU64 = AtomicU64::new(0);
        // Where the client is built with TLS, it takes the provider of the process.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            http: reqwest::Client::new(),
            base,
            dataset: format!(
                "crm_{}_{}",
                std::process::id(),
                DATASETS.fetch_add(1, Ordering::Relaxed)
            ),
            behind,
            queries: AtomicU64::new(0),
        }
    }

    /// The name of the dataset that this test alone has. It does not exist yet.
    pub fn dataset(&self) -> &str {
        &self.dataset
    }

    /// Its base URL.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// Whether it is the fake.
    pub fn is_fake(&self) -> bool {
        matches!(self.behind, Behind::Fake { .. })
    }

    /// Of the fake: loses the answers of the next requests that begin jobs or send rows, which it carries out all the same.
    pub fn lose_answers(&self, count: u32) {
        if let Behind::Fake { state, .. } = &self.behind {
            state.lose(count);
        }
    }

    /// Of the fake: the `Authorization` of the latest job; none where there was none.
    pub fn authorization(&self) -> Option<String> {
        match &self.behind {
            Behind::Fake { state, .. } => state.authorization(),
            Behind::Emulator { .. } => None,
        }
    }

    /// Of the fake: holds scripts that write up, until [`Self::open_gate`].
    pub fn close_gate(&self) {
        if let Behind::Fake { state, .. } = &self.behind {
            state.gate.close();
        }
    }

    /// Of the fake: waits until a script has come to the closed gate.
    pub async fn arrived_at_gate(&self) {
        if let Behind::Fake { state, .. } = &self.behind {
            state.gate.arrived().await;
        }
    }

    /// Of the fake: lets scripts through again.
    pub fn open_gate(&self) {
        if let Behind::Fake { state, .. } = &self.behind {
            state.gate.open();
        }
    }

    /// Adds a column of texts to a table.
    pub async fn add_column(&self, table: &str, name: &str) -> Result<(), Error> {
        let path = format!("/datasets/{}/tables/{table}", self.dataset);
        let found = self.call(Method::GET, &path, None).await?;
        let mut fields: Vec<Value> = list(&found["schema"]["fields"]).cloned().collect();
        fields.push(json!({"name": name, "type": "STRING"}));
        let body = json!({"schema": {"fields": fields}});
        self.call(Method::PATCH, &path, Some(body)).await.map(drop)
    }

    /// Calls the REST API below the project. `path` begins with a slash.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, Error> {
        let url = format!("{}/bigquery/v2/projects/{PROJECT}{path}", self.base);
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            let status = status.as_u16();
            return Err(Error::Answered { status, text });
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// The rows of a query, each value as a text. Names of tables are of the dataset.
    pub async fn rows(&self, sql: &str) -> Result<Vec<Value>, Error> {
        let (number, dataset) = (self.queries.fetch_add(1, Ordering::Relaxed), &self.dataset);
        let job = format!("look_{dataset}_{number}");
        let body = json!({
            "jobReference": {"projectId": PROJECT, "jobId": job},
            "configuration": {"query": {
                "query": sql, "useLegacySql": false, "defaultDataset": {"projectId": PROJECT, "datasetId": dataset},
            }},
        });
        self.call(Method::POST, "/jobs", Some(body)).await?;
        let path = format!("/queries/{job}?timeoutMs=60000&maxResults=5000");
        let answer = self.call(Method::GET, &path, None).await?;
        let names: Vec<&str> = list(&answer["schema"]["fields"])
            .filter_map(|field| field["name"].as_str())
            .collect();
        let row = |row: &Value| {
            let values = list(&row["f"]).map(|cell| cell["v"].clone());
            let members: Map<String, Value> = names.iter().map(|name| (*name).to_owned()).zip(values).collect();
            Value::Object(members)
        };
        Ok(list(&answer["rows"]).map(row).collect())
    }
}

impl Drop for BigQuery {
    fn drop(&mut self) {
        if let Behind::Fake { server, .. } = &self.behind {
            server.abort();
        }
    }
}

/// The values of rows as texts, as BigQuery answers them, without zeros at the end of decimals.
pub fn as_texts(value: Value) -> Value {
    match value {
        Value::Array(all) => all.into_iter().map(as_texts).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, as_texts(value)))
            .collect(),
        Value::Number(number) => json!(bare(&number.to_string())),
        Value::String(text) if text.parse::<f64>().is_ok() => json!(bare(&text)),
        other => other,
    }
}

fn bare(number: &str) -> &str {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
