//! Conditions of dynamic segments on what contacts did and ordered.

use super::segment_fields::{travel, who, zone};
use crate::{Backend, Fixture, api_call, keep, keep_order, merge, undo};
use selfsame_domain::values::OrderText;
use selfsame_domain::{ContactId, EventParams, EventRequest, OrderItem, OrderStatus, Timestamp};
use serde_json::{Value, json};

fn happened(who: &str, event: &str, params: &Value) -> EventRequest {
    let params = EventParams::parse(&params.to_string()).expect("parameters");
    EventRequest {
        params,
        ..api_call().external(who).happened(event)
    }
}

async fn record_event(f: &Fixture<'_>, who: &str, event: &str, params: &Value) {
    f.decide(keep(happened(who, event, params))).await;
}

fn event(kind: &str) -> Value {
    json!({"event": kind})
}

pub async fn events_are_counted(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("ann").upsert()).await;
    let bob = f.id(api_call().external("bob").upsert()).await;
    let eve = f.id(api_call().external("eve").upsert()).await;
    for _ in 0..3 {
        record_event(&f, "ann", "Login", &json!({})).await;
    }
    record_event(&f, "bob", "Login", &json!({})).await;
    record_event(&f, "bob", "PageView", &json!({})).await;
    let times = |count: Value| json!({"event": "Login", "count": count});
    for (formula, members) in [
        (event("Login"), vec![ann, bob]),
        (event("login"), vec![]),
        (event("PageView"), vec![bob]),
        (times(json!({"atLeast": 2})), vec![ann]),
        (times(json!({"atLeast": 3})), vec![ann]),
        (times(json!({"atLeast": 4})), vec![]),
        (times(json!({"atLeast": 0})), vec![ann, bob, eve]),
        (times(json!({"atMost": 1})), vec![bob, eve]),
        (times(json!({"atMost": 0})), vec![eve]),
        (json!({"not": event("Login")}), vec![eve]),
    ] {
        assert_eq!(who(&f, &formula).await, members, "{formula}");
    }
}

pub async fn events_happen_within_a_time(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    travel(&f, "2026-03-01T11:59:59Z");
    let ann = f
        .id(api_call().external("ann").attribute(zone("Europe/Kyiv")).upsert())
        .await;
    travel(&f, "2026-03-01T22:29:59Z");
    record_event(&f, "ann", "Login", &json!({})).await;
    let within = |within: Value| json!({"event": "Login", "within": within});
    let day = |day: &str| within(json!({"from": day, "to": day}));
    assert_eq!(who(&f, &day("2026-03-02")).await, [ann], "the day in Kyiv");
    assert_eq!(who(&f, &day("2026-03-01")).await, []);
    assert_eq!(who(&f, &within(json!({"from": "2026-03-01T22:30:00Z"}))).await, [ann]);
    assert_eq!(who(&f, &within(json!({"to": "2026-03-01T22:29:59Z"}))).await, []);
    let last = within(json!({"lastDays": 7}));
    travel(&f, "2026-03-08T22:30:00Z");
    assert_eq!(who(&f, &last).await, [ann]);
    travel(&f, "2026-03-08T22:30:01Z");
    assert_eq!(who(&f, &last).await, []);
}

pub async fn the_first_and_the_last_event(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    travel(&f, "2026-03-01T12:00:00Z");
    let ann = f.id(api_call().external("ann").upsert()).await;
    let bob = f
        .id(api_call().external("bob").attribute(zone("Europe/Kyiv")).upsert())
        .await;
    let eve = f.id(api_call().external("eve").upsert()).await;
    record_event(&f, "ann", "Buy", &json!({"from": "web"})).await;
    travel(&f, "2026-03-05T22:30:00Z");
    record_event(&f, "ann", "Buy", &json!({"from": "app"})).await;
    record_event(&f, "bob", "Buy", &json!({"from": "app"})).await;
    travel(&f, "2026-03-10T12:00:00Z");
    let last = |op: &str, value: Value| json!({"event": "Buy", "last": {"op": op, "value": value}});
    let first = |op: &str, value: Value| json!({"event": "Buy", "first": {"op": op, "value": value}});
    let mut of_web = last("before", json!("2026-03-02"));
    of_web["where"] = json!([{"param": "from", "op": "equals", "value": "web"}]);
    for (formula, members) in [
        (last("equals", json!("2026-03-05")), vec![ann]),
        (last("equals", json!("2026-03-06")), vec![bob]),
        (last("before", json!("2026-03-05")), vec![]),
        (last("in_last_days", json!(7)), vec![ann, bob]),
        (last("in_last_days", json!(4)), vec![]),
        (first("before", json!("2026-03-05")), vec![ann]),
        (first("one_of", json!(["2026-03-01", "2026-03-06"])), vec![ann, bob]),
        (first("after", json!("2026-03-01")), vec![bob]),
        (of_web, vec![ann]),
        (json!({"event": "Buy", "last": {"op": "is_empty"}}), vec![eve]),
        (json!({"event": "Buy", "first": {"op": "is_not_empty"}}), vec![ann, bob]),
        // Not since, whether ever or not.
        (
            json!({"event": "Buy", "count": {"atMost": 0}, "within": {"from": "2026-03-06"}}),
            vec![ann, eve],
        ),
    ] {
        assert_eq!(who(&f, &formula).await, members, "{formula}");
    }
}

