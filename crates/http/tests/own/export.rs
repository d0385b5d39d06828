//! The export of all data about a person.

use crate::support::Server;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Two contacts, the first of which absorbed the second: their numbers, and the second contact before the merge.
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
    for id in [&survivor, &absorbed] {
        let export = server.get(&format!("/api/v1/contact/{id}/export")).await.json(200);
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

#[tokio::test]
async fn an_export_shows_until_when_a_token_is_muted() {
    let server = Server::start().await;
    let app = "9b1d4f1e-6a1c-4f0c-9d3a-0c5b1a2d3e4f";
    let device = json!({"appId": app});
    let channel = json!({"type": "mobilepush", "value": "t-1", "device": device});
    let ann = json!({"externalCustomerId": "A", "channels": [channel]});
    let id = server.post("/api/v1/contact", ann).await.json(200)["id"].clone();
    let muted = async || {
        let export = server.get(&format!("/api/v1/contact/{id}/export")).await.json(200);
        let identity = server.get(&format!("/api/v1/contact/{id}/identity")).await.json(200);
        assert_eq!(export["identity"], identity);
        let held = identity["identifiers"].as_array().cloned().unwrap_or_default();
        assert_eq!(held[0]["mutedUntil"], Value::Null, "an external ID");
        assert_eq!((held.len(), &held[1]["value"]), (2, &json!("t-1")));
        held[1]["mutedUntil"].clone()
    };
    assert_eq!(muted().await, Value::Null);
    let call = async |verb: &str, body: Value| {
        let answer = server.post(&format!("/api/v1/apps/{app}/token/{verb}"), body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    // The clock is at 03:04:05.678901 of 2 January.
    call("mute", json!({"token": "t-1", "duration": 5000})).await;
    assert_eq!(muted().await, "2026-01-02T04:27:25.678901Z");
    call("unmute", json!({"token": "t-1"})).await;
    assert_eq!(muted().await, Value::Null);
}

#[tokio::test]
async fn a_removed_contact_is_exported_until_it_is_erased() {
    let server = Server::start().await;
    let order = json!({"externalOrderId": "o", "externalCustomerId": "A", "totalCost": 1, "currency": "UAH", "status": "INITIALIZED",
        "date": "2026-01-01T10:00:00"});
    server.order(order).await;
    let found = server.get("/api/v1/contacts?externalCustomerId=A").await.json(200);
    let path = format!("/api/v1/contact/{}", found[0]["id"]);
    assert_eq!(server.call("one", "DELETE", &path, None).await.status, 200);
    assert_eq!(server.get(&path).await.status, 404);
    let export = server.get(&format!("{path}/export")).await.json(200);
    assert_eq!(export["identity"]["state"], "removed");
    assert_eq!(export["contact"]["externalCustomerId"], "A");
    assert_eq!(export["orders"][0]["externalOrderId"], "o");
    let kinds = |body: &Value, list: &str| {
        let items = body[list].as_array().cloned().unwrap_or_default();
        let kinds: Vec<_> = items.iter().map(|item| item["type"].clone()).collect();
        kinds
    };
    assert_eq!(kinds(&export, "timeline").first(), Some(&json!("decision")));
    let timeline = server.get(&format!("{path}/timeline")).await.json(200);
    assert_eq!(timeline["items"].as_array().map(Vec::len), Some(4), "{timeline}");
    server.call("one", "DELETE", &format!("{path}?erase=true"), None).await;
    for part in ["export", "timeline", "orders"] {
        assert_eq!(server.get(&format!("{path}/{part}")).await.problem(404), "not-found");
    }
}

#[tokio::test]
async fn an_export_has_every_visitor() {
    const EACH: usize = 95;
    let server = Server::start().await;
    let mut policy = server.get("/api/v1/identity/policy").await.json(200);
    policy["limits"]["cookie"] = json!(10_000);
    server.put("/api/v1/identity/policy", policy).await.json(200);
    let mut id = Value::Null;
    for call in 0..16 {
        let cookies: Vec<String> = (0..EACH).map(|number| format!("{call}-{number}")).collect();
        let body = json!({"externalCustomerId": "A", "cookies": {"sc": cookies}});
        id = server.post("/api/v1/contact", body).await.json(200)["id"].clone();
    }
    let view = server.get(&format!("/api/v1/contact/{id}/identity")).await.json(200);
    let listed = |visitors: &Value| visitors.as_array().cloned().expect("a list");
    let first = listed(&view["visitors"]);
    assert_eq!(first.len(), 1_000, "the view is cut");
    let export = server.get(&format!("/api/v1/contact/{id}/export")).await.json(200);
    let all = listed(&export["identity"]["visitors"]);
    assert_eq!(all[..1_000], first);
    let cookies: BTreeSet<String> = all
        .iter()
        .map(|visitor| visitor["identifier"]["matchingValue"].to_string())
        .collect();
    assert_eq!((all.len(), cookies.len()), (16 * EACH, 16 * EACH), "each once");
    let bare = |whole: &Value| {
        let mut identity = whole.as_object().cloned().expect("an object");
        identity.remove("visitors");
        identity
    };
    assert_eq!(bare(&export["identity"]), bare(&view));
}

#[tokio::test]
async fn an_export_has_what_waits_behind_a_removed_contact_s_identifiers() {
    let server = Server::start().await;
    let body = json!({"externalCustomerId": "A", "channels": [{"type": "email", "value": "anna@example.com"}]});
    let id = server.post("/api/v1/contact", body.clone()).await.json(200)["id"].clone();
    let path = format!("/api/v1/contact/{id}/export");
    let parts = async |server: &Server| {
        let export = server.get(&path).await.json(200);
        let types = |part: &str| -> Vec<String> {
            let items = export[part].as_array().into_iter().flatten();
            items
                .filter_map(|item| item["eventTypeKey"].as_str().map(str::to_owned))
                .collect()
        };
        (types("timeline"), types("waiting"))
    };
    assert_eq!(parts(&server).await, (vec![], vec![]));
    server
        .call("one", "DELETE", &format!("/api/v1/contact/{id}"), None)
        .await;
    let event =
        json!({"eventTypeKey": "seen", "occurred": "2025-12-31T10:00", "params": {"email": "anna@example.com"}});
    // One more event than a page has.
    let events = vec![event; 500];
    let kept = server.post("/api/v1/past_events", json!({"events": events})).await;
    assert_eq!(kept.json(200)["successCount"], json!(500));
    let event = json!({"eventTypeKey": "seen last", "params": {"email": "anna@example.com"}});
    server.post("/api/v3/event", event).await;
    let (timeline, waiting) = parts(&server).await;
    assert_eq!((timeline, waiting.len()), (vec![], 501));
    server.post("/api/v1/contact", body).await.json(200);
    let (timeline, waiting) = parts(&server).await;
    assert_eq!((timeline.len(), waiting), (501, vec![]));
}

#[tokio::test]
async fn what_waits_behind_a_shared_value_is_exported_with_its_only_holder() {
    let server = Server::start().await;
    let email = json!([{"type": "email", "value": "anna@example.com"}]);
    let anna = json!({"externalCustomerId": "A", "channels": email});
    let anna = server.post("/api/v1/contact", anna).await.json(200)["id"].clone();
    let named = |of: Option<&str>| {
        let params = json!({"externalCustomerId": of, "email": "anna@example.com"});
        json!({"eventTypeKey": "told", "params": params})
    };
    let mut last = Value::Null;
    for other in ["B", "C"] {
        let body = json!({"externalCustomerId": other});
        last = server.post("/api/v1/contact", body).await.json(200)["id"].clone();
        assert_eq!(server.post("/api/v3/event", named(Some(other))).await.status, 200);
    }
    assert_eq!(server.post("/api/v3/event", named(None)).await.status, 200);
    let waiting = async |id: &Value| {
        let export = server.get(&format!("/api/v1/contact/{id}/export")).await.json(200);
        export["waiting"].as_array().map(Vec::len)
    };
    assert_eq!((waiting(&anna).await, waiting(&last).await), (Some(1), Some(0)));
    let body = json!({"externalCustomerId": "C", "channels": email});
    server.post("/api/v1/contact", body).await.json(200);
    assert_eq!((waiting(&anna).await, waiting(&last).await), (Some(0), Some(0)));
}
