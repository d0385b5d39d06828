//! Calls of shop plug-ins at their set-up.

use crate::support::{Server, request, with_header};
use http::Request;
use selfsame_domain::Rights;
use serde_json::json;

async fn script(server: &Server, path: &str) -> String {
    let answer = server
        .send(with_header(request("GET", path, ""), "host", "id.example.com"))
        .await;
    assert!(answer.header("content-type").starts_with("text/plain"));
    answer.expect(200).body
}

#[tokio::test]
async fn a_domain_is_registered_once_and_its_pages_speak_with_the_key() {
    let server = Server::start().await;
    // A plug-in requests the script before it registers its domain.
    let lines = script(&server, "/api/v1/site/script").await;
    let made = server
        .post("/api/v1/site/domains", &json!({"domain": "https://shop.example/wp"}))
        .await;
    let key = made.expect(201).json()["siteId"].as_str().unwrap().to_owned();
    assert!(key.starts_with("pk_"));
    assert!(
        lines.contains(&format!("src=\"//id.example.com/t/selfsame.js\" data-site=\"{key}\"")),
        "{lines}"
    );
    assert!(
        lines.contains(&format!("window._esConfig={{orgId:{}}}", server.workspace)),
        "{lines}"
    );
    for again in ["shop.example", "http://SHOP.example/"] {
        let known = server
            .post("/api/v1/site/domains", &json!({"domain": again}))
            .await
            .expect(200);
        assert_eq!(known.json()["siteId"], json!(key));
        for words in ["Domain already exists", "Domain is already registered"] {
            assert!(known.json()["message"].as_str().unwrap().contains(words));
        }
    }
    let found = server.get("/api/v1/site/domains?domain=shop.example").await.expect(200);
    assert_eq!(found.json()["siteId"], json!(key));
    let other = server
        .get("/api/v1/site/domains?domain=other.example")
        .await
        .expect(404);
    assert_eq!(other.body, "domain not found");
    let named = json!({"domain": "shop.example."}).to_string();
    let found = server.call("GET", "/api/v1/site/domains", named).await.expect(200);
    assert_eq!(found.json()["siteId"], json!(key));
    for nothing in ["", "[]", r#"{"domain": 5}"#] {
        let refused = server.call("GET", "/api/v1/site/domains", nothing).await.expect(400);
        assert!(refused.body.starts_with("domain must"), "{refused:?}");
    }
    assert_eq!(script(&server, "/api/v1/site/script?domain=shop.example").await, lines);
    let other = request("GET", "/api/v1/site/script?domain=other.example", "");
    let other = server.send(with_header(other, "host", "id.example.com")).await;
    other.expect(404);
    let event = json!({"site": key, "sc": "c", "events": [{"name": "PageView"}]});
    for (origin, status) in [
        ("https://shop.example", 200),
        ("http://shop.example", 200),
        ("https://other.example", 403),
    ] {
        let page = Request::post("/t/events").header("origin", origin);
        server
            .send(page.body(event.to_string().into()).unwrap())
            .await
            .expect(status);
    }
}

#[tokio::test]
async fn what_is_no_domain_is_refused_and_makes_no_site() {
    let server = Server::start().await;
    for domain in [
        json!("no domain"),
        json!("shop"),
        json!(""),
        json!(null),
        json!({}),
        json!(5),
        json!("ftp://shop.example"),
    ] {
        let answer = server
            .post("/api/v1/site/domains", &json!({"domain": domain}))
            .await
            .expect(400);
        assert!(answer.body.starts_with("domain "), "{}", answer.body);
    }
    server.get("/api/v1/site/domains").await.expect(400);
    let outgoing = with_header(request("GET", "/api/v1/site/script", ""), "host", "a\"b");
    assert_eq!(
        server.send(outgoing).await.expect(400).body,
        "Host must be the name of this server"
    );
    let sites = server.app.store().sites(server.workspace).await.unwrap();
    assert_eq!(sites, []);
}

#[tokio::test]
async fn the_protocol_is_that_which_a_proxy_says() {
    let server = Server::start().await;
    let outgoing = with_header(request("GET", "/api/v1/site/script", ""), "host", "id.example.com:8443");
    let lines = server
        .send(with_header(outgoing, "x-forwarded-proto", "https"))
        .await
        .expect(200)
        .body;
    assert!(
        lines.contains("src=\"https://id.example.com:8443/t/selfsame.js\""),
        "{lines}"
    );
}

#[tokio::test]
async fn calls_about_messages_say_that_there_are_none() {
    let server = Server::start().await;
    server.key("messages", Rights::Messages).await;
    for (method, path) in [
        ("GET", "/api/v1/balance"),
        ("GET", "/api/v1/balance/history"),
        ("GET", "/api/v2/contacts/activity?dateFrom=2026-01-01&dateTo=2026-01-02"),
        ("GET", "/api/v2/contacts/messages"),
        ("POST", "/api/v1/message/email"),
        ("GET", "/api/v1/workflows"),
        ("POST", "/api/v1/site/webpush/domains"),
        ("GET", "/api/v1/site/webpush/script?domain=shop.example"),
        ("POST", "/api/v1/site/domain/web-push"),
    ] {
        let answer = server.call(method, path, "[]").await.expect(404);
        assert!(
            answer.body.starts_with("not found: this server sends no messages"),
            "{path}: {}",
            answer.body
        );
        let accepts = with_header(request(method, path, ""), "accept", "application/json; charset=UTF-8");
        let json = server.send(accepts).await.expect(404).json();
        assert_eq!(json["message"].as_str(), Some(answer.body.as_str()));
        let stranger = Request::builder().method(method).uri(path);
        server.send(stranger.body("".into()).unwrap()).await.expect(401);
    }
}
