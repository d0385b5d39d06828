//! The identity of a contact, and its log.

use super::support::Server;
use serde_json::{Value, json};

#[tokio::test]
async fn an_identity_says_what_it_holds_and_since_when() {
    let server = Server::start().await;
    let id = server.contact(Some("C-1"), Some("Anna@Example.com")).await;
    let body = json!({"externalCustomerId": "C-1", "cookies": {"sc": "crumb"}, "channels": [
        {"type": "sms", "value": "+380501234567"}, {"type": "viber", "value": "+380501234567"},
    ]});
    server.post("/api/v1/contact", body).await.json(200);
    let view = server.get(&format!("/api/v1/contact/{id}/identity")).await.json(200);
    assert_eq!((&view["contactId"], &view["state"]), (&json!(id), &json!("active")));
    assert_eq!(
        (&view["externalCustomerId"], &view["source"]),
        (&json!("C-1"), &json!("API"))
    );
    let held = |kind: &str| {
        let mut all = view["identifiers"].as_array().into_iter().flatten();
        all.find(|held| held["kind"] == kind).cloned().unwrap_or_default()
    };
    let email = json!({
        "kind": "email", "value": "Anna@Example.com", "matchingValue": "anna@example.com",
        "stability": "conditionally_permanent", "state": "active", "firstSeen": "2026-01-02T03:04:05.678901Z",
        "lastSeen": "2026-01-02T03:04:05.678901Z", "source": "API", "broughtBy": id, "channels": ["email"],
        "confirmed": true, "unsubscribedAt": null, "mutedUntil": null, "hidden": false,
    });
    assert_eq!(held("email"), email);
    assert_eq!(held("phone")["channels"], json!(["sms", "viber"]));
    assert_eq!(
        (&held("external_id")["stability"], &held("external_id")["confirmed"]),
        (&json!("permanent"), &Value::Null)
    );
    assert_eq!(held("cookie")["stability"], "changeable");
    assert_eq!(view["merges"], json!([]));
    assert_eq!(view["visitors"][0]["identifier"]["matchingValue"], "crumb");
}

/// The only email of an identity.
async fn email_of(server: &Server, id: i64) -> Value {
    let view = server.get(&format!("/api/v1/contact/{id}/identity")).await.json(200);
    let mut all = view["identifiers"].as_array().into_iter().flatten();
    all.find(|held| held["kind"] == "email").cloned().unwrap_or_default()
}

#[tokio::test]
async fn an_identity_says_whether_its_email_is_unsubscribed() {
    let server = Server::start().await;
    let id = server.contact(Some("C-1"), Some("anna@example.com")).await;
    let log = format!("/api/v1/contact/{id}/identity/log");
    let emails = json!({"emails": ["ANNA@example.com", "nobody@example.com"]});
    for (action, call, effect, at) in [
        (
            "add",
            "unsubscribe",
            "unsubscribed",
            json!("2026-01-02T03:04:06.678901Z"),
        ),
        ("delete", "resubscribe", "resubscribed", Value::Null),
    ] {
        let done = server
            .post(&format!("/api/v1/emails/unsubscribed/{action}"), emails.clone())
            .await;
        assert_eq!((done.status.as_u16(), done.text.as_str()), (200, ""));
        assert_eq!(email_of(&server, id).await["unsubscribedAt"], at);
        let items = server.get(&log).await.json(200)["items"].clone();
        let last = items
            .as_array()
            .and_then(|items| items.last())
            .cloned()
            .unwrap_or_default();
        assert_eq!((&last["call"], &last["outcome"]), (&json!(call), &json!("updated")));
        assert_eq!(
            last["effects"],
            json!([{"effect": effect, "identifier":
                {"kind": "email", "value": "ANNA@example.com", "matchingValue": "anna@example.com"}}])
        );
    }
}

