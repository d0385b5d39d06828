//! Imports: their progress, and the outcome of each row.

use crate::support::Server;
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

/// Sends a bulk call, waits for its end, and returns its session.
async fn bulk(server: &Server, contacts: Value) -> String {
    let body = json!({"contacts": contacts, "dedupeOn": "email"});
    let answer = server.post("/api/v1/contacts", body).await.json(200);
    let session = answer["asyncSessionId"].as_str().expect("a session").to_owned();
    let status = server.get(&format!("/api/v1/importstatus/{session}")).await.json(200);
    assert_eq!(status["status"], "FINISHED", "{status}");
    session
}

fn people() -> Value {
    json!([
        {"channels": [{"type": "email", "value": "ann@example.com"}]},
        {"channels": [{"type": "email", "value": "nonsense"}]},
        {"channels": [{"type": "email", "value": "ANN@example.com"}], "firstName": "Ann"}
    ])
}

#[tokio::test]
async fn an_import_counts_its_rows_and_lists_them() {
    let server = Server::working().await;
    let session = bulk(&server, people()).await;
    let path = format!("/api/v1/imports/{session}");
    let import = server.get(&path).await.json(200)["import"].clone();
    assert_eq!(import["status"], "finished");
    let counts =
        json!({"total": 3, "created": 1, "updated": 1, "restored": 0, "unchanged": 0, "merged": 0, "rejected": 1});
    assert_eq!(import["rows"], counts);
    assert_eq!((&import["progress"], &import["problems"]), (&json!(1.0), &json!([])));
    let listed = server.get("/api/v1/imports").await.json(200);
    assert_eq!(listed["items"][0]["id"], session);
    let page = server.get(&format!("{path}/rows?limit=2")).await.json(200);
    assert_eq!(
        (&page["items"][0]["row"], &page["items"][0]["outcome"]),
        (&json!(1), &json!("created"))
    );
    assert!(page["items"][1]["error"].is_string(), "{page}");
    let next = page["next"].as_str().expect("a next page");
    let rest = server.get(&format!("{path}/rows?cursor={next}")).await.json(200);
    assert_eq!(
        (&rest["items"][0]["outcome"], &rest["next"]),
        (&json!("updated"), &Value::Null)
    );
    assert_eq!(rest["items"][0]["contactId"], page["items"][0]["contactId"]);
    let decision = rest["items"][0]["decision"].as_str().expect("a decision");
    server
        .get(&format!("/api/v1/identity/decisions/{decision}"))
        .await
        .json(200);
    assert_eq!(
        server.get(&format!("{path}/rows?outcome=nonsense")).await.problem(400),
        "invalid-request"
    );
}

#[tokio::test]
async fn rows_come_as_a_table_and_as_lines() {
    let server = Server::working().await;
    let session = bulk(&server, people()).await;
    let get = async |accept: &str| {
        let request = Request::get(format!("/api/v1/imports/{session}/rows?outcome=rejected"))
            .header("authorization", "Bearer one")
            .header("accept", accept);
        server.send(request.body(Body::empty()).expect("request")).await
    };
    let table = get("text/csv").await;
    let lines: Vec<&str> = table.text.lines().collect();
    assert_eq!(lines[0], "row,line,outcome,contactId,decision,error,kept");
    assert!(lines[1].starts_with("2,2,rejected,,,"), "{lines:?}");
    let lines = get("application/x-ndjson").await;
    let row: Value = serde_json::from_str(lines.text.trim()).expect("JSON");
    assert_eq!((&row["row"], &row["contactId"]), (&json!(2), &Value::Null));
}

#[tokio::test]
async fn cancelling_leaves_what_is_over() {
    let server = Server::working().await;
    let session = bulk(&server, people()).await;
    let cancelled = server
        .post(&format!("/api/v1/imports/{session}/cancel"), json!({}))
        .await
        .json(200);
    assert_eq!(cancelled["import"]["status"], "finished");
    let unknown = "/api/v1/imports/019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44";
    for (method, path) in [
        ("GET", unknown.to_owned()),
        ("GET", format!("{unknown}/rows")),
        ("POST", format!("{unknown}/cancel")),
    ] {
        assert_eq!(server.call("one", method, &path, None).await.problem(404), "not-found");
    }
}

