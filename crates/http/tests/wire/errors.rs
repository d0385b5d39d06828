//! The forms of errors.

use crate::support::{Answer, Server, request, with_header};
use axum::body::Body;
use selfsame_http::HttpSettings;
use serde_json::json;
use std::convert::Infallible;

#[tokio::test]
async fn texts_for_the_wire_and_problems_for_who_asks() {
    let server = Server::start().await;
    let body = json!({"channels": [{"type": "email", "value": "ann"}, {"type": "sms", "value": "1"}]});
    let text = server.post("/api/v1/contact", &body).await.expect(400);
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(
        text.body,
        "channels[0].value must be an email address; channels[1].value must be an international phone number"
    );
    let outgoing = with_header(
        request("POST", "/api/v1/contact", body.to_string()),
        "accept",
        "application/problem+json, */*",
    );
    let problem = server.send(outgoing).await.expect(400);
    assert_eq!(problem.header("content-type"), "application/problem+json");
    assert_eq!(
        problem.json(),
        json!({
            "type": "urn:selfsame:problem:invalid-request",
            "title": "Bad Request",
            "status": 400,
            "detail": text.body,
            "errors": [
                {"pointer": "/channels/0/value", "reason": "must be an email address"},
                {"pointer": "/channels/1/value", "reason": "must be an international phone number"}
            ]
        })
    );
}

