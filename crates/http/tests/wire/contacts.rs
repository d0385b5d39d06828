//! One contact: add, update, read, remove.

use crate::support::Server;
use selfsame_domain::values::FieldType;
use selfsame_domain::{Command, NewField};
use serde_json::json;

/// Defines a custom field of the group `PERSONAL`.
pub(crate) fn field(key: &str, field_type: FieldType, allowed: &[&str]) -> Command {
    Command::CreateField(NewField {
        profile_key: "PERSONAL".to_owned(),
        field_key: key.to_owned(),
        name: key.to_owned(),
        field_type,
        allowed: allowed.iter().map(|value| (*value).to_owned()).collect(),
        required: false,
        identifying: false,
    })
}

#[tokio::test]
async fn adding_twice_updates_and_headers_say_so() {
    let server = Server::start().await;
    let body = json!({"channels": [{"type": "email", "value": "ann@example.com"}], "firstName": "Ann"});
    let first = server.post("/api/v1/contact", &body).await.expect(200);
    assert_eq!(first.body, format!("{{\"id\":{}}}", first.id()));
    assert_eq!(
        (first.header("x-selfsame-outcome"), first.header("x-selfsame-rule")),
        ("created", "no_match")
    );
    let again = server.post("/api/v1/contact", &body).await.expect(200);
    assert_eq!(
        (again.header("x-selfsame-outcome"), again.header("x-selfsame-rule")),
        ("unchanged", "search")
    );
    assert_eq!(again.id(), first.id());
    assert_ne!(again.header("x-selfsame-decision"), first.header("x-selfsame-decision"));
    let changed = server
        .post(
            "/api/v1/contact",
            &json!({"channels": body["channels"], "firstName": "Anna"}),
        )
        .await;
    assert_eq!(changed.header("x-selfsame-outcome"), "updated");
    assert_eq!(server.contact(first.id()).await["firstName"], json!("Anna"));
}

#[tokio::test]
async fn an_update_keeps_what_is_omitted_and_sets_the_channels_that_are_sent() {
    let server = Server::start().await;
    server.submit(field("COLOUR", FieldType::TextField, &[])).await;
    let id = server
        .add(&json!({
            "externalCustomerId": "1", "firstName": "Ann", "lastName": "Smith", "address": {"town": "Kyiv"},
            "channels": [{"type": "email", "value": "a@example.com"}, {"type": "sms", "value": "+380501234567"}],
            "fields": [{"id": 1, "value": "blue"}]
        }))
        .await;
    let path = format!("/api/v1/contact/{id}");
    server
        .put(
            &path,
            &json!({"channels": [{"type": "email", "value": "b@example.com"}]}),
        )
        .await
        .expect(200);
    let contact = server.contact(id).await;
    assert_eq!(contact["firstName"], json!("Ann"));
    assert_eq!(contact["lastName"], json!("Smith"));
    assert_eq!(contact["fields"], json!([{"id": 1, "value": "blue"}]));
    assert_eq!(
        contact["channels"],
        json!([{"type": "email", "value": "b@example.com"}, {"type": "sms", "value": "+380501234567"}])
    );
    let groups = json!({"groups": ["Ignored"]});
    let answer = server.put(&path, &groups).await.expect(200);
    assert_eq!(answer.header("x-selfsame-left-out"), "1");
    assert_eq!(server.contact(id).await["groups"], json!([]));
}

#[tokio::test]
async fn an_update_may_be_wrapped() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": "1"})).await;
    let wrapped = json!({"contact": {"firstName": "Ann", "id": 5}, "groups": null, "formType": null});
    server.put(&format!("/api/v1/contact/{id}"), &wrapped).await.expect(200);
    assert_eq!(server.contact(id).await["firstName"], json!("Ann"));
    let wrong = json!({"contact": {"channels": [{"type": "email", "value": "x"}]}});
    let answer = server.put(&format!("/api/v1/contact/{id}"), &wrong).await.expect(200);
    assert_eq!(answer.header("x-selfsame-left-out"), "1");
    let wrong = json!({"contact": {"externalCustomerId": []}});
    let answer = server.put(&format!("/api/v1/contact/{id}"), &wrong).await.expect(400);
    assert_eq!(answer.body, "contact.externalCustomerId must be a text");
}

#[tokio::test]
async fn an_external_id_of_another_contact_names_its_holder() {
    let server = Server::start().await;
    let holder = server.add(&json!({"externalCustomerId": "1"})).await;
    let other = server.add(&json!({"externalCustomerId": "2"})).await;
    let answer = server
        .put(&format!("/api/v1/contact/{other}"), &json!({"externalCustomerId": "1"}))
        .await
        .expect(400);
    assert_eq!(
        answer.body,
        format!("externalCustomerId belongs to the contact with id={holder}")
    );
    assert_eq!(answer.header("x-selfsame-outcome"), "rejected");
    assert!(!answer.header("x-selfsame-decision").is_empty());
}

