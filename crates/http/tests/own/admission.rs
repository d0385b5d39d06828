//! Admission control and content encodings.

use super::support::{Answer, Server};
use axum::body::{Body, Bytes};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::{StreamExt, stream};
use http::{HeaderValue, Request};
use selfsame_application::{LaneOptions, Options};
use selfsame_http::HttpSettings;
use serde_json::json;
use std::convert::Infallible;

/// `{"channels":[{"type":"email","value":"ann@example.com"}]}` in the supported encodings.
const ENCODED: [(&str, &str); 4] = [
    ("gzip", GZIP),
    ("X-GZIP", GZIP),
    (
        "br",
        "GzgAAB0HuRnzNooi7f6kWmQvbGvr9HWxTDcgEXDIgcMB24IWUF57SCUTx/uyCCgCadDHOTt/pwc=",
    ),
    (
        "zstd",
        "KLUv/QRorQEAkkMMEaDtIP/onkQuarD+Pftc+P+Gs8wnZcLySgp3dOvF17G+gzPStBffFdslEWe83XrMZQD5XfoF",
    ),
];
const GZIP: &str =
    "H4sIAAAAAAACA6tWSs5IzMtLzSlWsoquViqpLEhVslJKzU3MzFHSUSpLzCkF8YEqHFIrEnMLclL1kvNzlWpjawGk9wfMOQAAAA==";

/// 2 MiB of blanks.
const BOMB: &str = "m///H/glQOKxQCD3/gM=";

fn encoded(encoding: &str, body: &str) -> Request<Body> {
    Request::post("/api/v1/contact")
        .header("authorization", "Bearer one")
        .header("content-encoding", encoding)
        .body(Body::from(STANDARD.decode(body).expect("base64")))
        .expect("request")
}

#[tokio::test]
async fn encoded_bodies_are_read_and_bounded() {
    let server = Server::start().await;
    for (encoding, body) in ENCODED {
        let answer = server.send(encoded(encoding, body)).await;
        assert_eq!(answer.json(200), json!({"id": 1}), "{encoding}");
        server.clock.advance_seconds(61);
    }
    assert_eq!(server.send(encoded("br", BOMB)).await.status, 413);
    assert_eq!(server.send(encoded("gzip", ENCODED[2].1)).await.status, 400);
}

#[tokio::test]
async fn another_encoding_is_refused_and_those_that_are_read_are_named() {
    let server = Server::start().await;
    for (encoding, named) in [
        ("Deflate", "deflate"),
        ("gzip, br", "of several steps"),
        ("ann@example.com", "that was sent"),
    ] {
        let refused = server.send(encoded(encoding, GZIP)).await;
        assert_eq!(refused.status, 415, "{encoding}");
        assert!(
            refused.text.contains(&format!("the Content-Encoding {named} is not")),
            "{}",
            refused.text
        );
        assert_eq!(refused.header("accept-encoding"), Some("gzip, br, zstd"));
        assert!(!refused.text.contains("ann@"), "{}", refused.text);
    }
    let mut twice = encoded("gzip", GZIP);
    twice
        .headers_mut()
        .append("content-encoding", HeaderValue::from_static("gzip"));
    assert_eq!(server.send(twice).await.status, 415);
}

#[tokio::test]
async fn who_asks_whom_is_said_once() {
    let server = Server::start().await;
    for (name, shown, value) in [
        ("authorization", "Authorization", "Bearer two"),
        ("host", "Host", "other.example"),
        ("idempotency-key", "Idempotency-Key", "other"),
        ("x-reteno-access-key", "X-Reteno-Access-Key", "pk_other"),
        ("x-selfsame-identity", "X-Selfsame-Identity", "other"),
    ] {
        let request = Request::get("/api/v1/version")
            .header("authorization", "Bearer one")
            .header("host", "selfsame.example")
            .header("idempotency-key", "one")
            .header("x-reteno-access-key", "pk_one")
            .header("x-selfsame-identity", "one")
            .header(name, value);
        let refused = server.send(request.body(Body::empty()).expect("request")).await;
        let reason = format!("{shown} must not be sent twice");
        assert_eq!((refused.status.as_u16(), refused.text), (400, reason));
    }
}

