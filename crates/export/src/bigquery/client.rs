//! Requests to the REST API.

use super::error::{ApiError, denied};
use google_cloud_auth::credentials::AccessTokenCredentials;
use google_cloud_auth::credentials::service_account::{AccessSpecifier, Builder};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use selfsame_application::ports::{Destination, SinkError};
use selfsame_application::{Egress, EgressError};
use selfsame_domain::export::{ConnectorSettings, base_url};
use serde_json::Value;
use std::time::Duration;
use tokio::time::sleep;
use url::Url;

/// Google's servers.
const GOOGLE: &str = "https://bigquery.googleapis.com";

/// What a token is for: loading rows, running scripts, and making datasets.
const SCOPE: &str = "https://www.googleapis.com/auth/bigquery";

/// How long connecting may take.
const CONNECT_TIME: Duration = Duration::from_secs(15);

/// How long a request may take, with its body.
const ANSWER_TIME: Duration = Duration::from_mins(3);

/// How long to wait before a request is sent again; twice as long every time.
const FIRST_DELAY: Duration = Duration::from_millis(500);

/// How often a request is sent before it has failed: the last delay is 16 seconds.
const MOST_TRIES: u32 = 7;

/// The largest answer that is read, in bytes. Those that are asked for have some kilobytes.
const MAX_ANSWER: usize = 16 << 20;

/// The REST API of one project, with the credentials of one connector.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    /// Without a slash at its end.
    base: String,
    tokens: Option<AccessTokenCredentials>,
    /// The address of the service account, to name it in grants.
    pub(super) account: Option<String>,
    pub(super) project: String,
    /// The dataset that the connector names.
    pub(super) dataset: String,
    /// Where a dataset is made, and where its jobs run; none while that is not known.
    pub(super) location: Option<String>,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// `Location`: where an upload goes on.
    pub(super) location: Option<String>,
    /// `Range`: what of an upload is there.
    pub(super) range: Option<String>,
    pub(super) body: Value,
}

