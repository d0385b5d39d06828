//! Who is a member, and why.

use super::common::{NOW, at, contact, definitions, formula, hold, is_in, plan, put, set, standing};
use crate::segments::{ContactFacts, Formula, Plan, StoredFacts, cycle};
use crate::values::{Email, ExternalId, FieldType, FirstName, SegmentName};
use crate::{AttributeInput, ContactState, Identifier, SegmentId};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn texts_names_and_identifiers() {
    let mut ann = contact();
    hold(&mut ann, Identifier::external_id(&ExternalId::parse("C-1").unwrap()));
    hold(&mut ann, Identifier::email(&Email::parse("Ann@Example.com").unwrap()));
    set(
        &mut ann,
        &AttributeInput::first_name(Some(&FirstName::parse("Єва").unwrap())),
    );
    put(&mut ann, 1, FieldType::TextField, "Blue moon");
    let yes =
        |field: &str, op: &str, value: Value| is_in(&ann, &json!({"field": field, "op": op, "value": value}), NOW);
    assert!(!is_in(
        &ann,
        &json!({"field": "externalCustomerId", "op": "is_empty"}),
        NOW
    ));
    assert!(is_in(&ann, &json!({"field": "phone", "op": "is_empty"}), NOW));
    assert!(is_in(&ann, &json!({"field": "email", "op": "is_not_empty"}), NOW));
    assert!(yes("externalCustomerId", "equals", json!("C-1")));
    assert!(!yes("externalCustomerId", "equals", json!("c-1")), "to the letter");
    assert!(yes("email", "equals", json!("ANN@example.com")));
    assert!(yes("email", "ends_with", json!("@EXAMPLE.com")));
    assert!(yes("firstName", "equals", json!("ЄВА")), "names without regard to case");
    assert!(yes("firstName", "starts_with", json!("є")));
    assert!(yes("firstName", "one_of", json!(["Ann", "єва"])));
    assert!(yes("custom:P.text", "contains", json!("e mo")));
    assert!(!yes("custom:P.text", "contains", json!("%")), "no pattern");
    assert!(!yes("custom:P.text", "starts_with", json!("moon")));
    assert!(yes("source", "one_of", json!(["API", "IMPORT"])));
    // No value: every comparison is false, and its negation true.
    assert!(!yes("town", "equals", json!("Kyiv")) && !yes("phone", "starts_with", json!("+380")));
}

#[test]
fn numbers_are_compared_exactly() {
    let mut ann = contact();
    put(&mut ann, 2, FieldType::Number, "-5");
    put(&mut ann, 3, FieldType::Decimal, "1234567890123456789.10");
    let yes =
        |field: &str, op: &str, value: Value| is_in(&ann, &json!({"field": field, "op": op, "value": value}), NOW);
    assert!(yes("contactId", "greater", json!(0)), "everybody");
    assert!(yes("contactId", "equals", json!("7.0")));
    assert!(yes("custom:P.number", "less", json!("-4.5")) && !yes("custom:P.number", "less", json!(-5)));
    assert!(yes("custom:P.number", "between", json!([-5, 0])));
    assert!(yes("custom:P.number", "between", json!({"from": -6, "to": -5})));
    assert!(yes("custom:P.decimal", "equals", json!("1234567890123456789.1")));
    assert!(yes("custom:P.decimal", "greater", json!("1234567890123456789.0999999")));
    assert!(!yes("custom:P.decimal", "one_of", json!([1, "1234567890123456789.11"])));
}

#[test]
fn lists_have_entries() {
    let mut ann = contact();
    put(&mut ann, 6, FieldType::Tags, "red,blue");
    let yes = |op: &str, value: Value| is_in(&ann, &json!({"field": "custom:P.tags", "op": op, "value": value}), NOW);
    assert!(yes("contains", json!("blue")) && !yes("contains", json!("blu")));
    assert!(yes("one_of", json!(["green", "red"])) && !yes("one_of", json!(["green"])));
    assert!(!is_in(
        &contact(),
        &json!({"field": "custom:P.tags", "op": "contains", "value": "red"}),
        NOW
    ));
}

#[test]
fn the_deciding_conditions_are_reported() {
    let mut ann = contact();
    hold(&mut ann, Identifier::email(&Email::parse("ann@example.com").unwrap()));
    let because = |json: &Value| standing(&ann, json, NOW).because;
    let no_id = json!({"field": "externalCustomerId", "op": "is_empty"});
    let no_email = json!({"field": "email", "op": "is_empty"});
    assert_eq!(because(&no_id), "External ID is empty");
    assert_eq!(because(&no_email), "Email is not empty");
    assert_eq!(because(&json!({"not": no_email})), "Email is not empty");
    assert_eq!(because(&json!({"all": [no_id, no_email]})), "Email is not empty");
    let named = json!({"field": "firstName", "op": "equals", "value": "Ann"});
    assert_eq!(because(&named), "not First name equals “Ann”");
    assert_eq!(because(&json!({"any": [no_email, no_id]})), "External ID is empty");
    assert_eq!(
        because(&json!({"all": [no_id, {"not": {"segment": 1}}]})),
        "External ID is empty and not in “Staff”"
    );
    let mut removed = ann.clone();
    removed.state = ContactState::Removed;
    let standing = standing(&removed, &no_id, NOW);
    assert_eq!((standing.is_member, standing.until), (false, None));
}

