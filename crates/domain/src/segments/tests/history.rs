//! Conditions on events and orders.

use super::common::{at, contact, definitions, formula, plan, zoned};
use crate::segments::{ContactFacts, Formula, Membership, Plan, StoredFacts, parse, print};
use crate::values::{Amount, Currency, EventTypeKey, ExternalOrderId, OrderText};
use crate::{
    Contact, DecisionId, Event, EventId, EventParams, Order, OrderContent, OrderDetails, OrderItem, OrderKey,
    OrderStatus, Origin, Subject,
};
use serde_json::{Value, json};
use uuid::Uuid;

fn event(contact: &Contact, key: &str, time: &str, params: &Value) -> Event {
    Event {
        id: EventId(Uuid::from_u128(1)),
        decision: DecisionId(Uuid::from_u128(1)),
        type_key: EventTypeKey::parse(key).unwrap(),
        key_value: None,
        subject: Some(Subject::Contact(contact.id)),
        occurred_at: at(time),
        received_at: at(time),
        origin: Origin::Api,
        params: EventParams::parse(&params.to_string()).unwrap(),
    }
}

fn order(contact: &Contact, cost: &str, status: OrderStatus, time: &str) -> Order {
    Order {
        key: OrderKey {
            external_id: ExternalOrderId::parse(cost).unwrap(),
            store_id: None,
        },
        contact: contact.id,
        status,
        date: at(time),
        content: OrderContent {
            total_cost: Amount::parse(cost).unwrap(),
            currency: Currency::parse("UAH").unwrap(),
            shipping: None,
            discount: None,
            taxes: None,
            details: OrderDetails::default(),
            items: Vec::new(),
        },
        decision: DecisionId(Uuid::from_u128(1)),
        created_at: at(time),
        updated_at: at(time),
    }
}

fn standing(contact: &Contact, events: &[Event], orders: &[Order], json: &Value, now: &str) -> Membership {
    let stored = StoredFacts {
        events: events.to_vec(),
        orders: orders.to_vec(),
        ..StoredFacts::NONE
    };
    let facts = ContactFacts {
        stored: &stored,
        ..ContactFacts::of(contact)
    };
    let standing = plan(json).evaluate(facts, at(now));
    let complement = plan(&json!({"not": json})).matches(facts, at(now));
    assert_ne!(
        standing.is_member, complement,
        "a negation is the exact complement: {json}"
    );
    standing
}

#[test]
fn forms_read_back() {
    for (json, readable) in [
        (
            json!({"event": "Login", "count": {"atLeast": 3}, "within": {"lastDays": 7}}),
            "event “Login” at least 3 times in the last 7 days",
        ),
        (
            json!({"event": "Buy", "count": {"atMost": 0}, "within": {"from": "2026-01-01", "to": "2026-02-01"},
                "where": [{"param": "price", "op": "between", "value": [1, 5]}, {"param": "a b", "op": "is_empty"}]}),
            "event “Buy” at most 0 times from “2026-01-01” to “2026-02-01” where (“price” is between 1 and 5, “a b” is empty)",
        ),
        (
            json!({"orders": "count", "op": "greater", "value": 3}),
            "order count is greater than 3",
        ),
        (
            json!({"orders": "lastDate", "op": "in_last_days", "value": 30,
                "where": [{"field": "status", "op": "equals", "value": "DELIVERED"}]}),
            "last order date is in the last 30 days where (“status” equals “DELIVERED”)",
        ),
        (json!({"orders": "average", "op": "is_empty"}), "order average is empty"),
        (
            json!({"event": "Login", "last": {"op": "before", "value": "2026-01-01"}}),
            "last event “Login” is before “2026-01-01”",
        ),
        (
            json!({"event": "Buy", "first": {"op": "in_last_days", "value": 7},
                "where": [{"param": "price", "op": "greater", "value": 5}]}),
            "first event “Buy” is in the last 7 days where (“price” is greater than 5)",
        ),
        (
            json!({"orders": "count", "op": "greater", "value": 0,
                "where": [{"field": "itemId", "op": "one_of", "value": ["A", "B"]}, {"field": "itemCategory", "op": "is_empty"}]}),
            "order count is greater than 0 where (“itemId” is one of (“A”, “B”), “itemCategory” is empty)",
        ),
    ] {
        let read = formula(&json);
        assert_eq!(read.to_json(), json);
        assert_eq!(print(&read, &definitions()), readable);
        assert_eq!(parse(readable, &definitions()), Ok(read), "{readable}");
    }
    let short = formula(&json!({"event": "Login"}));
    assert_eq!(short.to_json(), json!({"event": "Login", "count": {"atLeast": 1}}));
}

