//! Servers that start at the same time.

use futures::future::join_all;
use selfsame_application::Submission;
use selfsame_application::ports::{Maintenance, Workspaces};
use selfsame_domain::{EventRequest, Timestamp};
use selfsame_storage_conformance::{api_call, keep};
use selfsame_storage_postgres::{DistributeError, PostgresStore};
use sqlx::{Connection, PgConnection};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_servers_that_start_at_once_migrate_once() {
    let database = crate::common::empty().await;
    let servers = join_all((0..4).map(|_| crate::common::open(&database))).await;
    for migrated in join_all(servers.iter().map(PostgresStore::migrate)).await {
        migrated.expect("migrate");
    }
    for server in &servers {
        server.ping().await.expect("answer");
        let workspaces = server.workspaces().await.expect("read workspaces");
        assert_eq!(workspaces, []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_servers_that_start_at_once_one_makes_the_first_workspace() {
    let database = crate::common::database().await;
    let servers = join_all((0..4).map(|_| crate::common::open(&database))).await;
    let keys: Vec<_> = (0..4).map(crate::common::key).collect();
    let at = Timestamp::UNIX_EPOCH;
    let made = join_all(
        servers
            .iter()
            .zip(&keys)
            .map(|(server, key)| server.bootstrap("first", key, at)),
    )
    .await;
    let made: Vec<bool> = made.into_iter().map(|made| made.expect("bootstrap")).collect();
    assert_eq!(made.iter().filter(|made| **made).count(), 1, "{made:?}");
    let workspaces = servers[0].workspaces().await.expect("read workspaces");
    assert_eq!(workspaces.len(), 1);
    assert_eq!(servers[0].keys(workspaces[0].id).await.expect("read keys").len(), 1);
}

/// The partitions that hold events, with their counts.
async fn partitions(database: &selfsame_pg_fixture::TestDatabase) -> Vec<(String, i64)> {
    let mut admin = PgConnection::connect(database.url()).await.expect("connect");
    sqlx::query_as("SELECT tableoid::regclass::text, count(*) FROM events GROUP BY 1 ORDER BY 1")
        .fetch_all(&mut admin)
        .await
        .expect("look")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_go_to_the_partitions_of_their_months() {
    let database = crate::common::empty().await;
    let store = crate::common::open(&database).await;
    store.migrate().await.expect("migrate");
    let time = |text: &str| text.parse::<Timestamp>().expect("a time");
    let app = crate::common::server(store.clone(), 1);
    let workspace = app.create_workspace("one").await.expect("make a workspace").id;
    let happened = async |text: &str| {
        let event = EventRequest {
            occurred_at: Some(time(text)),
            ..api_call().cookie("c").happened("e")
        };
        app.submit(workspace, Submission::of(keep(event)))
            .await
            .expect("submit");
    };
    happened("2025-08-10T00:00:00Z").await;
    let now = time("2025-07-15T12:00:00Z");
    let made = join_all((0..4).map(|_| store.prepare(now))).await;
    let made: u64 = made.into_iter().map(|made| made.expect("prepare")).sum();
    assert_eq!(
        made, 14,
        "fifteen months, but one whose events are in the default partition already"
    );
    assert_eq!(store.prepare(now).await.expect("prepare"), 0);
    for text in [
        "2025-07-31T23:59:59.999999Z",
        "2025-09-01T00:00:00Z",
        "2024-07-01T00:00:00Z",
        "2025-08-11T00:00:00Z",
        "2020-01-01T00:00:00Z",
        "2025-10-01T00:00:00Z",
    ] {
        happened(text).await;
    }
    let expected = [
        ("events_2024_07", 1),
        ("events_2025_07", 1),
        ("events_2025_09", 1),
        ("events_other", 4),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count))
        .collect();
    assert_eq!(partitions(&database).await, expected);
}

#[tokio::test]
async fn a_database_without_the_extension_is_not_distributed() {
    let database = crate::common::reused_database().await;
    let store = crate::common::open(&database).await;
    assert_eq!(store.distribution().await.expect("look"), None);
    let refused = store.distribute().await;
    assert!(matches!(refused, Err(DistributeError::NoExtension)), "{refused:?}");
}

/// A new table needs the column, or an entry in `distribution.rs`.
#[tokio::test]
async fn tables_that_belong_to_no_workspace() {
    let database = crate::common::reused_database().await;
    let mut admin = PgConnection::connect(database.url()).await.expect("connect");
    let found: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class c
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
           AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'workspace_id')
         ORDER BY relname",
    )
    .fetch_all(&mut admin)
    .await
    .expect("look");
    assert_eq!(
        found,
        [
            "_sqlx_migrations",
            "recovery_codes",
            "second_factors",
            "site_origins",
            "turns",
            "user_identities",
            "users"
        ]
    );
}
