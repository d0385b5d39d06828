//! The change feed.

use crate::support::Server;
use axum::body::Body;
use futures::StreamExt;
use http::Request;
use selfsame_application::ports::PruneUpTo;
use selfsame_domain::Revision;
use selfsame_http::HttpSettings;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

fn kinds_and_contacts(page: &Value) -> Vec<(String, i64)> {
    let items = page["items"].as_array().cloned().unwrap_or_default();
    let one = |item: &Value| {
        let kind = item["kind"].as_str().unwrap_or_default().to_owned();
        (kind, item["contactId"].as_i64().unwrap_or_default())
    };
    items.iter().map(one).collect()
}

async fn page(server: &Server, query: &str) -> Value {
    server.get(&format!("/api/v1/changes?{query}")).await.json(200)
}

#[tokio::test]
async fn changes_are_read_page_by_page() {
    let server = Server::start().await;
    let begin = page(&server, "").await;
    assert_eq!(begin["items"], json!([]));
    let ann = server.contact(Some("C-1"), None).await;
    let bob = server.contact(None, Some("bob@example.com")).await;
    let merge = json!({"survivor": ann, "absorbed": bob});
    let merge = server.post("/api/v1/identity/merges", merge).await.json(201);
    let first = page(&server, &format!("after={}&limit=2", begin["next"])).await;
    let created = |id: i64| ("created".to_owned(), id);
    assert_eq!(kinds_and_contacts(&first), [created(ann), created(bob)]);
    let item = &first["items"][0];
    let decision = item["decisionId"].as_str().expect("an identity");
    let decided = server
        .get(&format!("/api/v1/identity/decisions/{decision}"))
        .await
        .json(200);
    assert_eq!((&decided["outcome"], &decided["at"]), (&json!("created"), &item["at"]));
    let second = page(&server, &format!("after={}&kinds=merged,erased", first["next"])).await;
    let item = &second["items"][0];
    assert_eq!(
        (&item["kind"], &item["contactId"], &item["survivorId"], &item["mergeId"]),
        (&json!("merged"), &json!(bob), &json!(ann), &merge["merge"]["id"])
    );
    let last = page(&server, &format!("after={}", second["next"])).await;
    assert_eq!(last, json!({"items": [], "next": second["next"]}));
    let erased = server
        .call("one", "DELETE", &format!("/api/v1/contact/{ann}?erase=true"), None)
        .await;
    assert_eq!(erased.status, 200, "{}", erased.text);
    let page = page(&server, &format!("after={}&limit=1", last["next"])).await;
    let revision = page["next"].clone();
    let gone = |id: i64| json!({"revision": revision, "kind": "erased", "contactId": id});
    assert_eq!(page["items"], json!([gone(ann), gone(bob)]));
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let server = Server::start().await;
    for (query, pointers) in [
        ("after=x", vec!["after"]),
        ("after=-1", vec!["after"]),
        ("after=1000", vec!["after"]),
        ("limit=0&wait=soon&kinds=created,left", vec!["limit", "wait", "kinds"]),
    ] {
        let answer = server.get(&format!("/api/v1/changes?{query}")).await;
        assert_eq!(answer.pointers(), pointers, "{query}");
    }
    let refused = server.call("one-events", "GET", "/api/v1/changes", None).await;
    assert_eq!(refused.problem(403), "forbidden");
}