#[test]
fn what_is_wrong_is_named_by_its_place() {
    for (json, pointer) in [
        (json!({"event": 1}), "/event"),
        (json!({"event": "a b?"}), "/event"),
        (json!({"event": "Login", "count": 3}), "/count"),
        (
            json!({"event": "Login", "count": {"atLeast": 1, "atMost": 2}}),
            "/count",
        ),
        (json!({"event": "Login", "within": {}}), "/within"),
        (
            json!({"event": "Login", "within": {"lastDays": "x"}}),
            "/within/lastDays",
        ),
        (json!({"event": "Login", "within": {"from": "soon"}}), "/within/from"),
        (json!({"event": "Login", "where": {}}), "/where"),
        (json!({"event": "Login", "last": "2026-01-01"}), "/last"),
        (
            json!({"event": "Login", "last": {"op": "greater", "value": 1}}),
            "/last/op",
        ),
        (
            json!({"event": "Login", "first": {"op": "before", "value": "soon"}}),
            "/first/value",
        ),
        (
            json!({"event": "Login", "first": {"op": "is_empty"}, "last": {"op": "is_empty"}}),
            "/last",
        ),
        (
            json!({"event": "Login", "last": {"op": "is_empty"}, "count": {"atLeast": 1}}),
            "/count",
        ),
        (json!({"event": "Login", "last": {"op": "is_empty", "x": 1}}), "/last"),
        (
            json!({"event": "Login", "where": [{"param": "a", "op": "before", "value": "2026-01-01"}]}),
            "/where/0/op",
        ),
        (
            json!({"event": "Login", "where": [{"param": "a", "op": "less", "value": "x"}]}),
            "/where/0/value",
        ),
        (
            json!({"event": "Login", "where": [{"param": "a\"b", "op": "is_empty"}]}),
            "/where/0/param",
        ),
        (json!({"orders": "most", "op": "greater", "value": 3}), "/orders"),
        (json!({"orders": "count", "op": "contains", "value": "3"}), "/op"),
        (json!({"orders": "lastDate", "op": "greater", "value": 3}), "/op"),
        (
            json!({"orders": "sum", "op": "greater", "value": 3, "where": [{"field": "x", "op": "is_empty"}]}),
            "/where/0/field",
        ),
    ] {
        let problems = Formula::read(&json).and_then(|formula| Plan::of(&formula, &definitions()).map(drop));
        let problems = problems.err().unwrap_or_default();
        let pointers: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(pointers, [pointer], "{json}");
    }
}

#[test]
fn events_are_counted_within_a_time_and_end() {
    let mut ann = contact();
    zoned(&mut ann, "Europe/Berlin");
    let login = |time: &str| event(&ann, "Login", time, &json!({}));
    let events = [login("2026-03-27T11:00:00Z"), login("2026-03-28T11:00:00Z")];
    let twice = json!({"event": "Login", "count": {"atLeast": 2}, "within": {"lastDays": 7}});
    let now = "2026-03-28T12:00:00Z";
    let found = standing(&ann, &events, &[], &twice, now);
    assert!(found.is_member);
    // Clocks were put forward on the 29th: the same time of day is an hour earlier.
    assert_eq!(found.until, Some(at("2026-04-03T10:00:00.000001Z")));
    let none = json!({"event": "Login", "count": {"atMost": 0}, "within": {"lastDays": 7}});
    let found = standing(&ann, &events, &[], &none, now);
    assert!(!found.is_member);
    assert_eq!(found.because, "event “Login” at least 1 times in the last 7 days");
    assert_eq!(found.until, Some(at("2026-04-04T10:00:00.000001Z")));
}

#[test]
fn parameters_are_texts_or_numbers() {
    let ann = contact();
    let events = [event(
        &ann,
        "Buy",
        "2026-03-01T00:00:00Z",
        &json!({"price": 10.5, "size": "12", "vip": true, "n": null}),
    )];
    let yes = |filter: Value| {
        let json = json!({"event": "Buy", "where": [filter]});
        standing(&ann, &events, &[], &json, "2026-03-02T00:00:00Z").is_member
    };
    assert!(yes(json!({"param": "price", "op": "greater", "value": 10})));
    assert!(yes(json!({"param": "price", "op": "equals", "value": "10.5"})));
    assert!(yes(json!({"param": "size", "op": "less", "value": 13})));
    assert!(!yes(json!({"param": "vip", "op": "equals", "value": "true"})));
    assert!(yes(json!({"param": "vip", "op": "is_not_empty"})) && yes(json!({"param": "n", "op": "is_empty"})));
}

