//! Exports to a second `PostgreSQL` database, beside the database's own copy of the same rows; few changes; live requests
//! meanwhile.

use crate::driver::{self, Connection, Keys, Load};
use crate::history::psql;
use crate::import::{import, people, rate};
use crate::pgbench::program;
use crate::server::Running;
use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use hyper::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// How many contacts change before the run of changes.
const CHANGES: u64 = 1_000;
/// How many clients send contacts while an export runs.
const LIVE_CLIENTS: usize = 4;
/// How often the end of a run is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A server with contacts, and an export of them.
struct Exporting<'a> {
    server: &'a Running,
    key: &'a str,
    connector: String,
}

/// Measures between two empty databases.
pub(crate) async fn measure(binary: &Path, url: &str, warehouse: &str, key: &str, contacts: u64) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let server = Running::start(binary, url, key)?;
    let file = people(binary, directory.path(), "csv", contacts, 1).await?;
    import(binary, &server, key, &file, contacts).await?;
    driver::send_all(server.address(), key, 4, CHANGES, |number| {
        driver::contact("e", number, "First")
    })
    .await?;
    let exporting = Exporting::new(&server, key, warehouse).await?;

    let export = exporting.create("all", "public").await?;
    let (full, rows) = exporting.run(&export).await?;
    let peak = server.peak_kib()?;
    let copied = copy(warehouse).await?;
    driver::send_all(server.address(), key, 4, CHANGES, |number| {
        driver::contact("e", number, "Second")
    })
    .await?;
    let (changed, changed_rows) = exporting.run(&export).await?;
    let (alone, during) = exporting.live().await?;

    println!("\nExport of {contacts} imported and {CHANGES} other contacts to PostgreSQL, contacts and identifiers:");
    println!(
        "full: {rows} rows in {full:.2} s, {:.0} per second; COPY | COPY: {copied:.2} s; export / COPY: {:.2}",
        rate(rows, full),
        copied / full
    );
    println!("after {CHANGES} changes: {changed_rows} rows in {changed:.2} s");
    let millis = |histogram: &Histogram<u64>| {
        f64::from(u32::try_from(histogram.value_at_quantile(0.99)).unwrap_or(u32::MAX)) / 1000.0
    };
    let (before, meanwhile) = (millis(&alone), millis(&during));
    println!(
        "live POST contact, {LIVE_CLIENTS} clients: p99 {before:.2} ms alone, {meanwhile:.2} ms during a full export; ratio {:.2}",
        meanwhile / before
    );
    println!(
        "memory of the server at the most: {} MB after import and full export",
        peak / 1000
    );
    server.stop()?;
    Running::doctor(binary, url)
}

/// Seconds of copying the exported tables to others with the same indexes.
async fn copy(warehouse: &str) -> Result<f64> {
    let tables = ["contacts", "identifiers"];
    for table in tables {
        let script = format!("CREATE TABLE copied_{table} (LIKE {table} INCLUDING ALL);");
        psql(warehouse, &script, &[]).await?;
    }
    let started = Instant::now();
    for table in tables {
        let piped = Command::new("sh")
            .args([
                "-c",
                "\"$0\" -q -v ON_ERROR_STOP=1 -d \"$1\" -c \"COPY (SELECT * FROM $2) TO STDOUT\" \
                 | \"$0\" -q -v ON_ERROR_STOP=1 -d \"$1\" -c \"COPY copied_$2 FROM STDIN\"",
            ])
            .arg(program("psql"))
            .args([warehouse, table])
            .status()
            .await?;
        ensure!(piped.success(), "copying ended with {piped}");
    }
    Ok(started.elapsed().as_secs_f64())
}

impl<'a> Exporting<'a> {
    async fn new(server: &'a Running, key: &'a str, warehouse: &str) -> Result<Self> {
        let mut exporting = Self {
            server,
            key,
            connector: String::new(),
        };
        let body = json!({"name": "warehouse", "kind": "postgres", "postgres": settings(warehouse)?});
        exporting.connector = exporting.made("connectors", &body).await?;
        Ok(exporting)
    }

    async fn call(&self, method: Method, path: &str, body: String) -> Result<Value> {
        let mut client = Connection::open(self.server.address(), self.key).await?;
        let (status, answer, _) = client.send(method, &format!("/api/v1/{path}"), body).await?;
        let is_done = matches!(status, 200 | 201);
        ensure!(is_done, "{path}: status {status}: {}", String::from_utf8_lossy(&answer));
        Ok(serde_json::from_slice(&answer)?)
    }

    async fn made(&self, path: &str, body: &Value) -> Result<String> {
        let made = self.call(Method::POST, path, body.to_string()).await?;
        Ok(made["id"].as_str().context("no id")?.to_owned())
    }

    async fn create(&self, name: &str, schema: &str) -> Result<String> {
        let body = json!({"name": name, "connectorId": self.connector, "datasets": ["contacts", "identifiers"], "schema": schema});
        self.made("exports", &body).await
    }

    /// Seconds and rows of a run.
    async fn run(&self, export: &str) -> Result<(f64, u64)> {
        let started = Instant::now();
        self.call(Method::POST, &format!("exports/{export}/run"), String::new())
            .await?;
        loop {
            let runs = self
                .call(Method::GET, &format!("exports/{export}/runs?limit=1"), String::new())
                .await?;
            let run = &runs["runs"][0];
            match run["status"].as_str() {
                Some("queued" | "running") => tokio::time::sleep(LOOK_EVERY).await,
                Some("succeeded") => {
                    let rows = run["rows"].as_object().into_iter().flatten();
                    let rows = rows.filter_map(|(_, count)| count.as_u64()).sum();
                    return Ok((started.elapsed().as_secs_f64(), rows));
                }
                _ => anyhow::bail!("the run ended: {run}"),
            }
        }
    }

    /// The latency of live requests without an export, and while a full one runs.
    async fn live(&self) -> Result<(Histogram<u64>, Histogram<u64>)> {
        let addresses = [self.server.address()];
        let load = Load {
            addresses: &addresses,
            key: self.key,
            clients: LIVE_CLIENTS,
            keys: Keys::Unique,
            seconds: 2,
        };
        let alone = driver::run(&load, 0).await?;
        let (mut next, mut during) = (alone.next, Histogram::new(3)?);
        let export = self.create("again", "again").await?;
        let running = self.run(&export);
        tokio::pin!(running);
        let mut is_over = false;
        // Also a short export is measured once.
        while !is_over || during.is_empty() {
            tokio::select! {
                done = &mut running, if !is_over => {
                    done?;
                    is_over = true;
                }
                measured = driver::run(&load, next) => {
                    let measured = measured?;
                    next = measured.next;
                    during.add(measured.latency)?;
                }
            }
        }
        Ok((alone.latency, during))
    }
}

/// The members of a connector, from a URL `postgres://user[:password]@host:port/database`.
fn settings(url: &str) -> Result<Value> {
    let parts = || {
        let (account, place) = url.split_once("://")?.1.split_once('@')?;
        let (user, password) = account.split_once(':').unwrap_or((account, ""));
        let (server, database) = place.split_once('/')?;
        let (host, port) = server.rsplit_once(':').unwrap_or((server, "5432"));
        let database = database.split('?').next()?;
        let port: u16 = port.parse().ok()?;
        let mut settings =
            json!({"host": host, "port": port, "database": database, "user": user, "sslMode": "disable"});
        if !password.is_empty() {
            settings["password"] = json!(password);
        }
        Some(settings)
    };
    parts().context("the URL of a database cannot be read")
}