#[tokio::test]
async fn what_a_rule_refuses_names_its_decision_and_what_cannot_be_read_has_none() {
    let server = Server::start().await;
    let named = |answer: &Answer| {
        let headers = ["x-selfsame-outcome", "x-selfsame-rule", "x-selfsame-decision"];
        headers.map(|name| !answer.header(name).is_empty())
    };
    for body in [
        "{",
        "[]",
        r#"{"channels": [{"type": "email", "value": "ann"}]}"#,
        r#"{"channels": [{"type": "sms", "value": "1"}]}"#,
    ] {
        let answer = server.call("POST", "/api/v1/contact", body).await.expect(400);
        assert_eq!(named(&answer), [false; 3], "{body}");
    }
    for (method, path, body, status) in [
        ("POST", "/api/v1/contact", r#"{"firstName": "Ann"}"#, 400),
        ("PUT", "/api/v1/contact/77", "{}", 404),
        ("DELETE", "/api/v1/contact/77", "", 404),
        (
            "DELETE",
            "/api/v1/past_events",
            r#"{"from": "2020-01-01", "to": "2020-01-02"}"#,
            403,
        ),
    ] {
        let answer = server.call(method, path, body).await.expect(status);
        assert_eq!(named(&answer), [true; 3], "{method} {path}");
        assert_eq!(answer.header("x-selfsame-outcome"), "rejected");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let server = Server::start().await;
    for (method, path, status) in [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/", 404),
        ("PATCH", "/api/v1/contact", 405),
        ("POST", "/api/v1/version", 405),
        ("GET", "/api/v1/contact/", 405),
    ] {
        let answer = server.call(method, path, "").await.expect(status);
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{method} {path}"
        );
        assert_eq!(answer.json()["status"], json!(status));
    }
    assert!(
        !server
            .call("PATCH", "/api/v1/contact", "")
            .await
            .header("allow")
            .is_empty()
    );
}

#[tokio::test]
async fn what_no_handler_answers_has_the_form_of_its_route() {
    let server = Server::start().await;
    let json = |method: &str, path: &str| with_header(request(method, path, ""), "accept", "application/json");
    for (method, path, status) in [
        ("GET", "/api/v1/nothing", 404),
        ("PATCH", "/api/v1/orders", 405),
        ("POST", "/api/v1/contact/1", 405),
    ] {
        for accept in ["application/json", "application/json, text/plain, */*"] {
            let prepared = with_header(request(method, path, ""), "accept", accept);
            let answer = server.send(prepared).await.expect(status);
            let text = answer.json()["message"].as_str().unwrap_or_default().to_owned();
            assert!(!text.is_empty(), "{method} {path}: {answer:?}");
        }
    }
    let ours = server.send(json("POST", "/api/v1/identity/policy")).await.expect(405);
    assert_eq!(ours.header("content-type"), "application/problem+json");
    let encoded = |request| with_header(request, "content-encoding", "lzma");
    let wire = server.send(encoded(json("POST", "/api/v1/contact"))).await.expect(415);
    assert!(
        wire.json()["message"]
            .as_str()
            .is_some_and(|text| text.contains("gzip")),
        "{wire:?}"
    );
    let text = server
        .send(encoded(request("PUT", "/api/v1/contact/1/", "")))
        .await
        .expect(415);
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    for accepts in ["application/json", "*/*"] {
        let ours = with_header(request("PATCH", "/api/v1/contact/1", ""), "accept", accepts);
        let ours = server.send(encoded(ours)).await.expect(415);
        assert_eq!(ours.header("content-type"), "application/problem+json");
    }
}

#[tokio::test]
async fn bodies_that_are_no_objects() {
    let server = Server::start().await;
    for (body, text) in [
        ("", "the body must not be empty: send a JSON object"),
        ("[]", "the body must be a JSON object"),
        ("\"x\"", "the body must be a JSON object"),
        (
            "{\"a\"",
            "the body is no valid JSON: EOF while parsing an object at line 1 column 4",
        ),
    ] {
        let answer = server.call("POST", "/api/v1/contact", body).await.expect(400);
        assert_eq!(answer.body, text);
    }
}

#[tokio::test]
async fn numbers_in_paths_and_queries() {
    let server = Server::start().await;
    for path in [
        "/api/v1/contact/abc",
        "/api/v1/contact/0",
        "/api/v1/contact/-1",
        "/api/v1/contact/99999999999999999999",
        "/api/v1/contact/1%00",
    ] {
        let answer = server.get(path).await.expect(400);
        assert_eq!(answer.body, "id must be a positive whole number", "{path}");
    }
    for (path, text) in [
        (
            "/api/v1/contacts?maxrows=-1",
            "maxrows must be a whole number of at least 1",
        ),
        ("/api/v1/contacts/email", "ids must be sent"),
        ("/api/v1/contacts/email?ids=1,x", "ids must be a positive whole number"),
        (
            "/api/v1/contacts?firstname=a%00",
            "firstname must not contain control characters",
        ),
        ("/api/v1/contact/%FF", "path must be percent-encoded UTF-8"),
    ] {
        assert_eq!(server.get(path).await.expect(400).body, text);
    }
    let answer = server.delete("/api/v1/contact").await.expect(400);
    assert_eq!(answer.body, "externalCustomerId must be sent");
    let answer = server.delete("/api/v1/contact/1?erase=perhaps").await.expect(400);
    assert_eq!(answer.body, "erase must be true or false");
}

#[tokio::test]
async fn a_body_that_is_too_large() {
    let server = Server::with(HttpSettings {
        body_limit: 64,
        ..HttpSettings::default()
    })
    .await;
    server
        .post("/api/v1/contact", &json!({"externalCustomerId": "1"}))
        .await
        .expect(200);
    let body = json!({"externalCustomerId": "1", "firstName": "A".repeat(64)});
    let answer = server.post("/api/v1/contact", &body).await.expect(413);
    assert_eq!(answer.body, "the body is larger than 64 bytes");
    // Without an announced length, the limit applies while the body is read.
    let text = body.to_string();
    let chunks: Vec<_> = text
        .as_bytes()
        .chunks(16)
        .map(|chunk| Ok::<_, Infallible>(chunk.to_vec()))
        .collect();
    server
        .call(
            "POST",
            "/api/v1/contact",
            Body::from_stream(futures::stream::iter(chunks)),
        )
        .await
        .expect(413);
}

#[tokio::test]
async fn a_body_that_never_ends() {
    let request_timeout = std::time::Duration::from_millis(1);
    let server = Server::with(HttpSettings {
        request_timeout,
        ..HttpSettings::default()
    })
    .await;
    let endless = futures::stream::pending::<Result<Vec<u8>, Infallible>>();
    let answer = server
        .call("POST", "/api/v1/contact", Body::from_stream(endless))
        .await
        .expect(503);
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn a_stopping_server_is_busy() {
    let server = Server::start().await;
    server.app.close().await;
    let answer = server
        .post("/api/v1/contact", &json!({"externalCustomerId": "1"}))
        .await
        .expect(503);
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.body, "the server is busy; try again later");
}
