//! A batch that conflicts with another server's commit.

use metrics_exporter_prometheus::PrometheusBuilder;
use selfsame_application::Submission;
use selfsame_application::ports::Workspaces;
use selfsame_domain::{Outcome, Timestamp};
use selfsame_storage_conformance::{RequestBuilder, api_call};
use sqlx::{Connection, PgConnection};

/// Waits until a statement of the database waits for a lock.
async fn until_a_caller_waits(connection: &mut PgConnection) {
    let waiting =
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(waiting)
        .fetch_one(&mut *connection)
        .await
        .expect("look")
    {}
}

/// Everything runs on the thread that has the recorder.
#[tokio::test]
async fn a_stale_batch_is_counted_and_done_again() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let numbers = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let database = crate::common::database().await;
    let store = crate::common::open(&database).await;
    let workspace = store.create_workspace("one", Timestamp::UNIX_EPOCH).await;
    let workspace = workspace.expect("make a workspace").id;
    let app = crate::common::server(store, 1);
    let submit = async |builder: RequestBuilder| {
        let decisions = app.submit(workspace, Submission::of(builder.upsert())).await;
        decisions.expect("submit").remove(0).outcome
    };
    assert_eq!(submit(api_call().external("e")).await, Outcome::Created);
    assert!(!numbers.render().contains("selfsame_lane_stale_total"));

    let mut other = PgConnection::connect(database.url()).await.expect("connect");
    let mut change = other.begin().await.expect("begin");
    for statement in [
        "UPDATE revisions SET latest = latest + 1 WHERE workspace_id = $1",
        "UPDATE contacts SET revision = 2 WHERE workspace_id = $1",
    ] {
        let done = sqlx::query(statement).bind(workspace.0).execute(&mut *change).await;
        assert_eq!(done.expect("change").rows_affected(), 1);
    }
    let commit = async {
        until_a_caller_waits(&mut change).await;
        change.commit().await.expect("commit");
    };
    let (outcome, ()) = futures::join!(submit(api_call().external("e").first("Ann")), commit);
    assert_eq!(outcome, Outcome::Updated);
    let text = numbers.render();
    assert!(text.lines().any(|line| line == "selfsame_lane_stale_total 1"), "{text}");
}
