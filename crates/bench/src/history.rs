//! History: events per second, and the times to adopt and to read a history.

use crate::driver::Connection;
use crate::pgbench::program;
use crate::server::Running;
use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use hyper::Method;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// Lengths of histories, in events of one cookie.
const HISTORIES: [u64; 3] = [10, 10_000, 1_000_000];

/// How many cookies of each length are adopted, in turns; the median is reported.
const COOKIES: u64 = 11;

/// How often the first page of the longest timeline is read.
const READS: usize = 500;

/// Copies the only event of a cookie this many times.
const FILL: &str = "
INSERT INTO events
    (workspace_id, occurred_at, event_id, decision_id, visitor_id, revision, received_at, origin, type_key, params)
SELECT e.workspace_id, e.occurred_at - n * interval '1 second', gen_random_uuid(), e.decision_id, e.visitor_id,
       e.revision, e.received_at, e.origin, e.type_key, e.params
FROM events e JOIN visitors v ON v.workspace_id = e.workspace_id AND v.visitor_id = e.visitor_id,
     generate_series(1, :n) AS n
WHERE v.kind = 8 AND v.value = :'cookie';";

/// Loads a hundred thousand events from a file into a table with the same indexes.
const COPY: &str = "
CREATE TABLE plain_events (LIKE events INCLUDING INDEXES);
\\copy (SELECT 1, now() - n * interval '1 second', gen_random_uuid(), gen_random_uuid(), 1, null::uuid, 1, now(), 1, 'copied', null, '{\"product\":\"4711\"}' FROM generate_series(1, 100000) AS n) TO 'rows'
\\timing on
\\copy plain_events FROM 'rows'
";

/// Measures on a separate server.
pub(crate) async fn measure(binary: &Path, url: &str, key: &str, seconds: u64) -> Result<()> {
    let server = Running::start(binary, url, key)?;
    let mut client = Connection::open(server.address(), key).await?;
    println!("\n| events a request | events per second | / COPY |\n|---:|---:|---:|");
    let copied = copy(url).await?;
    for size in [1, 100, 500] {
        let rate = events(&mut client, size, seconds).await?;
        println!("| {size} | {rate:.0} | {:.2} |", rate / copied);
    }
    println!("| COPY | {copied:.0} | 1.00 |");
    println!("\n| events behind the cookie | adoption p50 ms | / the first |\n|---:|---:|---:|");
    let adopted = adopt(&mut client, url).await?;
    for (events, took) in HISTORIES.into_iter().zip(&adopted) {
        println!("| {events} | {took:.2} | {:.2} |", took / adopted[0]);
    }
    let pages = read(&mut client).await?;
    let millis = |quantile| f64::from(u32::try_from(pages.value_at_quantile(quantile)).unwrap_or(u32::MAX)) / 1000.0;
    println!(
        "\nfirst page of a timeline of 1,000,000 events: p50 {:.2} ms, p95 {:.2} ms",
        millis(0.50),
        millis(0.95)
    );
    server.stop()
}

/// Rows per second that COPY loads, with the same indexes.
async fn copy(url: &str) -> Result<f64> {
    let millis = millis_of(&psql(url, COPY, &[]).await?)?;
    Ok(100_000.0 / (millis / 1000.0))
}

/// How long the last statement took, as psql says with `\\timing on`.
pub(crate) fn millis_of(output: &str) -> Result<f64> {
    let line = output.lines().rev().find(|line| line.starts_with("Time: "));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .context("psql does not say how long the statement took")
}

