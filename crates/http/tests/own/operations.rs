//! Health, metrics, documents.

use super::support::Server;
use axum::body::Body;
use http::Request;
use selfsame_http::{HttpSettings, describe_metrics, metrics_builder};
use serde_json::json;
use std::collections::BTreeSet;

async fn look(server: &Server, path: &str) -> super::support::Answer {
    server
        .send(Request::get(path).body(Body::empty()).expect("request"))
        .await
}

#[tokio::test]
async fn a_server_that_stops_lives_and_is_not_ready() {
    let settings = HttpSettings::default();
    let ready = settings.ready.clone();
    let server = Server::with(settings).await;
    assert_eq!(look(&server, "/healthz").await.json(200), json!({"status": "alive"}));
    assert_eq!(look(&server, "/readyz").await.json(200), json!({"status": "ready"}));
    ready.set(false);
    assert_eq!(look(&server, "/healthz").await.json(200), json!({"status": "alive"}));
    assert_eq!(look(&server, "/readyz").await.json(503), json!({"status": "stopping"}));
}

#[tokio::test]
async fn metrics_are_bounded_and_name_no_contact() {
    let recorder = metrics_builder().expect("buckets").build_recorder();
    let handle = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    describe_metrics();
    let server = Server::with(HttpSettings {
        metrics: Some(handle),
        ..HttpSettings::default()
    })
    .await;
    let idle = look(&server, "/metrics").await;
    assert_eq!(
        idle.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    for line in [
        "selfsame_lane_depth 0",
        "selfsame_lane_retries_total 0",
        "selfsame_lane_stale_total 0",
        "selfsame_lock_waits_total 0",
        "selfsame_http_requests_in_flight 1",
    ] {
        assert!(idle.text.lines().any(|each| each == line), "{line}: {}", idle.text);
    }
    let id = server.contact(Some("secret-1"), Some("secret@example.com")).await;
    server.get(&format!("/api/v1/contact/{id}/identity")).await.json(200);
    server.get("/api/v1/nowhere/secret-2").await;
    server.call("secret-3", "BREW", "/api/v1/contact", None).await;
    let text = look(&server, "/metrics").await.text;
    for line in [
        r#"selfsame_http_requests_total{method="POST",route="/api/v1/contact",status="2xx"} 1"#,
        r#"selfsame_http_requests_total{method="GET",route="/api/v1/contact/{id}/identity",status="2xx"} 1"#,
        r#"selfsame_http_requests_total{method="GET",route="unmatched",status="4xx"} 1"#,
        r#"selfsame_http_requests_total{method="OTHER",route="/api/v1/contact",status="4xx"} 1"#,
        r#"selfsame_http_request_duration_seconds_count{method="POST",route="/api/v1/contact"} 1"#,
        r#"selfsame_decisions_total{call="upsert",outcome="created",rule="no_match"} 1"#,
        "selfsame_lane_batch_submissions_count 1",
    ] {
        assert!(text.lines().any(|each| each == line), "{line}: {text}");
    }
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_server_without_numbers_says_so() {
    let server = Server::start().await;
    assert_eq!(look(&server, "/metrics").await.problem(404), "not-found");
}

#[tokio::test]
async fn the_page_is_whole_and_keeps_to_itself() {
    let server = Server::start().await;
    let page = look(&server, "/api/docs").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"),
        "{policy}"
    );
    let document = look(&server, "/api/openapi.json").await.json(200);
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("methods").keys() {
            let heading = format!(
                r#"<span class="method {method}">{}</span> <span class="path">{path}</span>"#,
                method.to_uppercase()
            );
            assert!(page.text.contains(&heading), "{heading}");
        }
    }
    let after = |start| {
        page.text
            .split(start)
            .skip(1)
            .filter_map(|rest: &str| rest.split('"').next())
    };
    let places: BTreeSet<&str> = after(r#" id=""#).collect();
    for name in document["components"]["schemas"].as_object().expect("schemas").keys() {
        assert!(places.contains(&*format!("schema-{name}")), "{name}");
    }
    for target in after(r##"href="#"##) {
        assert!(places.contains(target), "{target}");
    }
    for outside in ["<script", " src=\"", "href=\"http", "url(", "<img", "<link"] {
        assert!(!page.text.contains(outside), "{outside}");
    }
}