#[tokio::test]
async fn an_identity_says_what_the_policy_blocks_now() {
    let server = Server::start().await;
    let id = server.contact(Some("C-1"), Some("anna@example.com")).await;
    let mut policy = server.get("/api/v1/identity/policy").await.json(200);
    for (blocked, state) in [
        (json!([{"kind": "email", "exact": "anna@example.com"}]), "blocked"),
        (json!([]), "active"),
    ] {
        policy["blocked"] = blocked;
        server.put("/api/v1/identity/policy", policy.clone()).await.json(200);
        assert_eq!(email_of(&server, id).await["state"], state);
        let lookup = server
            .get("/api/v1/identity/lookup?kind=email&value=anna@example.com")
            .await
            .json(200);
        assert_eq!(
            (&lookup["state"], &lookup["holders"][0]["held"]["state"]),
            (&json!(state), &json!(state))
        );
    }
}

#[tokio::test]
async fn the_log_is_paged_the_earliest_first() {
    let server = Server::start().await;
    let id = server.contact(Some("C-1"), Some("a0@example.com")).await;
    for number in 1..5 {
        server
            .contact(Some("C-1"), Some(&format!("a{number}@example.com")))
            .await;
    }
    let log = format!("/api/v1/contact/{id}/identity/log");
    let whole = server.get(&log).await.json(200);
    let items = whole["items"].as_array().cloned().unwrap_or_default();
    assert_eq!(whole["next"], Value::Null);
    assert_eq!(items.len(), 5);
    assert_eq!(
        (&items[0]["outcome"], &items[4]["outcome"]),
        (&json!("created"), &json!("updated"))
    );
    assert_eq!(
        (&items[1]["call"], &items[1]["rule"]),
        (&json!("upsert"), &json!("external_id"))
    );
    assert_eq!(
        items[1]["matchedBy"],
        json!({"kind": "external_id", "matchingValue": "C-1"})
    );
    let replaced = json!({"effect": "replaced", "identifier":
        {"kind": "email", "value": "a0@example.com", "matchingValue": "a0@example.com"}});
    assert!(
        items[1]["effects"]
            .as_array()
            .is_some_and(|effects| effects.contains(&replaced)),
        "{}",
        items[1]
    );

    let mut seen = Vec::new();
    let mut path = format!("{log}?limit=2");
    for _ in 0..3 {
        let page = server.get(&path).await.json(200);
        seen.extend(page["items"].as_array().cloned().unwrap_or_default());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{log}?limit=2&cursor={next}");
    }
    assert_eq!(seen, items);
    assert_eq!(
        server.get(&format!("{log}?limit=-1&cursor=1")).await.pointers(),
        ["limit", "cursor"]
    );
}

#[tokio::test]
async fn identities_are_guarded_and_apart() {
    let server = Server::start().await;
    let id = server.contact(Some("C-1"), None).await;
    for suffix in ["identity", "identity/log"] {
        let path = format!("/api/v1/contact/{id}/{suffix}");
        server.guarded("GET", &path, None, "one-write").await;
        let foreign = server.call("two", "GET", &path, None).await;
        let unknown = server
            .call("two", "GET", &format!("/api/v1/contact/99999/{suffix}"), None)
            .await;
        assert_eq!((foreign.status.as_u16(), &foreign.text), (404, &unknown.text));
        assert_eq!(
            server.get(&format!("/api/v1/contact/x/{suffix}")).await.pointers(),
            ["id"]
        );
        assert_eq!(server.call("one-read", "GET", &path, None).await.status, 200);
    }
    let removed = server
        .call("one", "DELETE", &format!("/api/v1/contact/{id}"), None)
        .await;
    assert_eq!(removed.status, 200);
    let view = server.get(&format!("/api/v1/contact/{id}/identity")).await.json(200);
    assert_eq!(view["state"], "removed");
    let path = format!("/api/v1/contact/{id}?erase=true");
    assert_eq!(server.call("one", "DELETE", &path, None).await.status, 200);
    assert_eq!(
        server.get(&format!("/api/v1/contact/{id}/identity")).await.problem(404),
        "not-found"
    );
}
