//! What is done with all contacts that a formula chooses: actions on lists, tables, and splitting.

use super::support::Server;
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn no_id() -> Value {
    json!({"field": "externalCustomerId", "op": "is_empty"})
}

/// A server with so many contacts without an external ID, an empty list and its number.
async fn with_contacts(count: usize) -> (Server, Vec<i64>, i64) {
    let server = Server::start().await;
    let mut contacts = Vec::new();
    for number in 0..count {
        contacts.push(server.contact(None, Some(&format!("c{number}@example.com"))).await);
    }
    let nobody = json!({"field": "contactId", "op": "less", "value": 0});
    let body = json!({"name": "Nobody", "formula": nobody});
    let segment = server.post("/api/v1/segments", body).await.json(201);
    let path = format!("/api/v1/segments/{}/freeze", segment["segment"]["id"]);
    let list = server.post(&path, json!({"name": "List"})).await.json(201);
    let list = list["segment"]["id"].as_i64().expect("a number");
    (server, contacts, list)
}

async fn members(server: &Server, list: i64) -> Vec<i64> {
    let page = server.get(&format!("/api/v1/segments/{list}/members?limit=500")).await;
    let page = page.json(200)["items"].clone();
    let items = page.as_array().expect("items").iter();
    items
        .map(|item| item["contactId"].as_i64().expect("a number"))
        .collect()
}

#[tokio::test]
async fn all_that_match_are_put_into_a_list_and_taken_out() {
    let (server, contacts, list) = with_contacts(3).await;
    server.contact(Some("C-1"), None).await;
    let action = |action: &str| json!({"formula": no_id(), "action": action, "listId": list});
    let started = server
        .post("/api/v1/contacts/actions", action("add_to_list"))
        .await
        .json(202);
    let id = started["action"]["id"].as_str().expect("an ID").to_owned();
    let expected = json!({"action": {
        "id": id, "action": "add_to_list", "listId": list, "readable": "External ID is empty", "state": "queued", "total": 3, "done": 0,
        "createdAt": started["action"]["createdAt"], "finishedAt": null, "error": null,
    }});
    assert_eq!(started, expected);
    server.worker().run_due().await.expect("run jobs");
    let path = format!("/api/v1/contacts/actions/{id}");
    let ended = server.get(&path).await.json(200)["action"].clone();
    assert_eq!((&ended["state"], &ended["done"]), (&json!("finished"), &json!(3)));
    assert!(ended["finishedAt"].is_string());
    assert_eq!(members(&server, list).await, contacts);
    let readable = format!("in segment {list} and Email equals “c1@example.com”");
    let body = json!({"formula": readable, "action": "remove_from_list", "listId": list});
    server.post("/api/v1/contacts/actions", body).await.json(202);
    server.worker().run_due().await.expect("run jobs");
    assert_eq!(members(&server, list).await, [contacts[0], contacts[2]]);
}

#[tokio::test]
async fn an_action_is_cancelled_and_started_once() {
    let (server, _, list) = with_contacts(2).await;
    let body = json!({"formula": no_id(), "action": "add_to_list", "listId": list});
    let start = async |body: &Value| server.repeatable("POST", "k", "/api/v1/contacts/actions", body).await;
    let id = start(&body).await.json(202)["action"]["id"].clone();
    assert_eq!(start(&body).await.json(202)["action"]["id"], id);
    let other = json!({"formula": no_id(), "action": "remove_from_list", "listId": list});
    assert_eq!(start(&other).await.problem(422), "idempotency-key-reused");
    let path = format!("/api/v1/contacts/actions/{}", id.as_str().expect("an ID"));
    let cancelled = server.call("one", "POST", &format!("{path}/cancel"), None).await;
    assert_eq!(cancelled.json(200)["action"]["state"], "cancelled");
    server.worker().run_due().await.expect("run jobs");
    assert_eq!(members(&server, list).await, Vec::<i64>::new());
}

#[tokio::test]
async fn an_action_on_a_list_that_was_deleted_fails() {
    let (server, _, list) = with_contacts(1).await;
    let body = json!({"formula": no_id(), "action": "add_to_list", "listId": list});
    let id = server.post("/api/v1/contacts/actions", body).await.json(202)["action"]["id"].clone();
    server
        .call("one", "DELETE", &format!("/api/v1/segments/{list}"), None)
        .await
        .json(200);
    server.worker().run_due().await.expect("run jobs");
    let path = format!("/api/v1/contacts/actions/{}", id.as_str().expect("an ID"));
    let failed = server.get(&path).await.json(200)["action"].clone();
    assert_eq!(
        (&failed["state"], &failed["error"]),
        (
            &json!("failed"),
            &json!("the list was deleted, or is not static any more")
        )
    );
}

