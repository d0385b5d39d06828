//! The load driver: how fast contacts are accepted, compared with the database alone.
//!
//! Everything is measured in one run on one machine, so that the ratios are comparable between machines: the server on
//! `SQLite`, the server on `PostgreSQL`, and pgbench with an equivalent single statement on the same `PostgreSQL` with
//! the same settings (fsync on).

mod costs;
mod driver;
mod export;
mod history;
mod import;
mod pgbench;
mod report;
mod segments;
mod server;
mod tracker;

use anyhow::Result;
use clap::Parser;
use driver::{Keys, Load};
use report::Row;
use selfsame_pg_fixture::{DurableServer, TestDatabase};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Measures `POST /api/v1/contact` with three identifiers a contact, events, requests of pages, imports, and the adoption and reading of histories.
#[derive(Debug, Parser)]
struct Arguments {
    /// The built server.
    #[arg(long, default_value = "target/release/selfsame")]
    binary: PathBuf,
    /// Seconds of every measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Numbers of clients, each with one connection.
    #[arg(long, value_delimiter = ',', default_value = "1,8,32,64")]
    clients: Vec<usize>,
    /// What to measure: sqlite, pgbench, postgres, servers, costs, history, import, export, tracker, segments; all of it without this.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// How many rows are imported or exported, or how many contacts there are beside segments.
    #[arg(long, default_value_t = 100_000)]
    rows: u64,
    /// Fail when a contact costs the database more than its limit.
    #[arg(long)]
    check: bool,
}

/// The servers' API key. It grants access only to the temporary databases of this run.
const API_KEY: &str = "sk_benchmark_0000000000000000";

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let wanted = |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| only == name);
    let mut rows = Vec::new();
    if wanted("sqlite") {
        let directory = tempfile::tempdir()?;
        let url = format!("sqlite://{}/bench.db", directory.path().display());
        measure("SQLite", &arguments, &url, &mut rows).await?;
    }
    if wanted("tracker") {
        let directory = tempfile::tempdir()?;
        let url = format!("sqlite://{}/bench.db", directory.path().display());
        rows.extend(hits("SQLite", &arguments, &url).await?);
    }
    if wanted("import") {
        let directory = tempfile::tempdir()?;
        let urls = ["first", "second"].map(|name| format!("sqlite://{}/{name}.db", directory.path().display()));
        let urls = [urls[0].as_str(), urls[1].as_str()];
        import::measure("SQLite", &arguments.binary, urls, API_KEY, arguments.rows).await?;
    }
    if wanted("segments") {
        let directory = tempfile::tempdir()?;
        let url = format!("sqlite://{}/bench.db", directory.path().display());
        let size = (arguments.rows, arguments.seconds);
        segments::measure("SQLite", &arguments.binary, &url, API_KEY, size).await?;
    }
    if [
        "postgres", "pgbench", "servers", "costs", "history", "import", "export", "tracker", "segments",
    ]
    .into_iter()
    .any(wanted)
    {
        on_postgres(&arguments, wanted, &mut rows).await?;
    }
    report::print(&rows)
}

/// Measures everything on `PostgreSQL`, each on an empty database of one server that syncs its commits.
async fn on_postgres(arguments: &Arguments, wanted: impl Fn(&str) -> bool, rows: &mut Vec<Row>) -> Result<()> {
    let mut durable = selfsame_pg_fixture::Server::start_durable().await?;
    let database = empty(&durable).await?;
    if wanted("pgbench") {
        for clients in &arguments.clients {
            rows.push(pgbench::run(database.url(), *clients, arguments.seconds).await?);
        }
    }
    if wanted("postgres") {
        let database = empty(&durable).await?;
        measure("PostgreSQL", arguments, database.url(), rows).await?;
    }
    if wanted("tracker") {
        let database = empty(&durable).await?;
        rows.extend(hits("PostgreSQL", arguments, database.url()).await?);
    }
    if wanted("history") {
        let database = empty(&durable).await?;
        history::measure(&arguments.binary, database.url(), API_KEY, arguments.seconds).await?;
    }
    if wanted("import") {
        let databases = [empty(&durable).await?, empty(&durable).await?];
        let urls = [databases[0].url(), databases[1].url()];
        import::measure("PostgreSQL", &arguments.binary, urls, API_KEY, arguments.rows).await?;
    }
    if wanted("export") {
        let (database, warehouse) = (empty(&durable).await?, empty(&durable).await?);
        let (binary, rows) = (&arguments.binary, arguments.rows);
        export::measure(binary, database.url(), warehouse.url(), API_KEY, rows).await?;
    }
    if wanted("segments") {
        let database = empty(&durable).await?;
        let size = (arguments.rows, arguments.seconds);
        segments::measure("PostgreSQL", &arguments.binary, database.url(), API_KEY, size).await?;
    }
    if wanted("servers") {
        let database = empty(&durable).await?;
        servers(arguments, database.url(), rows).await?;
    }
    if wanted("costs") {
        let database = empty(&durable).await?;
        costs::measure(&arguments.binary, database.url(), API_KEY, arguments.check).await?;
    }
    Ok(durable.kill_hard().await?)
}