#[test]
fn orders_come_to_exact_numbers() {
    let ann = contact();
    let orders = [
        order(&ann, "0.10", OrderStatus::Delivered, "2026-03-01T00:00:00Z"),
        order(&ann, "0.20", OrderStatus::Cancelled, "2026-03-05T00:00:00Z"),
    ];
    let now = "2026-03-10T00:00:00Z";
    let yes = |orders: &[Order], json: Value| standing(&ann, &[], orders, &json, now).is_member;
    assert!(yes(&orders, json!({"orders": "sum", "op": "equals", "value": "0.3"})));
    assert!(yes(
        &orders,
        json!({"orders": "average", "op": "equals", "value": "0.15"})
    ));
    assert!(yes(&[], json!({"orders": "sum", "op": "equals", "value": 0})));
    assert!(
        yes(&[], json!({"orders": "average", "op": "is_empty"}))
            && !yes(&[], json!({"orders": "average", "op": "less", "value": 1}))
    );
    let delivered = json!({"orders": "count", "op": "equals", "value": 1,
        "where": [{"field": "status", "op": "equals", "value": "DELIVERED"}]});
    assert!(yes(&orders, delivered));
    let recent = json!({"orders": "lastDate", "op": "in_last_days", "value": 5});
    let found = standing(&ann, &[], &orders, &recent, now);
    assert_eq!(
        (found.is_member, found.until),
        (true, Some(at("2026-03-10T00:00:00.000001Z")))
    );
}

#[test]
fn the_first_and_the_last_event_have_a_time() {
    let mut ann = contact();
    zoned(&mut ann, "Europe/Berlin");
    let login = |time: &str, from: &str| event(&ann, "Login", time, &json!({"from": from}));
    let events = [
        login("2026-03-01T12:00:00Z", "web"),
        login("2026-03-05T23:30:00Z", "app"),
        login("2026-03-20T12:00:00Z", "web"),
    ];
    let now = "2026-03-21T12:00:00Z";
    let yes = |events: &[Event], json: &Value| standing(&ann, events, &[], json, now).is_member;
    let last = |op: &str, value: Value| json!({"event": "Login", "last": {"op": op, "value": value}});
    let first = |op: &str, value: Value| json!({"event": "Login", "first": {"op": op, "value": value}});
    assert!(yes(&events, &last("after", json!("2026-03-19"))) && !yes(&events, &last("before", json!("2026-03-20"))));
    assert!(yes(&events, &last("between", json!(["2026-03-20", "2026-03-20"]))));
    assert!(yes(&events, &first("equals", json!("2026-03-01"))) && !yes(&events, &first("after", json!("2026-03-01"))));
    assert!(yes(&events, &first("one_of", json!(["2026-02-01", "2026-03-01"]))));
    assert!(
        !yes(&events, &last("equals", json!("2026-03-06"))),
        "only the last counts"
    );
    let mut of_apps = last("equals", json!("2026-03-06"));
    of_apps["where"] = json!([{"param": "from", "op": "equals", "value": "app"}]);
    assert!(yes(&events, &of_apps), "the day in Berlin");
    let never = json!({"event": "Login", "last": {"op": "is_empty"}});
    assert!(yes(&[], &never) && !yes(&events, &never) && !yes(&[], &last("before", json!("2030-01-01"))));
    let recent = standing(&ann, &events, &[], &last("in_last_days", json!(7)), now);
    assert_eq!(recent.because, "last event “Login” is in the last 7 days");
    assert_eq!(recent.until, Some(at("2026-03-27T12:00:00.000001Z")));
    assert_eq!(
        standing(&ann, &[], &[], &never, now).because,
        "last event “Login” is empty"
    );
    assert_eq!(
        standing(&ann, &events, &[], &never, now).because,
        "last event “Login” is not empty"
    );
}

#[test]
fn orders_are_chosen_by_their_items() {
    let ann = contact();
    let item = |id: &str, category: Option<&str>| OrderItem {
        external_item_id: OrderText::parse(id).unwrap(),
        quantity: Amount::parse("1").unwrap(),
        name: None,
        category: category.map(|text| OrderText::parse(text).unwrap()),
        cost: None,
        url: None,
        image_url: None,
        description: None,
    };
    let mut bought = order(&ann, "5", OrderStatus::Delivered, "2026-03-01T00:00:00Z");
    bought.content.items = vec![item("A-1", Some("Shoes")), item("B-2", None)];
    let empty = order(&ann, "7", OrderStatus::Delivered, "2026-03-01T00:00:00Z");
    let count = |filter: Value| {
        let orders = [bought.clone(), empty.clone()];
        let of = |count: u32| {
            let json = json!({"orders": "count", "op": "equals", "value": count, "where": [filter]});
            standing(&ann, &[], &orders, &json, "2026-03-10T00:00:00Z").is_member
        };
        (0..3).find(|count| of(*count))
    };
    let filter = |field: &str, op: &str, value: Value| json!({"field": field, "op": op, "value": value});
    assert_eq!(count(filter("itemId", "equals", json!("B-2"))), Some(1));
    assert_eq!(
        count(filter("itemId", "equals", json!("b-2"))),
        Some(0),
        "to the letter"
    );
    assert_eq!(count(filter("itemCategory", "contains", json!("hoe"))), Some(1));
    assert_eq!(count(json!({"field": "itemCategory", "op": "is_empty"})), Some(1));
    assert_eq!(count(json!({"field": "itemName", "op": "is_empty"})), Some(2));
    assert_eq!(count(json!({"field": "itemId", "op": "is_not_empty"})), Some(1));
}
