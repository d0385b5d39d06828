//! Changing a contact by a merge patch.

use super::support::{Answer, Server};
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

async fn made(server: &Server) -> i64 {
    let field = json!({"profileKey": "P", "fieldKey": "COLOUR", "name": "Colour", "type": "TEXTFIELD"});
    server.post("/api/v1/fields", field).await.json(201);
    let body = json!({
        "externalCustomerId": "C-1", "firstName": "Ann", "lastName": "Smith", "contactKey": "k", "languageCode": "uk",
        "timeZone": "Europe/Kyiv", "address": {"region": "R", "town": "T", "address": "A", "postcode": "1"},
        "fields": [{"id": 1, "value": "blue"}],
        "channels": [
            {"type": "email", "value": "ann@example.com"}, {"type": "sms", "value": "+380501234567"},
            {"type": "viber", "value": "+380501234567"}, {"type": "mobilepush", "value": "t"}
        ]
    });
    server.post("/api/v1/contact", body).await.json(200)["id"]
        .as_i64()
        .expect("a number")
}

async fn read(server: &Server, id: i64) -> Value {
    server.get(&format!("/api/v1/contact/{id}")).await.json(200)
}

async fn typed(server: &Server, path: &str, content_type: &str, body: &Value) -> Answer {
    let request = Request::builder()
        .method("PATCH")
        .uri(path)
        .header("authorization", "Bearer one")
        .header("content-type", content_type);
    server
        .send(request.body(Body::from(body.to_string())).expect("request"))
        .await
}

