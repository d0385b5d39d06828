//! Recording events.

use crate::support::{KEY, Server, request, with_header};
use selfsame_domain::Rights;
use serde_json::{Value, json};

/// The entries of a contact's history, the earliest first.
async fn history(server: &Server, id: i64) -> Vec<String> {
    let page = server
        .get(&format!("/api/v1/contact/{id}/timeline?type=event"))
        .await
        .expect(200)
        .json();
    let mut names: Vec<String> = page["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| item["eventTypeKey"].as_str().unwrap_or_default().to_owned())
        .collect();
    names.reverse();
    names
}

#[tokio::test]
async fn every_version_keeps_an_event_and_answers_nothing() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": 7})).await;
    let listed = json!({"eventTypeKey": "listed", "params": [{"name": "externalCustomerId", "value": "7"}]});
    let object = json!({"eventTypeKey": "object", "params": {"externalCustomerId": 7, "items": [{"id": 1}]}});
    for (path, body) in [
        ("v1", &listed),
        ("v2", &listed),
        ("v3", &object),
        ("v2", &object),
        ("v3", &listed),
    ] {
        let answer = server.post(&format!("/api/{path}/event/"), body).await.expect(200);
        assert_eq!(
            (answer.body.as_str(), answer.header("content-length")),
            ("", "0"),
            "{path}"
        );
        assert_eq!(answer.header("x-selfsame-outcome"), "unchanged");
    }
    assert_eq!(
        history(&server, id).await,
        ["listed", "listed", "object", "object", "listed"]
    );
}

#[tokio::test]
async fn events_of_orders_create_no_order() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": 7})).await;
    let types = ["orderCreated", "orderUpdated", "orderDelivered", "orderCancelled"];
    for name in types {
        let order = json!({"externalOrderId": "1", "externalCustomerId": 7, "totalCost": 1, "currency": "UAH"});
        let event = json!({"eventTypeKey": name, "keyValue": "1", "params": order});
        server.post("/api/v3/event", &event).await.expect(200);
    }
    assert_eq!(history(&server, id).await, types);
    let orders = server.get(&format!("/api/v1/contact/{id}/orders")).await.json();
    assert_eq!(orders["items"], json!([]));
}

#[tokio::test]
async fn every_spelling_of_an_identifier_is_read() {
    let server = Server::start().await;
    let body = json!({"externalCustomerId": "7", "channels": [
        {"type": "email", "value": "ann@example.com"}, {"type": "sms", "value": "+380501234567"},
        {"type": "mobilepush", "value": "t"},
    ], "contactKey": "k-1"});
    let id = server.add(&body).await;
    let (number, email, phone) = (json!(id), json!("Ann@example.com"), json!("+380 50 123 45 67"));
    let spellings = [
        ("ContactId", &number),
        ("Contact_id", &number),
        ("EXTERNALCUSTOMERID", &json!(7)),
        ("Email", &email),
        ("EmailAddress", &email),
        ("userEmail", &email),
        ("ContactEmail", &email),
        ("Phone", &phone),
        ("SMS", &phone),
        ("phonenumber", &phone),
        ("pushToken", &json!("t")),
        ("contactkey", &json!("k-1")),
        ("Contact_Key", &json!("k-1")),
    ];
    for (name, value) in spellings {
        let body = json!({"eventTypeKey": "e", "params": [{"name": name, "value": value}]});
        let answer = server.post("/api/v1/event", &body).await.expect(200);
        assert_eq!(answer.header("x-selfsame-outcome"), "unchanged", "{name}");
    }
    assert_eq!(history(&server, id).await.len(), spellings.len());
}

#[tokio::test]
async fn what_says_nothing_is_passed_over_and_the_strongest_identifier_counts() {
    let server = Server::start().await;
    let ann = server.add(&json!({"externalCustomerId": "A"})).await;
    let bob = server
        .add(&json!({"channels": [{"type": "email", "value": "bob@example.com"}]}))
        .await;
    for nothing in [json!("null"), json!(" "), json!(null), json!("")] {
        let body = json!({"eventTypeKey": "e", "params": {
            "externalCustomerId": nothing, "email": " ", "UserEmail": "bob@example.com"
        }});
        server.post("/api/v2/event", &body).await.expect(200);
    }
    assert_eq!(history(&server, bob).await.len(), 4);
    let both = json!({"eventTypeKey": "both", "params": {"email": "bob@example.com", "externalCustomerId": "A"}});
    server.post("/api/v2/event", &both).await.expect(200);
    assert_eq!(history(&server, ann).await, ["both"]);
}

