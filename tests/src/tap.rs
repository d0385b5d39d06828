//! A proxy between a page and Selfsame that reports each request to the test as soon as it is answered.

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::collections::HashSet;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// A request of the script, and its answer.
#[derive(Debug, Clone)]
pub struct CollectedRequest {
    /// The body of the request.
    pub body: Value,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub answer: Value,
}

/// A running tap. It ends when it is dropped.
#[derive(Debug)]
pub struct Tap {
    base: String,
    collected: UnboundedReceiver<CollectedRequest>,
    server: JoinHandle<std::io::Result<()>>,
    /// The IDs of events that were seen.
    known: HashSet<String>,
}

#[derive(Debug, Clone)]
struct Line {
    http: reqwest::Client,
    to: String,
    collected: UnboundedSender<CollectedRequest>,
}

impl Tap {
    /// Starts a proxy of the server at `to`, such as `http://127.0.0.1:8080`.
    pub async fn open(to: &str) -> Result<Self> {
        let (sender, collected) = unbounded_channel();
        let line = Line {
            http: crate::client::http(),
            to: to.to_owned(),
            collected: sender,
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let router = Router::new().fallback(hand_on).with_state(line);
        Ok(Self {
            base,
            collected,
            server: tokio::spawn(async move { axum::serve(listener, router).await }),
            known: HashSet::new(),
        })
    }

    /// Its base URL for pages.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Waits until a further event of this name is answered.
    pub async fn event(&mut self, name: &str) -> Result<CollectedRequest> {
        loop {
            let collected = self.collected.recv().await.context("the tap is gone")?;
            let events = collected.body["events"].as_array().into_iter().flatten();
            let new: Vec<&Value> = events
                .filter(|event| self.known.insert(event["id"].to_string()))
                .collect();
            if new.iter().any(|event| event["name"] == name) {
                return Ok(collected);
            }
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn hand_on(State(line): State<Line>, request: Request) -> Response {
    match line.carry(request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

impl Line {
    async fn carry(&self, request: Request) -> Result<Response> {
        let (mut parts, body) = request.into_parts();
        let sent = to_bytes(body, usize::MAX).await?;
        for own in [HOST, CONTENT_LENGTH] {
            parts.headers.remove(own);
        }
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let answer = self
            .http
            .request(parts.method, format!("{}{path}", self.to))
            .headers(parts.headers)
            .body(sent.clone())
            .send()
            .await?;
        let (status, headers, body) = (answer.status(), answer.headers().clone(), answer.bytes().await?);
        if let Ok(collected) = read(&sent, status, &body) {
            // Fails when the test has dropped the receiver.
            let _ = self.collected.send(collected);
        }
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        // The transfer encoding belongs to each connection.
        response.headers_mut().remove(TRANSFER_ENCODING);
        Ok(response)
    }
}

fn read(sent: &Bytes, status: StatusCode, answer: &Bytes) -> Result<CollectedRequest> {
    Ok(CollectedRequest {
        body: serde_json::from_slice(sent)?,
        status: status.as_u16(),
        answer: serde_json::from_slice(answer)?,
    })
}
