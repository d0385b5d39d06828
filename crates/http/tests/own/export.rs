//! The export of everything that is held about a person.

use crate::support::Server;
use serde_json::{Value, json};

/// Two contacts of which the first absorbed the second; their numbers, and the second as it was.
async fn merged(server: &Server) -> (Value, Value, Value) {
    let body = json!({"externalCustomerId": "A", "firstName": "Ann", "languageCode": "en"});
    let survivor = server.post("/api/v1/contact", body).await.json(200)["id"].clone();
    let field = json!({"profileKey": "TASTE", "fieldKey": "COLOUR", "name": "Colour", "type": "textField"});
    let field = server.post("/api/v1/fields", field).await.json(201)["field"]["id"].clone();
    let body = json!({
        "firstName": "Anna", "lastName": "Smith", "address": {"town": "Lviv"}, "languageCode": "uk", "contactKey": "k-1",
        "timeZone": "Europe/Kyiv", "channels": [{"type": "email", "value": "anna@example.com"}],
        "fields": [{"id": field, "value": "blue"}], "groups": [{"name": "Lovers"}],
    });
    let absorbed = server.post("/api/v1/contact", body).await.json(200)["id"].clone();
    let contact = server.get(&format!("/api/v1/contact/{absorbed}")).await.json(200);
    let merge = json!({"survivor": survivor, "absorbed": absorbed});
    server.post("/api/v1/identity/merges", merge).await.json(201);
    (survivor, absorbed, contact)
}

#[tokio::test]
async fn an_export_has_what_absorbed_contacts_had_themselves() {
    let server = Server::start().await;
    let (survivor, absorbed, before) = merged(&server).await;
    for asked in [&survivor, &absorbed] {
        let export = server.get(&format!("/api/v1/contact/{asked}/export")).await.json(200);
        assert_eq!(
            (&export["contact"]["id"], &export["contact"]["firstName"]),
            (&survivor, &json!("Ann"))
        );
        assert_eq!(export["absorbed"].as_array().map(Vec::len), Some(1));
        let kept = &export["absorbed"][0];
        assert_eq!((&kept["id"], &kept["mergedInto"]), (&absorbed, &survivor));
        for member in [
            "firstName",
            "lastName",
            "address",
            "fields",
            "contactKey",
            "languageCode",
            "timeZone",
        ] {
            assert!(!before[member].is_null(), "{member}");
            assert_eq!(kept[member], before[member], "{member}");
        }
        assert_eq!(kept["groups"], json!([before["groups"][0]["id"]]));
        let held = export["identity"]["identifiers"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let email = held.iter().find(|held| held["kind"] == "email");
        assert_eq!(email.map(|held| &held["broughtBy"]), Some(&absorbed));
    }
}
