//! Imports by the command line and by bulk calls, beside the database's own insert of the same rows; live requests meanwhile; searches afterwards.

use crate::driver::{self, Connection, Keys, Load};
use crate::history::{millis_of, psql};
use crate::server::Running;
use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use hyper::Method;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// What is typed at the search box.
const TYPED: [&str; 12] = [
    "ol",
    "olena%20sh",
    "%2B38050",
    "050123",
    "C-000001",
    "smith",
    "chenko",
    "example.com",
    "45-67",
    "00017",
    "lena%20kov",
    "nobody-has-this",
];
/// How often each of them is.
const SEARCHES: usize = 50;
/// How many contacts a bulk call has.
const CALL: usize = 2_000;
/// How many clients send contacts while an import runs.
const LIVE_CLIENTS: usize = 4;

/// Inserts the rows of a file into tables of contacts and identifiers that have nothing else. Only the last statement is measured.
fn plain(file: &Path) -> String {
    format!(
        "
CREATE TEMP TABLE sheet (external_id text, first_name text, last_name text, email text, phone text, language text, town text);
\\copy sheet FROM '{}' WITH (FORMAT csv, HEADER)
CREATE TABLE plain_contacts (contact_id bigint PRIMARY KEY, attributes jsonb NOT NULL);
CREATE TABLE plain_identifiers (
    kind smallint, value text COLLATE \"C\", contact_id bigint, PRIMARY KEY (kind, value, contact_id)
);
\\timing on
WITH people AS MATERIALIZED (
    SELECT row_number() OVER () AS contact_id, * FROM sheet
), contacts AS (
    INSERT INTO plain_contacts
    SELECT contact_id, jsonb_build_object(
        'firstName', first_name, 'lastName', last_name, 'languageCode', language, 'town', town)
    FROM people
)
INSERT INTO plain_identifiers
SELECT kind, value, contact_id
FROM people
CROSS JOIN LATERAL (VALUES (1, external_id), (2, lower(email)), (3, replace(phone, ' ', ''))) AS held (kind, value)
WHERE value <> '';
",
        file.display()
    )
}

/// The same on SQLite, with the settings of the server. `people` is a table of the rows of the file.
const PLAIN_SQLITE: &str = "
BEGIN IMMEDIATE;
INSERT INTO plain_contacts
SELECT rowid, json_object('firstName', first_name, 'lastName', last_name, 'languageCode', language, 'town', town) FROM sheet;
INSERT INTO plain_identifiers
SELECT kind, value, contact_id
FROM (
    SELECT 1 AS kind, external_id AS value, rowid AS contact_id FROM sheet
    UNION ALL SELECT 2, lower(email), rowid FROM sheet
    UNION ALL SELECT 3, replace(phone, ' ', ''), rowid FROM sheet
)
WHERE value <> '';
COMMIT;
";

const SHEET_SQLITE: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE sheet (external_id TEXT, first_name TEXT, last_name TEXT, email TEXT, phone TEXT, language TEXT, town TEXT);
CREATE TABLE plain_contacts (contact_id INTEGER PRIMARY KEY, attributes TEXT NOT NULL);
CREATE TABLE plain_identifiers (kind INTEGER, value TEXT, contact_id INTEGER, PRIMARY KEY (kind, value, contact_id));
";

/// Seconds of the plain insert.
async fn plain_seconds(url: &str, file: &Path, directory: &Path) -> Result<f64> {
    if url.starts_with("postgres") {
        return Ok(millis_of(&psql(url, &plain(file), &[]).await?)? / 1000.0);
    }
    let mut connection = rusqlite::Connection::open(directory.join("plain.db"))?;
    connection.execute_batch(SHEET_SQLITE)?;
    let filling = connection.transaction()?;
    let mut insert = filling.prepare("INSERT INTO sheet VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for record in csv::Reader::from_path(file)?.records() {
        insert.execute(rusqlite::params_from_iter(&record?))?;
    }
    drop(insert);
    filling.commit()?;
    let started = Instant::now();
    connection.execute_batch(PLAIN_SQLITE)?;
    Ok(started.elapsed().as_secs_f64())
}

