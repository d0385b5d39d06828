//! Repeated requests.

use crate::support::{Answer, Server, request, with_header};
use serde_json::{Value, json};

/// Sends a request with an idempotency key. Returns the answer without its request ID.
async fn keyed(server: &Server, method: &str, path: &str, key: &str, body: &Value) -> Answer {
    let outgoing = with_header(request(method, path, body.to_string()), "idempotency-key", key);
    let mut answer = server.send(outgoing).await;
    assert!(answer.headers.remove("x-request-id").is_some());
    answer
}

#[tokio::test]
async fn a_replayed_answer_equals_the_first() {
    let server = Server::start().await;
    let contact = json!({"channels": [{"type": "email", "value": "ann@example.com"}], "firstName": "Ann"});
    let subscription =
        json!({"contact": {"channels": [{"type": "email", "value": "bob@example.com"}]}, "groups": ["News"]});
    server.add(&json!({"externalCustomerId": "1"})).await;
    server.add(&json!({"externalCustomerId": "2"})).await;
    let app = "/api/v1/apps/9f0c2d1e-0000-4000-8000-000000000001/tokens";
    for (index, (method, path, body)) in [
        ("POST", "/api/v1/contact", contact),
        ("POST", "/api/v1/contact/subscribe", subscription),
        ("PUT", "/api/v1/contact/1", json!({"firstName": "One"})),
        ("PUT", "/api/v1/contact/2", json!({"externalCustomerId": "1"})),
        ("DELETE", "/api/v1/contact/1", json!([])),
        ("POST", "/api/v1/group/1/contacts/attach", json!({"contactIds": [2]})),
        ("POST", "/api/v1/group/1/contacts/detach", json!({})),
        (
            "POST",
            "/api/v1/emails/unsubscribed/add",
            json!({"emails": ["x@example.com"]}),
        ),
        (
            "POST",
            app,
            json!({"tokens": [{"token": "t", "externalCustomerId": "9"}]}),
        ),
        (
            "POST",
            app,
            json!({"tokens": [{"token": "u", "externalCustomerId": "9"}, {"token": "v", "contactId": 2}]}),
        ),
        (
            "PUT",
            "/api/v1/contact/2/subscriptions",
            json!({"subscriptions": ["unknown"]}),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("key-{index}");
        let first = keyed(&server, method, path, &key, &body).await;
        // A change in between must not affect the answer.
        server
            .put(
                "/api/v1/contact/2",
                &json!({"lastName": format!("Smith{}", "a".repeat(index))}),
            )
            .await
            .expect(200);
        let again = keyed(&server, method, path, &key, &body).await;
        assert_eq!(again, first, "{method} {path}");
        let other = keyed(&server, method, path, &key, &json!({"externalCustomerId": "other", "emails": ["y@example.com"], "contactIds": [2], "subscriptions": ["x"], "tokens": [{"token": "w", "contactId": 2}], "contact": {"deviceId": "d"}})).await;
        assert_eq!(
            (other.status, other.body.as_str()),
            (422, "the Idempotency-Key was used for another request"),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn an_idempotency_key_belongs_to_its_api_key() {
    let server = Server::start().await;
    server.key("second", selfsame_domain::Rights::Full).await;
    let body = json!({"externalCustomerId": "1"});
    let first = keyed(&server, "POST", "/api/v1/contact", "k", &body).await.expect(200);
    let outgoing = with_header(
        request(
            "POST",
            "/api/v1/contact",
            json!({"externalCustomerId": "2"}).to_string(),
        ),
        "idempotency-key",
        "k",
    );
    let second = server
        .send(with_header(outgoing, "authorization", "Bearer second"))
        .await
        .expect(200);
    assert_ne!(first.id(), second.id());
}

#[tokio::test]
async fn idempotency_keys_that_are_none() {
    let server = Server::start().await;
    let long = "k".repeat(256);
    for key in ["", " ", "a b", "ключ", long.as_str()] {
        let answer = keyed(
            &server,
            "POST",
            "/api/v1/contact",
            key,
            &json!({"externalCustomerId": "1"}),
        )
        .await
        .expect(400);
        assert_eq!(answer.body, "Idempotency-Key must be 1 to 255 visible ASCII characters");
    }
    keyed(
        &server,
        "POST",
        "/api/v1/contact",
        &"k".repeat(255),
        &json!({"externalCustomerId": "1"}),
    )
    .await
    .expect(200);
}

#[tokio::test]
async fn identical_requests_are_refused_where_the_workspace_wants_it() {
    let server = Server::start().await;
    let add = json!({"externalCustomerId": "1"});
    let subscribe = json!({"contact": {"externalCustomerId": "1"}});
    let id = server.add(&add).await;
    server.add(&add).await;
    server.policy(|policy| policy.duplicate_window_seconds = 60).await;
    let update = format!("/api/v1/contact/{id}");
    for (method, path, body) in [
        ("POST", "/api/v1/contact", &add),
        ("POST", "/api/v1/contact/subscribe", &subscribe),
        ("PUT", update.as_str(), &json!({"firstName": "Ann"})),
    ] {
        server.call(method, path, body.to_string()).await.expect(200);
        let again = server.call(method, path, body.to_string()).await.expect(409);
        assert_eq!(again.body, "Duplicated request");
        let spaced = serde_json::to_string_pretty(body).expect("a body");
        let again = server.call(method, &format!("{path}/?a=b"), spaced).await;
        assert_eq!(again.status, 409, "however it is written");
        server.clock.advance_seconds(60);
        server.call(method, path, body.to_string()).await.expect(200);
    }
    server.delete(&update).await.expect(200);
    server.delete(&update).await.expect(404);
}
