//! A page of a history reads only its own rows, however large the history is.

use selfsame_application::Submission;
use selfsame_application::ports::{EventQuery, History, HistoryOf};
use selfsame_domain::{ContactId, VisitorId};
use selfsame_storage_conformance::{api_call, keep};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Stores the last long statement that the driver logged.
#[derive(Clone, Default)]
struct Last(Arc<Mutex<String>>);

impl<S: tracing::Subscriber> Layer<S> for Last {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            event.record(&mut self.clone());
        }
    }
}

impl Visit for Last {
    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "db.statement" && !value.is_empty() {
            value.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// Copies the only event of each subject many times, a quarter of an hour apart.
const FILL: &str = "
    INSERT INTO events
        (workspace_id, occurred_at, event_id, type_key, contact_id, visitor_id, revision, received_at, origin, params, decision_id)
    SELECT e.workspace_id, e.occurred_at - n * interval '15 minutes', gen_random_uuid(), e.type_key, e.contact_id,
           e.visitor_id, e.revision, e.received_at, e.origin, e.params, e.decision_id
    FROM events e, generate_series(1, 20000) AS n";

/// How many rows the plan read in vain. A contact or two are tolerated.
fn passed_over(plan: &[String]) -> u64 {
    let counts = plan
        .iter()
        .filter_map(|step| step.trim().strip_prefix("Rows Removed by Filter: "));
    counts.map(|count| count.parse::<u64>().expect("a count")).sum()
}

#[tokio::test]
async fn a_page_of_one_type_is_found_among_any_number_of_others() {
    let last = Last::default();
    let _guard = tracing_subscriber::registry().with(last.clone()).set_default();
    let database = crate::common::database().await;
    let store = crate::common::open(&database).await;
    let app = crate::common::server(store.clone(), 1);
    let workspace = app.create_workspace("one").await.expect("make a workspace").id;
    let ann = || api_call().external("a");
    for command in [
        keep(api_call().cookie("c").happened("cart")),
        ann().cookie("c").upsert(),
        keep(ann().happened("cart")),
    ] {
        app.submit(workspace, Submission::of(command)).await.expect("submit");
    }
    let mut admin = PgConnection::connect(database.url()).await.expect("connect");
    sqlx::raw_sql(FILL).execute(&mut admin).await.expect("fill");
    let visitor: VisitorId = sqlx::query_scalar("SELECT visitor_id FROM visitors")
        .fetch_one(&mut admin)
        .await
        .map(VisitorId)
        .expect("a visitor");
    let query = EventQuery {
        page_views: Some(true),
        ..EventQuery::latest(50)
    };
    for of in [HistoryOf::Contact(ContactId(1)), HistoryOf::Visitors(vec![visitor])] {
        let found = store.events(workspace, &of, &query).await.expect("read");
        assert_eq!(found, Some(Vec::new()));
    }
    let sql = last.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(sql.contains("FROM event_rows"), "{sql}");
    let types = "bigint, bigint, uuid[], timestamptz, timestamptz, uuid, boolean[], bigint";
    let prepare = format!("ANALYZE; PREPARE page ({types}) AS {sql}");
    sqlx::raw_sql(AssertSqlSafe(prepare))
        .execute(&mut admin)
        .await
        .expect("prepare");
    let page = |number: &str, visitors: &str, views: bool| {
        format!(
            "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)
             EXECUTE page ({}, {number}, '{{{visitors}}}', NULL, NULL, NULL, '{{{views}}}', 50)",
            workspace.0
        )
    };
    let visitor = visitor.0.to_string();
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let set = AssertSqlSafe(format!("SET plan_cache_mode = {mode}"));
        sqlx::raw_sql(set).execute(&mut admin).await.expect("set");
        for sql in [page("1", "", true), page("1", "", false), page("NULL", &visitor, true)] {
            let plan = sqlx::raw_sql(AssertSqlSafe(sql.clone())).fetch_all(&mut admin).await;
            let plan: Vec<String> = plan.expect("explain").iter().map(|step| step.get(0)).collect();
            assert!(passed_over(&plan) < 10, "{mode}: {sql}\n{}", plan.join("\n"));
        }
    }
}
