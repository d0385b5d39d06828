//! Which exports can be verified.

use crate::exports::{UNKNOWN, export, id};
use crate::support::Server;
use serde_json::json;

#[tokio::test]
async fn what_cannot_be_verified_is_said() {
    let server = Server::start().await;
    let made = export(&server, "warehouse").await;
    let path = format!("/api/v1/exports/{made}/verify");
    assert_eq!(
        server.post(&path, json!({"mend": "perhaps"})).await.pointers(),
        ["/mend"]
    );
    let early = server.post(&path, json!({"mend": true})).await;
    assert_eq!(early.problem(409), "not-verifiable");
    assert!(
        early.text.contains("no run of the export has finished yet"),
        "{}",
        early.text
    );
    let unknown = server
        .post(&format!("/api/v1/exports/{UNKNOWN}/verify"), json!({}))
        .await;
    assert_eq!(unknown.problem(404), "not-found");
    let file = json!({"name": "files", "kind": "file", "file": {"directory": "/exports", "format": "csv"}});
    let connector = id(&server.post("/api/v1/connectors", file).await);
    let body = json!({"name": "files", "connectorId": connector, "datasets": ["contacts"]});
    let made = id(&server.post("/api/v1/exports", body).await);
    let path = format!("/api/v1/exports/{made}/verify");
    let refused = server.post(&path, json!({})).await;
    assert_eq!(refused.problem(409), "not-verifiable");
    assert!(refused.text.contains("anew"), "{}", refused.text);
}