fn busy(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(
        answer.text.contains("the server is busy; try again later"),
        "{}",
        answer.text
    );
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn a_server_without_room_refuses_before_it_looks_at_key_or_body() {
    let full = LaneOptions {
        depth: 0,
        ..LaneOptions::default()
    };
    let server = Server::made(HttpSettings::default(), Options { lane: full }).await;
    for key in ["one", "unknown"] {
        let request = Request::post("/api/v1/contact")
            .header("authorization", format!("Bearer {key}"))
            .body(Body::from("no JSON"));
        busy(&server.send(request.expect("request")).await);
    }
    assert_eq!(server.get("/api/v1/version").await.status, 200);
}

/// A body that sends some bytes and never ends.
fn begun(bytes: usize) -> Body {
    let chunk = stream::once(async move { Ok::<_, Infallible>(Bytes::from(vec![b' '; bytes])) });
    Body::from_stream(chunk.chain(stream::pending()))
}

fn chunked(body: Body) -> Request<Body> {
    let request = Request::post("/api/v1/contact").header("authorization", "Bearer one");
    request.body(body).expect("request")
}

#[tokio::test(start_paused = true)]
async fn bodies_under_way_share_a_bounded_memory() {
    let server = Server::with(HttpSettings {
        body_memory: 256 * 1024,
        ..HttpSettings::default()
    })
    .await;
    let whole = || {
        let bytes = vec![b' '; 20_000];
        Body::from_stream(stream::once(async move { Ok::<_, Infallible>(Bytes::from(bytes)) }))
    };
    // Without other bodies there is room.
    assert_eq!(server.send(chunked(whole())).await.status, 400);
    let slow = server.send(chunked(begun(64 * 1024)));
    let late = async {
        // By then the slow body has begun.
        tokio::task::yield_now().await;
        let refused = server.send(chunked(whole())).await;
        busy(&refused);
        // A small body does not wait for large ones.
        assert_eq!(server.contact(Some("small"), None).await, 1);
    };
    let (slow, ()) = futures::join!(slow, late);
    assert_eq!(slow.status, 503, "{}", slow.text);
    assert_eq!(server.send(chunked(whole())).await.status, 400, "its memory came back");
    // A parsed object uses many times the memory of its text.
    let objects = Body::from(format!("[{}]", vec![r#"{"a":1}"#; 200].join(",")));
    let refused = server.send(chunked(objects)).await;
    assert_eq!(
        (refused.status.as_u16(), refused.text.contains("too many values")),
        (413, true)
    );
}

#[tokio::test]
async fn operations_answer_one_spelling() {
    let server = Server::start().await;
    let get = async |path: &str| {
        let request = Request::get(path).header("authorization", "Bearer one");
        server
            .send(request.body(Body::empty()).expect("request"))
            .await
            .status
            .as_u16()
    };
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get(path).await, 200, "{path}");
        for other in [format!("{path}/"), format!("{path}//"), format!("/{path}")] {
            assert_eq!(get(&other).await, 404, "{other}");
        }
    }
    assert_eq!(get("/metrics/").await, 404);
    assert_eq!(get("/api/v1/version/").await, 200, "clients append a slash");
}

/// The path of a request may hold a token or an address.
#[tokio::test]
async fn a_refused_key_is_logged_with_the_route_and_not_its_path() {
    let server = Server::start().await;
    let path = "/api/v1/contact/token/6f1c8ad5-8b57-4d4c-a7e2-1f1b0d6d3a77/ann@example.com/contactId";
    let refused = server.call("unknown", "GET", path, None).await.json(401);
    assert_eq!(refused["path"], "/api/v1/contact/token/{app}/{token}/contactId");
}
