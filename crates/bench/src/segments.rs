//! Dynamic segments: members and counts beside the database's own query, previews, writes with a hundred segments, building a segment, the change feed.

use crate::driver::{self, Connection, Keys, Load};
use crate::history::{millis_of, psql};
use crate::import::{import, people, rate};
use crate::server::Running;
use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use hyper::Method;
use rusqlite::OpenFlags;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often each read is repeated; the median or a percentile is reported.
const REPEATS: usize = 21;
/// How many segments there are while contacts are written.
const SEGMENTS: u32 = 100;
/// How many clients write contacts.
const CLIENTS: usize = 8;
/// How often the end of recording is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Changes of a page of the feed.
const PAGE: usize = 1_000;

/// What the first page and the count read, as one would write it by hand. The state and the kind differ between the databases.
const PAGE_SQL: &str = "SELECT c.contact_id FROM contacts c WHERE c.workspace_id = 1 AND c.state = ACTIVE AND NOT EXISTS \
    (SELECT 1 FROM identifiers i WHERE i.workspace_id = 1 AND i.owner_id = c.contact_id AND i.kind = 1 AND i.hidden_by IS NULL) \
    ORDER BY c.contact_id LIMIT 51";
const COUNT_SQL: &str = "SELECT count(*) FROM contacts c WHERE c.workspace_id = 1 AND c.state = ACTIVE AND NOT EXISTS \
    (SELECT 1 FROM identifiers i WHERE i.workspace_id = 1 AND i.owner_id = c.contact_id AND i.kind = 1 AND i.hidden_by IS NULL)";

/// Measures on one database.
pub(crate) async fn measure(
    name: &str,
    binary: &Path,
    url: &str,
    key: &str,
    (contacts, seconds): (u64, u64),
) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let server = Running::start(binary, url, key)?;
    let file = people(binary, directory.path(), "csv", contacts, 1).await?;
    import(binary, &server, key, &file, contacts).await?;
    let mut client = Connection::open(server.address(), key).await?;
    if !url.starts_with("sqlite") {
        psql(url, "VACUUM ANALYZE;", &[]).await?;
    }
    println!("\n{name}, segments of {contacts} contacts of demo data:");
    let (alone, next) = writes(&server, key, seconds, 0).await?;
    let first = reads(&mut client, url).await?;
    previews(&mut client).await?;
    recorded(&mut client, first).await?;
    let built = build(&mut client, contacts / 2).await?;
    println!(
        "building a segment of {}: recorded at {:.0} contacts per second",
        contacts / 2,
        rate(contacts / 2, built)
    );
    feed(&mut client).await?;
    for segment in 1..SEGMENTS {
        let formula = json!({"all": [
            {"field": "contactId", "op": "greater", "value": segment}, {"field": "externalCustomerId", "op": "is_empty"},
            {"field": "firstName", "op": "starts_with", "value": format!("x{segment}")}
        ]});
        make(&mut client, &format!("segment {segment}"), &formula).await?;
    }
    recorded(&mut client, first).await?;
    let (with, _) = writes(&server, key, seconds, next).await?;
    println!(
        "POST contact, {CLIENTS} clients: {alone:.0} per second without segments, {with:.0} with {SEGMENTS}; ratio {:.2}",
        with / alone
    );
    server.stop()?;
    Running::doctor(binary, url)
}

/// “External ID is empty”: the first page, the count. Returns the segment.
async fn reads(client: &mut Connection, url: &str) -> Result<i64> {
    let formula = json!({"field": "externalCustomerId", "op": "is_empty"});
    let segment = make(client, "Without external ID", &formula).await?;
    let members = format!("/api/v1/segments/{segment}/members?limit=50");
    let count = format!("/api/v1/segments/{segment}");
    for (what, path, sql) in [("first page", members, PAGE_SQL), ("count", count, COUNT_SQL)] {
        let times = timed(client, REPEATS, Method::GET, &path, |_| String::new()).await?;
        let plain = plain_millis(url, sql).await?;
        let ours = millis(&times, 0.50);
        println!(
            "“External ID is empty”, {what}: {ours:.2} ms, the same SQL {plain:.2} ms; ratio {:.2}",
            ours / plain
        );
    }
    Ok(segment)
}

/// A preview of five conditions.
async fn previews(client: &mut Connection) -> Result<()> {
    let body = |round: usize| {
        let formula = json!({"all": [
            {"field": "externalCustomerId", "op": "is_not_empty"},
            {"field": "email", "op": "ends_with", "value": ".com"},
            {"not": {"field": "firstName", "op": "starts_with", "value": format!("A{round}")}},
            {"field": "createdAt", "op": "in_last_days", "value": 30},
            {"any": [{"field": "phone", "op": "is_not_empty"}, {"event": "Login"}]},
        ]});
        json!({"formula": formula}).to_string()
    };
    let times = timed(client, REPEATS, Method::POST, "/api/v1/segments/preview", body).await?;
    println!(
        "preview of five conditions: p50 {:.1} ms, p95 {:.1} ms",
        millis(&times, 0.50),
        millis(&times, 0.95)
    );
    Ok(())
}