pub async fn orders_with_an_item(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    travel(&f, "2026-03-10T12:00:00Z");
    let ann = f.id(api_call().external("ann").upsert()).await;
    let bob = f.id(api_call().external("bob").upsert()).await;
    let text = |text: &str| OrderText::parse(text).expect("a text");
    let item = |id: &str, name: &str, category: Option<&str>| OrderItem {
        external_item_id: text(id),
        quantity: crate::amount("1"),
        name: Some(text(name)),
        category: category.map(text),
        cost: None,
        url: None,
        image_url: None,
        description: None,
    };
    let date: Timestamp = "2026-03-01T10:00:00Z".parse().expect("a time");
    let order = |who: &str, items: Vec<OrderItem>| {
        let mut order = api_call().external(who).ordered(who, OrderStatus::Delivered, date);
        order.content.items = items;
        keep_order(order)
    };
    f.decide(order(
        "ann",
        vec![item("A-1", "Їжак \"🦔\"", Some("Toys")), item("B", "Hat", None)],
    ))
    .await;
    f.decide(order("bob", vec![item("C", "Hat", None)])).await;
    for (field, op, value, members) in [
        ("itemId", "equals", json!("B"), vec![ann]),
        ("itemId", "one_of", json!(["A-1", "C"]), vec![ann, bob]),
        ("itemName", "contains", json!("\"🦔"), vec![ann]),
        ("itemName", "starts_with", json!("Hat"), vec![ann, bob]),
        ("itemCategory", "ends_with", json!("oys"), vec![ann]),
        ("itemCategory", "is_empty", Value::Null, vec![bob]),
        ("itemCategory", "is_not_empty", Value::Null, vec![ann]),
        ("itemId", "equals", json!("b"), vec![]),
    ] {
        let filter = match value {
            Value::Null => json!({"field": field, "op": op}),
            value => json!({"field": field, "op": op, "value": value}),
        };
        let formula = json!({"orders": "count", "op": "greater", "value": 0, "where": [filter]});
        assert_eq!(who(&f, &formula).await, members, "{formula}");
    }
}

pub async fn parameters_of_events(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("ann").upsert()).await;
    let bob = f.id(api_call().external("bob").upsert()).await;
    record_event(
        &f,
        "ann",
        "Buy",
        &json!({"what": "Їжак 🦔", "price": 10.5, "vip": true, "size": "12", "none": null}),
    )
    .await;
    record_event(
        &f,
        "bob",
        "Buy",
        &json!({"what": "hedge", "price": "9", "size": "12 cm", "odd name.x": [1]}),
    )
    .await;
    for (param, op, value, members) in [
        ("what", "equals", json!("Їжак 🦔"), vec![ann]),
        ("what", "one_of", json!(["hedge", "x"]), vec![bob]),
        ("what", "starts_with", json!("h"), vec![bob]),
        ("what", "ends_with", json!("🦔"), vec![ann]),
        ("what", "contains", json!("%"), vec![]),
        ("price", "greater", json!(9), vec![ann]),
        ("price", "less", json!("10.51"), vec![ann, bob]),
        ("price", "between", json!([9, 10]), vec![bob]),
        ("price", "equals", json!("10.5"), vec![ann]),
        ("size", "greater", json!(11), vec![ann]),
        ("vip", "equals", json!("true"), vec![]),
        ("vip", "is_not_empty", Value::Null, vec![ann]),
        ("none", "is_empty", Value::Null, vec![ann, bob]),
        ("odd name.x", "is_not_empty", Value::Null, vec![bob]),
    ] {
        let filter = match value {
            Value::Null => json!({"param": param, "op": op}),
            value => json!({"param": param, "op": op, "value": value}),
        };
        let formula = json!({"event": "Buy", "where": [filter]});
        assert_eq!(who(&f, &formula).await, members, "{formula}");
    }
    let both = json!({"event": "Buy", "where": [
        {"param": "price", "op": "greater", "value": 5}, {"param": "what", "op": "equals", "value": "hedge"}
    ]});
    assert_eq!(who(&f, &both).await, [bob]);
}

pub async fn the_history_of_visitors_and_of_the_absorbed_counts(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    let ann = f.id(api_call().external("ann").upsert()).await;
    f.decide(keep(api_call().cookie("c").happened("View"))).await;
    assert_eq!(who(&f, &event("View")).await, []);
    f.decide(api_call().external("ann").cookie("c").upsert()).await;
    assert_eq!(who(&f, &event("View")).await, [ann], "the visitor is adopted");
    let bob = f.id(api_call().email("bob@example.com").upsert()).await;
    f.decide(keep(api_call().email("bob@example.com").happened("Login")))
        .await;
    let merged = f.decide(merge(ann, bob)).await;
    assert_eq!(who(&f, &json!({"all": [event("View"), event("Login")]})).await, [ann]);
    f.decide(undo(crate::merge_of(&merged))).await;
    assert_eq!(who(&f, &event("Login")).await, [bob]);
}

