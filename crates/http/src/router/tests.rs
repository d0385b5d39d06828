use super::*;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use selfsame_application::{Application, Options};
use selfsame_storage_conformance::{ManualClock, MemoryStore, SequenceIds};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tower::ServiceExt;

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

/// Paths and methods of the router. Only its debug text lists them, and this test relies on the form of that text: when an
/// update of the library changes it, no route is found, and the test fails.
fn answered(all: &Router<HttpState>) -> BTreeSet<(String, String)> {
    let text = format!("{all:?}");
    let (handlers, rest) = text.split_once("Node { paths: {").expect("paths");
    // The fallback router follows the paths.
    let rest = rest.split("fallback_router").next().unwrap_or_default();
    let entries = |text: &str| -> BTreeMap<String, String> {
        let entries = text
            .split("RouteId(")
            .skip(1)
            .filter_map(|entry| entry.split_once("): "));
        entries.map(|(id, entry)| (id.to_owned(), entry.to_owned())).collect()
    };
    let handlers = entries(handlers);
    let mut found = BTreeSet::new();
    for (id, path) in entries(rest) {
        let Some(path) = path.split('"').nth(1).filter(|path| path.starts_with('/')) else {
            continue;
        };
        for method in METHODS
            .into_iter()
            .filter(|method| !handlers[&id].contains(&format!("{method}: None")))
        {
            found.insert((path.to_owned(), method.to_owned()));
        }
    }
    found
}

#[test]
fn every_route_is_documented_and_every_documented_one_answers() {
    let (router, document) = public(tracker::routes()).merge(operations::routes()).split_for_parts();
    let document = serde_json::to_value(document).expect("JSON");
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in METHODS.into_iter().filter(|method| item.get(method).is_some()) {
            documented.insert((path.clone(), method.to_owned()));
        }
    }
    let answered = answered(&router);
    assert!(answered.len() > 30, "{answered:?}");
    assert_eq!(answered, documented);
}

#[tokio::test]
async fn a_panic_is_answered_without_details() {
    let ids = Arc::new(SequenceIds::new());
    let store = Arc::new(MemoryStore::new());
    let app = Application::new(store, Arc::new(ManualClock::new()), ids, Options::default());
    let state = HttpState::new(app, crate::HttpSettings::default());
    let router = served(Router::new().route("/", get(panicking)), state);
    let request = Request::get("/").body(Body::empty()).expect("request");
    let response = router.oneshot(request).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    assert!(response.headers().contains_key("x-request-id"));
    let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("body");
    let problem: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(
        (&problem["type"], &problem["detail"]),
        (&"urn:selfsame:problem:internal".into(), &"internal error".into())
    );
}

async fn panicking() {
    panic!("with a secret");
}
