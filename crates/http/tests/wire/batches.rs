//! Lists with entries that are validated one by one: an invalid entry does not affect the others.

use crate::support::Server;
use serde_json::{Value, json};

/// Texts that cannot be read, as JSON.
const UNREADABLE: [&str; 5] = [
    r#""a\u0000b""#,
    r#""\u0085""#,
    r#""\ud800""#,
    "9223372036854775808",
    "1e999",
];

fn order(id: &str, name: &str) -> String {
    format!(
        r#"{{"externalOrderId": "{id}", "status": "INITIALIZED", "date": "2024-12-31", "totalCost": 0.30000000000000004,
            "currency": "UAH", "externalCustomerId": "C-1", "firstName": {name}}}"#
    )
}

fn past(name: &str) -> String {
    format!(
        r#"{{"eventTypeKey": "e", "keyValue": "k", "occurred": "2025-12-31T10:00", "params": [{{"name": "a", "value": {name}}}]}}"#
    )
}

#[tokio::test]
async fn what_cannot_be_read_in_an_order_costs_a_text_and_not_the_order() {
    for (value, name) in UNREADABLE
        .into_iter()
        .zip(["ab", "", "\u{fffd}", "9223372036854775808", "1e999"])
    {
        let server = Server::start().await;
        let (first, odd, last) = (order("1", "\"Ann\""), order("2", value), order("3", "\"Ann\""));
        let body = format!(r#"{{"orders": [{first}, {odd}, null, {last}]}}"#);
        let answer = server.call("POST", "/api/v1/orders", body).await.expect(200);
        let expected = r#"{"failedOrders":{"order":null,"error":"orders[2] must be an object"}}"#;
        assert_eq!(answer.body, expected);
        let found = server.get("/api/v1/contacts?externalCustomerId=C-1").await.json();
        let page = server.get(&format!("/api/v1/contact/{}/orders", found[0]["id"])).await;
        let kept = page.expect(200).json()["items"].clone();
        let mut kept: Vec<(&str, &str, &str)> = kept
            .as_array()
            .into_iter()
            .flatten()
            .map(|order| {
                ["externalOrderId", "totalCost", "firstName"].map(|name| order[name].as_str().unwrap_or_default())
            })
            .map(|[id, cost, name]| (id, cost, name))
            .collect();
        kept.sort_unstable();
        let exact = "0.30000000000000004";
        assert_eq!(
            kept,
            [("1", exact, "Ann"), ("2", exact, name), ("3", exact, "Ann")],
            "digit for digit"
        );
    }
}

#[tokio::test]
async fn a_past_event_that_cannot_be_read_is_refused_alone() {
    let server = Server::start().await;
    let mut events = vec![past("1")];
    events.extend(UNREADABLE.map(past));
    events.extend([
        "7".to_owned(),
        r#"{"keyValue": "k", "occurred": "2025-12-31T10:00"}"#.to_owned(),
        past(&format!("\"{}\"", "x".repeat(21_000))),
        r#"{"eventTypeKey": "e", "keyValue": "k", "occurred": {}}"#.to_owned(),
        past("2"),
    ]);
    let body = format!(r#"{{"events": [{}]}}"#, events.join(","));
    let answer = server
        .call("POST", "/api/v2/past_events", body)
        .await
        .expect(200)
        .json();
    // An unreadable parameter is left out.
    let mut expected = vec![json!({"status": "ACCEPTED"}); 6];
    let refused = |error: String| json!({"status": "SERVER_ERROR", "error": error});
    expected.extend([
        refused("events[6] must be an object".to_owned()),
        refused("events[7].eventTypeKey must be sent".to_owned()),
        refused("events[8].params must be at most 20480 bytes long, not 21008".to_owned()),
        json!({"status": "INCORRECT_OCCURRED_DATE_FORMAT"}),
        json!({"status": "ACCEPTED"}),
    ]);
    assert_eq!(answer["results"], json!(expected));
    assert_eq!((&answer["successCount"], &answer["errorCount"]), (&json!(7), &json!(4)));
    let types = server.get("/api/v1/event-types").await.json();
    assert_eq!(types["items"][0]["count"], 7);
}

#[tokio::test]
async fn what_is_no_list_is_refused_whole() {
    let server = Server::start().await;
    for (path, list) in [("/api/v1/orders", "orders"), ("/api/v1/past_events", "events")] {
        for (body, reason) in [
            (format!(r#"{{"{list}": "text"}}"#), "must be an array of objects"),
            (format!(r#"{{"{list}": [{{}}, }}"#), "no valid JSON"),
            (format!(r#"[{{"{list}": []}}]"#), "must be a JSON object"),
        ] {
            let refused = server.call("POST", path, body).await.expect(400);
            assert!(refused.body.contains(reason), "{}", refused.body);
        }
    }
}

#[tokio::test]
async fn of_a_parameter_that_comes_twice_the_last_counts() {
    let server = Server::start().await;
    let mut ids = Vec::new();
    for email in ["ann@example.com", "bob@example.com"] {
        let contact = json!({"channels": [{"type": "email", "value": email}]});
        ids.push(server.add(&contact).await);
    }
    let body = json!({"eventTypeKey": "e", "params": [
        {"name": "email", "value": "ann@example.com"}, {"name": "size", "value": 1}, {"name": "SIZE", "value": 2},
        {"name": "Email", "value": "bob@example.com"}, {"name": "size", "value": 3},
    ]});
    server.post("/api/v1/event", &body).await.expect(200);
    let of = async |id: i64| {
        let page = server.get(&format!("/api/v1/contact/{id}/timeline?type=event")).await;
        page.expect(200).json()["items"].clone()
    };
    assert_eq!(of(ids[0]).await, json!([]));
    assert_eq!(
        of(ids[1]).await[0]["params"],
        json!({"Email": "bob@example.com", "SIZE": 2, "size": 3})
    );
}

#[tokio::test]
async fn a_single_parameter_may_stand_without_its_list() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": "A"})).await;
    let params = json!({"name": "externalCustomerId", "value": "A"});
    for path in ["/api/v1/event", "/api/v2/event"] {
        let body = json!({"eventTypeKey": "e", "params": params});
        let answer = server.post(path, &body).await.expect(200);
        assert_eq!(answer.header("x-selfsame-outcome"), "unchanged", "{path}");
    }
    let past = json!({"eventTypeKey": "e", "occurred": "2025-12-31T10:00", "params": params});
    server
        .post("/api/v1/past_events", &json!({"events": past}))
        .await
        .expect(200);
    let named = json!({"name": "tea", "value": 5, "externalCustomerId": "A"});
    for (path, params) in [("/api/v1/event", &named), ("/api/v3/event", &params)] {
        let body = json!({"eventTypeKey": "map", "keyValue": "k", "params": params});
        server.post(path, &body).await.expect(200);
    }
    let page = server
        .get(&format!("/api/v1/contact/{id}/timeline?type=event"))
        .await
        .json();
    let kept: Vec<&Value> = page["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| &item["params"])
        .collect();
    let single = json!({"externalCustomerId": "A"});
    assert_eq!(
        kept,
        [&named, &single, &single, &single],
        "a map of version 3 names no contact by `value`"
    );
}
