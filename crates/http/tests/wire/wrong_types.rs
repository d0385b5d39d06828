//! Members of a wrong type: an external ID refuses the request, anything else is left out and reported beside a usable identifier (identity
//! rules 8 and 9).

use crate::support::{Answer, Server};
use serde_json::{Map, Value, json};

/// Invalid values for every member of a contact.
fn attributes() -> Vec<(&'static str, Value)> {
    let no_texts = [json!({}), json!({"a": 1}), json!([]), json!(["Ann"])];
    let names = ["firstName", "lastName", "contactKey", "languageCode", "timeZone"];
    let of_address = ["region", "town", "address", "postcode"];
    let mut all = Vec::new();
    for wrong in &no_texts {
        all.extend(names.map(|name| (name, wrong.clone())));
        all.extend(of_address.map(|name| ("address", json!({name: wrong}))));
        all.push(("fields", json!([{"id": 1, "value": {"a": wrong}}])));
        let push = json!([{"type": "mobilepush", "value": "t", "device": {"os": wrong}}]);
        all.push(("channels", push));
    }
    for wrong in [json!("Lviv"), json!(1), json!(true), json!(["Lviv"])] {
        all.push(("address", wrong.clone()));
        let push = json!([{"type": "mobilepush", "value": "t", "device": wrong}]);
        all.push(("channels", push));
        let push = json!([{"type": "webpush", "value": "t", "webPushSubscription": wrong}]);
        all.push(("channels", push));
    }
    // A number is read as its text, which is no valid name, language or time zone.
    for wrong in [json!(12345), json!(1.5)] {
        all.extend(["languageCode", "timeZone"].map(|name| (name, wrong.clone())));
    }
    all.push(("firstName", json!(12345)));
    all.push(("fields", json!(["x"])));
    all.push(("fields", json!([{"id": {}, "value": "x"}])));
    all
}

/// Invalid values of `groups`, which only calls have that add contacts to segments.
fn groups() -> Vec<(&'static str, Value)> {
    [json!(1.5), json!(true), json!([[]]), json!([{}]), json!([{"id": {}}])]
        .map(|wrong| ("groups", wrong))
        .to_vec()
}

fn identifiers() -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    for wrong in [
        json!({}),
        json!({"a": 1}),
        json!([]),
        json!(["A", "B"]),
        json!(1.5),
        json!(true),
    ] {
        all.extend(["externalCustomerId", "deviceId"].map(|name| (name, wrong.clone())));
        let types = ["email", "sms", "mobilepush", "webpush", "telegram"];
        all.extend(types.map(|kind| ("channels", json!([{"type": kind, "value": wrong}]))));
    }
    for wrong in [json!({}), json!(1.5), json!([{}]), json!([[]])] {
        all.push(("telegram", wrong.clone()));
        all.push(("cookies", json!({"sc": wrong})));
    }
    for wrong in [json!("x"), json!(1), json!(true), json!([["x"]])] {
        all.push(("cookies", wrong.clone()));
        all.push(("channels", wrong));
    }
    all
}

/// Every call that takes a contact, with the contact in it.
async fn everywhere(server: &Server, id: i64, name: &str, value: &Value) -> [Answer; 4] {
    let mut contact = Map::from_iter([(name.to_owned(), value.clone())]);
    let changed = Value::Object(contact.clone());
    contact.entry("externalCustomerId").or_insert(json!("A"));
    let contact = Value::Object(contact);
    let path = format!("/api/v1/contact/{id}");
    [
        server.post("/api/v1/contact", &contact).await,
        server
            .post("/api/v1/contact/subscribe", &json!({"contact": contact}))
            .await,
        server.put(&path, &changed).await,
        server.put(&path, &json!({"contact": changed})).await,
    ]
}

async fn assert_reported(server: &Server, answer: &Answer, name: &str, value: &Value) {
    assert_eq!(answer.status, 200, "{name}: {value}: {answer:?}");
    let path = format!("/api/v1/identity/decisions/{}", answer.header("x-selfsame-decision"));
    let found = server.get(&path).await.expect(200).json();
    let effects = found["decision"]["effects"].as_array().or(found["effects"].as_array());
    let mut skipped = effects
        .expect("effects")
        .iter()
        .filter_map(|effect| effect["field"].as_str());
    assert!(skipped.any(|field| field.contains(name)), "{name}: {value}: {found}");
}

#[tokio::test]
async fn an_attribute_of_a_wrong_type_is_left_out_and_reported_wherever_it_is_sent() {
    let server = Server::start().await;
    let id = server
        .add(&json!({"externalCustomerId": "A", "firstName": "Ann"}))
        .await;
    for (name, value) in attributes() {
        for answer in everywhere(&server, id, name, &value).await {
            assert_reported(&server, &answer, name, &value).await;
        }
    }
    for (name, value) in groups() {
        let [added, subscribed, ..] = everywhere(&server, id, name, &value).await;
        assert_reported(&server, &added, name, &value).await;
        assert_reported(&server, &subscribed, name, &value).await;
    }
    let contact = server.contact(id).await;
    assert_eq!(contact["firstName"], "Ann");
    assert!(contact.get("address").is_none() && contact.get("groups").is_none_or(|groups| groups == &json!([])));
}

#[tokio::test]
async fn an_identifier_of_a_wrong_type_is_left_out_and_reported_wherever_it_is_sent_but_for_an_external_id() {
    let server = Server::start().await;
    let id = server
        .add(&json!({"externalCustomerId": "A", "firstName": "Ann"}))
        .await;
    let before = server.contact(id).await;
    for (name, value) in identifiers() {
        for answer in everywhere(&server, id, name, &value).await {
            if name == "externalCustomerId" {
                assert_eq!(answer.status, 400, "{name}: {value}: {answer:?}");
                assert!(answer.body.contains(name), "{name}: {value}: {answer:?}");
            } else {
                assert_reported(&server, &answer, name, &value).await;
                assert_ne!(answer.header("x-selfsame-left-out"), "", "{name}: {value}");
            }
        }
    }
    assert_eq!(server.contact(id).await, before);
    server.policy(|policy| policy.strict_identifiers = true).await;
    for (name, value) in identifiers() {
        for answer in everywhere(&server, id, name, &value).await {
            assert_eq!(answer.status, 400, "{name}: {value}: {answer:?}");
            assert!(answer.body.contains(name), "{name}: {value}: {answer:?}");
        }
    }
}
