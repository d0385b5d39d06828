//! The HTTP client of the provider's requests.

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::redirect::Policy;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a request may take, to the end of its answer.
const ANSWER: Duration = Duration::from_secs(10);

/// The largest answer that is read, in bytes. Descriptions of providers and their keys have some kilobytes.
const MAX_ANSWER: usize = 1 << 20;

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// The provider cannot be reached, or did not answer in time.
    #[error("the provider did not answer")]
    Request(#[source] reqwest::Error),
    /// The answer is larger than any that is expected.
    #[error("the answer of the provider is too large")]
    TooLarge,
    /// The answer is not HTTP.
    #[error("the answer of the provider cannot be read")]
    Malformed(#[from] http::Error),
}

/// Sends requests to the provider. It follows no redirects, because they could lead to servers inside the network.
#[derive(Debug, Clone)]
pub(crate) struct Http(reqwest::Client);

impl Http {
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        // Another part of the process may have installed it already; it is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .redirect(Policy::none())
            .user_agent(concat!("selfsame/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self(client))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let sent = self
            .0
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .body(body)
            .send()
            .await;
        // The address has no secrets, but it is the operator's matter: causes are logged without it.
        let mut answer = sent.map_err(|error| HttpError::Request(error.without_url()))?;
        let mut response = http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            response = response.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(bytes) = answer.chunk().await.map_err(HttpError::Request)? {
            if body.len() + bytes.len() > MAX_ANSWER {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&bytes);
        }
        Ok(response.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