#[tokio::test]
async fn removed_is_hidden_until_it_is_restored() {
    let server = Server::start().await;
    let id = server
        .add(&json!({"externalCustomerId": "1", "firstName": "Ann"}))
        .await;
    let path = format!("/api/v1/contact/{id}");
    server.delete(&path).await.expect(200);
    server.get(&path).await.expect(404);
    server.delete(&path).await.expect(404);
    assert_eq!(
        server.get("/api/v1/contacts?externalCustomerId=1").await.json(),
        json!([])
    );
    let restored = server
        .post("/api/v1/contact", &json!({"externalCustomerId": "1"}))
        .await;
    assert_eq!((restored.id(), restored.header("x-selfsame-outcome")), (id, "restored"));
    server.delete(&path).await.expect(200);
    let restored = server.put(&path, &json!({})).await.expect(200);
    assert_eq!(restored.header("x-selfsame-outcome"), "restored");
    server.delete(&format!("{path}?erase=TRUE")).await.expect(200);
    server.put(&path, &json!({})).await.expect(404);
    assert_ne!(server.add(&json!({"externalCustomerId": "1"})).await, id);
}

#[tokio::test]
async fn what_is_left_out_is_reported_and_the_rest_is_kept() {
    let server = Server::start().await;
    let answer = server
        .post(
            "/api/v1/contact",
            &json!({
                "firstName": "12345", "lastName": "Smith", "externalCustomerId": "1",
                "channels": [{"type": "email", "value": "null"}, {"type": "inapp", "value": "x"}],
                "fields": [{"id": 99, "value": "x"}]
            }),
        )
        .await;
    let contact = server.contact(answer.id()).await;
    assert_eq!(
        (contact.get("firstName"), &contact["lastName"]),
        (None, &json!("Smith"))
    );
    let log = server
        .app
        .store()
        .log(server.workspace, selfsame_domain::ContactId(answer.id()), None, 10)
        .await;
    let decision = log.unwrap().unwrap().remove(0);
    assert_eq!(decision.id.to_string(), answer.header("x-selfsame-decision"));
    let skipped: Vec<String> = decision
        .effects
        .iter()
        .filter_map(|effect| match effect {
            selfsame_domain::Effect::Skipped(skipped) => Some(skipped.field.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(
        skipped,
        ["channels[0].value", "channels[1]", "firstName", "fields[0].value"]
    );
}

#[tokio::test]
async fn phones_are_read_in_the_region_of_the_workspace() {
    let server = Server::start().await;
    let body = json!({"channels": [{"type": "sms", "value": "050 123-45-67"}]});
    server.post("/api/v1/contact", &body).await.expect(400);
    server
        .policy(|policy| policy.default_phone_region = selfsame_domain::values::Region::parse("UA").ok())
        .await;
    let id = server.add(&body).await;
    assert_eq!(
        server
            .add(&json!({"channels": [{"type": "sms", "value": "+380501234567"}]}))
            .await,
        id
    );
    assert_eq!(server.contact(id).await["channels"][0]["value"], json!("+380501234567"));
    let found = server.get("/api/v1/contacts?sms=0501234567").await.json();
    assert_eq!(found[0]["id"], json!(id));
}

#[tokio::test]
async fn nothing_to_recognise_anybody_by() {
    let server = Server::start().await;
    for body in [
        json!({}),
        json!({"firstName": "Ann"}),
        json!({"channels": [{"type": "sms", "value": " "}]}),
    ] {
        let answer = server.post("/api/v1/contact", &body).await.expect(400);
        assert!(answer.body.starts_with("the request names no identifier"), "{answer:?}");
    }
    let cookie = server
        .post("/api/v1/contact", &json!({"cookies": {"sc": "c"}}))
        .await
        .expect(400);
    assert!(cookie.body.contains("a cookie alone"));
    for blocked in [json!(0), json!("null")] {
        let body = json!({"externalCustomerId": blocked});
        let answer = server.post("/api/v1/contact", &body).await.expect(400);
        let why = "(left out: the body names a blocked value as external_id)";
        assert!(answer.body.ends_with(why), "{answer:?}");
    }
    let placeholder = json!({"channels": [{"type": "email", "value": "null"}]});
    let answer = server.post("/api/v1/contact", &placeholder).await.expect(400);
    assert!(
        answer
            .body
            .ends_with("(left out: channels[0].value is a blocked value, and must be an email address)"),
        "{answer:?}"
    );
}

/// The protocol has groups only in `POST contact`.
#[tokio::test]
async fn an_update_says_that_it_changes_no_segments() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": "C-1"})).await;
    let body = json!({"contact": {"firstName": "Ann", "groups": [{"name": "vip"}]}});
    let answer = server.put(&format!("/api/v1/contact/{id}"), &body).await.expect(200);
    let decision = answer.header("x-selfsame-decision").to_owned();
    let decision = server
        .get(&format!("/api/v1/identity/decisions/{decision}"))
        .await
        .json();
    assert_eq!(decision["effects"][0]["field"], json!("contact.groups"), "{decision}");
    assert_eq!(server.get("/api/v1/groups").await.json(), json!([]));
}
