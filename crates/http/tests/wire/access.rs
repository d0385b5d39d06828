//! Keys and rights.

use crate::support::{KEY, Server, request, with_header};
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use selfsame_domain::Rights;
use serde_json::json;

fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

#[tokio::test]
async fn the_key_is_the_password_of_any_user() {
    let server = Server::start().await;
    for user in ["user:", ":", "api-user:", ""] {
        let with_key = with_header(
            request("GET", "/api/v1/version", ""),
            "authorization",
            &basic(&format!("{user}{KEY}")),
        );
        let answer = server.send(with_key).await.expect(200);
        assert_eq!(
            answer.json(),
            json!({"version": env!("CARGO_PKG_VERSION"), "protocolVersion": "1.0"})
        );
    }
    server.get("/api/v2/version").await.expect(200);
}

#[tokio::test]
async fn without_a_key_everybody_reads_the_same_json() {
    let server = Server::start().await;
    for (path, accept, shown) in [
        ("/api/v1/account/info", "*/*", "/api/v1/account/info"),
        ("/api/v1/contact/1", "application/problem+json", "/api/v1/contact/{id}"),
        ("/api/v1/contacts/", "text/plain", "/api/v1/contacts"),
        // A path may hold a token.
        (
            "/api/v1/contact/token/app/t-secret/contactId",
            "application/json",
            "/api/v1/contact/token/{app}/{token}/contactId",
        ),
    ] {
        for authorization in [
            None,
            Some(basic("user:wrong")),
            Some(basic("user:")),
            Some("Bearer x".to_owned()),
            Some("Digest x".to_owned()),
        ] {
            let mut builder = Request::builder().uri(path).header("Accept", accept);
            if let Some(authorization) = &authorization {
                builder = builder.header("Authorization", authorization);
            }
            let answer = server.send(builder.body(Body::empty()).unwrap()).await.expect(401);
            assert_eq!(answer.header("www-authenticate"), "Basic realm=\"selfsame\"");
            assert!(answer.header("content-type").starts_with("application/json"));
            let body = answer.json();
            assert_eq!((&body["status"], &body["error"]), (&json!(401), &json!("Unauthorized")));
            assert_eq!(body["path"], json!(shown));
            assert!(
                body["timestamp"]
                    .as_str()
                    .is_some_and(|at| at.starts_with("2026-01-02T03:"))
            );
            assert!(body["message"].is_string());
            assert_eq!(body.as_object().map(serde_json::Map::len), Some(5));
            assert!(!answer.body.contains("wrong") && !answer.body.contains("secret"));
        }
    }
}

#[tokio::test]
async fn revoked_and_expired_keys_open_nothing() {
    let server = Server::start().await;
    let keys = server.app.store().keys(server.workspace).await.unwrap();
    server.app.revoke_key(server.workspace, keys[0].id).await.unwrap();
    let answer = server.get("/api/v1/version").await.expect(401);
    assert_eq!(answer.json()["message"], json!("the API key was revoked"));
}

#[tokio::test]
async fn rights_follow_the_groups_of_the_wire_protocol() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": "1", "groups": ["One"]})).await;
    let keys = [
        ("events", Rights::Events),
        ("contacts", Rights::EventsContacts),
        ("write", Rights::EventsContactsWrite),
        ("messages", Rights::Messages),
    ];
    for (secret, rights) in keys {
        server.key(secret, rights).await;
    }
    let general = ["events", "contacts", "write", "messages"].as_slice();
    let (reading, writing) = (["contacts"].as_slice(), ["contacts", "write"].as_slice());
    let table = [
        ("GET", "/api/v1/version".to_owned(), general),
        ("GET", "/api/v1/account/info".to_owned(), general),
        ("GET", "/api/v1/subscriptions".to_owned(), general),
        ("GET", "/api/v1/addressbooks".to_owned(), general),
        ("GET", "/api/v1/contact/token/activated/a/t".to_owned(), general),
        ("GET", "/api/v1/contacts".to_owned(), reading),
        ("GET", format!("/api/v1/contact/{id}"), reading),
        ("GET", "/api/v1/contacts/email?ids=1".to_owned(), reading),
        ("GET", format!("/api/v1/contact/{id}/subscriptions"), reading),
        ("GET", "/api/v1/contact/token/a/t/contactId".to_owned(), reading),
        ("GET", "/api/v1/groups".to_owned(), reading),
        ("GET", "/api/v1/group/1/contacts".to_owned(), reading),
        ("POST", "/api/v1/contact".to_owned(), writing),
        ("POST", "/api/v1/contact/subscribe".to_owned(), writing),
        ("PUT", format!("/api/v1/contact/{id}"), writing),
        ("DELETE", "/api/v1/contact/999".to_owned(), writing),
        ("DELETE", "/api/v1/contact?externalCustomerId=none".to_owned(), writing),
        ("PUT", format!("/api/v1/contact/{id}/subscriptions"), writing),
        ("POST", "/api/v1/emails/unsubscribed/add".to_owned(), writing),
        ("POST", "/api/v1/emails/unsubscribed/delete".to_owned(), writing),
        ("POST", "/api/v1/group/999/contacts/attach".to_owned(), writing),
        ("POST", "/api/v1/group/999/contacts/detach".to_owned(), writing),
        ("POST", "/api/v1/apps/a/tokens".to_owned(), writing),
        ("POST", "/api/v1/apps/a/token/mute".to_owned(), writing),
        ("POST", "/api/v1/apps/a/token/unmute".to_owned(), writing),
    ];
    for (method, path, allowed) in table {
        for (secret, _) in keys {
            let outgoing = with_header(
                request(method, &path, "{}"),
                "authorization",
                &format!("Bearer {secret}"),
            );
            let status = server.send(outgoing).await.status;
            assert_eq!(
                status != 403,
                allowed.contains(&secret),
                "{method} {path} with {secret}: {status}"
            );
            assert_ne!(status, 401);
        }
    }
}

#[tokio::test]
async fn headers_that_say_who_asks_whom_are_sent_once() {
    let server = Server::start().await;
    for (name, shown) in [("authorization", "Authorization"), ("host", "Host")] {
        for path in ["/api/v1/version", "/api/v2", "/healthz", "/nowhere"] {
            let outgoing = Request::get(path).header(name, "one").header(name, "two");
            let answer = server.send(outgoing.body(Body::empty()).unwrap()).await.expect(400);
            assert!(
                answer.body.contains(&format!("{shown} must not be sent twice")),
                "{path}: {}",
                answer.body
            );
        }
    }
}
