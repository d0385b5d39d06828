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
async fn what_is_left_out_of_orders_and_events_is_in_the_log() {
    let server = Server::start().await;
    let ann = server.contact(Some("C-1"), None).await;
    server.contact(Some("C-2"), Some("bob@example.com")).await;
    let order = |more: Value| {
        let mut order = json!({"externalOrderId": "1", "status": "INITIALIZED", "totalCost": 1, "currency": "UAH"});
        let more = more.as_object().expect("an object").clone();
        order.as_object_mut().expect("an object").extend(more);
        json!({"orders": [order]})
    };
    let first = order(json!({"externalCustomerId": "C-1", "date": "2026-01-01"}));
    let of_another = order(json!({"email": "bob@example.com", "firstName": "Bob", "date": "2026-01-02"}));
    let event = |params: Value| json!({"eventTypeKey": "seen", "params": params});
    let blocked = event(json!({"externalCustomerId": "C-1", "email": "test@test.com"}));
    let plain = event(json!({"externalCustomerId": "C-1"}));
    for (route, body, effect) in [
        ("/api/v1/orders", first, None),
        ("/api/v1/orders", of_another, Some("skipped")),
        ("/api/v3/event", blocked, Some("blocked")),
        ("/api/v3/event", plain, None),
    ] {
        let answer = server.post(route, body.clone()).await;
        let id = answer.header("x-selfsame-decision").unwrap_or_default().to_owned();
        let read = server.get(&path(&id)).await;
        let Some(effect) = effect else {
            assert_eq!(read.status, 404, "{body}");
            continue;
        };
        let decision = read.json(200);
        assert_eq!(
            (&decision["effects"][0]["effect"], &decision["contactId"]),
            (&json!(effect), &json!(ann))
        );
        let log = server
            .get(&format!("/api/v1/contact/{ann}/identity/log?limit=100"))
            .await
            .json(200);
        assert_eq!(log["items"].as_array().and_then(|items| items.last()), Some(&decision));
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
    let without_contact = server.post("/api/v1/contact", json!({})).await;
    let id = without_contact
        .header("x-selfsame-decision")
        .unwrap_or_default()
        .to_owned();
    let decision = server.get(&self::path(&id)).await.json(200);
    assert_eq!(
        (&decision["rejection"]["code"], &decision["contactId"]),
        (&json!("no_identifier"), &Value::Null)
    );
    let unknown = server
        .post("/api/v1/contact", json!({"externalCustomerId": "C-2", "groups": ["G"]}))
        .await;
    assert_eq!(unknown.status, 200);
    let without_contact = json!({"externalCustomerIds": ["nobody"]});
    let done = server.post("/api/v1/group/1/contacts/attach", without_contact).await;
    let decision = server
        .get(&self::path(done.header("x-selfsame-decision").unwrap_or_default()))
        .await
        .json(200);
    assert_eq!(decision["effects"][0]["reason"], "contact not found");
}
