//! The cost of a contact in the write-ahead log: records and bytes, which do not depend on the machine.

use selfsame_application::Submission;
use selfsame_application::ports::{StorageError, Workspaces};
use selfsame_domain::{Command, Timestamp, WorkspaceId};
use selfsame_pg_fixture::Server;
use selfsame_storage_conformance::api_call;
use selfsame_storage_postgres::PostgresStore;
use sqlx::{Connection, PgConnection};

/// As many as share a commit on a busy server.
const BATCH: usize = 64;
const BATCHES: usize = 10;

/// Records and bytes per contact.
#[derive(Debug, Clone, Copy)]
struct Cost {
    records: f64,
    bytes: f64,
}

/// Submits contacts with three identifiers, in batches, from a separate store: a connection reports its write-ahead log
/// when it ends.
async fn submit(url: &str, workspace: WorkspaceId, name: &str, builder: impl Fn(usize) -> Command) {
    let store = PostgresStore::connect(url, &crate::common::options())
        .await
        .expect("connect");
    let app = crate::common::server(store.clone(), u64::from(name.as_bytes()[0]));
    for batch in 0..BATCHES {
        let commands = (0..BATCH).map(|place| builder(batch * BATCH + place)).collect();
        let submission = Submission {
            commands,
            ..Submission::of(api_call().upsert())
        };
        app.submit(workspace, submission).await.expect("submit");
    }
    app.close().await;
    store.close().await;
}

async fn written(url: &str) -> (i64, i64) {
    let mut admin = PgConnection::connect(url).await.expect("connect");
    sqlx::query_as("SELECT wal_records, wal_bytes::bigint FROM pg_stat_wal")
        .fetch_one(&mut admin)
        .await
        .expect("look")
}

fn contact(prefix: &str, number: usize, first: &str) -> Command {
    let number = number + if prefix == "w" { 670_000_000 } else { 500_000_000 };
    api_call()
        .external(&format!("{prefix}{number}"))
        .email(&format!("{prefix}{number}@example.com"))
        .sms(&format!("+380{number}"))
        .first(first)
        .upsert()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_costs_no_more_than_it_did() {
    let server = Server::start_durable().await.expect("a server of its own");
    let database = server
        .server()
        .database("wal", |_| std::future::ready(Ok::<(), StorageError>(())))
        .await
        .expect("make a database");
    let url = database.url();
    let store = PostgresStore::connect(url, &crate::common::options())
        .await
        .expect("connect");
    store.migrate().await.expect("migrate");
    let workspace = store.create_workspace("one", Timestamp::UNIX_EPOCH).await;
    let workspace = workspace.expect("make a workspace").id;
    store.close().await;
    submit(url, workspace, "warm", |number| contact("w", number, "Ann")).await;
    let mut costs = Vec::new();
    for (what, first, records, bytes) in [
        // The indexes by revision, which exports and the change feed read, add two records and about 130 bytes to each; the index by
        // the time of creation, which the console counts new contacts by, adds one record and 70 bytes to each.
        ("new", "Ann", 20.0, 2_250.0),
        ("changed first name", "Anna", 10.0, 1_100.0),
        ("unchanged", "Anna", 0.3, 100.0),
    ] {
        let before = written(url).await;
        submit(url, workspace, what, |number| contact("c", number, first)).await;
        let after = written(url).await;
        let contacts = u32::try_from(BATCH * BATCHES).expect("a small number");
        let each = |before: i64, after: i64| {
            let written = u32::try_from(after - before).expect("a small number");
            f64::from(written) / f64::from(contacts)
        };
        let cost = Cost {
            records: each(before.0, after.0),
            bytes: each(before.1, after.1),
        };
        println!("{what}: {:.1} records, {:.0} bytes", cost.records, cost.bytes);
        costs.push((what, cost, Cost { records, bytes }));
    }
    for (what, cost, most) in costs {
        assert!(
            cost.records <= most.records && cost.bytes <= most.bytes,
            "{what}: {cost:?}, at the most {most:?}"
        );
    }
}
