//! The server's API, as far as an import needs it.

use super::progress::Progress;
use super::source::Source;
use anyhow::{Context, Result, anyhow, bail};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, Method, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::io::ReaderStream;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long the server may be silent.
const SILENCE: Duration = Duration::from_mins(2);

/// How many bytes of the file are read at a time.
const PIECE: usize = 256 << 10;

/// A server with an API key.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    key: SecretString,
}

/// An import that the server accepted.
#[derive(Debug, Clone)]
pub(super) struct Accepted {
    pub(super) id: String,
    /// Whether an earlier command sent the file.
    pub(super) repeated: bool,
}

/// An import as the server answers it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Import {
    pub(super) id: String,
    pub(super) status: String,
    #[serde(default)]
    pub(super) dry_run: bool,
    pub(super) rows: Rows,
    pub(super) rows_per_second: Option<f64>,
    pub(super) problems: Vec<Problem>,
    pub(super) error: Option<String>,
    pub(super) created_at: DateTime<Utc>,
    /// The whole answer.
    #[serde(skip)]
    pub(super) raw: Value,
}

/// The number of rows by outcome.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Rows {
    pub(super) total: Option<u64>,
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) restored: u64,
    pub(super) unchanged: u64,
    pub(super) merged: u64,
    pub(super) rejected: u64,
}

/// What is wrong with a column.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Problem {
    pub(super) column: String,
    pub(super) reason: String,
    pub(super) rows: Vec<u64>,
}

impl Rows {
    /// How many were dealt with.
    pub(super) fn done(&self) -> u64 {
        self.created + self.updated + self.restored + self.unchanged + self.merged + self.rejected
    }
}

impl Import {
    pub(super) fn came_to_nothing(&self) -> bool {
        matches!(self.status.as_str(), "failed" | "cancelled" | "undone")
    }

    fn read(mut answer: Value) -> Result<Self> {
        let raw = answer["import"].take();
        let import: Self = serde_json::from_value(raw.clone()).context("the server answered with something else")?;
        Ok(Self { raw, ..import })
    }
}

impl Client {
    pub(super) fn new(url: &str, key: &SecretString) -> Result<Self> {
        let mut base = Url::parse(url).context("--url must be a URL, such as http://127.0.0.1:8080")?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            bail!("--url must begin with http:// or https://");
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .build()
            .context("cannot make an HTTP client")?;
        Ok(Self {
            http,
            base,
            key: key.clone(),
        })
    }

    /// Looks whether the server is there and takes the key, before a long file is sent.
    pub(super) async fn check(&self) -> Result<()> {
        let answer = self.request(Method::GET, "imports?limit=1")?.send().await;
        succeeded(answer.map_err(|error| self.unreachable(error))?).await?;
        Ok(())
    }

    /// Sends a file.
    pub(super) async fn send(&self, source: &Source, idempotency_key: &str) -> Result<Accepted> {
        let file = tokio::fs::File::from_std(source.open()?);
        let progress = Progress::bytes(source.size);
        let sent = progress.clone();
        let pieces = ReaderStream::with_capacity(file, PIECE).inspect_ok(move |piece| sent.advance(piece.len() as u64));
        let answer = self
            .request(Method::POST, &format!("imports?{}", source.query))?
            .header(CONTENT_TYPE, source.media)
            .header(CONTENT_LENGTH, source.size)
            .header("Idempotency-Key", idempotency_key)
            .body(Body::wrap_stream(pieces))
            .send()
            .await;
        progress.finish();
        let answer = succeeded(answer.map_err(|error| self.unreachable(error))?).await?;
        let repeated = answer.headers().contains_key("Idempotent-Replayed");
        let answer: Value = answer.json().await.context("the server answered with something else")?;
        let id = answer["import"]["id"].as_str();
        let id = id.context("the server answered with something else")?.to_owned();
        Ok(Accepted { id, repeated })
    }

    /// An import.
    pub(super) async fn import(&self, id: &str) -> Result<Import> {
        let answer = self.request(Method::GET, &format!("imports/{id}"))?.send().await;
        let answer = succeeded(answer.map_err(|error| self.unreachable(error))?).await?;
        Import::read(answer.json().await.context("the server answered with something else")?)
    }

    /// Goes on with an import that needs a decision.
    pub(super) async fn decide(&self, id: &str, skip: &[String], accept: &[String]) -> Result<Import> {
        let answer = self
            .request(Method::POST, &format!("imports/{id}/decide"))?
            .json(&json!({"skipColumns": skip, "acceptColumns": accept}))
            .send()
            .await;
        let answer = succeeded(answer.map_err(|error| self.unreachable(error))?).await?;
        Import::read(answer.json().await.context("the server answered with something else")?)
    }

    /// Rejected rows in their order, a line of JSON each.
    pub(super) async fn rejected(&self, id: &str) -> Result<Response> {
        let answer = self
            .request(Method::GET, &format!("imports/{id}/rows?outcome=rejected"))?
            .header(ACCEPT, "application/x-ndjson")
            .send()
            .await;
        succeeded(answer.map_err(|error| self.unreachable(error))?).await
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder> {
        let url = self.base.join(&format!("api/v1/{path}")).context("--url is wrong")?;
        Ok(self.http.request(method, url).bearer_auth(self.key.expose_secret()))
    }

    fn unreachable(&self, error: reqwest::Error) -> anyhow::Error {
        // The error would name the address with its parameters.
        anyhow!(error.without_url()).context(Unreachable(self.base.clone()))
    }
}

/// The server gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("no answer from {0}")]
pub(super) struct Unreachable(Url);

/// The server is busy or stopping.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Busy(String);

/// The answer of a request that succeeded; else what the server said is wrong.
async fn succeeded(answer: Response) -> Result<Response> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let body: Value = answer.json().await.unwrap_or_default();
    let reason = ["detail", "message", "title"]
        .iter()
        .find_map(|name| body[*name].as_str());
    let text = match reason {
        Some(reason) => format!("the server refused it: {reason} ({})", status.as_u16()),
        None => format!("the server answered {status}"),
    };
    if status.is_server_error() || status.as_u16() == 429 {
        return Err(Busy(text).into());
    }
    bail!(text)
}