/// Contacts per second that clients write, each a new one, and the first number that was not used.
async fn writes(server: &Running, key: &str, seconds: u64, first: u64) -> Result<(f64, u64)> {
    let load = Load {
        addresses: &[server.address()],
        key,
        clients: CLIENTS,
        keys: Keys::Unique,
        seconds,
    };
    let measured = driver::run(&load, first).await?;
    let seconds = Duration::from_secs(seconds).as_secs_f64();
    Ok((rate(measured.total, seconds), measured.next))
}

/// Seconds until a new segment of the first contacts is recorded.
async fn build(client: &mut Connection, size: u64) -> Result<f64> {
    let formula = json!({"field": "contactId", "op": "between", "value": [1, size]});
    let started = Instant::now();
    let segment = make(client, "Half", &formula).await?;
    recorded(client, segment).await?;
    Ok(started.elapsed().as_secs_f64())
}

/// Waits until entries and exits are recorded up to the present commit.
async fn recorded(client: &mut Connection, segment: i64) -> Result<()> {
    let latest = number(client, "/api/v1/changes", "next").await?;
    let path = format!("/api/v1/segments/{segment}/members?limit=1&asOf={latest}");
    loop {
        let (status, answer, _) = client.send(Method::GET, &path, String::new()).await?;
        if status == 200 {
            return Ok(());
        }
        ensure!(status == 503, "status {status}: {}", String::from_utf8_lossy(&answer));
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Reads the whole change feed.
async fn feed(client: &mut Connection) -> Result<()> {
    let (mut after, mut read) = (0, 0);
    let started = Instant::now();
    loop {
        let path = format!("/api/v1/changes?after={after}&limit={PAGE}");
        let page = json_of(client, Method::GET, &path, String::new()).await?;
        read += page["items"].as_array().map_or(0, Vec::len) as u64;
        let next = page["next"].as_i64().context("no next")?;
        if next == after {
            break;
        }
        after = next;
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("change feed: {read} changes, {:.0} per second", rate(read, seconds));
    Ok(())
}

async fn make(client: &mut Connection, name: &str, formula: &Value) -> Result<i64> {
    let body = json!({"name": name, "formula": formula}).to_string();
    let made = json_of(client, Method::POST, "/api/v1/segments", body).await?;
    made["segment"]["id"].as_i64().context("no number")
}

async fn number(client: &mut Connection, path: &str, member: &str) -> Result<i64> {
    let answer = json_of(client, Method::GET, path, String::new()).await?;
    answer[member].as_i64().with_context(|| format!("no {member}"))
}

async fn json_of(client: &mut Connection, method: Method, path: &str, body: String) -> Result<Value> {
    let (status, answer, _) = client.send(method, path, body).await?;
    ensure!(
        (200..300).contains(&status),
        "{path}: status {status}: {}",
        String::from_utf8_lossy(&answer)
    );
    Ok(serde_json::from_slice(&answer)?)
}

/// The times of a request, in microseconds.
async fn timed(
    client: &mut Connection,
    times: usize,
    method: Method,
    path: &str,
    body: impl Fn(usize) -> String,
) -> Result<Histogram<u64>> {
    let mut latency = Histogram::new(3)?;
    for round in 0..times {
        let started = Instant::now();
        let (status, answer, _) = client.send(method.clone(), path, body(round)).await?;
        latency.record(u64::try_from(started.elapsed().as_micros())?)?;
        ensure!(status == 200, "status {status}: {}", String::from_utf8_lossy(&answer));
    }
    Ok(latency)
}

fn millis(latency: &Histogram<u64>, quantile: f64) -> f64 {
    f64::from(u32::try_from(latency.value_at_quantile(quantile)).unwrap_or(u32::MAX)) / 1000.0
}

/// The median time of a query in the database itself, in milliseconds.
async fn plain_millis(url: &str, sql: &str) -> Result<f64> {
    let mut times = Vec::new();
    if let Some(path) = url.strip_prefix("sqlite://") {
        let connection = rusqlite::Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let sql = sql.replace("ACTIVE", "'active'");
        for _ in 0..REPEATS {
            let started = Instant::now();
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            times.push(started.elapsed().as_secs_f64() * 1000.0);
        }
    } else {
        let sql = sql.replace("ACTIVE", "1");
        for _ in 0..REPEATS {
            // The first run plans and warms up the connection.
            let script = format!("{sql};\n\\timing on\n{sql};\n");
            times.push(millis_of(&psql(url, &script, &[]).await?)?);
        }
    }
    times.sort_by(f64::total_cmp);
    times.get(REPEATS / 2).copied().context("no time was measured")
}
