//! The rules of `POST contacts`: which contact is found, and what is written to it.

use crate::support::Server;
use selfsame_domain::values::FieldType;
use selfsame_domain::{Command, NewField};
use serde_json::{Value, json};

const EMAIL: &str = "ann@example.com";
const PHONE: &str = "+380501234567";

fn channel(kind: &str, value: &str) -> Value {
    json!({"channels": [{"type": kind, "value": value}]})
}

fn with(mut contact: Value, member: &str, value: Value) -> Value {
    contact[member] = value;
    contact
}

/// Sends one contact in a bulk call. Returns the number of the resulting contact, and the outcome.
async fn bulk(server: &Server, contact: &Value, options: &Value) -> (i64, String) {
    let body = with(options.clone(), "contacts", json!([contact]));
    let answer = server.post("/api/v1/contacts", &body).await.expect(200).json();
    let session = answer["asyncSessionId"].as_str().expect("a session");
    let status = server.get(&format!("/api/v1/importstatus/{session}")).await;
    assert_eq!(status.expect(200).json()["status"], "FINISHED");
    let rows = server.get(&format!("/api/v1/imports/{session}/rows")).await;
    let row = rows.expect(200).json()["items"][0].clone();
    let id = row["contactId"].as_i64().unwrap_or_else(|| panic!("no contact: {row}"));
    (id, row["outcome"].as_str().unwrap_or_default().to_owned())
}

async fn define(server: &Server, key: &str, identifying: bool) {
    let field = NewField {
        profile_key: "PERSONAL".to_owned(),
        field_key: key.to_owned(),
        name: key.to_owned(),
        field_type: FieldType::TextField,
        allowed: Vec::new(),
        required: false,
        identifying,
    };
    server.submit(Command::CreateField(field)).await;
}

#[tokio::test]
async fn every_dedupe_field_finds_the_contact() {
    let app = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    let device = json!({"appId": app, "active": true});
    let push = json!({"channels": [{"type": "mobilepush", "value": "token-1", "device": device}]});
    let card = json!({"externalCustomerId": "7", "fields": [{"id": 1, "value": "card-1"}]});
    for (dedupe_on, existing, sent) in [
        ("email", channel("email", EMAIL), channel("email", "ANN@example.com")),
        ("sms", channel("sms", PHONE), channel("sms", "380501234567")),
        ("email_or_sms", channel("email", EMAIL), channel("email", EMAIL)),
        ("email_or_sms", channel("sms", PHONE), channel("sms", PHONE)),
        ("push", push.clone(), push.clone()),
        ("mobilepush", push.clone(), push),
        ("webpush", channel("webpush", "web-1"), channel("webpush", "web-1")),
        ("id", channel("email", EMAIL), json!({})),
        (
            "externalCustomerId",
            json!({"externalCustomerId": "7"}),
            json!({"externalCustomerId": "7"}),
        ),
        ("fieldId", card, json!({"fields": [{"id": 1, "value": "card-1"}]})),
    ] {
        let server = Server::working().await;
        define(&server, "CARD", true).await;
        let id = server.add(&existing).await;
        let sent = if dedupe_on == "id" { json!({"id": id}) } else { sent };
        let options = json!({"dedupeOn": dedupe_on, "fieldId": 1});
        let found = bulk(&server, &with(sent, "firstName", json!("Ann")), &options).await;
        assert_eq!(found, (id, "updated".to_owned()), "{dedupe_on}");
        assert_eq!(server.contact(id).await["firstName"], "Ann", "{dedupe_on}");
    }
}

#[tokio::test]
async fn email_or_sms_looks_for_the_phone_first() {
    let server = Server::working().await;
    server
        .add(&with(channel("email", EMAIL), "externalCustomerId", json!("A")))
        .await;
    let by_phone = server
        .add(&with(channel("sms", PHONE), "externalCustomerId", json!("B")))
        .await;
    let both = json!({"channels": [{"type": "email", "value": EMAIL}, {"type": "sms", "value": PHONE}]});
    let found = bulk(&server, &both, &json!({"dedupeOn": "email_or_sms"})).await;
    assert_eq!(found.0, by_phone);
}

/// A contact with an external ID that shares the email of the others.
async fn share(server: &Server, external_id: &str) -> i64 {
    server
        .add(&with(channel("email", EMAIL), "externalCustomerId", json!(external_id)))
        .await
}

#[tokio::test]
async fn of_several_that_share_the_value_the_last_updated_one_is_used() {
    let server = Server::working().await;
    let (a, b) = (share(&server, "A").await, share(&server, "B").await);
    assert_ne!(a, b);
    for (external_id, id) in [("A", a), ("B", b), ("A", a)] {
        server
            .add(&json!({"externalCustomerId": external_id, "firstName": "Other"}))
            .await;
        let sent = with(channel("email", EMAIL), "firstName", json!("Ann"));
        let found = bulk(&server, &sent, &json!({"dedupeOn": "email"})).await;
        assert_eq!(found, (id, "updated".to_owned()), "{external_id}");
    }
}

