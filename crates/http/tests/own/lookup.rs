//! The holders of an identifier.

use super::support::Server;
use serde_json::json;

#[tokio::test]
async fn values_are_read_as_in_a_contact() {
    let server = Server::start().await;
    let id = server.contact(Some("C-1"), Some("Anna@Example.com")).await;
    let body = json!({"externalCustomerId": "C-1", "channels": [
        {"type": "sms", "value": "+380 50 123 45 67"},
        {"type": "mobilepush", "value": "tok", "device": {"appId": "3f2b8c1e-6a0d-4f7b-9a55-1c2d3e4f5a6b"}},
    ], "deviceId": "dev", "cookies": {"sc": "crumb"}});
    server.post("/api/v1/contact", body).await.json(200);
    for query in [
        "kind=external_id&value=%20C-1",
        "kind=email&value=anna@EXAMPLE.com",
        "kind=phone&value=%2B38050-123-45-67",
        "kind=Mobile_Push&value=tok&app=3f2b8c1e-6a0d-4f7b-9a55-1c2d3e4f5a6b",
        "kind=device_id&value=dev",
        "kind=cookie&value=crumb",
    ] {
        let found = server.get(&format!("/api/v1/identity/lookup?{query}")).await.json(200);
        assert_eq!(found["holders"][0]["contactId"], id, "{query}: {found}");
        assert_eq!(found["state"], "active");
    }
    let email = server
        .get("/api/v1/identity/lookup?kind=email&value=anna@EXAMPLE.com")
        .await
        .json(200);
    assert_eq!(
        email["identifier"],
        json!({"kind": "email", "value": "anna@EXAMPLE.com", "matchingValue": "anna@example.com"})
    );
    assert_eq!(email["holders"][0]["held"]["value"], "Anna@Example.com");
    assert_eq!(email["holders"][0]["removed"], false);
    let without_contact = server
        .get("/api/v1/identity/lookup?kind=mobile_push&value=tok")
        .await
        .json(200);
    assert_eq!(without_contact["holders"], json!([]));
    let blocked = server
        .get("/api/v1/identity/lookup?kind=email&value=test@test.com")
        .await
        .json(200);
    assert_eq!(blocked["state"], "blocked");
}

#[tokio::test]
async fn the_sightings_of_a_value_and_whether_it_is_shared_are_reported() {
    let server = Server::start().await;
    let path = "/api/v1/identity/lookup?kind=email&value=family@example.com";
    for (external_id, state, seen) in [
        ("C-1", "active", json!(1)),
        ("C-2", "active", json!(2)),
        ("C-3", "shared", json!(3)),
    ] {
        server.contact(Some(external_id), Some("family@example.com")).await;
        let found = server.get(path).await.json(200);
        assert_eq!((&found["state"], &found["seenWithExternalIds"]), (&json!(state), &seen));
    }
}

#[tokio::test]
async fn what_names_no_identifier_is_refused() {
    let server = Server::start().await;
    let pointers = async |query: &str| server.get(&format!("/api/v1/identity/lookup?{query}")).await.pointers();
    assert_eq!(pointers("").await, ["kind", "value"]);
    assert_eq!(pointers("kind=fax&value=1").await, ["kind"]);
    assert_eq!(pointers("kind=email&value=anna").await, ["value"]);
    assert_eq!(pointers("kind=phone&value=0501234567").await, ["value"]);
    assert_eq!(pointers("kind=field&value=1").await, ["field"]);
    assert_eq!(pointers("kind=field&value=1&field=4").await, ["field"]);
}

#[tokio::test]
async fn a_custom_field_is_read_by_its_type() {
    let server = Server::start().await;
    let new = json!({"profileKey": "A", "fieldKey": "B", "type": "NUMBER", "identifying": true});
    let id = server.post("/api/v1/fields", new).await.json(201)["field"]["id"].clone();
    let found = server
        .get(&format!("/api/v1/identity/lookup?kind=field&field={id}&value=007"))
        .await
        .json(200);
    assert_eq!(found["identifier"]["matchingValue"], format!("{id}:7"));
    let wrong = server
        .get(&format!("/api/v1/identity/lookup?kind=field&field={id}&value=x"))
        .await;
    assert_eq!(wrong.pointers(), ["value"]);
    let foreign = format!("/api/v1/identity/lookup?kind=field&field={id}&value=7");
    assert_eq!(server.call("two", "GET", &foreign, None).await.pointers(), ["field"]);
}

#[tokio::test]
async fn identifiers_are_guarded_and_apart() {
    let server = Server::start().await;
    server.contact(Some("C-1"), None).await;
    let path = "/api/v1/identity/lookup?kind=external_id&value=C-1";
    server.guarded("GET", path, None, "one-write").await;
    let foreign = server.call("two", "GET", path, None).await.json(200);
    let unknown = server
        .call("two", "GET", "/api/v1/identity/lookup?kind=external_id&value=C-1", None)
        .await
        .json(200);
    assert_eq!(foreign["holders"], json!([]));
    assert_eq!(foreign, unknown);
}