/// Resolves the names of an endpoint, and refuses those that may not be connected to.
struct Guard(Egress);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let egress = self.0.clone();
        Box::pin(async move {
            // The client puts the port of the URL in.
            let found = egress.resolve(name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

impl Client {
    /// Checks the address of the endpoint, and reads the credentials. Sends nothing.
    pub(super) async fn connect(egress: &Egress, destination: &Destination) -> Result<Self, SinkError> {
        let ConnectorSettings::BigQuery {
            project,
            dataset,
            location,
            endpoint,
            ..
        } = &destination.settings
        else {
            return Err(SinkError::Refused("the connector is of another kind".to_owned()));
        };
        if endpoint.is_none() && destination.secret.is_none() {
            return Err(denied("the connector has no service account"));
        }
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIME)
            .timeout(ANSWER_TIME)
            .redirect(Policy::none());
        let builder = match endpoint {
            None => builder,
            Some(url) => {
                permit(egress, url).await?;
                builder.no_proxy().dns_resolver(Guard(egress.clone()))
            }
        };
        let http = builder.build().map_err(|_| {
            denied("TLS cannot be set up: the machine has no certificates of authorities (Debian: apt-get install ca-certificates)")
        })?;
        let key = destination.secret.as_ref().map(read_key).transpose()?;
        Ok(Self {
            http,
            base: endpoint.as_deref().unwrap_or(GOOGLE).trim_end_matches('/').to_owned(),
            account: key
                .as_ref()
                .and_then(|key| key["client_email"].as_str().map(str::to_owned)),
            tokens: key.map(tokens).transpose()?,
            project: project.clone(),
            dataset: dataset.clone(),
            location: location.clone(),
        })
    }

    /// Sends a request below the project until it is answered, for about half a minute at most. `path` begins with a slash.
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ApiError> {
        let url = format!("{}/bigquery/v2/projects/{}{path}", self.base, self.project);
        let request = || {
            let request = self.http.request(method.clone(), &url);
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        Ok(self.send(request).await?.body)
    }

    /// Begins the upload of a job's file; answers where it goes on.
    pub(super) async fn begin_upload(&self, job: &Value) -> Result<Url, ApiError> {
        let url = format!(
            "{}/upload/bigquery/v2/projects/{}/jobs?uploadType=resumable",
            self.base, self.project
        );
        let request = || {
            let request = self.http.post(&url).json(job);
            request.header("X-Upload-Content-Type", "application/octet-stream")
        };
        let answer = self.send(request).await?;
        let location = answer.location.and_then(|text| Url::parse(&text).ok());
        location
            .filter(|location| self.is_ours(location))
            .ok_or_else(|| ApiError::unreadable("an upload starts without the address at which it continues"))
    }

    /// Sends a part of an upload, once.
    pub(super) async fn put(&self, place: &Url, range: &str, part: Vec<u8>) -> Result<Answer, ApiError> {
        let request = self.http.put(place.clone()).header("Content-Range", range).body(part);
        self.once(request).await
    }

    /// Waits before something that failed is tried again; fails with the same when it was tried often enough.
    pub(super) async fn pause(&self, error: ApiError, tries: u32) -> Result<(), ApiError> {
        if !error.is_transient() || tries >= MOST_TRIES {
            return Err(error);
        }
        sleep(FIRST_DELAY * 2_u32.pow(tries.saturating_sub(1))).await;
        Ok(())
    }

    async fn send(&self, request: impl Fn() -> RequestBuilder) -> Result<Answer, ApiError> {
        let mut tries = 1;
        loop {
            match self.once(request()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => self.pause(error, tries).await?,
            }
            tries += 1;
        }
    }

    async fn once(&self, request: RequestBuilder) -> Result<Answer, ApiError> {
        let request = match &self.tokens {
            None => request,
            Some(tokens) => {
                let token = tokens.access_token().await;
                let token =
                    token.map_err(|_| ApiError::unauthorized("the key of the service account signs nothing"))?;
                request.bearer_auth(token.token)
            }
        };
        let mut response = request.send().await.map_err(|error| ApiError::unsent(&error))?;
        let header = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let (status, location, range) = (response.status(), header("location"), header("range"));
        let bytes = read(&mut response).await?;
        if !status.is_success() && status != StatusCode::PERMANENT_REDIRECT {
            return Err(ApiError::answered(status, &bytes));
        }
        let body = if bytes.is_empty() || !status.is_success() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).map_err(|_| ApiError::unreadable("an answer is no JSON"))?
        };
        Ok(Answer {
            status,
            location,
            range,
            body,
        })
    }

    /// Whether a place is on the server that was asked: others get no tokens and no rows.
    fn is_ours(&self, place: &Url) -> bool {
        let is_google = self.base == GOOGLE && place.scheme() == "https";
        let is_theirs = place.host_str().is_some_and(|host| host.ends_with(".googleapis.com"));
        let base = Url::parse(&self.base);
        (is_google && is_theirs) || base.is_ok_and(|base| base.origin() == place.origin())
    }
}

/// Checks an endpoint's address. Addresses that are spelled out are not resolved when it is connected to.
async fn permit(egress: &Egress, url: &str) -> Result<(), SinkError> {
    let (host, port) = base_url(url).ok_or_else(|| denied("the endpoint is no URL"))?;
    match egress.resolve(&host, port).await {
        Ok(_) => Ok(()),
        Err(EgressError::Unresolved) => Err(SinkError::Unreachable("the endpoint has no known address".to_owned())),
        Err(private @ EgressError::Private) => Err(denied(&format!("the endpoint {private}"))),
    }
}

fn read_key(secret: &SecretString) -> Result<Value, SinkError> {
    serde_json::from_str(secret.expose_secret()).map_err(|_| denied("the key of the service account is no JSON"))
}

/// Tokens are signed here, without asking anybody (<https://google.aip.dev/auth/4111>).
fn tokens(key: Value) -> Result<AccessTokenCredentials, SinkError> {
    let builder = Builder::new(key).with_access_specifier(AccessSpecifier::from_scopes([SCOPE]));
    let tokens = builder.build_access_token_credentials();
    tokens.map_err(|_| denied("the key of the service account lacks a member"))
}

async fn read(response: &mut Response) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| ApiError::unsent(&error))? {
        if bytes.len() + chunk.len() > MAX_ANSWER {
            return Err(ApiError::unreadable("an answer is too long"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