#[tokio::test]
async fn an_import_that_no_worker_began_is_cancelled() {
    let server = Server::start().await;
    let body = json!({"contacts": people(), "dedupeOn": "email"});
    let answer = server.post("/api/v1/contacts", body).await.json(200);
    let session = answer["asyncSessionId"].as_str().expect("a session");
    let cancelled = server
        .post(&format!("/api/v1/imports/{session}/cancel"), json!({}))
        .await
        .json(200);
    assert_eq!(cancelled["import"]["status"], "cancelled");
    let status = server.get(&format!("/api/v1/importstatus/{session}")).await.json(200);
    assert_eq!(status["status"], "ERROR");
}

#[tokio::test]
async fn imports_are_the_workspace_s_own() {
    let server = Server::working().await;
    let session = bulk(&server, people()).await;
    let other = server
        .call("two", "GET", &format!("/api/v1/imports/{session}"), None)
        .await;
    assert_eq!(other.problem(404), "not-found");
}

#[tokio::test]
async fn an_import_is_taken_back() {
    let server = Server::working().await;
    let before = json!({"externalCustomerId": "B", "firstName": "Bob",
        "channels": [{"type": "email", "value": "bob@example.com"}]});
    let bob = server.post("/api/v1/contact", before).await.json(200)["id"].clone();
    let eve = json!({"externalCustomerId": "E", "channels": [{"type": "email", "value": "eve@example.com"}]});
    let eve = server.post("/api/v1/contact", eve).await.json(200)["id"].clone();
    let email = |value: &str| json!([{"type": "email", "value": value}]);
    let contacts = json!([
        {"externalCustomerId": "A", "channels": email("ann@example.com"), "firstName": "Ann"},
        {"channels": email("bob@example.com"), "firstName": "Robert", "lastName": "Smith"},
        {"channels": email("eve@example.com"), "firstName": "Eve"}
    ]);
    let session = bulk(&server, contacts).await;
    let rename = json!({"externalCustomerId": "E", "firstName": "Eva"});
    server.post("/api/v1/contact", rename).await.json(200);
    let path = format!("/api/v1/imports/{session}");
    let undone = server.post(&format!("{path}/undo"), json!({})).await.json(200)["import"].clone();
    assert_eq!(
        (&undone["status"], &undone["undoing"]),
        (&json!("undone"), &json!(false))
    );
    let contact = async |id: &Value| server.get(&format!("/api/v1/contact/{id}")).await;
    let now = contact(&bob).await.json(200);
    assert_eq!((&now["firstName"], now.get("lastName")), (&json!("Bob"), None), "{now}");
    assert_eq!(contact(&eve).await.json(200)["firstName"], "Eva");
    let rows = server.get(&format!("{path}/rows")).await.json(200)["items"].clone();
    assert_eq!(
        rows[2]["kept"],
        json!([{"field": "firstName", "reason": "was changed since"}])
    );
    assert_eq!((&rows[0]["kept"], &rows[1]["kept"]), (&json!([]), &json!([])));
    assert_eq!(contact(&rows[0]["contactId"]).await.status, 404);
    let again = json!({"externalCustomerId": "A", "channels": email("ann@example.com")});
    let again = server.post("/api/v1/contact", again).await.json(200);
    assert_ne!(again["id"], rows[0]["contactId"], "the external ID is free");
    let twice = server.post(&format!("{path}/undo"), json!({})).await.json(200);
    assert_eq!(twice["import"]["status"], "undone");
}

#[tokio::test]
async fn an_import_that_is_not_over_is_not_taken_back() {
    let server = Server::start().await;
    let body = json!({"contacts": people(), "dedupeOn": "email"});
    let answer = server.post("/api/v1/contacts", body).await.json(200);
    let path = format!(
        "/api/v1/imports/{}/undo",
        answer["asyncSessionId"].as_str().expect("a session")
    );
    assert_eq!(server.post(&path, json!({})).await.problem(400), "invalid-request");
    let unknown = "/api/v1/imports/019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44/undo";
    assert_eq!(server.post(unknown, json!({})).await.problem(404), "not-found");
}