#[tokio::test]
async fn null_clears_and_what_is_not_sent_stays() {
    let server = Server::start().await;
    let id = made(&server).await;
    let target = format!("/api/v1/contact/{id}");
    let patch = json!({"lastName": null, "email": null, "sms": null, "address": {"town": null}, "languageCode": "en"});
    let explained = json!({"call": "patch", "contactId": id, "body": patch});
    let explained = server.post("/api/v1/identity/resolve", explained).await.json(200);
    let answer = typed(&server, &target, "application/merge-patch+json", &patch).await;
    let decision = answer.json(200)["decision"].clone();
    assert_eq!(explained["decisions"][0]["effects"], decision["effects"]);
    assert_eq!(
        (&decision["call"], &decision["contactId"]),
        (&json!("patch"), &json!(id))
    );
    assert_eq!(answer.header("x-selfsame-outcome"), Some("updated"));
    let replaced = json!({"effect": "replaced", "identifier":
        {"kind": "email", "value": "ann@example.com", "matchingValue": "ann@example.com"}});
    assert!(
        decision["effects"].as_array().expect("effects").contains(&replaced),
        "{decision}"
    );
    let log = server.get(&format!("{target}/identity/log")).await.json(200);
    assert_eq!(log["items"][1]["effects"], decision["effects"]);
    let mut expected = json!({
        "firstName": "Ann", "contactKey": "k", "languageCode": "en", "timeZone": "Europe/Kyiv", "addressBookId": 1, "id": id,
        "externalCustomerId": "C-1", "address": {"region": "R", "town": "", "address": "A", "postcode": "1"}, "groups": [],
        "fields": [{"id": 1, "value": "blue"}],
        "channels": [
            {"type": "viber", "value": "+380501234567"}, {"type": "mobilepush", "value": "t"}
        ]
    });
    assert_eq!(read(&server, id).await, expected);
    let found = server.get("/api/v1/contacts?email=ann@example.com").await.json(200);
    assert_eq!(found, json!([]));

    let patch = json!({
        "externalCustomerId": "C-2", "firstName": null, "contactKey": null, "languageCode": null, "timeZone": null, "address": null,
        "fields": {"1": null}, "viber": null, "email": "new@example.com"
    });
    server.patch(&target, patch).await.json(200);
    let members = expected.as_object_mut().expect("an object");
    members.retain(|name, _| ["addressBookId", "id", "groups"].contains(&name.as_str()));
    members.extend([
        ("externalCustomerId".to_owned(), json!("C-2")),
        ("fields".to_owned(), json!([])),
        (
            "channels".to_owned(),
            json!([{"type": "email", "value": "new@example.com"}, {"type": "mobilepush", "value": "t"}]),
        ),
    ]);
    assert_eq!(read(&server, id).await, expected);
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_and_nothing_is_changed() {
    let server = Server::start().await;
    let id = made(&server).await;
    let before = read(&server, id).await;
    let target = format!("/api/v1/contact/{id}");
    let wrong = json!({
        "externalCustomerId": null, "firstName": "12345", "lastName": "", "email": "ann", "sms": {}, "viber": "12", "address": {"city": "T", "town": 1.5},
        "fields": {"colour": "x", "1": {}}, "channels": [], "contactKey": " "
    });
    let pointers = server.patch(&target, wrong.clone()).await.pointers();
    let expected = [
        "/channels",
        "/externalCustomerId",
        "/email",
        "/sms",
        "/viber",
        "/firstName",
        "/lastName",
        "/contactKey",
        "/address/*",
        "/address/town",
        "/fields/1",
        "/fields",
    ];
    assert_eq!(pointers, expected);
    let dry = json!({"call": "patch", "contactId": id, "body": wrong});
    let dry = server.post("/api/v1/identity/resolve", dry).await.pointers();
    assert_eq!(dry, expected.map(|pointer| format!("/body{pointer}")));
    let never = server.patch(&target, json!({"externalCustomerId": null})).await;
    assert_eq!(
        never.json(400)["detail"],
        "externalCustomerId must not be null: an external ID is never cleared"
    );
    let unknown = server
        .patch(&target, json!({"firstName": "Eve", "fields": {"9": "x"}}))
        .await;
    assert_eq!(
        (unknown.problem(400), unknown.pointers()),
        ("invalid-field".to_owned(), vec!["/fields/9".to_owned()])
    );
    assert_eq!(unknown.header("x-selfsame-outcome"), Some("rejected"));
    let dry = json!({"call": "patch", "contactId": id, "body": {"fields": {"9": "x"}}});
    let dry = server.post("/api/v1/identity/resolve", dry).await.json(200);
    let message = dry["decisions"][0]["rejection"]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(message.starts_with("fields[9] "), "{message}");
    let other = server.contact(Some("C-9"), None).await;
    let held = server.patch(&target, json!({"externalCustomerId": "C-9"})).await;
    assert_eq!(held.problem(400), "external-id-held");
    assert_eq!(read(&server, id).await, before);
    assert_ne!(other, id);
}

#[tokio::test]
async fn only_active_contacts_patches_and_keys_that_may_write() {
    let server = Server::start().await;
    let id = made(&server).await;
    let target = format!("/api/v1/contact/{id}");
    server.guarded("PATCH", &target, Some(json!({})), "one-events").await;
    for media in ["application/json", "Application/Merge-Patch+JSON; charset=utf-8"] {
        typed(&server, &target, media, &json!({})).await.json(200);
    }
    for media in [
        "application/json-patch+json",
        "text/plain",
        "application/x-www-form-urlencoded",
    ] {
        let refused = typed(&server, &target, media, &json!({})).await;
        assert_eq!(refused.problem(415), "unsupported-media-type", "{media}");
        let accepted = "application/merge-patch+json, application/json";
        assert_eq!(refused.header("accept-patch"), Some(accepted));
    }
    let patch = json!({"firstName": "Eve"});
    let once = server.repeatable("PATCH", "k", &target, &patch).await;
    let again = server.repeatable("PATCH", "k", &target, &patch).await;
    assert_eq!(once.json(200), again.json(200));
    server.call("one", "DELETE", &target, None).await;
    for path in [target.as_str(), "/api/v1/contact/99"] {
        assert_eq!(
            server.patch(path, patch.clone()).await.problem(404),
            "contact-not-found"
        );
        assert_eq!(
            server
                .call("two", "PATCH", path, Some(patch.clone()))
                .await
                .problem(404),
            "contact-not-found"
        );
    }
}
