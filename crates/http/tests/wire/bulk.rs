//! `POST contacts` and `GET importstatus`: many contacts in one call.

use crate::support::{Server, request, with_header};
use selfsame_domain::Rights;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Sends a bulk call and returns its answer, and the answer of `importstatus` after its end.
async fn bulk(server: &Server, body: &Value) -> (Value, Value) {
    let answer = server.post("/api/v1/contacts", body).await.expect(200).json();
    let session = answer["asyncSessionId"].as_str().expect("a session").to_owned();
    let status = server
        .get(&format!("/api/v1/importstatus/{session}"))
        .await
        .expect(200)
        .json();
    (answer, status)
}

fn person(external_id: &str, email: &str) -> Value {
    json!({"externalCustomerId": external_id, "channels": [{"type": "email", "value": email}]})
}

#[tokio::test]
async fn a_bulk_is_written_and_its_status_maps_values_to_contacts() {
    let server = Server::working().await;
    let body = json!({
        "contacts": [person("1", "ann@example.com"), person("2", "bob@example.com")],
        "dedupeOn": "externalCustomerId", "restoreDeleted": true,
        "fieldId": null, "groupNames": ["VIP"], "groupNamesExclude": null, "eventKeyForNewContacts": null,
    });
    let (answer, status) = bulk(&server, &body).await;
    assert_eq!(answer["id"], 0);
    assert!(answer.get("failedContacts").is_none(), "{answer}");
    assert_eq!(status["status"], "FINISHED", "{status}");
    let mapping = status["mapping"].as_array().expect("a mapping");
    assert_eq!(mapping.len(), 2);
    assert_eq!(mapping[0]["dedupeValue"], "1");
    let contact = server
        .contact(mapping[0]["contactId"].as_i64().expect("a number"))
        .await;
    assert_eq!(contact["externalCustomerId"], "1");
    assert_eq!(contact["groups"][0]["name"], "VIP");
}