#[tokio::test]
async fn of_several_that_share_the_value_the_one_without_an_external_id_gets_it() {
    let server = Server::working().await;
    server.policy(|policy| policy.merge_unclaimed = false).await;
    let without = server.add(&channel("email", EMAIL)).await;
    let claimed = server
        .add(&with(
            channel("email", "bob@example.com"),
            "externalCustomerId",
            json!("B"),
        ))
        .await;
    let path = format!("/api/v1/contact/{claimed}");
    server.put(&path, &channel("email", EMAIL)).await.expect(200);
    let sent = with(channel("email", EMAIL), "externalCustomerId", json!("C"));
    let found = bulk(&server, &sent, &json!({"dedupeOn": "email"})).await;
    assert_eq!(found, (without, "updated".to_owned()));
    assert_eq!(server.contact(without).await["externalCustomerId"], "C");
    assert_eq!(server.contact(claimed).await["externalCustomerId"], "B");
}

#[tokio::test]
async fn where_all_that_share_the_value_have_other_external_ids_a_contact_is_made() {
    let server = Server::working().await;
    let (a, b) = (share(&server, "A").await, share(&server, "B").await);
    let sent = with(channel("email", EMAIL), "externalCustomerId", json!("C"));
    let (id, outcome) = bulk(&server, &sent, &json!({"dedupeOn": "email"})).await;
    assert_eq!(outcome, "created");
    assert!(![a, b].contains(&id));
    for (id, external_id) in [(a, "A"), (b, "B"), (id, "C")] {
        let contact = server.contact(id).await;
        assert_eq!(contact["externalCustomerId"], external_id);
        assert_eq!(contact["channels"][0]["value"], EMAIL);
    }
}

#[tokio::test]
async fn contacts_are_put_into_segments_and_taken_out_of_others() {
    let server = Server::working().await;
    let member = json!({"externalCustomerId": "A", "groups": [{"name": "Old"}, {"name": "Kept"}]});
    let id = server.add(&member).await;
    let options = json!({
        "dedupeOn": "externalCustomerId", "groupNames": ["New"], "groupNamesExclude": ["Old", "Nobody's"],
    });
    bulk(&server, &json!({"externalCustomerId": "A"}), &options).await;
    let names = |groups: &Value| -> Vec<String> {
        let groups = groups.as_array().into_iter().flatten();
        let mut names: Vec<String> = groups
            .filter_map(|group| group["name"].as_str().map(str::to_owned))
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&server.contact(id).await["groups"]), ["Kept", "New"]);
    let known = server.get("/api/v1/groups").await.expect(200).json();
    assert_eq!(
        names(&known),
        ["Kept", "New", "Old"],
        "a name to leave makes no segment"
    );
}

#[tokio::test]
async fn custom_fields_are_written_where_they_are_listed_or_the_contact_is_new() {
    let server = Server::working().await;
    define(&server, "COLOUR", false).await;
    define(&server, "SIZE", false).await;
    let fields = |one: &str, two: &str| json!([{"id": 1, "value": one}, {"id": 2, "value": two}]);
    let contact = |one, two| json!({"externalCustomerId": "A", "fields": fields(one, two)});
    let by = |listed: Value| json!({"dedupeOn": "externalCustomerId", "customFieldsIDs": listed});
    let (id, _) = bulk(&server, &contact("red", "S"), &by(json!([]))).await;
    assert_eq!(server.contact(id).await["fields"], fields("red", "S"));
    for (sent, listed, expected) in [
        (("blue", "M"), json!([2]), ("red", "M")),
        (("blue", "L"), json!([]), ("red", "M")),
        (("blue", "L"), json!(null), ("red", "M")),
        (("blue", "L"), json!([1, 2]), ("blue", "L")),
    ] {
        bulk(&server, &contact(sent.0, sent.1), &by(listed.clone())).await;
        assert_eq!(
            server.contact(id).await["fields"],
            fields(expected.0, expected.1),
            "{listed}"
        );
    }
}

#[tokio::test]
async fn a_new_contact_leaves_the_event_that_the_call_names() {
    let server = Server::working().await;
    let options = json!({"dedupeOn": "email", "eventKeyForNewContacts": "welcome"});
    let (id, outcome) = bulk(&server, &channel("email", EMAIL), &options).await;
    assert_eq!(outcome, "created");
    let (_, outcome) = bulk(&server, &channel("email", EMAIL), &options).await;
    assert_eq!(outcome, "unchanged");
    let timeline = format!("/api/v1/contact/{id}/timeline?type=event");
    let events = server.get(&timeline).await.expect(200).json();
    let events = events["items"].as_array().expect("events");
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["eventTypeKey"], "welcome");
    let types = server.get("/api/v1/event-types").await.expect(200).json();
    assert_eq!(
        (&types["items"][0]["key"], &types["items"][0]["count"]),
        (&json!("welcome"), &json!(1))
    );
}
