//! The cost of a contact in PostgreSQL: records and bytes of its write-ahead log, and disk. These do not depend on the
//! speed of the machine.

use crate::driver::{contact, send_all};
use crate::pgbench::program;
use crate::server::Running;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;

/// How many contacts one client sends for each cost.
const CONTACTS: u64 = 2_000;

/// How many contacts many clients send for each cost. Enough to make the first pages of tables and indexes negligible.
const MANY_CONTACTS: u64 = 20_000;

/// Clients that send at the same time, so that their requests share batches.
const CLIENTS: u64 = 32;

/// A request, and its cost limits when a single client sends it: then every request is a batch of its own, and the cost
/// is the same in every run.
struct Limit {
    what: &'static str,
    body: fn(&str, u64) -> String,
    /// Records of the write-ahead log.
    records: f64,
    /// Bytes of the write-ahead log.
    bytes: f64,
}

const LIMITS: [Limit; 3] = [
    Limit {
        what: "a new contact with three identifiers",
        body: |prefix, number| contact(prefix, number, "Ann"),
        records: 20.0,
        bytes: 2_250.0,
    },
    Limit {
        what: "a changed first name",
        body: |prefix, number| contact(prefix, number, "Eve"),
        records: 10.0,
        bytes: 1_000.0,
    },
    Limit {
        what: "no change",
        body: |prefix, number| contact(prefix, number, "Eve"),
        records: 0.3,
        bytes: 100.0,
    },
];

/// The most bytes of disk for a new contact, with its indexes.
const DISK_LIMIT: f64 = 1_600.0;

/// Prints the costs. With `check`, fails when one exceeds its limit.
pub(crate) async fn measure(binary: &Path, url: &str, key: &str, check: bool) -> Result<()> {
    // Full-page images depend on the time of checkpoints, and vacuuming on the clock.
    for sql in [
        "ALTER SYSTEM SET full_page_writes = off",
        "ALTER SYSTEM SET autovacuum = off",
        "SELECT pg_reload_conf()",
    ] {
        query(url, sql).await?;
    }
    let server = Running::start(binary, url, key)?;
    send_all(server.address(), key, 1, 200, |number| contact("w", number, "Ann")).await?;
    println!("\n| one request of | clients | WAL records | WAL bytes | limits |");
    println!("|---|---:|---:|---:|---|");
    let mut exceeded = Vec::new();
    for limit in &LIMITS {
        let (records, bytes) = cost(&server, url, key, (1, CONTACTS), |number| (limit.body)("c", number)).await?;
        println!(
            "| {} | 1 | {records:.1} | {bytes:.0} | {}, {} |",
            limit.what, limit.records, limit.bytes
        );
        if records > limit.records || bytes > limit.bytes {
            exceeded.push(limit.what);
        }
    }
    let before = disk(url).await?;
    let mut taken = 0.0;
    for (index, limit) in LIMITS.iter().enumerate() {
        let many = (CLIENTS, MANY_CONTACTS);
        let (records, bytes) = cost(&server, url, key, many, |number| (limit.body)("d", number)).await?;
        println!("| {} | {CLIENTS} | {records:.1} | {bytes:.0} | |", limit.what);
        if index == 0 {
            taken = (disk(url).await? - before) / ratio(MANY_CONTACTS);
        }
    }
    println!("\ndisk: {taken:.0} bytes for a new contact (limit {DISK_LIMIT})");
    if taken > DISK_LIMIT {
        exceeded.push("disk");
    }
    server.stop()?;
    ensure!(
        !check || exceeded.is_empty(),
        "above the limit: {}",
        exceeded.join(", ")
    );
    Ok(())
}

/// Records and bytes of the write-ahead log per request, for this many requests, shared among this many clients.
async fn cost<F>(server: &Running, url: &str, key: &str, (clients, requests): (u64, u64), body: F) -> Result<(f64, f64)>
where
    F: Fn(u64) -> String + Copy,
{
    let before = written(url).await?;
    send_all(server.address(), key, clients, requests, body).await?;
    let after = written(url).await?;
    let each = |count: f64| count / ratio(requests);
    Ok((each(after.0 - before.0), each(after.1 - before.1)))
}

/// Records and bytes of the write-ahead log so far. Sessions report theirs at most once a second, so this waits until
/// the numbers stop growing.
async fn written(url: &str) -> Result<(f64, f64)> {
    let mut last = String::new();
    loop {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let now = query(url, "SELECT wal_records || ' ' || wal_bytes FROM pg_stat_wal").await?;
        if now == last {
            let (records, bytes) = now.split_once(' ').context("two numbers")?;
            return Ok((records.parse()?, bytes.parse()?));
        }
        last = now;
    }
}

async fn disk(url: &str) -> Result<f64> {
    // Without the index of the search box, which is not logged and follows the contacts in the background.
    let tables = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class
                  WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace = 'public'::regnamespace";
    Ok(query(url, tables).await?.parse()?)
}

async fn query(url: &str, sql: &str) -> Result<String> {
    let output = Command::new(program("psql"))
        .args(["-AtX", "-d", url, "-c", sql])
        .output()
        .await?;
    ensure!(
        output.status.success(),
        "{sql}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn ratio(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