#[tokio::test]
async fn contacts_that_cannot_be_read_come_back_with_the_error() {
    let server = Server::working().await;
    let bad = |name: &str| json!({"firstName": name, "channels": [{"type": "email", "value": "nonsense"}]});
    let good = person("1", "ann@example.com");
    let (answer, status) = bulk(&server, &json!({"contacts": [good, bad("A")], "dedupeOn": "email"})).await;
    let failed = &answer["failedContacts"];
    assert_eq!(failed["firstName"], "A", "a single one is no array: {answer}");
    assert!(
        failed["error"]
            .as_str()
            .expect("an error")
            .starts_with("contacts[1].channels[0].value"),
        "{failed}"
    );
    assert_eq!(status["mapping"].as_array().map(Vec::len), Some(1));
    let (answer, _) = bulk(&server, &json!({"contacts": [bad("A"), bad("B")], "dedupeOn": "email"})).await;
    assert_eq!(answer["failedContacts"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_call_that_cannot_be_read_is_refused_and_stores_nothing() {
    let server = Server::working().await;
    let contacts = json!([person("1", "ann@example.com")]);
    for (body, reason) in [
        (json!({"contacts": contacts}), "dedupeOn must be one of"),
        (
            json!({"contacts": contacts, "dedupeOn": "name"}),
            "dedupeOn must be one of",
        ),
        (
            json!({"contacts": [], "dedupeOn": "email"}),
            "contacts must have at least one entry",
        ),
        (
            json!({"contacts": contacts, "dedupeOn": "fieldId"}),
            "fieldId must be the number of a custom field",
        ),
        (
            json!({"contacts": contacts, "dedupeOn": "email", "contactFields": ["phone"]}),
            "contactFields[0] must be one of",
        ),
        (
            json!({"contacts": vec![json!({}); 3001], "dedupeOn": "email"}),
            "at most 3000 entries",
        ),
    ] {
        let refused = server.post("/api/v1/contacts", &body).await.expect(400);
        assert!(refused.body.contains(reason), "{}", refused.body);
    }
    assert_eq!(
        server.get("/api/v1/imports").await.expect(200).json()["items"],
        json!([])
    );
    server.get("/api/v1/importstatus/nonsense").await.expect(404);
    let unknown = server
        .get("/api/v1/importstatus/019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")
        .await
        .expect(404);
    assert!(unknown.body.contains("not found"));
}

#[tokio::test]
async fn listed_members_without_a_value_are_cleared_and_others_are_left() {
    let server = Server::working().await;
    let id = server
        .add(
            &json!({"externalCustomerId": "1", "firstName": "Ann", "lastName": "Smith",
            "channels": [{"type": "email", "value": "ann@example.com"}, {"type": "sms", "value": "+380501234567"}]}),
        )
        .await;
    let contact = json!({"externalCustomerId": "1", "firstName": "Eve", "lastName": " ", "channels": [{"type": "sms", "value": ""}]});
    let fields = ["firstName", "lastName", "sms"];
    bulk(
        &server,
        &json!({"contacts": [contact], "dedupeOn": "email", "contactFields": fields}),
    )
    .await;
    let contact = server.contact(id).await;
    assert_eq!(contact["firstName"], "Eve");
    assert!(contact.get("lastName").is_none(), "{contact}");
    assert_eq!(
        contact["channels"],
        json!([{"type": "email", "value": "ann@example.com"}])
    );
    // Without a list of fields, sent members are written, and nothing is cleared.
    bulk(
        &server,
        &json!({"contacts": [{"externalCustomerId": "1", "lastName": "Jones"}], "dedupeOn": "email"}),
    )
    .await;
    let contact = server.contact(id).await;
    assert_eq!(
        (&contact["firstName"], &contact["lastName"]),
        (&json!("Eve"), &json!("Jones"))
    );
}

#[tokio::test]
async fn uniqueness_by_email_gives_the_external_id() {
    let server = Server::working().await;
    let id = server
        .add(&json!({"channels": [{"type": "email", "value": "ann@example.com"}]}))
        .await;
    let body = json!({"contacts": [person("A", "ANN@example.com")], "dedupeOn": "email", "contactFields": ["externalCustomerId"]});
    let (_, status) = bulk(&server, &body).await;
    assert_eq!(
        status["mapping"],
        json!([{"dedupeValue": "ANN@example.com", "contactId": id}])
    );
    assert_eq!(server.contact(id).await["externalCustomerId"], "A");
}

#[tokio::test]
async fn a_removed_contact_is_left_alone_unless_it_is_to_be_restored() {
    let server = Server::working().await;
    let id = server.add(&person("1", "ann@example.com")).await;
    server.delete(&format!("/api/v1/contact/{id}")).await.expect(200);
    let call = |restore| json!({"contacts": [person("1", "ann@example.com")], "dedupeOn": "externalCustomerId", "restoreDeleted": restore});
    let (answer, status) = bulk(&server, &call(false)).await;
    assert_eq!(status["mapping"], json!([]));
    let session = answer["asyncSessionId"].as_str().expect("a session");
    let rows = server
        .get(&format!("/api/v1/imports/{session}/rows?outcome=rejected"))
        .await
        .expect(200)
        .json();
    assert!(
        rows["items"][0]["error"]
            .as_str()
            .expect("an error")
            .contains("removed"),
        "{rows}"
    );
    server.get(&format!("/api/v1/contact/{id}")).await.expect(404);
    let (_, status) = bulk(&server, &call(true)).await;
    assert_eq!(status["mapping"][0]["contactId"], id);
    server.contact(id).await;
}

#[tokio::test]
async fn calls_of_a_key_keep_their_order() {
    let server = Server::working().await;
    let mut last = String::new();
    for name in ["Ann", "Eve", "Ida"] {
        let mut contact = person("1", "ann@example.com");
        contact["firstName"] = json!(name);
        let body = json!({"contacts": [contact], "dedupeOn": "email"});
        let answer = server.post("/api/v1/contacts", &body).await.expect(200).json();
        answer["asyncSessionId"]
            .as_str()
            .expect("a session")
            .clone_into(&mut last);
    }
    let status = server
        .get(&format!("/api/v1/importstatus/{last}"))
        .await
        .expect(200)
        .json();
    let id = status["mapping"][0]["contactId"].as_i64().expect("a number");
    assert_eq!(server.contact(id).await["firstName"], "Ida");
}

#[tokio::test]
async fn a_repetition_under_an_idempotency_key_gets_the_first_session() {
    let server = Server::working().await;
    let body = json!({"contacts": [person("1", "ann@example.com")], "dedupeOn": "email"}).to_string();
    let send = |body: String| with_header(request("POST", "/api/v1/contacts", body), "idempotency-key", "k");
    let first = server.send(send(body.clone())).await.expect(200);
    assert_eq!(server.send(send(body)).await.expect(200).body, first.body);
    server
        .send(send(json!({"contacts": [{}], "dedupeOn": "email"}).to_string()))
        .await
        .expect(422);
}

/// A customer as the plug-in of `WordPress` sends it: the ID is a number, and what was not filled in is a blank.
fn customer_of_a_plug_in(number: usize) -> Value {
    json!({
        "externalCustomerId": number,
        "firstName": format!("Customer {number}"),
        "lastName": " ",
        "channels": [
            {"type": "email", "value": format!("customer{number}@example.com")},
            {"type": "sms", "value": " "},
        ],
        "address": {"town": " ", "address": " ", "postcode": " "},
    })
}

#[tokio::test]
async fn a_shop_plug_in_sends_two_thousand_customers_a_call() {
    const CUSTOMERS: usize = 2_000;
    let server = Server::working().await;
    let customers: Vec<Value> = (1..=CUSTOMERS).map(customer_of_a_plug_in).collect();
    let (answer, mut status) = bulk(
        &server,
        &json!({"contacts": customers, "dedupeOn": "externalCustomerId"}),
    )
    .await;
    assert_eq!(answer["id"], 0, "{answer}");
    assert!(answer.get("failedContacts").is_none(), "{answer}");
    let path = format!(
        "/api/v1/importstatus/{}",
        answer["asyncSessionId"].as_str().expect("a session")
    );
    while status["status"] == "STARTED" || status["status"] == "IMPORTING" {
        status = server.get(&path).await.expect(200).json();
    }
    assert_eq!(status["status"], "FINISHED");
    let mapping = status["mapping"].as_array().expect("a mapping");
    let numbers: BTreeSet<_> = mapping
        .iter()
        .filter_map(|entry| entry["dedupeValue"].as_str())
        .collect();
    let sent: Vec<String> = (1..=CUSTOMERS).map(|number| number.to_string()).collect();
    assert_eq!(numbers, sent.iter().map(String::as_str).collect());
    let number = CUSTOMERS.to_string();
    let last = mapping
        .iter()
        .find(|entry| entry["dedupeValue"] == number.as_str())
        .and_then(|entry| entry["contactId"].as_i64());
    let last = server.contact(last.expect("a number")).await;
    assert_eq!(
        last["channels"].as_array().map(Vec::len),
        Some(1),
        "blanks are no channel: {last}"
    );
}

#[tokio::test]
async fn rights_to_write_are_needed() {
    let server = Server::working().await;
    server.key("events-only", Rights::Events).await;
    for (method, path) in [("POST", "/api/v1/contacts"), ("GET", "/api/v1/importstatus/x")] {
        let request = with_header(request(method, path, "{}"), "authorization", "Bearer events-only");
        server.send(request).await.expect(403);
    }
}
