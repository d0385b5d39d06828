//! A page of a history and a list of the console read only their own rows, however large the workspace is.

use selfsame_application::Submission;
use selfsame_application::ports::{EventQuery, History, HistoryOf, Identity};
use selfsame_domain::{ContactId, IdentifierKey, Timestamp, VisitorId};
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

/// Many contacts of which few are of the last day, each with an identifier that matches and was seen with one external ID.
const CROWD: &str = "
    INSERT INTO contacts (workspace_id, contact_id, canonical_id, revision, created_at, updated_at, state, source)
    SELECT $1, n, n, 1, '2026-01-01'::timestamptz + n * interval '1 minute', '2026-01-01', 1, 8
    FROM generate_series(1, 50000) AS n";

const IDENTIFIERS: &str = "
    INSERT INTO identifiers
        (workspace_id, home_id, owner_id, place, revision, first_seen, last_seen, kind, state, channels, source, confirmed, value)
    SELECT $1, n, n, n, 1, '2026-01-01', '2026-01-01', 2, CASE WHEN n % 1000 = 0 THEN 2 ELSE 1 END, 1, 8, false, n || '@example.com'
    FROM generate_series(1, 50000) AS n";

const VALUES: &str = "
    INSERT INTO identifier_values (workspace_id, revision, kind, value, seen_with)
    SELECT $1, 1, 2, n || '@example.com', array_fill(gen_random_uuid(), ARRAY[CASE WHEN n % 1000 = 0 THEN 3 ELSE 1 END])
    FROM generate_series(1, 50000) AS n";

#[tokio::test]
async fn lists_of_the_console_are_read_from_their_indexes() {
    let last = Last::default();
    let _guard = tracing_subscriber::registry().with(last.clone()).set_default();
    let database = crate::common::database().await;
    let store = crate::common::open(&database).await;
    let app = crate::common::server(store.clone(), 1);
    let workspace = app.create_workspace("one").await.expect("make a workspace").id;
    let mut admin = PgConnection::connect(database.url()).await.expect("connect");
    for fill in [CROWD, IDENTIFIERS, VALUES] {
        let filled = sqlx::query(fill).bind(workspace.0).execute(&mut admin).await;
        assert_eq!(filled.expect("fill").rows_affected(), 50_000);
    }
    for table in ["contacts", "identifiers", "identifier_values", "merges"] {
        let vacuum = AssertSqlSafe(format!("VACUUM ANALYZE {table}"));
        sqlx::raw_sql(vacuum).execute(&mut admin).await.expect("vacuum");
    }
    let text = || last.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let shared = store
        .shared(workspace, 3, None::<&IdentifierKey>, 10)
        .await
        .expect("read");
    assert_eq!(shared.len(), 10);
    let shared = (
        text(),
        "bigint, int, smallint, text, bigint",
        "3, 0, '', 10",
        "identifier_values_shared",
    );
    assert_eq!(store.quarantined(workspace, None, 10).await.expect("read").len(), 10);
    let quarantined = (
        text(),
        "bigint, smallint, text, bigint, bigint",
        "0, '', 0, 10",
        "identifiers_quarantined",
    );
    let bounds = ["2026-02-03T00:00:00Z", "2026-02-04T00:00:00Z"].map(|at| at.parse::<Timestamp>().expect("a time"));
    let counts = store.counts_between(workspace, &bounds).await.expect("read");
    assert_eq!(counts.first().map(|counts| counts.created), Some(1_440));
    let days = "'{2026-02-03}', '{2026-02-04}'";
    let counted = (
        text(),
        "bigint, timestamptz[], timestamptz[]",
        days,
        "contacts_by_creation",
    );
    for (place, (sql, types, arguments, index)) in [shared, quarantined, counted].into_iter().enumerate() {
        let prepare = format!("PREPARE list_{place} ({types}) AS {sql}");
        let prepared = sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut admin).await;
        prepared.expect("prepare");
        let execute = format!("EXECUTE list_{place} ({}, {arguments})", workspace.0);
        assert_index_alone(&mut admin, &execute, index).await;
    }
}

/// Whether a statement reads from an index, and nothing in vain, by either kind of plan.
async fn assert_index_alone(admin: &mut PgConnection, execute: &str, index: &str) {
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let set = AssertSqlSafe(format!("SET plan_cache_mode = {mode}"));
        sqlx::raw_sql(set).execute(&mut *admin).await.expect("set");
        let explain = format!("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {execute}");
        let plan = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut *admin).await;
        let plan: Vec<String> = plan.expect("explain").iter().map(|step| step.get(0)).collect();
        let steps = plan.join("\n");
        assert!(steps.contains(&format!("using {index}")), "{mode}:\n{steps}");
        assert!(passed_over(&plan) < 10, "{mode}:\n{steps}");
    }
}
