//! Single decisions.

use super::support::Server;
use serde_json::{Value, json};

fn path(id: &str) -> String {
    format!("/api/v1/identity/decisions/{id}")
}

#[tokio::test]
async fn what_was_refused_is_read_by_the_header_of_its_answer() {
    let server = Server::start().await;
    let holder = server.contact(Some("C-1"), None).await;
    let other = server.contact(Some("C-2"), None).await;
    let body = json!({"externalCustomerId": "C-1"});
    let refused = server.put(&format!("/api/v1/contact/{other}"), body).await;
    assert_eq!(refused.status, 400);
    let id = refused.header("x-selfsame-decision").unwrap_or_default().to_owned();
    let decision = server.get(&path(&id)).await.json(200);
    assert_eq!(
        (
            &decision["id"],
            &decision["outcome"],
            &decision["call"],
            &decision["contactId"]
        ),
        (&json!(id), &json!("rejected"), &json!("update"), &json!(other))
    );
    assert_eq!(
        (
            &decision["rejection"]["code"],
            &decision["rejection"]["holderContactId"]
        ),
        (&json!("external_id_held"), &json!(holder))
    );
    for contact in [holder, other] {
        let log = server
            .get(&format!("/api/v1/contact/{contact}/identity/log"))
            .await
            .json(200);
        assert_eq!(log["items"][1], decision);
    }
}

#[tokio::test]
async fn a_group_that_is_given_unknown_contacts_says_so() {
    let server = Server::start().await;
    let body = json!({"externalCustomerId": "C-1", "groups": ["G"]});
    let id = server.post("/api/v1/contact", body).await.json(200)["id"].clone();
    for action in ["attach", "detach"] {
        let contacts = json!({"contactIds": [id, 999]});
        let done = server
            .post(&format!("/api/v1/group/1/contacts/{action}"), contacts)
            .await;
        assert_eq!(done.status, 200, "{}", done.text);
        let decision = server
            .get(&path(done.header("x-selfsame-decision").unwrap_or_default()))
            .await
            .json(200);
        assert_eq!(
            decision["effects"][0],
            json!({"effect": "skipped", "field": "contactIds[1]", "reason": "contact not found"})
        );
    }
}

#[tokio::test]
async fn decisions_are_guarded_and_apart() {
    let server = Server::start().await;
    let body = json!({"externalCustomerId": "C-1"});
    let made = server.post("/api/v1/contact", body).await;
    let path = path(made.header("x-selfsame-decision").unwrap_or_default());
    server.guarded("GET", &path, None, "one-write").await;
    assert_eq!(server.get(&path).await.json(200)["outcome"], "created");
    assert_eq!(server.call("two", "GET", &path, None).await.problem(404), "not-found");
    let unknown = server.get(&self::path("019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")).await;
    assert_eq!(unknown.problem(404), "not-found");
    assert_eq!(server.get(&self::path("x")).await.pointers(), ["id"]);
    let nobody = server.post("/api/v1/contact", json!({})).await;
    let id = nobody.header("x-selfsame-decision").unwrap_or_default().to_owned();
    let told = server.get(&self::path(&id)).await.json(200);
    assert_eq!(
        (&told["rejection"]["code"], &told["contactId"]),
        (&json!("no_identifier"), &Value::Null)
    );
    let unknown = server
        .post("/api/v1/contact", json!({"externalCustomerId": "C-2", "groups": ["G"]}))
        .await;
    assert_eq!(unknown.status, 200);
    let nobody = json!({"externalCustomerIds": ["nobody"]});
    let done = server.post("/api/v1/group/1/contacts/attach", nobody).await;
    let told = server
        .get(&self::path(done.header("x-selfsame-decision").unwrap_or_default()))
        .await
        .json(200);
    assert_eq!(told["effects"][0]["reason"], "contact not found");
}
