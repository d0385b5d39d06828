//! Clients with keep-alive connections that send the next contact as soon as the last is answered.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use bytes::Bytes;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// The number of contacts with hot keys.
const HOT: u64 = 50;

/// The contacts to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Each contact once.
    Unique,
    /// Fifty contacts repeatedly, by all clients concurrently, each time with another first name.
    Hot,
    /// The same fifty contacts without changes, as sign-ins send them.
    Repeated,
}

impl Keys {
    /// The name in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unique => "unique keys",
            Self::Hot => "hot keys",
            Self::Repeated => "unchanged repeats",
        }
    }
}

/// The load to send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load<'a> {
    /// The servers, each with an equal share of the clients.
    pub(crate) addresses: &'a [SocketAddr],
    /// The API key.
    pub(crate) key: &'a str,
    /// The number of connections.
    pub(crate) clients: usize,
    /// The contacts.
    pub(crate) keys: Keys,
    /// The duration.
    pub(crate) seconds: u64,
}

/// The result of a measurement.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Answered requests.
    pub(crate) total: u64,
    /// Microseconds from sending to the end of the answer.
    pub(crate) latency: Histogram<u64>,
    /// The first number that was not used for a unique contact.
    pub(crate) next: u64,
}

/// The expected number of contacts after the unique contacts below `next` and all hot contacts were sent.
pub(crate) fn contacts(next: u64) -> u64 {
    next + HOT
}

/// Sends for the given time. Any status but 200 fails the measurement.
pub(crate) async fn run(load: &Load<'_>, first: u64) -> Result<Measured> {
    let next = Arc::new(AtomicU64::new(first));
    let end = Instant::now() + Duration::from_secs(load.seconds);
    let clients = load.addresses.iter().cycle().take(load.clients).map(|address| {
        let next = Arc::clone(&next);
        let (address, key, keys) = (*address, load.key.to_owned(), load.keys);
        tokio::spawn(async move { client(address, &key, keys, &next, end).await })
    });
    let mut latency = Histogram::new(3)?;
    for client in futures::future::join_all(clients).await {
        latency.add(client??)?;
    }
    let unique = if load.keys == Keys::Unique {
        next.load(Ordering::Relaxed)
    } else {
        first
    };
    Ok(Measured {
        total: latency.len(),
        latency,
        next: unique,
    })
}

async fn client(address: SocketAddr, key: &str, keys: Keys, next: &AtomicU64, end: Instant) -> Result<Histogram<u64>> {
    let mut connection = Connection::open(address, key).await?;
    let mut latency = Histogram::new(3)?;
    // Sends every hot contact at least once, so that the number of contacts is certain.
    let mut sent = 0;
    while Instant::now() < end || (keys != Keys::Unique && sent < HOT) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let body = match keys {
            Keys::Unique => contact("u", number, "Ann"),
            Keys::Hot => contact("h", number % HOT, &format!("Ann{number}")),
            Keys::Repeated => contact("h", number % HOT, "Ann"),
        };
        let started = Instant::now();
        let (status, answer, _) = connection.send(Method::POST, "/api/v1/contact", body).await?;
        ensure!(status == 200, "status {status}: {}", String::from_utf8_lossy(&answer));
        latency.record(u64::try_from(started.elapsed().as_micros())?)?;
        sent += 1;
    }
    Ok(latency)
}

/// A contact with three identifiers: external ID, email, phone.
pub(crate) fn contact(kind: &str, number: u64, first_name: &str) -> String {
    // Each kind has its own range of phone numbers.
    let phone = match kind {
        "u" => 500_000_000,
        "h" => 990_000_000,
        "w" => 991_000_000,
        "c" => 992_000_000,
        _ => 993_000_000,
    } + number;
    format!(
        r#"{{"externalCustomerId":"{kind}{number}","firstName":"{first_name}","channels":[{{"type":"email","value":"{kind}{number}@example.com"}},{{"type":"sms","value":"+380{phone}"}}]}}"#
    )
}

/// Sends one contact per number, shared among clients. Any status but 200 is an error.
pub(crate) async fn send_all(
    address: SocketAddr,
    key: &str,
    clients: u64,
    count: u64,
    body: impl Fn(u64) -> String + Copy,
) -> Result<()> {
    let clients = (0..clients).map(|client| async move {
        let mut connection = Connection::open(address, key).await?;
        for number in (client..count).step_by(usize::try_from(clients)?) {
            let (status, answer, _) = connection.send(Method::POST, "/api/v1/contact", body(number)).await?;
            ensure!(status == 200, "status {status}: {}", String::from_utf8_lossy(&answer));
        }
        Ok(())
    });
    futures::future::try_join_all(clients).await.map(drop)
}

/// The number of contacts on the server.
pub(crate) async fn total(address: SocketAddr, key: &str) -> Result<u64> {
    let mut connection = Connection::open(address, key).await?;
    let (status, _, total) = connection
        .send(Method::GET, "/api/v1/contacts?maxrows=1", String::new())
        .await?;
    ensure!(status == 200, "counting contacts: status {status}");
    total.context("counting contacts: no TotalCount")
}

pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    authorization: String,
    host: String,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr, key: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let credentials = base64::engine::general_purpose::STANDARD.encode(format!(":{key}"));
        Ok(Self {
            sender,
            authorization: format!("Basic {credentials}"),
            host: address.to_string(),
        })
    }

    pub(crate) async fn send(&mut self, method: Method, path: &str, body: String) -> Result<(u16, Bytes, Option<u64>)> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("authorization", &self.authorization)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))?;
        self.sender.ready().await?;
        let response: Response<Incoming> = self.sender.send_request(request).await?;
        let status = response.status().as_u16();
        let total = response
            .headers()
            .get("TotalCount")
            .and_then(|value| value.to_str().ok()?.parse().ok());
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, body, total))
    }
}