#[tokio::test]
async fn an_event_before_the_contact_joins_it() {
    let server = Server::start().await;
    let seen = json!({"eventTypeKey": "seen", "params": [{"name": "email", "value": "ann@example.com"}]});
    let answer = server.post("/api/v1/event", &seen).await.expect(200);
    assert_eq!(answer.header("x-selfsame-outcome"), "unmatched");
    let id = server
        .add(&json!({"externalCustomerId": "A", "channels": [{"type": "email", "value": "ann@example.com"}]}))
        .await;
    assert_eq!(history(&server, id).await, ["seen"]);
}

#[tokio::test]
async fn a_key_value_may_stand_alone() {
    let server = Server::start().await;
    server
        .post("/api/v1/event", &json!({"eventTypeKey": "e", "keyValue": "order 7"}))
        .await
        .expect(200);
    server
        .post(
            "/api/v1/event",
            &json!({"eventTypeKey": "e", "keyValue": 7, "params": null}),
        )
        .await
        .expect(200);
    let types = server.get("/api/v1/event-types").await.expect(200).json();
    assert_eq!(
        (&types["items"][0]["key"], &types["items"][0]["count"]),
        (&json!("e"), &json!(2))
    );
}

#[tokio::test]
async fn the_same_event_id_is_stored_once() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": "A"})).await;
    let body = json!({"eventTypeKey": "e", "eventId": "x-1", "params": {"externalCustomerId": "A"}});
    for _ in 0..3 {
        server.post("/api/v3/event", &body).await.expect(200);
    }
    assert_eq!(history(&server, id).await.len(), 1);
}

#[tokio::test]
async fn an_idempotency_key_keeps_an_event_once() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": "A"})).await;
    let body = json!({"eventTypeKey": "e", "params": {"externalCustomerId": "A"}}).to_string();
    let sent = |body: &str| {
        with_header(
            request("POST", "/api/v3/event", body.to_owned()),
            "idempotency-key",
            "k",
        )
    };
    let first = server.send(sent(&body)).await.expect(200);
    let again = server.send(sent(&body)).await.expect(200);
    assert_eq!(first.header("x-selfsame-decision"), again.header("x-selfsame-decision"));
    server.send(sent(&body.replace("\"e\"", "\"f\""))).await.expect(422);
    assert_eq!(history(&server, id).await, ["e"]);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_kept() {
    let server = Server::start().await;
    let wrong = [
        (json!({}), "eventTypeKey"),
        (json!({"eventTypeKey": "a/b", "keyValue": "k"}), "eventTypeKey"),
        (
            json!({"eventTypeKey": "e".repeat(101), "keyValue": "k"}),
            "eventTypeKey",
        ),
        (json!({"eventTypeKey": "e", "keyValue": "a<b"}), "keyValue"),
        (json!({"eventTypeKey": "e", "keyValue": "k".repeat(301)}), "keyValue"),
        (json!({"eventTypeKey": "e"}), "must have keyValue"),
        (json!({"eventTypeKey": "e", "params": [{"value": 1}]}), "name"),
        (
            json!({"eventTypeKey": "e", "params": {"email": "nobody"}}),
            "params.email",
        ),
        (
            json!({"eventTypeKey": "e", "params": {"contactId": -1}}),
            "params.contactId",
        ),
        (json!({"eventTypeKey": "e", "params": {"email": true}}), "params.email"),
        (json!({"eventTypeKey": "e", "params": 7}), "params"),
        (
            json!({"eventTypeKey": "e", "keyValue": "k", "eventId": "i".repeat(101)}),
            "eventId",
        ),
    ];
    for (body, names) in wrong {
        for version in ["v1", "v2", "v3"] {
            let answer = server.post(&format!("/api/{version}/event"), &body).await.expect(400);
            assert!(answer.body.contains(names), "{body}: {}", answer.body);
        }
    }
    let unknown = json!({"eventTypeKey": "e", "params": {"contactId": 77}});
    assert!(
        server
            .post("/api/v1/event", &unknown)
            .await
            .expect(404)
            .body
            .contains("not found")
    );
    let large = json!({"eventTypeKey": "e", "keyValue": "k", "params": {"a": "x".repeat(20 * 1024)}});
    server.post("/api/v1/event", &large).await.expect(413);
    assert_eq!(server.get("/api/v1/event-types").await.json()["items"], json!([]));
}

