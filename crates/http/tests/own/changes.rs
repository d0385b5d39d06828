//! The change feed.

use crate::support::Server;
use selfsame_application::ports::PruneUpTo;
use selfsame_domain::Revision;
use serde_json::{Value, json};
use std::time::Duration;

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
