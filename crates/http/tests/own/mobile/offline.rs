//! A phone that changed its user while it was offline.

use super::app::{App, phone};
use serde_json::{Value, json};

/// The events of a contact's timeline, the earliest first, with the source of each.
async fn timeline(app: &App, contact: &Value) -> Vec<(String, String)> {
    let path = format!("/api/v1/contact/{}/timeline?type=event", contact["id"]);
    let page = app.server.get(&path).await.json(200);
    let items = page["items"].as_array().expect("items").iter().rev();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    items
        .map(|item| (text(&item["eventTypeKey"]), text(&item["from"]["kind"])))
        .collect()
}

#[tokio::test]
async fn events_of_an_offline_phone_belong_to_its_former_user() {
    let app = App::start(false).await;
    let mut began = Vec::new();
    for (user, token) in [("A", "t1"), ("B", "t2")] {
        began.push(app.server.app.clock().now() + chrono::TimeDelta::minutes(10));
        app.submit_as(user, "device", &phone(token)).await;
        app.server.clock.advance_seconds(3_600);
    }
    let event = |key: &str, occurred: usize| json!({"eventTypeKey": key, "occurred": began[occurred].to_rfc3339()});
    // No user is signed in any more; the phone sends all stored events.
    let kept = json!({"deviceId": "d1", "events": [event("seen", 0), event("bought", 1)]});
    assert_eq!(app.submit("events", &kept).await, json!({"stored": 2, "refused": []}));
    let by_token = |key: &str, occurred: usize| {
        let mut event = event(key, occurred);
        event["deviceId"] = json!("d1");
        event["params"] = json!([{"name": "pushToken", "value": "t2"}]);
        event
    };
    let past = json!({"events": [by_token("seen too", 0), by_token("bought too", 1)]});
    let answer = app.server.post("/api/v1/past_events", past).await.json(200);
    assert_eq!(answer["successCount"], 2);
    let (ann, bob) = (app.contact("A").await, app.contact("B").await);
    let mut hers = timeline(&app, &ann).await;
    hers.sort();
    let visitor = "visitor".to_owned();
    assert_eq!(
        hers,
        [("seen".to_owned(), visitor.clone()), ("seen too".to_owned(), visitor)]
    );
    let mut his = timeline(&app, &bob).await;
    his.sort();
    let own = "own".to_owned();
    assert_eq!(
        his,
        [("bought".to_owned(), own.clone()), ("bought too".to_owned(), own)]
    );
    assert_eq!(
        app.server.get("/api/v1/visitors/d1").await.status,
        404,
        "a device is no cookie"
    );
}

#[tokio::test]
async fn the_former_owner_of_a_device_is_reported_until_it_is_erased() {
    let app = App::start(false).await;
    let began = app.server.app.clock().now() + chrono::TimeDelta::minutes(10);
    for user in ["A", "B"] {
        app.submit_as(user, "device", &phone("t1")).await;
        app.server.clock.advance_seconds(3_600);
    }
    let submit = async || {
        let event = json!({"eventTypeKey": "seen", "occurred": began.to_rfc3339()});
        app.submit("events", &json!({"deviceId": "d1", "events": [event]}))
            .await
    };
    let stored = submit().await;
    let (ann, bob) = (app.contact("A").await, app.contact("B").await);
    for (contact, ended) in [(&ann, true), (&bob, false)] {
        let path = format!("/api/v1/contact/{}", contact["id"]);
        let identity = app.server.get(&format!("{path}/identity")).await.json(200);
        let visitors = identity["visitors"].as_array().expect("visitors");
        let device = visitors
            .iter()
            .find(|visitor| visitor["identifier"]["kind"] == "device_id");
        let device = device.expect("a visitor for the device");
        assert_eq!(device["identifier"]["matchingValue"], "d1");
        assert_eq!(device["broughtBy"], contact["id"]);
        assert_eq!(device["closedAt"].is_string(), ended);
        let export = app.server.get(&format!("{path}/export")).await.json(200);
        assert_eq!(export["identity"]["visitors"], identity["visitors"]);
    }
    let path = format!("/api/v1/contact/{}?erase=true", ann["id"]);
    app.server.call("one", "DELETE", &path, None).await;
    assert_eq!(submit().await, stored, "the answer is the same for all");
    assert!(app.happened(&bob).await.is_empty(), "it has no owner");
}
