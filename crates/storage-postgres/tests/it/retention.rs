//! Months that no workspace keeps are dropped whole.

use futures::future::join_all;
use selfsame_application::ports::{Expired, Maintenance, Workspaces};
use selfsame_application::{Application, Submission};
use selfsame_domain::{Command, EventRequest, Policy, Timestamp, WorkspaceId};
use selfsame_pg_fixture::TestDatabase;
use selfsame_storage_conformance::{ManualClock, api_call, keep};
use selfsame_storage_postgres::PostgresStore;
use sqlx::{Connection, PgConnection};

fn month(text: &str) -> Timestamp {
    format!("{text}-01T00:00:00Z").parse().expect("a time")
}

async fn record_event(app: &Application, workspace: WorkspaceId, months: &[&str]) {
    let happened = |text: &&str| {
        keep(EventRequest {
            occurred_at: Some(month(text)),
            ..api_call().email("a@example.com").happened("seen")
        })
    };
    submit(app, workspace, months.iter().map(happened).collect()).await;
}

async fn keep_for(app: &Application, workspace: WorkspaceId, days: u32) {
    let policy = Policy {
        event_retention_days: Some(days),
        ..Policy::default()
    };
    submit(app, workspace, vec![Command::SetPolicy(Box::new(policy))]).await;
}

async fn submit(app: &Application, workspace: WorkspaceId, commands: Vec<Command>) {
    let submission = Submission {
        commands,
        replay: None,
        duplicate_digest: None,
        bytes: 0,
        import: None,
    };
    let decisions = app.submit(workspace, submission).await.expect("submit");
    assert!(decisions.iter().all(|decision| decision.rejection.is_none()));
}

/// The partitions, with their numbers of events.
async fn partitions(database: &TestDatabase) -> Vec<(String, i64)> {
    let mut admin = PgConnection::connect(database.url()).await.expect("connect");
    sqlx::query_as(
        "SELECT inhrelid::regclass::text,
                (SELECT count(*) FROM events e WHERE e.tableoid = inhrelid)
         FROM pg_inherits WHERE inhparent = 'events'::regclass ORDER BY 1",
    )
    .fetch_all(&mut admin)
    .await
    .expect("look")
}

async fn filled(database: &TestDatabase) -> Vec<String> {
    let all = partitions(database).await;
    all.into_iter()
        .filter(|(_, events)| *events > 0)
        .map(|(name, _)| name)
        .collect()
}

async fn start(database: &TestDatabase) -> (PostgresStore, Application, WorkspaceId) {
    let store = crate::common::open(database).await;
    // Two years before the test's present, as on a server that has run for long.
    for month in ["2024-06", "2025-06"] {
        store.prepare(self::month(month)).await.expect("prepare");
    }
    let app = crate::common::server(store.clone(), 1);
    let workspace = app.create_workspace("one").await.expect("make a workspace").id;
    (store, app, workspace)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_months_are_dropped_and_no_row_is_deleted() {
    let database = crate::common::database().await;
    let (store, app, workspace) = start(&database).await;
    record_event(
        &app,
        workspace,
        &["2024-03", "2024-04", "2025-03", "2025-12", "2026-01"],
    )
    .await;
    keep_for(&app, workspace, 120).await;
    let now = ManualClock::new();
    let now = selfsame_application::ports::Clock::now(&now);
    let all = partitions(&database).await.len();
    // Several servers at the same time.
    let expired = join_all((0..3).map(|_| store.expire(now))).await;
    let expired: Vec<Expired> = expired.into_iter().map(|expired| expired.expect("expire")).collect();
    let months: u64 = expired.iter().map(|expired| expired.months).sum();
    assert!(expired.iter().all(|expired| expired.events == 0), "{expired:?}");
    assert_eq!(filled(&database).await, ["events_2025_12", "events_2026_01"]);
    // Empty months in the prepared range stay; otherwise they would be created and dropped every hour.
    assert_eq!(partitions(&database).await.len() as u64, all as u64 - months);
    store.prepare(now).await.expect("prepare");
    assert_eq!(store.expire(now).await.expect("expire"), Expired::default());
    record_event(&app, workspace, &["2025-12"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_a_month_that_others_keep_are_deleted() {
    let database = crate::common::database().await;
    let (store, app, workspace) = start(&database).await;
    let other = store
        .create_workspace("two", Timestamp::UNIX_EPOCH)
        .await
        .expect("make a workspace")
        .id;
    // 1999 has no partition.
    record_event(&app, workspace, &["1999-01", "2024-03", "2024-04", "2026-01"]).await;
    record_event(&app, other, &["1999-01", "2024-04"]).await;
    keep_for(&app, workspace, 120).await;
    let now = selfsame_application::ports::Clock::now(&ManualClock::new());
    assert_eq!(store.misplaced_events().await.expect("count"), 2, "both of 1999");
    let expired = store.expire(now).await.expect("expire");
    assert_eq!(store.misplaced_events().await.expect("count"), 1);
    assert_eq!(expired.events, 2, "one in 1999, one in April: {expired:?}");
    assert_eq!(
        filled(&database).await,
        ["events_2024_04", "events_2026_01", "events_other"]
    );
    let march = partitions(&database).await;
    assert!(march.iter().all(|(name, _)| name != "events_2024_03"), "{march:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drop_that_would_wait_gives_up_and_comes_again() {
    let database = crate::common::database().await;
    let (store, app, workspace) = start(&database).await;
    record_event(&app, workspace, &["2024-03"]).await;
    keep_for(&app, workspace, 120).await;
    let now = selfsame_application::ports::Clock::now(&ManualClock::new());
    let mut reader = PgConnection::connect(database.url()).await.expect("connect");
    let mut reading = reader.begin().await.expect("begin");
    sqlx::query("SELECT count(*) FROM events")
        .execute(&mut *reading)
        .await
        .expect("read");
    let waited = store.expire(now).await;
    assert!(
        matches!(waited, Err(selfsame_application::ports::StorageError::Retriable)),
        "{waited:?}"
    );
    assert_eq!(filled(&database).await, ["events_2024_03"]);
    reading.commit().await.expect("commit");
    assert!(store.expire(now).await.expect("expire").months > 0);
    assert_eq!(filled(&database).await, [""; 0]);
}