#[tokio::test]
async fn rights_to_events_are_enough_and_rights_to_messages_are_not() {
    let server = Server::start().await;
    server.key("events-key", Rights::Events).await;
    server.key("messages-key", Rights::Messages).await;
    let body = json!({"eventTypeKey": "e", "keyValue": "k"});
    let as_key = |key: &str| {
        let request = request("POST", "/api/v1/event", body.to_string());
        with_header(request, "authorization", &format!("Bearer {key}"))
    };
    server.send(as_key("events-key")).await.expect(200);
    server.send(as_key("messages-key")).await.expect(403);
    server.send(as_key("nobody")).await.expect(401);
    server.send(as_key(KEY)).await.expect(200);
}

#[tokio::test]
async fn past_events_have_a_status_each() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": "A"})).await;
    let past = |occurred: Value| {
        json!({"eventTypeKey": "e", "keyValue": "k", "occurred": occurred,
            "params": [{"name": "externalCustomerId", "value": "A"}]})
    };
    let unknown = json!({"eventTypeKey": "e", "keyValue": "k", "occurred": "2025-12-31T10:00",
        "params": [{"name": "contactId", "value": 77}]});
    let events = [
        past(json!("2025-12-31T10:00")),
        past(json!("2025-12-31T10:00:00.5+02:00")),
        past(Value::Null),
        past(json!("yesterday")),
        past(json!("2010-01-01T00:00")),
        past(json!("2199-01-01T00:00")),
        unknown,
        Value::Null,
    ];
    let answer = server
        .post("/api/v1/past_events", &json!({"events": events}))
        .await
        .expect(200)
        .json();
    let statuses: Vec<&str> = answer["results"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|result| result["status"].as_str())
        .collect();
    assert_eq!(
        statuses,
        [
            "ACCEPTED",
            "ACCEPTED",
            "OCCURRED_DATE_IS_REQUIRED",
            "INCORRECT_OCCURRED_DATE_FORMAT",
            "OCCURRED_TIME_TOO_DEPTH",
            "OCCURRED_TIME_IN_FUTURE",
            "SERVER_ERROR",
            "SERVER_ERROR"
        ]
    );
    assert_eq!(answer["results"][6]["error"], "contact not found");
    assert_eq!(answer["results"][7]["error"], "events[7] must be an object");
    assert_eq!((&answer["successCount"], &answer["errorCount"]), (&json!(2), &json!(6)));
    let page = server
        .get(&format!("/api/v1/contact/{id}/timeline?type=event"))
        .await
        .json();
    let times: Vec<&str> = page["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item["at"].as_str())
        .collect();
    assert_eq!(times, ["2025-12-31T10:00:00Z", "2025-12-31T08:00:00.500Z"]);
}

#[tokio::test]
async fn past_events_are_bounded() {
    let server = Server::start().await;
    let one = json!({"eventTypeKey": "e", "keyValue": "k", "occurred": "2025-12-31T10:00"});
    let single = server
        .post("/api/v2/past_events", &json!({"events": one}))
        .await
        .expect(200)
        .json();
    assert_eq!(single["successCount"], 1);
    let most: Vec<&Value> = vec![&one; 500];
    let answer = server
        .post("/api/v2/past_events", &json!({"events": most}))
        .await
        .expect(200)
        .json();
    assert_eq!(answer["successCount"], 500);
    for events in [json!([]), json!(null), json!(vec![&one; 501])] {
        let refused = server
            .post("/api/v2/past_events", &json!({"events": events}))
            .await
            .expect(400);
        assert!(refused.body.contains("events"), "{}", refused.body);
    }
    let types = server.get("/api/v1/event-types").await.json();
    assert_eq!(types["items"][0]["count"], 501);
}

