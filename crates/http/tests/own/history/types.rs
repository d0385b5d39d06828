//! Types of events.

use super::record_event;
use crate::support::Server;
use serde_json::{Value, json};

#[tokio::test]
async fn types_of_events_are_listed_and_changed() {
    let server = Server::start().await;
    for name in ["a", "b", "b"] {
        record_event(&server, name, json!({"email": "ann@example.com"})).await;
    }
    let page = server.get("/api/v1/event-types?limit=1").await.json(200);
    assert_eq!((&page["items"][0]["key"], &page["next"]), (&json!("a"), &json!("a")));
    let rest = server.get("/api/v1/event-types?limit=1&cursor=a").await.json(200);
    assert_eq!((&rest["items"][0]["count"], &rest["next"]), (&json!(2), &Value::Null));
    assert_eq!(rest["items"][0]["createsContacts"], false);
    let on = json!({"createsContacts": true});
    let changed = server.patch("/api/v1/event-types/b", on.clone()).await.json(200);
    assert_eq!(changed["decision"]["outcome"], "updated");
    let again = server.patch("/api/v1/event-types/b", on.clone()).await.json(200);
    assert_eq!(again["decision"]["outcome"], "unchanged");
    let listed = server.get("/api/v1/event-types?cursor=a").await.json(200)["items"][0].clone();
    assert_eq!((&changed["eventType"], &again["eventType"]), (&listed, &listed));
    assert_eq!(
        server.get("/api/v1/event-types?cursor=a").await.json(200)["items"][0]["createsContacts"],
        true
    );
    for unclear in [json!({}), json!({"createsContacts": "perhaps"})] {
        let answer = server.patch("/api/v1/event-types/b", unclear).await;
        assert_eq!(answer.pointers(), ["/createsContacts"]);
    }
    assert_eq!(
        server.patch("/api/v1/event-types/b%3Cc", on.clone()).await.pointers(),
        ["key"]
    );
    server
        .guarded("PATCH", "/api/v1/event-types/b", Some(on), "one-read")
        .await;
    server.guarded("GET", "/api/v1/event-types", None, "one-write").await;
    assert_eq!(
        server.call("two", "GET", "/api/v1/event-types", None).await.json(200)["items"],
        json!([])
    );
}

#[tokio::test]
async fn a_type_is_answered_as_it_is_whether_it_came_or_not() {
    let server = Server::start().await;
    let change = async |key: &str, creates: bool| {
        let path = format!("/api/v1/event-types/{key}");
        let answer = server.patch(&path, json!({"createsContacts": creates})).await.json(200);
        answer["eventType"].clone()
    };
    let never = |key: &str, creates: bool| json!({"key": key, "createsContacts": creates, "firstSeen": null, "lastSeen": null, "count": 0});
    assert_eq!(change("ab", false).await, never("ab", false));
    record_event(&server, "aaa", json!({"email": "ann@example.com"})).await;
    // More types before it than one page has, and one after it.
    for number in 0..510 {
        change(&format!("aa{number}"), true).await;
    }
    for key in ["aab", "a", "\u{e9}t\u{e9}"] {
        let path = key.replace('\u{e9}', "%C3%A9");
        assert_eq!(change(&path, true).await, never(key, true));
        assert_eq!(change(&path, false).await, never(key, false));
    }
    assert_eq!(change("aaa", true).await["count"], 1);
    assert_eq!(change("ac", false).await, never("ac", false));
}
