//! Formulas: forms, checks, answers.

use super::evaluate::ContactFacts;
use super::{Condition, Definitions, Formula, Literal, Membership, Operator, Plan, cycle, parse, print};
use crate::values::{Email, ExternalId, FieldType, FieldValue, FirstName, SegmentName, Source, TimeZone};
use crate::{
    Attribute, AttributeInput, AttributeKey, AttributeValue, ChannelDetails, Contact, ContactId, ContactState,
    CustomField, FieldId, HeldIdentifier, Identifier, IdentifierState, SegmentId, Timestamp,
};
use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn at(text: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn custom(id: i64, key: &str, field_type: FieldType) -> CustomField {
    CustomField {
        id: FieldId(id),
        profile_key: "P".to_owned(),
        field_key: key.to_owned(),
        name: key.to_owned(),
        field_type,
        allowed: Vec::new(),
        required: false,
        identifying: false,
        archived: false,
    }
}

/// Two static segments, `Staff` (1) and `a “b” \ c` (2), and a field of every type.
fn definitions() -> Definitions {
    let name = |text| SegmentName::parse(text).unwrap();
    let types = [
        (1, "text", FieldType::TextField),
        (2, "number", FieldType::Number),
        (3, "decimal", FieldType::Decimal),
        (4, "date", FieldType::Date),
        (5, "time", FieldType::DateTime),
        (6, "tags", FieldType::Tags),
    ];
    Definitions {
        names: BTreeMap::from([(SegmentId(1), name("Staff")), (SegmentId(2), name(r"a “b” \ c"))]),
        formulas: BTreeMap::new(),
        fields: types.into_iter().map(|(id, key, held)| custom(id, key, held)).collect(),
    }
}

fn formula(json: &Value) -> Formula {
    Formula::read(json).unwrap_or_else(|problems| panic!("{json}: {problems:?}"))
}

fn plan(json: &Value) -> Plan {
    Plan::of(&formula(json), &definitions()).unwrap_or_else(|problems| panic!("{json}: {problems:?}"))
}

fn contact() -> Contact {
    Contact::new(ContactId(7), Source::Api, at("2026-01-01T00:00:00Z"))
}

fn hold(contact: &mut Contact, identifier: Identifier) {
    contact.identifiers.push(HeldIdentifier {
        identifier,
        home: contact.id,
        owner: contact.id,
        state: IdentifierState::Active,
        hidden_by: None,
        channels: BTreeSet::new(),
        details: ChannelDetails::default(),
        confirmed: true,
        source: Source::Api,
        first_seen: contact.created_at,
        last_seen: contact.created_at,
    });
}

fn set(contact: &mut Contact, input: &AttributeInput) {
    contact.attributes.set(input, contact.created_at);
}

fn put(contact: &mut Contact, field: i64, field_type: FieldType, text: &str) {
    let value = FieldValue::parse(field_type, text, &[], contact.created_at).unwrap();
    let attribute = Attribute {
        value: Some(AttributeValue::Field(value)),
        filled_from: None,
        cleared_at: None,
    };
    contact
        .attributes
        .0
        .insert(AttributeKey::Field(FieldId(field)), attribute);
}

fn zoned(contact: &mut Contact, zone: &str) {
    set(
        contact,
        &AttributeInput::time_zone(Some(&TimeZone::parse(zone).unwrap())),
    );
}

fn standing(contact: &Contact, json: &Value, now: &str) -> Membership {
    plan(json).evaluate(ContactFacts { contact }, at(now))
}

fn is_in(contact: &Contact, json: &Value, now: &str) -> bool {
    let facts = ContactFacts { contact };
    let holds = plan(json).matches(facts, at(now));
    let complement = plan(&json!({"not": json})).matches(facts, at(now));
    assert_ne!(holds, complement, "a negation is the exact complement: {json}");
    holds
}

const NOW: &str = "2026-03-10T12:00:00Z";

#[test]
fn forms_read_back_and_are_told_in_words() {
    let condition = |field: &str, op: &str, value: Value| json!({"field": field, "op": op, "value": value});
    let empty = |field: &str| json!({"field": field, "op": "is_empty"});
    for (json, readable) in [
        (empty("externalCustomerId"), "External ID is empty"),
        (
            json!({"all": [
                {"any": [empty("externalCustomerId"), empty("email")]}, {"not": {"segment": 1}}
            ]}),
            "(External ID is empty or Email is empty) and not in “Staff”",
        ),
        (json!({"segment": 2}), r"in “a \“b\” \\ c”"),
        (json!({"segment": 9}), "in segment 9"),
        (
            json!({"not": {"all": [empty("phone"), empty("email")]}}),
            "not (Phone is empty and Email is empty)",
        ),
        (
            json!({"field": "firstName", "op": "is_not_empty"}),
            "First name is not empty",
        ),
        (condition("town", "equals", json!("Kyiv")), "Town equals “Kyiv”"),
        (
            condition("lastName", "one_of", json!(["A", "B"])),
            "Last name is one of (“A”, “B”)",
        ),
        (
            condition("custom:P.number", "greater", json!(5)),
            "field “P.number” is greater than 5",
        ),
        (
            condition("custom:P.decimal", "between", json!([1, "2.50"])),
            "field “P.decimal” is between 1 and “2.50”",
        ),
        (
            condition("createdAt", "in_last_days", json!(7)),
            "Created is in the last 7 days",
        ),
        (
            condition("custom:P.date", "anniversary_within_days", json!(3)),
            "field “P.date” has its anniversary within 3 days of today",
        ),
    ] {
        let read = formula(&json);
        assert_eq!(read.to_json(), json);
        assert_eq!(print(&read, &definitions()), readable);
        assert_eq!(parse(readable, &definitions()), Ok(read), "{readable}");
    }
}

#[test]
fn and_binds_closer_than_or_and_quotes_may_be_straight() {
    let read = parse(r#"email IS EMPTY or phone is empty and not in "Staff""#, &definitions());
    let expected = json!({"any": [
        {"field": "email", "op": "is_empty"},
        {"all": [{"field": "phone", "op": "is_empty"}, {"not": {"segment": 1}}]},
    ]});
    assert_eq!(read.map(|formula| formula.to_json()), Ok(expected));
    for (text, at, reason) in [
        ("", 1, "expected a field, not, in, or ("),
        ("Email", 6, "expected an operator, as: is empty"),
        ("Email is empty Email", 16, "expected and, or, or the end"),
        ("(Email is empty", 16, "expected )"),
        ("in “Nobody”", 12, "there is no segment of this name"),
        ("Town equals “Kyiv", 13, "the quoted text has no end"),
        ("Town equals Kyiv", 13, "expected a number or a quoted text"),
    ] {
        let error = parse(text, &definitions()).unwrap_err();
        assert_eq!((error.at, error.reason), (at, reason), "{text}");
    }
}

#[test]
fn what_is_wrong_is_named_by_its_place() {
    let problems = |json: &Value| -> Vec<String> {
        let read = Formula::read(json).and_then(|formula| Plan::of(&formula, &definitions()).map(drop));
        let problems = read.err().unwrap_or_default();
        problems.into_iter().map(|problem| problem.pointer).collect()
    };
    let one = |condition: Value| json!({"all": [condition]});
    for (json, pointers) in [
        (json!([]), vec![""]),
        (json!({}), vec![""]),
        (json!({"all": []}), vec!["/all"]),
        (json!({"all": [1, {"any": 2}]}), vec!["/all/0", "/all/1/any"]),
        (json!({"all": [{"segment": 1}], "any": [{"segment": 1}]}), vec![""]),
        (json!({"not": {"segment": "1"}}), vec!["/not/segment"]),
        (json!({"segment": 3}), vec!["/segment"]),
        (one(json!({"field": "surname", "op": "is_empty"})), vec!["/all/0/field"]),
        (
            one(json!({"field": "custom:P.other", "op": "is_empty"})),
            vec!["/all/0/field"],
        ),
        (
            one(json!({"field": "email", "op": "like", "value": "a"})),
            vec!["/all/0/op"],
        ),
        (
            one(json!({"field": "email", "op": "greater", "value": 1})),
            vec!["/all/0/op"],
        ),
        (one(json!({"field": "email", "op": "equals"})), vec!["/all/0/value"]),
        (
            one(json!({"field": "email", "op": "equals", "value": "no address"})),
            vec!["/all/0/value"],
        ),
        (
            one(json!({"field": "email", "op": "is_empty", "value": "a"})),
            vec!["/all/0/value"],
        ),
        (
            one(json!({"field": "email", "op": "one_of", "value": "a"})),
            vec!["/all/0/value"],
        ),
        (
            one(json!({"field": "email", "op": "one_of", "value": ["a@example.com", "b"]})),
            vec!["/all/0/value/1"],
        ),
        (
            one(json!({"field": "firstName", "op": "equals", "value": ""})),
            vec!["/all/0/value"],
        ),
        (
            one(json!({"field": "createdAt", "op": "before", "value": "yesterday"})),
            vec!["/all/0/value"],
        ),
        (
            one(json!({"field": "createdAt", "op": "in_last_days", "value": -1})),
            vec!["/all/0/value"],
        ),
        (
            one(json!({"field": "custom:P.date", "op": "between", "value": ["2026-01-01", 5]})),
            vec!["/all/0/value/1"],
        ),
        (
            one(json!({"field": "custom:P.number", "op": "greater", "value": "1e5"})),
            vec!["/all/0/value"],
        ),
        (
            one(json!({"field": "source", "op": "equals", "value": "api"})),
            vec!["/all/0/value"],
        ),
        (
            one(json!({"field": "email", "op": "is_empty", "negate": true})),
            vec!["/all/0"],
        ),
    ] {
        assert_eq!(problems(&json), pointers, "{json}");
    }
    let deep = (0..40).fold(json!({"segment": 1}), |inner, _| json!({"not": inner}));
    assert_eq!(problems(&deep).len(), 1);
    let wide = json!({"any": vec![json!({"segment": 1}); 501]});
    assert_eq!(problems(&wide), [""]);
}

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
    assert!(yes("custom:P.text", "contains", json!("ue mo")));
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
fn a_day_is_that_of_the_contact_s_own_calendar() {
    // 22:30 in London, and the next day in Kyiv.
    let mut ann = contact();
    ann.created_at = at("2026-01-09T22:30:00Z");
    let on = |contact: &Contact, day: &str| {
        is_in(
            contact,
            &json!({"field": "createdAt", "op": "equals", "value": day}),
            NOW,
        )
    };
    assert!(
        on(&ann, "2026-01-09") && !on(&ann, "2026-01-10"),
        "without a zone by UTC"
    );
    zoned(&mut ann, "Europe/Kyiv");
    assert!(on(&ann, "2026-01-10") && !on(&ann, "2026-01-09"));
    let yes = |op: &str, value: &str| is_in(&ann, &json!({"field": "createdAt", "op": op, "value": value}), NOW);
    assert!(yes("after", "2026-01-09") && !yes("before", "2026-01-10"));
    assert!(
        yes("equals", "2026-01-10T00:30"),
        "minutes are of the contact's own clock"
    );
    assert!(yes("equals", "2026-01-09T22:30:00Z") && yes("before", "2026-01-09T22:30:01Z"));
    assert!(!yes("after", "2026-01-09T22:30:00Z"));
}

#[test]
fn days_end_and_begin_with_the_contact_s_own_midnight() {
    let mut ann = contact();
    zoned(&mut ann, "Asia/Tokyo");
    put(&mut ann, 4, FieldType::Date, "2026-03-11");
    // In Tokyo it is the 11th from 15:00 UTC on.
    let today = json!({"field": "custom:P.date", "op": "in_last_days", "value": 0});
    assert!(!is_in(&ann, &today, "2026-03-10T14:59:59Z"));
    assert!(is_in(&ann, &today, "2026-03-10T15:00:00Z"));
    let soon = json!({"field": "custom:P.date", "op": "in_next_days", "value": 1});
    let joined = standing(&ann, &soon, "2026-03-10T14:00:00Z");
    assert!(joined.is_member);
    assert_eq!(joined.until, Some(at("2026-03-11T15:00:00Z")), "the 12th in Tokyo");
    let until = standing(&ann, &today, "2026-03-10T00:00:00Z").until;
    assert_eq!(until, Some(at("2026-03-10T15:00:00Z")));
}

#[test]
fn days_back_keep_the_time_of_day_when_clocks_change() {
    // Berlin goes from UTC+1 to UTC+2 on 29 March 2026.
    let mut ann = contact();
    zoned(&mut ann, "Europe/Berlin");
    ann.created_at = at("2026-03-28T11:00:00Z");
    let last_day = json!({"field": "createdAt", "op": "in_last_days", "value": 1});
    assert!(
        is_in(&ann, &last_day, "2026-03-29T10:00:00Z"),
        "23 hours later, the same time of day"
    );
    assert!(!is_in(&ann, &last_day, "2026-03-29T10:00:01Z"));
    let until = standing(&ann, &last_day, "2026-03-28T12:00:00Z").until;
    assert_eq!(until, Some(at("2026-03-29T10:00:00.000001Z")));
    // 02:30 is passed over on that day: it is 03:00.
    let gap = json!({"field": "createdAt", "op": "before", "value": "2026-03-29T02:30"});
    ann.created_at = at("2026-03-29T00:59:59Z");
    assert!(is_in(&ann, &gap, NOW));
    ann.created_at = at("2026-03-29T01:00:00Z");
    assert!(!is_in(&ann, &gap, NOW));
}

#[test]
fn a_leap_day_has_an_anniversary_every_year() {
    let mut ann = contact();
    put(&mut ann, 4, FieldType::Date, "2004-02-29");
    let on = |contact: &Contact, days: u32, now: &str| {
        let json = json!({"field": "custom:P.date", "op": "anniversary_within_days", "value": days});
        is_in(contact, &json, now)
    };
    assert!(on(&ann, 0, "2027-02-28T12:00:00Z") && !on(&ann, 0, "2027-03-01T12:00:00Z"));
    assert!(on(&ann, 0, "2028-02-29T12:00:00Z") && !on(&ann, 0, "2028-02-28T12:00:00Z"));
    assert!(on(&ann, 1, "2027-03-01T12:00:00Z") && on(&ann, 1, "2027-02-27T12:00:00Z"));
    assert!(!on(&ann, 1, "2027-02-26T12:00:00Z"));
    // Around the turn of the year.
    put(&mut ann, 4, FieldType::Date, "1990-12-31");
    assert!(on(&ann, 3, "2026-01-03T12:00:00Z") && !on(&ann, 3, "2026-01-04T12:00:00Z"));
    assert!(on(&ann, 3, "2026-12-28T12:00:00Z") && !on(&ann, 3, "2026-12-27T12:00:00Z"));
    let json = json!({"field": "custom:P.date", "op": "anniversary_within_days", "value": 3});
    let until = standing(&ann, &json, "2026-01-02T12:00:00Z").until;
    assert_eq!(until, Some(at("2026-01-04T00:00:00Z")));
}

#[test]
fn times_without_zone_are_of_the_contact_s_own_clock() {
    let mut ann = contact();
    zoned(&mut ann, "America/New_York");
    put(&mut ann, 5, FieldType::DateTime, "2026-03-10T08:00");
    // 08:00 in New York is 12:00 UTC (summer time since the 8th).
    let last = json!({"field": "custom:P.time", "op": "in_last_days", "value": 2});
    assert!(!is_in(&ann, &last, "2026-03-10T11:59:59Z"));
    assert!(is_in(&ann, &last, "2026-03-10T12:00:00Z"));
    assert!(is_in(&ann, &last, "2026-03-12T12:00:00Z") && !is_in(&ann, &last, "2026-03-12T12:00:01Z"));
    assert!(is_in(
        &ann,
        &json!({"field": "custom:P.time", "op": "equals", "value": "2026-03-10"}),
        NOW
    ));
    assert!(is_in(
        &ann,
        &json!({"field": "custom:P.time", "op": "after", "value": "2026-03-09"}),
        NOW
    ));
}

#[test]
fn it_is_told_which_conditions_decide() {
    let mut ann = contact();
    hold(&mut ann, Identifier::email(&Email::parse("ann@example.com").unwrap()));
    let because = |json: &Value| standing(&ann, json, NOW).because;
    let no_id = json!({"field": "externalCustomerId", "op": "is_empty"});
    let no_email = json!({"field": "email", "op": "is_empty"});
    assert_eq!(because(&no_id), "External ID is empty");
    assert_eq!(because(&no_email), "not Email is empty");
    assert_eq!(because(&json!({"all": [no_id, no_email]})), "not Email is empty");
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
    let standing = plan.evaluate(ContactFacts { contact: &ann }, at(NOW));
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
fn negated_conditions_tell_whose_value_is_missing() {
    let json = json!({"all": [
        {"not": {"field": "firstName", "op": "equals", "value": "Ann"}},
        {"field": "town", "op": "equals", "value": "Kyiv"},
        {"not": {"any": [{"field": "firstName", "op": "equals", "value": "Bob"}, {"field": "email", "op": "is_empty"}]}},
    ]});
    let without: Vec<String> = plan(&json).without_value().into_iter().map(|leaf| leaf.text).collect();
    assert_eq!(without, ["First name equals “Ann”"]);
}

fn formulas() -> impl Strategy<Value = Formula> {
    let literal = prop_oneof![
        "[a-z“”\"\\\\ \n]{1,8}".prop_map(Literal::Text),
        (-99_i32..99).prop_map(|number| Literal::Number(number.to_string())),
    ];
    let fields = prop::sample::select(vec!["externalCustomerId", "town", "createdAt", "custom:P.text"]);
    let operators = prop::sample::select(Operator::ALL.to_vec());
    let condition = (fields, operators, literal).prop_map(|(field, operator, literal)| {
        use super::formula::Arity;
        let values = match operator.arity() {
            Arity::None => Vec::new(),
            Arity::One => vec![literal],
            Arity::Two | Arity::Many => vec![literal.clone(), literal],
            Arity::Days => vec![Literal::Number("3".to_owned())],
        };
        Formula::Condition(Condition {
            field: field.to_owned(),
            operator,
            values,
        })
    });
    let leaf = prop_oneof![condition, (1_i64..4).prop_map(|id| Formula::Segment(SegmentId(id)))];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Formula::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Formula::Any),
            inner.prop_map(|part| Formula::Not(Box::new(part))),
        ]
    })
}

proptest! {
    #[test]
    fn both_forms_read_back(formula in formulas()) {
        prop_assert_eq!(Formula::read(&formula.to_json()), Ok(formula.clone()));
        let text = print(&formula, &definitions());
        prop_assert_eq!(parse(&text, &definitions()), Ok(formula), "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}") {
        let _ = parse(&text, &definitions());
    }
}