async fn ordered(f: &Fixture<'_>, who: &str, number: &str, cost: &str, status: OrderStatus, date: &str) {
    let date: Timestamp = date.parse().expect("a time");
    let mut order = api_call().external(who).ordered(number, status, date);
    order.content.total_cost = crate::amount(cost);
    f.decide(keep_order(order)).await;
}

pub async fn orders_come_to_numbers(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    travel(&f, "2026-03-20T12:00:00Z");
    let ann = f.id(api_call().external("ann").upsert()).await;
    let bob = f.id(api_call().external("bob").upsert()).await;
    let eve = f.id(api_call().external("eve").upsert()).await;
    let (done, gone) = (OrderStatus::Delivered, OrderStatus::Cancelled);
    ordered(&f, "ann", "1", "0.10", done, "2026-03-01T10:00:00Z").await;
    ordered(&f, "ann", "2", "0.20", gone, "2026-03-10T10:00:00Z").await;
    ordered(&f, "bob", "3", "1000000000000000000.01", done, "2026-02-01T10:00:00Z").await;
    let orders = |what: &str, op: &str, value: Value| json!({"orders": what, "op": op, "value": value});
    for (formula, members) in [
        (orders("count", "equals", json!(2)), vec![ann]),
        (orders("count", "less", json!(1)), vec![eve]),
        (orders("count", "between", json!([0, 1])), vec![bob, eve]),
        (orders("sum", "equals", json!("0.3")), vec![ann]),
        (orders("sum", "equals", json!(0)), vec![eve]),
        (orders("sum", "greater", json!("1000000000000000000")), vec![bob]),
        (orders("average", "equals", json!("0.15")), vec![ann]),
        (orders("average", "less", json!(1)), vec![ann]),
        (json!({"orders": "average", "op": "is_empty"}), vec![eve]),
        (json!({"orders": "lastDate", "op": "is_not_empty"}), vec![ann, bob]),
        (orders("lastDate", "after", json!("2026-03-01")), vec![ann]),
        (orders("lastDate", "in_last_days", json!(30)), vec![ann]),
        (
            json!({"not": orders("lastDate", "in_last_days", json!(30))}),
            vec![bob, eve],
        ),
        (
            json!({"orders": "count", "op": "equals", "value": 1, "where": [
                {"field": "status", "op": "equals", "value": "DELIVERED"}
            ]}),
            vec![ann, bob],
        ),
        (
            json!({"orders": "sum", "op": "greater", "value": 0, "where": [
                {"field": "totalCost", "op": "less", "value": "0.2"}, {"field": "date", "op": "before", "value": "2026-03-05"}
            ]}),
            vec![ann],
        ),
        (
            json!({"orders": "count", "op": "greater", "value": 0, "where": [{"field": "storeId", "op": "is_empty"}]}),
            vec![ann, bob],
        ),
    ] {
        assert_eq!(who(&f, &formula).await, members, "{formula}");
    }
    let zoe = || api_call().email("zoe@example.com");
    let absorbed = f.id(zoe().upsert()).await;
    let date: Timestamp = "2026-03-15T10:00:00Z".parse().expect("a time");
    let order = zoe().ordered("4", done, date);
    f.decide(keep_order(order)).await;
    let once = orders("count", "equals", json!(1));
    assert_eq!(who(&f, &once).await, [bob, absorbed]);
    let merged = f.decide(merge(eve, absorbed)).await;
    assert_eq!(who(&f, &once).await, [bob, eve], "those of the absorbed");
    f.decide(undo(crate::merge_of(&merged))).await;
    assert_eq!(who(&f, &once).await, [bob, absorbed]);
}

pub async fn a_contact_page_says_what_happened(backend: &mut dyn Backend) {
    let f = Fixture::new(backend).await;
    travel(&f, "2026-03-01T11:59:59Z");
    let ann = f.id(api_call().external("ann").upsert()).await;
    record_event(&f, "ann", "Login", &json!({})).await;
    let formula = json!({"all": [
        {"event": "Login", "within": {"lastDays": 7}}, {"orders": "count", "op": "equals", "value": 0}
    ]});
    f.decide(super::dynamic_segments::create("new", &formula)).await;
    let found = f
        .app()
        .segments_of(f.workspace, ann)
        .await
        .expect("read segments of a contact");
    assert!(found[0].is_member);
    assert_eq!(
        found[0].because,
        "event “Login” at least 1 times in the last 7 days and order count equals 0"
    );
    let until: Timestamp = "2026-03-08T12:00:01.000001Z".parse().expect("a time");
    assert_eq!(found[0].until, Some(until));
    let none: [ContactId; 0] = [];
    travel(&f, "2026-03-09T12:00:00Z");
    assert_eq!(who(&f, &formula).await, none);
}