#[tokio::test]
async fn events_of_a_time_are_deleted_where_that_is_on() {
    let server = Server::start().await;
    let past = |occurred: &str| json!({"eventTypeKey": "e", "keyValue": "k", "occurred": occurred});
    let events = ["2025-12-30T10:00", "2025-12-31T00:00", "2025-12-31T10:00"].map(past);
    let path = "/api/v1/past_events";
    server.post(path, &json!({"events": events})).await.expect(200);
    let delete = async |path: &str, body: &Value| server.call("DELETE", path, body.to_string()).await;
    let day = json!({"from": "2025-12-30T00:00", "to": "2025-12-31T00:00"});
    let refused = delete(path, &day).await.expect(403);
    assert!(refused.body.contains("deletePastEvents"), "{}", refused.body);
    server.policy(|policy| policy.delete_past_events = true).await;
    let answer = delete(path, &day).await.expect(200);
    assert_eq!(answer.header("x-selfsame-outcome"), "updated");
    assert_eq!(answer.json(), json!({"deletedCount": 1, "hasMore": false}));
    let types = async || server.get("/api/v1/event-types").await.json()["items"][0]["count"].clone();
    assert_eq!(types().await, 2);
    for (body, named) in [
        (json!({"from": "2025-12-30T00:00"}), "to must be a date"),
        (json!({"from": "soon", "to": 5}), "from must be a date"),
        (
            json!({"from": "2025-12-31T00:00", "to": "2025-12-31T00:00"}),
            "to must be after from",
        ),
        (json!([]), "the body must be a JSON object"),
    ] {
        let refused = delete("/api/v2/past_events", &body).await.expect(400);
        assert!(refused.body.contains(named), "{}", refused.body);
    }
    assert_eq!(types().await, 2);
    let all = json!({"from": "2025-12-31T00:00:00Z", "to": "2026-01-01T01:00:00+01:00"});
    assert_eq!(
        delete("/api/v2/past_events", &all).await.expect(200).json()["deletedCount"],
        2
    );
}

#[tokio::test]
async fn events_older_than_the_retention_are_reported() {
    let server = Server::start().await;
    server.policy(|policy| policy.event_retention_days = Some(30)).await;
    let past = |occurred: &str| json!({"eventTypeKey": "e", "keyValue": "k", "occurred": occurred});
    let events = ["2025-12-31T10:00", "2025-10-31T10:00"].map(past);
    let answer = server
        .post("/api/v1/past_events", &json!({"events": events}))
        .await
        .expect(200)
        .json();
    assert_eq!(answer["results"][0], json!({"status": "ACCEPTED"}));
    assert_eq!(answer["results"][1]["status"], "OCCURRED_TIME_TOO_DEPTH");
    assert_eq!(
        answer["results"][1]["error"],
        "the event happened more than 30 days ago; this workspace keeps none that old"
    );
    assert_eq!((&answer["successCount"], &answer["errorCount"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn an_event_finds_a_push_token_of_any_app() {
    let server = Server::start().await;
    let event =
        |name: &str, token: &str| json!({"eventTypeKey": name, "params": [{"name": "pushToken", "value": token}]});
    server.post("/api/v2/event", &event("early", "t")).await.expect(200);
    let device = json!({"appId": "0192c7a0-1f2e-7abc-8def-0123456789ab", "active": true});
    let channel = json!({"type": "mobilepush", "value": "t", "device": device});
    let id = server.add(&json!({"channels": [channel]})).await;
    server.post("/api/v2/event", &event("late", "t")).await.expect(200);
    let mut names = history(&server, id).await;
    names.sort();
    assert_eq!(names, ["early", "late"]);
    let again = server
        .add(&json!({"externalCustomerId": "A", "channels": [{"type": "mobilepush", "value": "t"}]}))
        .await;
    assert_eq!(again, id, "neither a second contact nor a second token");
    assert_eq!(server.contact(id).await["channels"].as_array().map(Vec::len), Some(1));
}