#[tokio::test]
async fn a_wrong_action_is_refused() {
    let (server, _, list) = with_contacts(0).await;
    let path = "/api/v1/contacts/actions";
    assert_eq!(
        server.post(path, json!({})).await.pointers(),
        ["/formula", "/action", "/listId"]
    );
    for (body, pointer) in [
        (
            json!({"formula": no_id(), "action": "delete", "listId": list}),
            "/action",
        ),
        (
            json!({"formula": no_id(), "action": "add_to_list", "listId": 99}),
            "/listId",
        ),
        (
            json!({"formula": no_id(), "action": "add_to_list", "listId": 1}),
            "/listId",
        ),
        (
            json!({"formula": {"field": "x", "op": "is_empty"}, "action": "add_to_list", "listId": list}),
            "/formula/field",
        ),
    ] {
        assert_eq!(server.post(path, body).await.pointers(), [pointer]);
    }
    for id in ["x", "0197f0c0-7b5c-7000-8000-000000000001"] {
        assert_eq!(server.get(&format!("{path}/{id}")).await.problem(404), "not-found");
        let cancel = server.call("one", "POST", &format!("{path}/{id}/cancel"), None).await;
        assert_eq!(cancel.problem(404), "not-found");
    }
    let body = || Some(json!({"formula": no_id(), "action": "add_to_list", "listId": list}));
    server.guarded("POST", path, body(), "one-write").await;
    let id = server.post(path, body().expect("a body")).await.json(202)["action"]["id"].clone();
    let path = format!("{path}/{}", id.as_str().expect("an ID"));
    server.guarded("GET", &path, None, "one-write").await;
    assert_eq!(server.call("two", "GET", &path, None).await.problem(404), "not-found");
}

#[tokio::test]
async fn a_search_is_answered_as_a_table() {
    let (server, contacts, _) = with_contacts(2).await;
    let table = async |path: String, body: Value| {
        let request = Request::post(path)
            .header("authorization", "Bearer one")
            .header("content-type", "application/json")
            .header("accept", "text/csv");
        server
            .send(request.body(Body::from(body.to_string())).expect("request"))
            .await
    };
    let body = || json!({"formula": no_id()});
    let answer = table("/api/v1/contacts/search".to_owned(), body()).await;
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    let line = |place: usize| format!("{},,c{place}@example.com,,,", contacts[place]);
    let titles = "contactId,externalCustomerId,email,phone,firstName,lastName";
    let lines: Vec<&str> = answer.text.lines().collect();
    assert_eq!(lines, [titles, line(0).as_str(), line(1).as_str()]);
    let rest = table(format!("/api/v1/contacts/search?cursor={}", contacts[0]), body()).await;
    assert_eq!(rest.text.lines().last(), Some(line(1).as_str()));
    assert_eq!(rest.text.lines().count(), 2);
    let refused = table(
        "/api/v1/contacts/search".to_owned(),
        json!({"formula": {"segment": 99}}),
    )
    .await;
    assert_eq!(refused.status.as_u16(), 400);
}

#[tokio::test]
async fn a_segment_is_split_into_equal_lists() {
    let (server, contacts, _) = with_contacts(7).await;
    let body = json!({"name": "No ID", "formula": no_id()});
    let segment = server.post("/api/v1/segments", body).await.json(201)["segment"]["id"].clone();
    let path = format!("/api/v1/segments/{segment}/split");
    let body = json!({"name": "Part", "parts": 3});
    let split = server.repeatable("POST", "k", &path, &body).await.json(201);
    let lists = split["segments"].as_array().expect("segments");
    let names: Vec<&str> = lists
        .iter()
        .map(|list| list["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["Part 1", "Part 2", "Part 3"]);
    let counts: Vec<u64> = lists
        .iter()
        .map(|list| list["count"].as_u64().expect("a count"))
        .collect();
    assert_eq!(counts, [3, 2, 2]);
    let mut all = BTreeSet::new();
    for list in lists {
        all.extend(members(&server, list["id"].as_i64().expect("a number")).await);
    }
    assert_eq!(all, contacts.iter().copied().collect());
    server.contact(None, Some("later@example.com")).await;
    assert_eq!(server.repeatable("POST", "k", &path, &body).await.json(201), split);
    let taken = server.post(&path, json!({"name": "Part", "parts": 4})).await;
    assert_eq!(taken.status.as_u16(), 409, "{}", taken.text);
    let listed = server.get("/api/v1/segments?name=Part").await.json(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(3), "nothing was made");
    for (body, pointers) in [
        (json!({}), vec!["/name", "/parts"]),
        (json!({"name": "x", "parts": 1}), vec!["/parts"]),
        (json!({"name": "x".repeat(254), "parts": 2}), vec!["/name"]),
    ] {
        assert_eq!(server.post(&path, body).await.pointers(), pointers);
    }
    assert_eq!(
        server
            .post("/api/v1/segments/99/split", json!({"name": "x", "parts": 2}))
            .await
            .problem(404),
        "not-found"
    );
}