async fn events(client: &mut Connection, size: u32, seconds: u64) -> Result<f64> {
    let (started, end) = (Instant::now(), Duration::from_secs(seconds));
    let mut sent = 0;
    while started.elapsed() < end {
        let (path, body) = if size == 1 {
            ("/api/v3/event", event(sent))
        } else {
            let all: Vec<String> = (0..size).map(|number| event(sent + number)).collect();
            ("/api/v3/past_events", format!(r#"{{"events":[{}]}}"#, all.join(",")))
        };
        let (status, answer, _) = client.send(Method::POST, path, body).await?;
        ensure!(status == 200, "status {status}: {}", String::from_utf8_lossy(&answer));
        sent += size;
    }
    Ok(f64::from(sent) / started.elapsed().as_secs_f64())
}

/// An event of one of a thousand visitors, an hour ago.
#[allow(clippy::disallowed_methods, reason = "a benchmark runs in real time")]
fn event(number: u32) -> String {
    let cookie = number % 1000;
    let at = (chrono::Utc::now() - chrono::TimeDelta::hours(1)).to_rfc3339();
    format!(
        r#"{{"eventTypeKey":"viewed","keyValue":"k","occurred":"{at}","cookies":{{"sc":"e{cookie}"}},"params":{{"product":"4711"}}}}"#
    )
}

/// The median time for every length, in milliseconds.
async fn adopt(client: &mut Connection, url: &str) -> Result<Vec<f64>> {
    for events in HISTORIES {
        for number in 0..COOKIES {
            let cookie = format!("h{events}-{number}");
            let viewed = format!(r#"{{"eventTypeKey":"PageView","keyValue":"k","cookies":{{"sc":"{cookie}"}}}}"#);
            let (status, ..) = client.send(Method::POST, "/api/v3/event", viewed).await?;
            ensure!(status == 200, "status {status}");
            psql(url, FILL, &[("n", &(events - 1).to_string()), ("cookie", &cookie)]).await?;
        }
    }
    // Finishes the database's own work after so many rows, so that it is not measured.
    psql(url, "VACUUM ANALYZE events; CHECKPOINT;", &[]).await?;
    let mut latencies = vec![Histogram::<u64>::new(3)?; HISTORIES.len()];
    for number in 0..COOKIES {
        for (events, latency) in HISTORIES.into_iter().zip(&mut latencies) {
            let name = format!("h{events}-{number}");
            let body = format!(r#"{{"externalCustomerId":"{name}","cookies":{{"sc":"{name}"}}}}"#);
            let started = Instant::now();
            let (status, answer, _) = client.send(Method::POST, "/api/v1/contact", body).await?;
            latency.record(u64::try_from(started.elapsed().as_micros())?)?;
            ensure!(status == 200, "status {status}: {}", String::from_utf8_lossy(&answer));
        }
    }
    let median = |latency: &Histogram<u64>| u32::try_from(latency.value_at_quantile(0.50));
    let medians: Result<Vec<u32>, _> = latencies.iter().map(median).collect();
    Ok(medians?.into_iter().map(|micros| f64::from(micros) / 1000.0).collect())
}

/// The times to read the first page of the longest history, in microseconds.
async fn read(client: &mut Connection) -> Result<Histogram<u64>> {
    let find = "/api/v1/contacts?externalCustomerId=h1000000-0".to_owned();
    let (_, answer, _) = client.send(Method::GET, &find, String::new()).await?;
    let text = String::from_utf8_lossy(&answer);
    let id = text
        .split("\"id\":")
        .nth(1)
        .and_then(|rest| rest.split([',', '}']).next());
    let path = format!("/api/v1/contact/{}/timeline", id.context("the contact is not there")?);
    let mut latency = Histogram::new(3)?;
    for _ in 0..READS {
        let started = Instant::now();
        let (status, page, _) = client.send(Method::GET, &path, String::new()).await?;
        latency.record(u64::try_from(started.elapsed().as_micros())?)?;
        ensure!(
            status == 200 && page.len() > 1000,
            "status {status}: {} bytes",
            page.len()
        );
    }
    Ok(latency)
}

/// Runs a script.
pub(crate) async fn psql(url: &str, script: &str, variables: &[(&str, &str)]) -> Result<String> {
    let directory = tempfile::tempdir()?;
    std::fs::write(directory.path().join("script.sql"), script)?;
    let mut command = Command::new(program("psql"));
    command.args(["-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "script.sql"]);
    for (name, value) in variables {
        command.args(["-v", &format!("{name}={value}")]);
    }
    let output = command.current_dir(directory.path()).output().await?;
    ensure!(
        output.status.success(),
        "psql: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
