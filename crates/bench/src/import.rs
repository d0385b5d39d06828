//! Imports by the command line, beside the database's own insert of the same rows; live requests meanwhile; searches afterwards.

use crate::driver::{self, Connection, Keys, Load};
use crate::history::{millis_of, psql};
use crate::server::Running;
use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use hyper::Method;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;
use tokio::process::Command;

/// What is typed at the search box.
const TYPED: [&str; 6] = ["ol", "olena%20sh", "%2B38050", "050123", "C-000001", "smith"];
/// How often each of them is.
const SEARCHES: usize = 50;
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

/// Measures on an empty database. The plain insert is left out where the database is not PostgreSQL.
pub(crate) async fn measure(name: &str, binary: &Path, url: &str, key: &str, contacts: u64) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let file = people(binary, directory.path(), contacts, 1).await?;
    let beside = if url.starts_with("postgres") {
        Some(rate(
            contacts,
            millis_of(&psql(url, &plain(&file), &[]).await?)? / 1000.0,
        ))
    } else {
        None
    };
    let server = Running::start(binary, url, key)?;
    let first = import(binary, &server, key, &file, contacts).await?;
    let again = import(binary, &server, key, &file, contacts).await?;
    let (alone, during) = live(
        binary,
        &server,
        key,
        &people(binary, directory.path(), contacts / 4, 2).await?,
    )
    .await?;
    let searches = search(&server, key).await?;
    println!("\n{name}, {contacts} rows of demo data:");
    println!("import: {first:.0} contacts per second");
    if let Some(beside) = beside {
        println!(
            "INSERT … SELECT: {beside:.0} contacts per second; import / INSERT: {:.2}",
            first / beside
        );
    }
    println!(
        "the same file again: {again:.0} per second; again / first: {:.2}",
        again / first
    );
    let millis = |histogram: &Histogram<u64>, quantile| {
        f64::from(u32::try_from(histogram.value_at_quantile(quantile)).unwrap_or(u32::MAX)) / 1000.0
    };
    let (before, meanwhile) = (millis(&alone, 0.99), millis(&during, 0.99));
    println!(
        "live POST contact, {LIVE_CLIENTS} clients: p99 {before:.2} ms alone, {meanwhile:.2} ms during an import; ratio {:.2}",
        meanwhile / before
    );
    println!(
        "search box: p50 {:.2} ms, p95 {:.2} ms",
        millis(&searches, 0.5),
        millis(&searches, 0.95)
    );
    println!("memory of the server at the most: {} MB", server.peak_kib()? / 1000);
    server.stop()?;
    Running::doctor(binary, url)
}

#[allow(clippy::cast_precision_loss, reason = "a rate is no exact number")]
pub(crate) fn rate(contacts: u64, seconds: f64) -> f64 {
    contacts as f64 / seconds
}

/// Writes a file of people.
pub(crate) async fn people(binary: &Path, directory: &Path, contacts: u64, seed: u64) -> Result<std::path::PathBuf> {
    let file = directory.join(format!("people-{seed}.csv"));
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