/// Measures on two empty databases: on the first imports by the command line and searches, on the second an import by the API.
pub(crate) async fn measure(name: &str, binary: &Path, urls: [&str; 2], key: &str, contacts: u64) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let file = people(binary, directory.path(), "csv", contacts, 1).await?;
    let beside = rate(contacts, plain_seconds(urls[0], &file, directory.path()).await?);
    println!("\n{name}, {contacts} rows of demo data:");
    println!("INSERT … SELECT of the same rows: {beside:.0} contacts per second");
    let server = Running::start(binary, urls[0], key)?;
    let first = import(binary, &server, key, &file, contacts).await?;
    println!(
        "import by the command line: {first:.0} contacts per second; import / INSERT: {:.2}",
        first / beside
    );
    let again = import(binary, &server, key, &file, contacts).await?;
    println!(
        "the same file again: {again:.0} per second; again / first: {:.2}",
        again / first
    );
    let others = people(binary, directory.path(), "csv", contacts.div_ceil(4), 2).await?;
    let (alone, during) = live(binary, &server, key, &others).await?;
    let (before, meanwhile) = (millis(&alone, 0.99), millis(&during, 0.99));
    println!(
        "live POST contact, {LIVE_CLIENTS} clients: p99 {before:.2} ms alone, {meanwhile:.2} ms during an import; ratio {:.2}",
        meanwhile / before
    );
    show_searches("right after the imports", &search(&server, key).await?);
    let indexed = Instant::now();
    while is_behind(urls[0]).await? {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!(
        "the index of the search box was complete {:.1} s later",
        indexed.elapsed().as_secs_f64()
    );
    show_searches("with a complete index", &search(&server, key).await?);
    println!("memory of the server at the most: {} MB", server.peak_kib()? / 1000);
    server.stop()?;
    Running::doctor(binary, urls[0])?;
    let server = Running::start(binary, urls[1], key)?;
    let calls = people(binary, directory.path(), "ndjson", contacts, 1).await?;
    let by_calls = import_by_calls(&server, key, &calls, contacts).await?;
    println!(
        "import by POST contacts: {by_calls:.0} contacts per second; import / INSERT: {:.2}",
        by_calls / beside
    );
    println!("memory of the server at the most: {} MB", server.peak_kib()? / 1000);
    server.stop()?;
    Running::doctor(binary, urls[1])
}

fn millis(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    f64::from(u32::try_from(histogram.value_at_quantile(quantile)).unwrap_or(u32::MAX)) / 1000.0
}

fn show_searches(when: &str, searches: &Histogram<u64>) {
    println!(
        "search box {when}: p50 {:.2} ms, p95 {:.2} ms, at the most {:.2} ms",
        millis(searches, 0.5),
        millis(searches, 0.95),
        millis(searches, 1.0)
    );
}

/// Whether the index of the search box lacks changes.
async fn is_behind(url: &str) -> Result<bool> {
    const BEHIND: &str =
        "SELECT count(*) FROM revisions r LEFT JOIN search_progress p ON p.workspace_id = r.workspace_id
                          WHERE r.latest > 0 AND COALESCE(p.revision, 0) <= r.latest";
    if url.starts_with("postgres") {
        return Ok(!psql(url, &format!("\\pset tuples_only on\n{BEHIND};"), &[])
            .await?
            .trim()
            .starts_with('0'));
    }
    let connection = rusqlite::Connection::open(url.trim_start_matches("sqlite://"))?;
    Ok(connection.query_row(BEHIND, [], |row| row.get::<_, i64>(0))? > 0)
}

