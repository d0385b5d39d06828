//! Tokens that an API key makes for others.

use crate::support::{Answer, Server, request, with_header};
use selfsame_domain::Rights;
use selfsame_domain::values::ExternalId;
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn with(server: &Server, token: &str, method: &str, path: &str, body: &Value) -> Answer {
    let outgoing = request(method, path, body.to_string());
    server
        .send(with_header(outgoing, "authorization", &format!("Bearer {token}")))
        .await
}

async fn event_token(server: &Server) -> String {
    let answer = server.call("POST", "/api/v1/auth/token", "").await.expect(200);
    answer.json().as_str().expect("a string").to_owned()
}

#[tokio::test]
async fn a_token_for_events_opens_the_calls_of_events_alone() {
    let server = Server::start().await;
    let token = event_token(&server).await;
    let event = json!({"eventTypeKey": "seen", "keyValue": "k", "params": []});
    for path in ["/api/v1/event", "/api/v2/event", "/api/v3/event"] {
        with(&server, &token, "POST", path, &event).await.expect(200);
    }
    let mut past = event.clone();
    past["occurred"] = json!("2026-01-01T00:00");
    let past = with(
        &server,
        &token,
        "POST",
        "/api/v1/past_events",
        &json!({"events": [past]}),
    )
    .await
    .expect(200);
    assert_eq!(past.json()["successCount"], 1);
    let period = json!({"from": "2026-01-01T00:00", "to": "2026-01-02T00:00"});
    with(&server, &token, "DELETE", "/api/v1/past_events", &period)
        .await
        .expect(403);
    server.policy(|policy| policy.delete_past_events = true).await;
    with(&server, &token, "DELETE", "/api/v1/past_events", &period)
        .await
        .expect(200);
    for (method, path) in [
        ("GET", "/api/v1/version"),
        ("GET", "/api/v1/contacts"),
        ("POST", "/api/v1/contact"),
        ("POST", "/api/v1/orders"),
        ("POST", "/api/v1/auth/token"),
        ("POST", "/api/v2"),
    ] {
        with(&server, &token, method, path, &json!({"orders": []}))
            .await
            .expect(401);
    }
}

#[tokio::test]
async fn a_token_for_events_ends_with_its_time_its_key_and_any_change() {
    let server = Server::start().await;
    server.key("events", Rights::Events).await;
    server.key("messages", Rights::Messages).await;
    with(&server, "messages", "POST", "/api/v1/auth/token", &json!({}))
        .await
        .expect(403);
    let token = with(&server, "events", "POST", "/api/v1/auth/token", &json!({}))
        .await
        .expect(200);
    let token = token.json().as_str().expect("a string").to_owned();
    let event = json!({"eventTypeKey": "seen", "keyValue": "k"});
    with(&server, &token, "POST", "/api/v1/event", &event).await.expect(200);
    let other = server.app.create_workspace("other").await.unwrap().id;
    let foreign = token.replacen(&format!("events.{}.", server.workspace), &format!("events.{other}."), 1);
    assert_ne!(foreign, token);
    for forged in [foreign.as_str(), "events.", "events.1.2.3.4", &token[..token.len() - 2]] {
        with(&server, forged, "POST", "/api/v1/event", &event).await.expect(401);
    }
    let keys = server.app.store().keys(server.workspace).await.unwrap();
    let parent = keys.iter().find(|key| key.name == "events").unwrap().id;
    server.app.revoke_key(server.workspace, parent).await.unwrap();
    let refused = with(&server, &token, "POST", "/api/v1/event", &event).await.expect(401);
    assert_eq!(refused.json()["message"], json!("the API key was revoked"));
    let token = event_token(&server).await;
    server.clock.advance_seconds(3601);
    let refused = with(&server, &token, "POST", "/api/v1/event", &event).await.expect(401);
    assert_eq!(refused.json()["message"], json!("the API key or the token has expired"));
}

#[tokio::test]
async fn an_identity_token_names_the_contact_that_is_meant() {
    let server = Server::start().await;
    let channels = json!([{"type": "email", "value": "ann@example.com"}, {"type": "sms", "value": "+380501234567"}]);
    server
        .add(&json!({"externalCustomerId": "A", "channels": channels}))
        .await;
    server
        .add(&json!({"channels": [{"type": "email", "value": "bob@example.com"}]}))
        .await;
    let made = server
        .app
        .create_site(server.workspace, "shop", BTreeSet::new(), false)
        .await
        .unwrap();
    let path = "/api/v1/auth/contact/token";
    for who in [
        json!({"externalCustomerId": "A"}),
        json!({"email": "ANN@example.com"}),
        json!({"phone": "+380501234567"}),
    ] {
        let token = server.post(path, &who).await.expect(200).json()["token"]
            .as_str()
            .unwrap()
            .to_owned();
        let access = server.app.open_site(&made.key, None).await.unwrap();
        assert_eq!(
            server.app.vouched(&access, &token),
            Ok(ExternalId::parse("A").unwrap()),
            "{who}"
        );
        let day = server.app.clock().now() + chrono::TimeDelta::days(1);
        assert!(token.contains(&format!(".{}.", day.timestamp())), "{token}");
    }
    for (who, status, text) in [
        (json!({"externalCustomerId": "nobody"}), 404, "contact not found"),
        (json!({"email": "nobody@example.com"}), 404, "contact not found"),
        (
            json!({"email": "bob@example.com"}),
            400,
            "externalCustomerId must be set on the contact first: an identity token names it",
        ),
        (json!({}), 400, "the body must have externalCustomerId, email or phone"),
    ] {
        assert_eq!(server.post(path, &who).await.expect(status).body, text, "{who}");
    }
    server.key("write", Rights::EventsContactsWrite).await;
    with(&server, "write", "POST", path, &json!({"externalCustomerId": "A"}))
        .await
        .expect(200);
    with(&server, "write", "POST", path, &json!({"email": "ann@example.com"}))
        .await
        .expect(403);
}