async fn empty(durable: &DurableServer) -> Result<TestDatabase> {
    let nothing = |_url| async { Ok::<(), std::io::Error>(()) };
    Ok(durable.server().database("bench_empty", nothing).await?)
}

async fn hits(name: &str, arguments: &Arguments, url: &str) -> Result<Vec<Row>> {
    let (binary, clients) = (&arguments.binary, &arguments.clients);
    tracker::measure(name, binary, url, API_KEY, clients, arguments.seconds).await
}

/// Measures two servers on one database, and one of them alone, with the same number of clients and one workspace.
async fn servers(arguments: &Arguments, url: &str, rows: &mut Vec<Row>) -> Result<()> {
    let running = [
        server::Running::start(&arguments.binary, url, API_KEY)?,
        server::Running::start(&arguments.binary, url, API_KEY)?,
    ];
    let addresses = [running[0].address(), running[1].address()];
    let mut expected = 0;
    for keys in [Keys::Unique, Keys::Hot] {
        for (name, addresses) in [
            ("PostgreSQL, one server", &addresses[..1]),
            ("PostgreSQL, two servers", &addresses[..]),
        ] {
            let load = Load {
                addresses,
                key: API_KEY,
                clients: 32,
                keys,
                seconds: arguments.seconds,
            };
            let result = driver::run(&load, expected).await?;
            expected = result.next;
            rows.push(Row::load(
                name,
                keys.name(),
                32,
                result.total,
                arguments.seconds,
                &result.latency,
            ));
        }
    }
    check_total("two servers", addresses[0], expected).await?;
    server::Running::doctor(&arguments.binary, url)?;
    running.into_iter().try_for_each(server::Running::stop)
}

/// Measures one database, with unique keys and with repeated keys.
async fn measure(name: &str, arguments: &Arguments, url: &str, rows: &mut Vec<Row>) -> Result<()> {
    let server = server::Running::start(&arguments.binary, url, API_KEY)?;
    rows.push(Row::memory(name, "idle", server.resident_kib()?));
    let mut expected = 0;
    for keys in [Keys::Unique, Keys::Hot, Keys::Repeated] {
        for clients in &arguments.clients {
            let load = Load {
                addresses: &[server.address()],
                key: API_KEY,
                clients: *clients,
                keys,
                seconds: arguments.seconds,
            };
            let result = driver::run(&load, expected).await?;
            expected = result.next;
            rows.push(Row::load(
                name,
                keys.name(),
                *clients,
                result.total,
                arguments.seconds,
                &result.latency,
            ));
        }
    }
    check_total(name, server.address(), expected).await?;
    rows.push(Row::memory(name, "after", server.resident_kib()?));
    server::Running::doctor(&arguments.binary, url)?;
    server.stop()
}

/// Compares the number of contacts with the number sent.
async fn check_total(name: &str, address: SocketAddr, next: u64) -> Result<()> {
    let found = driver::total(address, API_KEY).await?;
    let wanted = driver::contacts(next);
    anyhow::ensure!(
        found == wanted,
        "{name}: {found} contacts where {wanted} were sent: lost or duplicate"
    );
    println!("{name}: {found} contacts, none lost, none twice");
    Ok(())
}