#[test]
fn a_segment_inside_itself_is_found_and_a_diamond_is_not() {
    let named = |ids: &[i64]| Formula::Any(ids.iter().map(|id| Formula::Segment(SegmentId(*id))).collect());
    let others = BTreeMap::from([
        (SegmentId(2), named(&[4])),
        (SegmentId(3), named(&[4])),
        (SegmentId(4), named(&[9])),
    ]);
    assert_eq!(cycle(SegmentId(1), &named(&[2, 3]), &others), None, "a diamond");
    assert_eq!(cycle(SegmentId(1), &named(&[1]), &others), Some(vec![SegmentId(1)]));
    let way = cycle(SegmentId(9), &named(&[8, 3]), &others);
    assert_eq!(way, Some(vec![SegmentId(3), SegmentId(4), SegmentId(9)]));
}

#[test]
fn segments_inside_segments_are_planned_in_their_place() {
    let mut definitions = definitions();
    let name = SegmentName::parse("No ID").unwrap();
    definitions.names.insert(SegmentId(3), name);
    let inner = formula(&json!({"field": "externalCustomerId", "op": "is_empty"}));
    definitions.formulas.insert(SegmentId(3), inner);
    let outer = formula(&json!({"not": {"segment": 3}}));
    let plan = Plan::of(&outer, &definitions).unwrap();
    let ann = contact();
    let standing = plan.evaluate(ContactFacts::of(&ann), at(NOW));
    assert_eq!((standing.is_member, standing.because.as_str()), (false, "in “No ID”"));
    // Twice as large with every step.
    for id in 4..20 {
        definitions
            .names
            .insert(SegmentId(id), SegmentName::parse(&format!("s{id}")).unwrap());
        let twice = Formula::All(vec![Formula::Segment(SegmentId(id - 1)); 2]);
        definitions.formulas.insert(SegmentId(id), twice);
    }
    let problems = Plan::of(&Formula::Segment(SegmentId(19)), &definitions).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].pointer, "/segment");
}

#[test]
fn negated_conditions_count_contacts_without_a_value() {
    let json = json!({"all": [
        {"not": {"field": "firstName", "op": "equals", "value": "Ann"}},
        {"field": "town", "op": "equals", "value": "Kyiv"},
        {"not": {"any": [{"field": "firstName", "op": "equals", "value": "Bob"}, {"field": "email", "op": "is_empty"}]}},
    ]});
    let without: Vec<String> = plan(&json).without_value().into_iter().map(|leaf| leaf.text).collect();
    assert_eq!(without, ["First name equals “Ann”"]);
}

#[test]
fn identifiers_may_be_shared_and_imports_may_have_changed_a_contact() {
    let mut ann = contact();
    let email = Identifier::email(&Email::parse("ann@example.com").unwrap());
    let key = email.key.clone();
    hold(&mut ann, email);
    let import = "0197f0c0-0000-7000-8000-000000000001";
    let stored = StoredFacts {
        shared: BTreeSet::from([key]),
        imports: BTreeSet::from([import.parse().unwrap()]),
        ..StoredFacts::NONE
    };
    let yes = |stored: &StoredFacts, json: Value| {
        let facts = ContactFacts {
            stored,
            ..ContactFacts::of(&ann)
        };
        plan(&json).matches(facts, at(NOW))
    };
    let shared = || json!({"field": "sharedCount", "op": "equals", "value": 1});
    assert!(yes(&stored, shared()) && !yes(&StoredFacts::NONE, shared()));
    let changed = |op: &str, value: Value| json!({"field": "importId", "op": op, "value": value});
    assert!(yes(&stored, changed("equals", json!(import.to_uppercase()))));
    assert!(yes(
        &stored,
        changed("one_of", json!(["0197f0c0-0000-7000-8000-000000000002", import]))
    ));
    assert!(!yes(&StoredFacts::NONE, changed("equals", json!(import))));
    let none = || json!({"field": "importId", "op": "is_empty"});
    assert!(yes(&StoredFacts::NONE, none()) && !yes(&stored, none()));
    for (op, value) in [("equals", "12"), ("contains", import)] {
        let problems = Plan::of(&formula(&changed(op, json!(value))), &definitions()).unwrap_err();
        assert_eq!(problems[0].pointer, "/value", "{op}");
    }
}
