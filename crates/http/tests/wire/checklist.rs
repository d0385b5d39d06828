//! The compatibility checklist of the wire protocol.

use crate::support::{Server, request, with_header};
use serde_json::{Value, json};

#[tokio::test]
async fn trailing_slashes_and_any_content_type() {
    let server = Server::start().await;
    for content_type in [
        "application/json",
        "application/json; charset=UTF-8",
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
    ] {
        let body = json!({"externalCustomerId": content_type.len() + 1}).to_string();
        let outgoing = with_header(request("POST", "/api/v1/contact/", body), "content-type", content_type);
        let id = server.send(outgoing).await.id();
        server.get(&format!("/api/v1/contact/{id}/")).await.expect(200);
        server
            .put(&format!("/api/v1/contact/{id}/"), &json!({"firstName": "Ann"}))
            .await
            .expect(200);
    }
    server.get("/api/v1/contacts/?maxrows=1").await.expect(200);
    server.get("/api/v1/version/").await.expect(200);
}

#[tokio::test]
async fn ids_are_numbers_and_external_ids_texts_or_integers() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": 1001})).await;
    assert_eq!(server.add(&json!({"externalCustomerId": "1001"})).await, id);
    let contact = server.contact(id).await;
    assert_eq!(contact["id"], json!(id));
    assert_eq!(contact["externalCustomerId"], json!("1001"));
}

#[tokio::test]
async fn nulls_blanks_unknown_keys_and_single_objects() {
    let server = Server::start().await;
    let answer = server.post("/api/v1/contact", &json!({
        "id": 77, "addressBookId": null, "firstName": " ", "lastName": " ", "contactKey": null, "languageCode": null,
        "timeZone": null, "address": {"region": " ", "town": " ", "address": " ", "postcode": " "},
        "channels": {"type": "email", "value": "one@example.com"},
        "fields": null, "groups": {"name": "Only"}, "ordersInfo": {"lastDate": null, "count": 0},
        "dedupeOn": "email", "somethingNew": {"deep": [1, 2, {"er": null}]}
    })).await.expect(200);
    let contact = server.contact(answer.id()).await;
    assert_eq!(contact["groups"][0]["name"], json!("Only"));
    assert_eq!(
        contact["channels"],
        json!([{"type": "email", "value": "one@example.com"}])
    );
}

#[tokio::test]
async fn bodies_of_get_and_delete_are_ignored() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": "a"})).await;
    for body in ["[]", "{", "\0", ""] {
        let outgoing = with_header(
            request("GET", &format!("/api/v1/contact/{id}"), body),
            "content-type",
            "application/json",
        );
        server.send(outgoing).await.expect(200);
        server.call("GET", "/api/v1/contacts", body).await.expect(200);
    }
    server
        .call("DELETE", &format!("/api/v1/contact/{id}"), "[]")
        .await
        .expect(200);
}

#[tokio::test]
async fn texts_of_put_and_delete_are_exact() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": "a"})).await;
    let answer = server
        .put(&format!("/api/v1/contact/{id}"), &json!({"firstName": "Ann"}))
        .await
        .expect(200);
    assert_eq!(answer.body, format!("Contact with id='{id}' has been updated"));
    assert_eq!(answer.header("content-type"), "application/json;charset=UTF-8");
    let answer = server
        .delete(&format!("/api/v1/contact/{id}?erase=false"))
        .await
        .expect(200);
    assert_eq!(answer.body, format!("Contact with id='{id}' has been deleted"));
    server
        .put(&format!("/api/v1/contact/{id}"), &json!({}))
        .await
        .expect(200);
    let answer = server
        .delete("/api/v1/contact?externalCustomerId=a&erase=true")
        .await
        .expect(200);
    assert_eq!(answer.body, format!("Contact with id='{id}' has been deleted"));
}

