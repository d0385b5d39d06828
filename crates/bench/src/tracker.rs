//! The tracker of web pages: hits per second, each a page view of one of many visitors.

use crate::driver::Connection;
use crate::report::Row;
use crate::server::Running;
use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use hyper::Method;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The number of visitors.
const VISITORS: u64 = 10_000;

/// Measures on a separate server, and counts the stored events at the end.
pub(crate) async fn measure(
    name: &str,
    binary: &Path,
    url: &str,
    key: &str,
    clients: &[usize],
    seconds: u64,
) -> Result<Vec<Row>> {
    let server = Running::start(binary, url, key)?;
    let site = Arc::new(site(binary, url)?);
    let next = Arc::new(AtomicU64::new(0));
    let mut rows = Vec::new();
    let mut expected = 0;
    for count in clients {
        let end = Instant::now() + Duration::from_secs(seconds);
        let pages =
            (0..*count).map(|_| tokio::spawn(page(server.address(), Arc::clone(&site), Arc::clone(&next), end)));
        let mut latency = Histogram::new(3)?;
        for page in futures::future::join_all(pages).await {
            latency.add(page??)?;
        }
        expected += latency.len();
        rows.push(Row::load(
            name,
            "tracker hits",
            *count,
            latency.len(),
            seconds,
            &latency,
        ));
    }
    let stored = stored(server.address(), key).await?;
    ensure!(
        stored == expected,
        "{name}: {stored} events where {expected} were sent: lost or duplicated"
    );
    println!("{name}: {stored} page views, none lost, none twice");
    server.stop()?;
    Ok(rows)
}

/// Creates a site and returns its public key.
fn site(binary: &Path, url: &str) -> Result<String> {
    let made = Command::new(binary)
        .args(["site", "create", "--name", "bench", "--json", "--database-url", url])
        .output()?;
    ensure!(
        made.status.success(),
        "site create: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    let made: Value = serde_json::from_slice(&made.stdout)?;
    Ok(made["key"].as_str().context("the site has no key")?.to_owned())
}

async fn page(address: SocketAddr, site: Arc<String>, next: Arc<AtomicU64>, end: Instant) -> Result<Histogram<u64>> {
    // The body contains the key of the site; the key of the connection is not used.
    let mut connection = Connection::open(address, "").await?;
    let mut latency = Histogram::new(3)?;
    while Instant::now() < end {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let visitor = number % VISITORS;
        let body = format!(
            r#"{{"site":"{site}","sc":"v{visitor}","events":[{{"id":"{number}","name":"PageView","payload":{{"url":"https://shop.example/{number}","title":"Shop"}}}}]}}"#
        );
        let started = Instant::now();
        let (status, answer, _) = connection.send(Method::POST, "/t/events", body).await?;
        let text = String::from_utf8_lossy(&answer);
        ensure!(
            status == 200 && text.contains(r#""stored":1"#),
            "status {status}: {text}"
        );
        latency.record(u64::try_from(started.elapsed().as_micros())?)?;
    }
    Ok(latency)
}

async fn stored(address: SocketAddr, key: &str) -> Result<u64> {
    let mut connection = Connection::open(address, key).await?;
    let (_, answer, _) = connection
        .send(Method::GET, "/api/v1/event-types", String::new())
        .await?;
    let types: Value = serde_json::from_slice(&answer)?;
    let items = types["items"].as_array().context("no types of events")?;
    let views = items.iter().find(|known| known["key"] == "PageView");
    views
        .and_then(|known| known["count"].as_u64())
        .context("page views are not counted")
}
