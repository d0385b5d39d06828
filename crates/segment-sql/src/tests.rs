//! Tests of the statements' texts.

use crate::{Bound, Engine, counts, differences};
use selfsame_domain::segments::{Definitions, Formula, Plan};
use selfsame_domain::{ContactId, SegmentId, Timestamp, WorkspaceId};
use serde_json::{Value, json};

fn compiled(engine: Engine, formula: &Value) -> (String, usize) {
    let definitions = Definitions::default();
    let formula = Formula::read(formula).expect("a formula");
    let plan = Plan::of(&formula, &definitions).expect("a plan");
    let query = counts(engine, WorkspaceId(7), &plan, &[], Timestamp::UNIX_EPOCH);
    (query.sql, query.values.len())
}

#[test]
fn values_are_bound_and_never_part_of_the_text() {
    let formula = json!({"all": [
        {"field": "firstName", "op": "contains", "value": "'; DROP TABLE contacts; --"},
        {"not": {"field": "email", "op": "one_of", "value": ["a@example.com", "b@example.com"]}},
        {"field": "createdAt", "op": "after", "value": "2026-01-01T00:00:00Z"},
    ]});
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let (sql, bound) = compiled(engine, &formula);
        assert!(!sql.contains("DROP") && !sql.contains("example"), "{sql}");
        // The workspace twice, the kind, and the four values.
        assert_eq!(bound, 7, "{sql}");
    }
}

#[test]
fn every_table_is_bound_to_the_workspace() {
    let formula = json!({"any": [
        {"field": "externalCustomerId", "op": "is_empty"},
        {"field": "phone", "op": "starts_with", "value": "+380"},
    ]});
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let (sql, _) = compiled(engine, &formula);
        assert_eq!(sql.matches("FROM").count(), 3, "{sql}");
        assert_eq!(sql.matches("workspace_id = ").count(), 3, "{sql}");
    }
}

#[test]
fn differences_are_bound_to_the_workspace() {
    let definitions = Definitions::default();
    let formula = Formula::read(&json!({"field": "externalCustomerId", "op": "is_empty"})).expect("a formula");
    let plan = Plan::of(&formula, &definitions).expect("a plan");
    let ids = [ContactId(1), ContactId(2)];
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let of = (SegmentId(3), &plan);
        let page = (Some(ids.as_slice()), ContactId::NONE, 10);
        let query = differences(engine, WorkspaceId(7), of, Timestamp::UNIX_EPOCH, page);
        // The contacts, the record twice, and the identifiers.
        assert_eq!(query.sql.matches("workspace_id = ").count(), 4, "{}", query.sql);
        assert_eq!(query.values.first(), Some(&Bound::Integer(7)), "{}", query.sql);
    }
}
