//! Sending the messages of webhooks over HTTP.

use super::links::{check, client, failure};
use anyhow::{Context, Result};
use async_trait::async_trait;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use selfsame_application::ports::{LinkError, SignedMessage, WebhookSender};
use selfsame_application::{ExportOutlets, WebhookOutlets};
use selfsame_domain::webhooks::EndpointAnswer;
use selfsame_http::ChangeMessages;
use std::sync::Arc;
use std::time::Duration;

/// How long an attempt may take, from the connection to the end of the answer.
const ATTEMPT: Duration = Duration::from_secs(10);

/// How much of an answer is read, in bytes.
const MAX_ANSWER: usize = 2_048;

/// The outlets of webhooks: the key and the address guard are those of exports.
pub(crate) fn webhook_outlets(exports: &ExportOutlets) -> Result<WebhookOutlets> {
    Ok(WebhookOutlets {
        sender: Arc::new(HttpSender::new(exports.egress.allow_private)?),
        bodies: Arc::new(ChangeMessages),
        vault: exports.vault.clone(),
        egress: exports.egress.clone(),
    })
}

/// Sends messages over HTTP.
#[derive(Debug)]
struct HttpSender {
    http: Client,
    allows_private: bool,
}

impl HttpSender {
    fn new(allows_private: bool) -> Result<Self> {
        let builder = client(allows_private)
            .timeout(ATTEMPT)
            .redirect(Policy::none())
            .user_agent(concat!("selfsame/", env!("CARGO_PKG_VERSION")));
        let http = builder.build().context("cannot make an HTTP client")?;
        Ok(Self { http, allows_private })
    }

    async fn post(&self, message: &SignedMessage) -> Result<EndpointAnswer, LinkError> {
        let url = Url::parse(message.url.as_str()).map_err(|_| LinkError::NotALink)?;
        check(&url, self.allows_private)?;
        let request = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", message.seconds)
            .header("webhook-signature", &message.signature)
            .body(message.body.clone());
        let answer = request.send().await.map_err(failure)?;
        let status = answer.status().as_u16();
        // The status counts, also where the connection breaks in the body.
        Ok(EndpointAnswer::new(status, &beginning(answer).await))
    }
}

#[async_trait]
impl WebhookSender for HttpSender {
    async fn send(&self, message: &SignedMessage) -> EndpointAnswer {
        match self.post(message).await {
            Ok(answer) => answer,
            Err(LinkError::NotPublic) => {
                EndpointAnswer::none("is in a private network, which SELFSAME_ALLOW_PRIVATE_NETWORKS=true allows")
            }
            Err(error) => {
                tracing::debug!(error = &error as &dyn std::error::Error, "an endpoint did not answer");
                EndpointAnswer::none("the endpoint cannot be reached, or did not answer in time")
            }
        }
    }
}

/// The beginning of the body of an answer. Ends where the connection breaks.
async fn beginning(mut answer: Response) -> Vec<u8> {
    let mut read = Vec::new();
    while read.len() < MAX_ANSWER {
        match answer.chunk().await {
            Ok(Some(bytes)) => read.extend_from_slice(&bytes[..bytes.len().min(MAX_ANSWER - read.len())]),
            Ok(None) | Err(_) => break,
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;
    use selfsame_domain::webhooks::WebhookUrl;

    #[tokio::test]
    async fn a_message_goes_to_no_private_address() {
        let sender = HttpSender::new(false).unwrap();
        for url in [
            "http://127.0.0.1:9/",
            "http://localhost:9/",
            "http://[::ffff:10.0.0.1]/",
        ] {
            let message = SignedMessage {
                url: WebhookUrl::parse(url).unwrap(),
                id: "msg_1".to_owned(),
                seconds: 1,
                signature: "v1,".to_owned(),
                body: "{}".to_owned(),
            };
            let answer = sender.send(&message).await;
            assert_eq!(answer.status, None);
            assert!(
                answer.detail.starts_with("is in a private network"),
                "{url}: {}",
                answer.detail
            );
        }
    }
}