#[tokio::test]
async fn lists_are_bare_arrays_with_their_total() {
    let server = Server::start().await;
    server.add(&json!({"externalCustomerId": "a", "groups": ["One"]})).await;
    for path in ["/api/v1/contacts", "/api/v1/groups", "/api/v1/group/1/contacts"] {
        let answer = server.get(path).await.expect(200);
        assert_eq!(answer.json().as_array().map(Vec::len), Some(1), "{path}");
        assert_eq!(answer.header("TotalCount"), "1", "{path}");
        assert_eq!(
            answer.header("content-type"),
            "application/json;charset=UTF-8",
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_unknown_contact_is_not_found_in_so_many_words() {
    let server = Server::start().await;
    for (method, path) in [
        ("GET", "/api/v1/contact/999"),
        ("DELETE", "/api/v1/contact/999"),
        ("DELETE", "/api/v1/contact?externalCustomerId=none"),
        ("PUT", "/api/v1/contact/999"),
        ("GET", "/api/v1/contact/999/subscriptions"),
    ] {
        let answer = server.call(method, path, "{}").await.expect(404);
        assert!(answer.body.contains("not found"), "{method} {path}: {answer:?}");
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    }
}

#[tokio::test]
async fn a_contact_has_no_nulls_and_no_keys_beyond_the_schema() {
    let server = Server::start().await;
    let bare = server.add(&json!({"externalCustomerId": "bare"})).await;
    let contact = server.contact(bare).await;
    assert_eq!(
        contact,
        json!({
            "channels": [], "fields": [], "addressBookId": 1, "id": bare, "externalCustomerId": "bare", "groups": []
        })
    );
    let full = server
        .add(&json!({
            "firstName": "Ann", "lastName": "Smith", "externalCustomerId": "full", "contactKey": "k",
            "languageCode": "uk_UA", "timeZone": "europe/kyiv", "address": {"town": "Kyiv"}, "groups": ["One"],
            "deviceId": "d", "cookies": {"sc": "c"}, "telegram": "t",
            "channels": [
                {"type": "email", "value": "Ann@Example.com"},
                {"type": "sms", "value": "+380501234567"},
                {"type": "mobilepush", "value": "m", "device": {"appId": "3f2b8c1e-6a0d-4f7b-9a55-1c2d3e4f5a6b", "deviceModel": "X", "active": false}},
                {"type": "webpush", "value": "w", "webPushSubscription": {"appId": 5, "userAgent": "UA"}}
            ]
        }))
        .await;
    assert_eq!(
        server.contact(full).await,
        json!({
            "firstName": "Ann", "lastName": "Smith", "externalCustomerId": "full", "contactKey": "k",
            "languageCode": "uk-UA", "timeZone": "Europe/Kyiv",
            "address": {"region": "", "town": "Kyiv", "address": "", "postcode": ""},
            "groups": [{"id": 1, "name": "One", "type": "Static"}],
            "channels": [
                {"type": "email", "value": "Ann@Example.com"},
                {"type": "sms", "value": "+380501234567"},
                {"type": "mobilepush", "value": "m", "device": {"appId": "3f2b8c1e-6a0d-4f7b-9a55-1c2d3e4f5a6b", "deviceModel": "X", "active": false}},
                {"type": "webpush", "value": "w", "webPushSubscription": {"appId": 5, "userAgent": "UA"}},
                {"type": "telegram", "value": "t"}
            ],
            "fields": [], "addressBookId": 1, "id": full
        })
    );
    assert!(!has_null(&server.contact(full).await));
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

#[tokio::test]
async fn address_books_are_an_object_with_arrays() {
    let server = Server::start().await;
    let empty = server.get("/api/v1/addressbooks").await.expect(200).json();
    assert_eq!(
        empty,
        json!({"addressBook": {"addressBookId": 1, "name": "Example", "fieldGroups": []}})
    );
    server
        .submit(crate::contacts::field(
            "COLOUR",
            selfsame_domain::values::FieldType::ComboBox,
            &["red", "blue"],
        ))
        .await;
    let one = server.get("/api/v1/addressbooks").await.expect(200).json();
    assert_eq!(
        one["addressBook"]["fieldGroups"],
        json!([{
            "name": "PERSONAL", "profileKey": "PERSONAL",
            "fields": [{"id": 1, "name": "COLOUR", "fieldKey": "COLOUR", "description": {
                "type": "COMBOBOX", "required": false, "readonly": false, "allowedValues": {"possibleValues": ["red", "blue"]}
            }}]
        }])
    );
}

#[tokio::test]
async fn the_account_has_what_clients_need() {
    let server = Server::start().await;
    let account = server.get("/api/v1/account/info").await.expect(200).json();
    assert_eq!(
        account,
        json!({"userEmail": "", "organisationName": "Example", "orgId": server.workspace.0})
    );
}
