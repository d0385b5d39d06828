//! Events of an app.

use super::app::{App, refused};
use serde_json::json;

#[tokio::test]
async fn events_are_kept_once_and_judged_one_by_one() {
    let app = App::start(false).await;
    let old = "2025-11-01T00:00:00Z";
    let body = json!({"deviceId": "d1", "events": [
        {"eventTypeKey": "viewed", "occurred": "2026-01-02T03:04:05Z", "params": [{"name": "email", "value": "ann@example.com"}]},
        {"eventTypeKey": "viewed", "occurred": "2026-01-02T03:04:05Z", "params": [{"name": "email", "value": "bob@example.com"}]},
        {"eventTypeKey": "a/b", "occurred": "2026-01-02T03:04:05Z"},
        {"eventTypeKey": "late", "occurred": old},
        {"eventTypeKey": "odd", "occurred": "yesterday"},
        {"eventTypeKey": "ahead", "occurred": "2026-01-03T03:00:00Z", "eventId": "e1"},
        {"eventTypeKey": "future", "occurred": "2026-01-04T04:00:00Z"},
        {"eventTypeKey": "big", "params": {"text": "x".repeat(21_000)}},
        {"occurred": "2026-01-02T03:04:05Z"},
        7,
    ]});
    for _ in 0..2 {
        let answer = app.submit("events", &body).await;
        assert_eq!(answer["stored"], 3);
        assert_eq!(
            refused(&answer),
            [
                "events[2].eventTypeKey",
                "events[3].occurred",
                "events[4].occurred",
                "events[6].occurred",
                "events[7].params",
                "events[8].eventTypeKey",
                "events[9]",
            ]
        );
    }
    app.server.contact(Some("A"), Some("ann@example.com")).await;
    let ann = app.contact("A").await;
    assert!(app.happened(&ann).await.is_empty(), "parameters name no contact");
    app.submit_as("A", "device", &json!({"deviceId": "d1"})).await;
    let mut happened = app.happened(&ann).await;
    happened.sort();
    assert_eq!(happened, ["ahead", "viewed", "viewed"], "stored once");
    let another = json!({"deviceId": "d2", "events": [{"eventTypeKey": "ahead", "eventId": "e1"}]});
    app.submit_as("A", "events", &another).await;
    assert_eq!(
        app.happened(&ann).await.len(),
        4,
        "another device has identities of its own"
    );
}

#[tokio::test]
async fn an_event_belongs_to_the_user_who_was_signed_in_however_late_it_comes() {
    let app = App::start(false).await;
    for user in ["A", "B"] {
        app.submit_as(user, "device", &json!({"deviceId": "d1"})).await;
        app.server.clock.advance_seconds(3_600);
    }
    // The device was offline: her event happened while she was signed in, and his while the device was still hers.
    let then = app.server.app.clock().now() - chrono::TimeDelta::seconds(7_000);
    let events_of =
        |key: &str| json!({"deviceId": "d1", "events": [{"eventTypeKey": key, "occurred": then.to_rfc3339()}]});
    app.submit_as("A", "events", &events_of("hers")).await;
    app.submit_as("B", "events", &events_of("his")).await;
    assert_eq!(app.happened(&app.contact("A").await).await, ["hers"]);
    assert_eq!(app.happened(&app.contact("B").await).await, ["his"]);
}
