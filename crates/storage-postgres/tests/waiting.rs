//! Waits for locks can be seen from outside.

#![allow(
    clippy::expect_used,
    reason = "clippy does not see that the helpers of a test are test code"
)]

mod common;

use metrics_exporter_prometheus::PrometheusBuilder;
use selfsame_application::Submission;
use selfsame_application::ports::Workspaces;
use selfsame_domain::{Outcome, Timestamp};
use selfsame_storage_conformance::Ask;
use sqlx::{Connection, PgConnection};

/// Until a statement of the database waits for a lock.
async fn until_somebody_waits(connection: &mut PgConnection) {
    let waiting =
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(waiting)
        .fetch_one(&mut *connection)
        .await
        .expect("look")
    {}
}

/// Everything runs on one thread, where the recorder is.
#[tokio::test]
async fn a_wait_for_somebody_else_s_change_is_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let numbers = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let database = common::database().await;
    let store = common::open(&database).await;
    let workspace = store.create_workspace("one", Timestamp::UNIX_EPOCH).await;
    let workspace = workspace.expect("make a workspace").id;
    let app = common::server(store, 1);
    let submit = async |name: &str| {
        let decisions = app
            .submit(workspace, Submission::of(Ask::new().external(name).upsert()))
            .await;
        assert_eq!(decisions.expect("submit")[0].outcome, Outcome::Created);
    };
    submit("nobody else names it").await;
    assert!(!numbers.render().contains("selfsame_lock_waits_total"));

    let mut other = PgConnection::connect(database.url()).await.expect("connect");
    let mut change = other.begin().await.expect("begin");
    sqlx::query("INSERT INTO identifier_keys (workspace_id, kind, value) VALUES ($1, 1, 'e')")
        .bind(workspace.0)
        .execute(&mut *change)
        .await
        .expect("insert");
    let commit = async {
        until_somebody_waits(&mut change).await;
        change.commit().await.expect("commit");
    };
    futures::join!(submit("e"), commit);
    let text = numbers.render();
    assert!(text.lines().any(|line| line == "selfsame_lock_waits_total 1"), "{text}");
}