/// Contacts per second of bulk calls, from the first call to the end of the last import.
async fn import_by_calls(server: &Running, key: &str, file: &Path, contacts: u64) -> Result<f64> {
    let mut client = Connection::open(server.address(), key).await?;
    let text = std::fs::read_to_string(file)?;
    let lines: Vec<&str> = text.lines().collect();
    let started = Instant::now();
    let mut last = String::new();
    for lines in lines.chunks(CALL) {
        let body = format!(r#"{{"contacts":[{}],"dedupeOn":"email_or_sms"}}"#, lines.join(","));
        let (status, answer, _) = client.send(Method::POST, "/api/v1/contacts", body).await?;
        ensure!(status == 200, "status {status}: {}", String::from_utf8_lossy(&answer));
        let answer: serde_json::Value = serde_json::from_slice(&answer)?;
        let session = answer["asyncSessionId"].as_str().context("no asyncSessionId")?;
        session.clone_into(&mut last);
    }
    loop {
        let path = format!("/api/v1/importstatus/{last}");
        let (status, answer, _) = client.send(Method::GET, &path, String::new()).await?;
        ensure!(status == 200, "status {status}: {}", String::from_utf8_lossy(&answer));
        let answer: serde_json::Value = serde_json::from_slice(&answer)?;
        match answer["status"].as_str() {
            Some("FINISHED") => return Ok(rate(contacts, started.elapsed().as_secs_f64())),
            Some("STARTED" | "IMPORTING") => tokio::time::sleep(Duration::from_millis(20)).await,
            other => anyhow::bail!("the import has the status {other:?}"),
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "a rate is no exact number")]
pub(crate) fn rate(contacts: u64, seconds: f64) -> f64 {
    contacts as f64 / seconds
}

/// Writes a file of people.
pub(crate) async fn people(
    binary: &Path,
    directory: &Path,
    form: &str,
    contacts: u64,
    seed: u64,
) -> Result<std::path::PathBuf> {
    let file = directory.join(format!("people-{seed}.{form}"));
    let written = Command::new(binary)
        .arg("demo-data")
        .arg(&file)
        .args(["--contacts", &contacts.to_string(), "--seed", &seed.to_string()])
        .stderr(Stdio::null())
        .status()
        .await?;
    ensure!(written.success(), "demo-data ended with {written}");
    Ok(file)
}

/// Contacts per second of `selfsame import`, from its start to its end.
pub(crate) async fn import(binary: &Path, server: &Running, key: &str, file: &Path, contacts: u64) -> Result<f64> {
    let started = Instant::now();
    let done = Command::new(binary)
        .arg("import")
        .arg(file)
        .args([
            "--unique-by",
            "email_or_sms",
            "--again",
            "--phone-region",
            "UA",
            "--url",
        ])
        .arg(format!("http://{}", server.address()))
        .env("SELFSAME_API_KEY", key)
        .stdout(Stdio::null())
        .output()
        .await?;
    // 3: some rows were rejected.
    let is_done = matches!(done.status.code(), Some(0 | 3));
    ensure!(
        is_done,
        "import ended with {}: {}",
        done.status,
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(rate(contacts, started.elapsed().as_secs_f64()))
}

/// The latency of live requests without an import, and while one runs.
async fn live(binary: &Path, server: &Running, key: &str, file: &Path) -> Result<(Histogram<u64>, Histogram<u64>)> {
    let addresses = [server.address()];
    let load = Load {
        addresses: &addresses,
        key,
        clients: LIVE_CLIENTS,
        keys: Keys::Unique,
        seconds: 2,
    };
    let alone = driver::run(&load, 0).await?;
    let mut next = alone.next;
    let mut during = Histogram::new(3)?;
    let import = import(binary, server, key, file, 1);
    tokio::pin!(import);
    loop {
        tokio::select! {
            done = &mut import => {
                done?;
                return Ok((alone.latency, during));
            }
            measured = driver::run(&load, next) => {
                let measured = measured?;
                next = measured.next;
                during.add(measured.latency)?;
            }
        }
    }
}

async fn search(server: &Running, key: &str) -> Result<Histogram<u64>> {
    let mut client = Connection::open(server.address(), key).await?;
    let mut latency = Histogram::new(3)?;
    for typed in TYPED.iter().cycle().take(TYPED.len() * SEARCHES) {
        let path = format!("/api/v1/contacts/find?q={typed}");
        let started = Instant::now();
        let (status, answer, _) = client.send(Method::GET, &path, String::new()).await?;
        latency.record(u64::try_from(started.elapsed().as_micros()).context("a search took too long")?)?;
        ensure!(status == 200, "status {status}: {}", String::from_utf8_lossy(&answer));
    }
    Ok(latency)
}
