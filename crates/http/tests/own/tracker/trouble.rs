//! The answers that a page can read during a server failure.

use super::{SHOP, now, page, post_page, site, view, workspace};
use crate::support::{Answer, Server};
use axum::body::Body;
use selfsame_http::{HttpSettings, RateLimit};
use serde_json::json;
use std::num::NonZeroU32;
use std::time::Duration;

#[track_caller]
fn assert_readable(answer: &Answer, origin: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
    assert_eq!(answer.header("access-control-expose-headers"), Some("retry-after"));
    assert!(answer.header("retry-after").is_some());
    let vary = answer.header("vary").unwrap_or_default();
    assert!(vary.contains("origin"), "{vary}");
}

#[tokio::test]
async fn a_page_can_read_when_to_come_back() {
    let server = Server::with(HttpSettings {
        rate_limit: Some(RateLimit {
            per_second: NonZeroU32::MIN,
            burst: NonZeroU32::MIN,
        }),
        ..HttpSettings::default()
    })
    .await;
    let shop = site(&server, "shop", false).await;
    post_page(&server, "/t/events", &view(&shop, "crumb", "a"))
        .await
        .json(200);
    let refused = post_page(&server, "/t/events", &view(&shop, "crumb", "b")).await;
    assert_eq!(refused.problem(429), "too-many-requests");
    assert_readable(&refused, SHOP);
}

/// Any page can read the time-out, because the allowed origins may not have been looked up yet.
#[tokio::test]
async fn any_page_can_read_that_a_request_took_too_long() {
    let server = Server::with(HttpSettings {
        request_timeout: Duration::from_millis(1),
        ..HttpSettings::default()
    })
    .await;
    let shop = site(&server, "shop", false).await;
    let general = json!({"eventName": "MainPage", "siteId": shop.key, "datetime": now(&server).timestamp_millis(),
        "cookies": {"sc": "crumb"}});
    let former = json!({"GeneralInfo": general});
    let workspace = workspace(&server, "one").await;
    // While another writer holds the workspace, no request is answered.
    let writes = server.app.store().exclusive(workspace).await.expect("begin");
    for (path, body) in [("/t/events", view(&shop, "crumb", "a")), ("/api/v2", former)] {
        let answer = post_page(&server, path, &body).await;
        assert_eq!(answer.problem(503), "timeout");
        assert_readable(&answer, SHOP);
    }
    let mut request = page("/t/events").body(Body::from(view(&shop, "crumb", "a").to_string()));
    let headers = request.as_mut().expect("request").headers_mut();
    headers.remove("origin");
    let answer = server.send(request.expect("request")).await;
    assert_eq!(answer.problem(503), "timeout");
    assert_eq!(answer.header("access-control-allow-origin"), None);
    drop(writes);
    // Calls with a secret key have no CORS headers.
    let elsewhere = server.call("one", "GET", "/api/v1/version", None).await;
    assert_eq!(elsewhere.header("access-control-expose-headers"), None);
}
