//! The forms of a formula, and what is wrong with one.

use super::common::{definitions, formula};
use crate::SegmentId;
use crate::segments::{Condition, Formula, Literal, Operator, Plan, parse, print};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn formulas_read_back_and_are_described_in_words() {
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
            condition("emailDomain", "equals", json!("example.com")),
            "Email domain equals “example.com”",
        ),
        (
            condition("absorbedCount", "greater", json!(0)),
            "Number of absorbed contacts is greater than 0",
        ),
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

/// The places of what is wrong with a formula.
fn problems(json: &Value) -> Vec<String> {
    let read = Formula::read(json).and_then(|formula| Plan::of(&formula, &definitions()).map(drop));
    let problems = read.err().unwrap_or_default();
    problems.into_iter().map(|problem| problem.pointer).collect()
}

#[test]
fn what_is_wrong_is_named_by_its_place() {
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
            one(json!({"field": "emailDomain", "op": "one_of", "value": ["example.com", "no domain"]})),
            vec!["/all/0/value/1"],
        ),
        (
            one(json!({"field": "emailStatus", "op": "contains", "value": "SUB"})),
            vec!["/all/0/value"],
        ),
        (
            one(json!({"field": "emailStatus", "op": "equals", "value": "subscribed"})),
            vec!["/all/0/value"],
        ),
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
    ] {
        assert_eq!(problems(&json), pointers, "{json}");
    }
    let deep = (0..40).fold(json!({"segment": 1}), |inner, _| json!({"not": inner}));
    assert_eq!(problems(&deep).len(), 1);
    let wide = json!({"any": vec![json!({"segment": 1}); 501]});
    assert_eq!(problems(&wide), [""]);
}

#[test]
fn wrong_values_are_named_by_their_place() {
    let one = |condition: Value| json!({"all": [condition]});
    for (json, pointers) in [
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
}

fn formulas() -> impl Strategy<Value = Formula> {
    let literal = prop_oneof![
        "[a-z“”\"\\\\ \n]{1,8}".prop_map(Literal::Text),
        (-99_i32..99).prop_map(|number| Literal::Number(number.to_string())),
    ];
    let fields = prop::sample::select(vec!["externalCustomerId", "town", "createdAt", "custom:P.text"]);
    let operators = prop::sample::select(Operator::ALL.to_vec());
    let condition = (fields, operators, literal).prop_map(|(field, operator, literal)| {
        use crate::segments::formula::Arity;
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
