//! `ETag` and `If-Match` of a contact (RFC 9110, section 13).

use super::support::{Answer, Server};
use axum::body::Body;
use http::Request;
use serde_json::json;

async fn conditional(server: &Server, method: &str, path: &str, tag: &str, body: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", "Bearer one")
        .header("if-match", tag);
    server
        .send(request.body(Body::from(body.to_owned())).expect("request"))
        .await
}

async fn tag(server: &Server, path: &str) -> String {
    let read = server.get(path).await;
    read.header("etag").expect("an entity tag").to_owned()
}

#[tokio::test]
async fn a_change_needs_the_entity_tag_that_was_read() {
    let server = Server::start().await;
    let id = server.contact(Some("C-1"), None).await;
    let path = format!("/api/v1/contact/{id}");
    let first = tag(&server, &path).await;
    let named = |name: &str| json!({ "firstName": name }).to_string();
    let taken = conditional(&server, "PUT", &path, &format!("\"1000000\", {first}"), &named("Ann")).await;
    assert_eq!(taken.status, 200, "{}", taken.text);
    let second = tag(&server, &path).await;
    assert_ne!(first, second);
    for (method, body) in [
        ("PUT", named("Eve")),
        ("PATCH", named("Eve")),
        ("DELETE", String::new()),
    ] {
        for stale in [first.as_str(), &format!("W/{second}"), "\"another\""] {
            let refused = conditional(&server, method, &path, stale, &body).await;
            assert_eq!(refused.status, 412, "{method} {stale}: {}", refused.text);
        }
    }
    let read = server.get(&path).await.json(200);
    assert_eq!(read["firstName"], "Ann");
    assert_eq!(tag(&server, &path).await, second, "a refused request changes nothing");
    // A request that changes nothing keeps the tag.
    conditional(&server, "PATCH", &path, &second, &named("Ann"))
        .await
        .json(200);
    assert_eq!(tag(&server, &path).await, second);
    assert_eq!(conditional(&server, "PUT", &path, "*", &named("Bea")).await.status, 200);
    let third = tag(&server, &path).await;
    assert_eq!(conditional(&server, "DELETE", &path, &third, "").await.status, 200);
}

#[tokio::test]
async fn what_is_no_entity_tag_is_refused() {
    let server = Server::start().await;
    let id = server.contact(Some("C-1"), None).await;
    let path = format!("/api/v1/contact/{id}");
    for wrong in ["42", "\"42", "W/42"] {
        let refused = conditional(&server, "PATCH", &path, wrong, r#"{"firstName": "Ann"}"#).await;
        assert_eq!(
            (refused.status.as_u16(), refused.pointers()),
            (400, vec!["If-Match".to_owned()]),
            "{wrong}"
        );
    }
    assert_eq!(server.get(&path).await.json(200)["firstName"], json!(null));
}