#[tokio::test]
async fn a_place_before_what_is_kept_is_gone() {
    let server = Server::start().await;
    let ann = server.contact(Some("C-1"), None).await;
    let path = format!("/api/v1/contact/{ann}?erase=true");
    assert_eq!(server.call("one", "DELETE", &path, None).await.status, 200);
    let latest = page(&server, "").await["next"].as_i64().expect("a revision");
    let workspace = server.app.store().workspaces().await.expect("read workspaces")[0].id;
    let up_to = PruneUpTo {
        contacts: Revision(latest),
        others: Revision(latest),
    };
    let pruned = server.app.store().prune_deleted(workspace, up_to).await;
    assert_eq!(pruned.expect("prune"), 1);
    let refused = server.get("/api/v1/changes?after=0").await;
    assert_eq!(refused.problem(410), "changes-forgotten");
    assert_eq!(page(&server, &format!("after={latest}")).await["items"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_a_change() {
    let server = Server::start().await;
    let begin = page(&server, "").await["next"].clone();
    let path = format!("after={begin}&wait=20");
    let write = async {
        tokio::task::yield_now().await;
        server.contact(Some("C-1"), None).await
    };
    let requested_at = tokio::time::Instant::now();
    let (found, ann) = tokio::join!(page(&server, &path), write);
    assert_eq!(kinds_and_contacts(&found), [("created".to_owned(), ann)]);
    assert!(
        requested_at.elapsed() < Duration::from_secs(2),
        "the wait ended with the change"
    );
    let path = format!("after={}&wait=5", found["next"]);
    let requested_at = tokio::time::Instant::now();
    assert_eq!(page(&server, &path).await["items"], json!([]));
    assert_eq!(requested_at.elapsed().as_secs(), 5);
}

/// The events of a stream that ends after its first page, because the server stops.
async fn events(server: &Server, query: &str, last_event: Option<&str>) -> (u16, String) {
    let mut request = Request::builder()
        .uri(format!("/api/v1/changes?{query}"))
        .header("authorization", "Bearer one")
        .header("accept", "text/html, text/event-stream;q=0.9");
    if let Some(id) = last_event {
        request = request.header("last-event-id", id);
    }
    let answer = server.send(request.body(Body::empty()).expect("request")).await;
    (answer.status.as_u16(), answer.text)
}

#[tokio::test]
async fn changes_are_streamed_and_the_last_of_a_commit_has_its_revision() {
    let settings = HttpSettings::default();
    settings.ready.set(false);
    let server = Server::with(settings).await;
    let begin = page(&server, "").await["next"].clone();
    let ann = server.contact(Some("C-1"), None).await;
    let bob = server.contact(None, Some("bob@example.com")).await;
    let merge = json!({"survivor": ann, "absorbed": bob});
    server.post("/api/v1/identity/merges", merge).await.json(201);
    let feed = page(&server, &format!("after={begin}")).await;
    let revisions: Vec<i64> = told_revisions(&feed);
    let (status, text) = events(&server, &format!("after={begin}"), None).await;
    assert_eq!(status, 200);
    let data = |text: &str| -> Vec<Value> {
        let lines = text.lines().filter_map(|line| line.strip_prefix("data: "));
        lines.map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let ids = |text: &str| -> Vec<i64> {
        let lines = text.lines().filter_map(|line| line.strip_prefix("id: "));
        lines.map(|id| id.parse().expect("a number")).collect()
    };
    assert_eq!(json!(data(&text)), feed["items"]);
    let mut commits = revisions.clone();
    commits.dedup();
    assert!(commits.len() < revisions.len(), "a commit has several changes");
    assert_eq!(ids(&text), commits);
    let (_, rest) = events(&server, &format!("after={begin}"), Some(&commits[1].to_string())).await;
    assert_eq!(
        kinds_and_contacts(&json!({"items": data(&rest)})),
        kinds_and_contacts(&feed)[2..]
    );
    let (_, none) = events(&server, &format!("after={begin}&kinds=erased"), None).await;
    assert_eq!((data(&none), ids(&none)), (Vec::new(), vec![commits[2]]));
    let (_, present) = events(&server, "", None).await;
    assert_eq!((data(&present), ids(&present)), (Vec::new(), vec![commits[2]]));
    assert_eq!(events(&server, "", Some("x")).await.0, 400);
    assert_eq!(events(&server, "", Some("1000000")).await.0, 400);
}

fn told_revisions(page: &Value) -> Vec<i64> {
    let items = page["items"].as_array().cloned().unwrap_or_default();
    items.iter().filter_map(|item| item["revision"].as_i64()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_on_with_later_changes() {
    let server = Server::start().await;
    let request = Request::builder()
        .uri("/api/v1/changes")
        .header("authorization", "Bearer one")
        .header("accept", "text/event-stream");
    let request = request.body(Body::empty()).expect("request");
    let response = server.router.clone().oneshot(request).await.expect("infallible");
    let mut stream = response.into_body().into_data_stream();
    let mut text = String::new();
    let mut ann = None;
    while !text.contains("\"created\"") {
        let bytes = stream.next().await.expect("the stream goes on").expect("bytes");
        text.push_str(std::str::from_utf8(&bytes).expect("UTF-8"));
        if ann.is_none() {
            ann = Some(server.contact(Some("C-1"), None).await);
        }
    }
    assert!(
        text.contains(&format!("\"contactId\":{}", ann.expect("a contact"))),
        "{text}"
    );
    // The stream ends by itself.
    while let Some(bytes) = stream.next().await {
        let bytes = bytes.expect("bytes");
        assert!(bytes.starts_with(b":"), "a comment: {bytes:?}");
    }
}
