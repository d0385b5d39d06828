//! Lists have limits, because the cost of a request grows with them and other requests wait for it.

use crate::support::{KEY, Server};
use serde_json::{Value, json};
use std::future::IntoFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CONTACT: &str = "/api/v1/contact";
const SUBSCRIBE: &str = "/api/v1/contact/subscribe";

/// A path, the name of the list in the error, its limit, and a function that makes a body with a list of a given length.
type Limited = (&'static str, &'static str, usize, fn(usize) -> Value);

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("t{index}")).collect()
}

fn emails(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("t{index}@example.com")).collect()
}

const LIMITED: [Limited; 12] = [
    (CONTACT, "groups", 500, |n| json!({"groups": texts(n)})),
    (
        CONTACT,
        "channels",
        100,
        |n| json!({"channels": vec![json!({"type": "inapp", "value": "v"}); n]}),
    ),
    (CONTACT, "telegram", 100, |n| json!({"telegram": texts(n)})),
    (CONTACT, "cookies.sc", 100, |n| json!({"cookies": {"sc": texts(n)}})),
    (
        CONTACT,
        "fields",
        500,
        |n| json!({"fields": vec![json!({"id": 1, "value": "v"}); n]}),
    ),
    (SUBSCRIBE, "groups", 500, |n| json!({"contact": {}, "groups": texts(n)})),
    (
        SUBSCRIBE,
        "contact.groups",
        500,
        |n| json!({"contact": {"groups": texts(n)}}),
    ),
    (
        SUBSCRIBE,
        "subscriptions",
        500,
        |n| json!({"contact": {}, "subscriptions": texts(n)}),
    ),
    (
        "/api/v1/emails/unsubscribed/add",
        "emails",
        500,
        |n| json!({"emails": emails(n)}),
    ),
    (
        "/api/v1/emails/unsubscribed/delete",
        "emails",
        500,
        |n| json!({"emails": emails(n)}),
    ),
    (
        "/api/v1/group/1/contacts/attach",
        "externalCustomerIds",
        500,
        |n| json!({"externalCustomerIds": texts(n)}),
    ),
    (
        "/api/v1/apps/9f0c2d1e-0000-4000-8000-000000000001/tokens",
        "tokens",
        500,
        |n| json!({"tokens": vec![json!({"token": "t", "email": "t@example.com"}); n]}),
    ),
];

#[tokio::test]
async fn a_list_that_is_too_long_is_named() {
    let server = Server::start().await;
    for (path, list, max, body) in LIMITED {
        let refused = server.post(path, &body(max + 1)).await.expect(400);
        let text = format!("{list} must have at most {max} entries, not {}", max + 1);
        // Some bodies lack an identifier, which is reported only if the list is read.
        assert_eq!(refused.body, text, "{path}");
        let taken = server.post(path, &body(max)).await;
        assert!(!taken.body.contains("must have at most"), "{path} {list}: {taken:?}");
        assert_ne!(taken.status, 500, "{path} {list}: {taken:?}");
    }
    assert_eq!(server.get("/api/v1/groups").await.json(), json!([]));
}

#[tokio::test]
async fn categories_that_replace_others_have_a_limit() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": "1"})).await;
    let body = json!({"subscriptions": texts(501)});
    let refused = server.put(&format!("/api/v1/contact/{id}/subscriptions"), &body).await;
    assert_eq!(
        refused.expect(400).body,
        "subscriptions must have at most 500 entries, not 501"
    );
}

#[tokio::test]
async fn the_longest_lists_are_kept_whole() {
    let server = Server::start().await;
    let body =
        json!({"externalCustomerId": "1", "groups": texts(500), "telegram": texts(100), "cookies": {"sc": texts(100)}});
    let id = server.add(&body).await;
    let contact = server.contact(id).await;
    assert_eq!(contact["groups"].as_array().map(Vec::len), Some(500));
    let held = server.get(&format!("/api/v1/contact/{id}/identity")).await.json();
    assert_eq!(held["identifiers"].as_array().map(Vec::len), Some(201));
}

/// Many clients send the whole body before they read: they lose the answer if the connection is closed early.
#[tokio::test]
async fn who_sends_too_much_reads_the_answer_when_all_is_sent() {
    let server = Server::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let serving = tokio::spawn(axum::serve(listener, server.router.clone()).into_future());
    let body = vec![b'x'; 10 << 20];
    let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n0\r\n\r\n"].concat();
    let forms = [
        (format!("Content-Length: {}", body.len()), body.clone()),
        ("Transfer-Encoding: chunked".to_owned(), chunk(&body)),
    ];
    for (header, body) in forms {
        let mut client = TcpStream::connect(address).await.expect("connect");
        let head = format!(
            "POST /api/v1/contact HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n{header}\r\n\r\n"
        );
        client.write_all(head.as_bytes()).await.expect("send the head");
        client.write_all(&body).await.expect("send the body");
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("read the answer");
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }
    serving.abort();
}
