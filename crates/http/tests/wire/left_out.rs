//! Identifiers and entries that cannot be read, beside others that can (identity rule 8).

use crate::support::{Answer, Server};
use serde_json::{Value, json};

/// The members that the decision of an answer left out.
pub(crate) async fn left_out(server: &Server, answer: &Answer) -> Vec<String> {
    let path = format!("/api/v1/identity/decisions/{}", answer.header("x-selfsame-decision"));
    let found = server.get(&path).await.expect(200).json();
    let effects = found["effects"].as_array().into_iter().flatten();
    let skipped = effects.filter(|effect| effect["effect"] == "skipped");
    skipped
        .map(|effect| effect["field"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn a_weaker_identifier_that_cannot_be_read_costs_no_request() {
    let server = Server::start().await;
    let email = json!({"type": "email", "value": "ann@example.com"});
    let wrong = json!({"type": "sms", "value": "12"});
    let contact = json!({"channels": [wrong, email], "deviceId": {}});
    let subscription = json!({"contact": contact});
    let event = json!({"eventTypeKey": "e", "params": [
        {"name": "email", "value": "ann@example.com"}, {"name": "phone", "value": "12"}, {"name": "contactId", "value": "guest"}
    ]});
    let update = "/api/v1/contact/1";
    for (method, path, body, members) in [
        ("POST", "/api/v1/contact", &contact, ["channels[0].value", "deviceId"]),
        ("PUT", update, &contact, ["channels[0].value", "deviceId"]),
        (
            "POST",
            "/api/v1/contact/subscribe",
            &subscription,
            ["contact.channels[0].value", "contact.deviceId"],
        ),
        ("POST", "/api/v1/event", &event, ["params[2].value", "params[1].value"]),
    ] {
        let answer = server.call(method, path, body.to_string()).await.expect(200);
        assert_eq!(answer.header("x-selfsame-left-out"), "2", "{path}");
        assert_eq!(left_out(&server, &answer).await, members, "{path}");
    }
    server.policy(|policy| policy.strict_identifiers = true).await;
    for (method, path, body) in [
        ("POST", "/api/v1/contact", &contact),
        ("PUT", update, &contact),
        ("POST", "/api/v1/contact/subscribe", &subscription),
        ("POST", "/api/v1/event", &event),
    ] {
        let answer = server.call(method, path, body.to_string()).await.expect(400);
        assert_eq!(answer.header("x-selfsame-decision"), "", "{path}");
    }
}

#[tokio::test]
async fn an_event_without_a_usable_identifier_is_refused() {
    let server = Server::start().await;
    for (name, value) in [
        ("externalCustomerId", json!([])),
        ("email", json!("ann")),
        ("contactId", json!("x")),
    ] {
        let params = json!([{"name": name, "value": value}]);
        let event = json!({"eventTypeKey": "e", "keyValue": "k", "params": params});
        let refused = server.post("/api/v1/event", &event).await.expect(400);
        assert!(refused.body.starts_with("params[0].value must be"), "{refused:?}");
    }
    let past = json!({"events": [{"eventTypeKey": "e", "occurred": "2026-01-01T00:00", "params":
        [{"name": "email", "value": "ann"}, {"name": "phone", "value": "+380501234567"}]}]});
    let answer = server.post("/api/v1/past_events", &past).await.expect(200);
    assert_eq!(answer.json()["successCount"], 1);
    assert_eq!(answer.header("x-selfsame-left-out"), "1");
}

#[tokio::test]
async fn null_and_blank_members_change_nothing() {
    let server = Server::start().await;
    let whole = json!({
        "externalCustomerId": "1", "firstName": "Ann", "lastName": "Smith", "languageCode": "uk", "timeZone": "Europe/Kyiv", "contactKey": "k",
        "address": {"region": "R", "town": "T", "address": "A", "postcode": "1"},
        "channels": [{"type": "email", "value": "ann@example.com"}, {"type": "sms", "value": "+380501234567"}]
    });
    let id = server.add(&whole).await;
    let before = server.contact(id).await;
    for nothing in [json!(null), json!(""), json!(" ")] {
        let blank = json!({
            "externalCustomerId": "1", "firstName": nothing, "lastName": nothing, "languageCode": nothing, "timeZone": nothing,
            "contactKey": nothing, "address": {"region": nothing, "town": nothing, "address": nothing, "postcode": nothing},
            "fields": nothing, "groups": nothing,
            "channels": [{"type": "email", "value": nothing}, {"type": "sms", "value": nothing}]
        });
        let path = format!("/api/v1/contact/{id}");
        for (method, path, body) in [
            ("POST", "/api/v1/contact", blank.clone()),
            ("PUT", path.as_str(), blank.clone()),
            (
                "PUT",
                path.as_str(),
                json!({"contact": blank, "groups": nothing, "formType": nothing}),
            ),
            (
                "POST",
                "/api/v1/contact/subscribe",
                json!({"contact": blank, "groups": nothing, "subscriptions": [nothing], "formType": nothing, "cookies": nothing}),
            ),
        ] {
            let answer = server.call(method, path, body.to_string()).await.expect(200);
            let headers = ["x-selfsame-outcome", "x-selfsame-left-out"].map(|name| answer.header(name).to_owned());
            assert_eq!(headers, ["unchanged", ""], "{method} {path} {nothing}");
            assert_eq!(server.contact(id).await, before, "{method} {path} {nothing}");
        }
        let event = json!({
            "eventTypeKey": "e", "keyValue": nothing, "eventId": nothing, "deviceId": nothing, "cookies": nothing,
            "params": [{"name": "externalCustomerId", "value": "1"}, {"name": "email", "value": nothing}, {"name": "note", "value": nothing}]
        });
        let answer = server.post("/api/v1/event", &event).await.expect(200);
        assert_eq!(answer.header("x-selfsame-left-out"), "", "{nothing}");
    }
}

#[tokio::test]
async fn good_entries_of_segments_take_effect_and_bad_ones_are_named() {
    let server = Server::start().await;
    let ann = server.add(&json!({"externalCustomerId": "A", "groups": ["S"]})).await;
    let bob = server.add(&json!({"externalCustomerId": "B"})).await;
    let groups = async |id| server.contact(id).await["groups"].as_array().map_or(0, Vec::len);
    let (attach, detach) = ("/api/v1/group/1/contacts/attach", "/api/v1/group/1/contacts/detach");
    let failed = |entries: &[(usize, &str)]| -> Value {
        let entry = |(index, error): &(usize, &str)| json!({"index": index, "error": error});
        json!({"failed": entries.iter().map(entry).collect::<Vec<_>>()})
    };
    let number = "must be a positive whole number";
    let body = json!({"contactIds": ["x", bob, 99, null]});
    let wrong = failed(&[(0, number), (2, "contact not found"), (3, "must be a text or a number")]);
    assert_eq!(server.post(attach, &body).await.expect(200).json(), wrong);
    assert_eq!((groups(ann).await, groups(bob).await), (1, 1));
    assert_eq!(server.post(detach, &body).await.expect(200).json(), wrong);
    assert_eq!(
        (groups(ann).await, groups(bob).await),
        (1, 0),
        "the segment is not emptied"
    );
    let names = json!({"externalCustomerIds": ["B", "x".repeat(101)]});
    let wrong = failed(&[(1, "must be at most 100 characters long, not 101")]);
    let answer = server.post(attach, &names).await.expect(200);
    assert_eq!((answer.json(), answer.header("x-selfsame-left-out")), (wrong, "1"));
    for path in [attach, detach] {
        server.post(path, &json!({"contactIds": ["x", null]})).await.expect(400);
    }
    assert_eq!((groups(ann).await, groups(bob).await), (1, 1));
    let whole = server
        .post(attach, &json!({"contactIds": [ann, bob]}))
        .await
        .expect(200);
    assert_eq!(whole.body, "Contacts have been attached to the group with id='1'");
}

#[tokio::test]
async fn good_tokens_take_effect_and_bad_ones_are_named() {
    let server = Server::start().await;
    let path = "/api/v1/apps/9b1d4f1e-6a1c-4f0c-9d3a-0c5b1a2d3e4f/tokens";
    let body = json!({"tokens": [
        {"token": "t1", "email": "ann"},
        {"token": "t2", "email": "ann", "phone": "+380501234567", "contactId": "x"},
        "t3",
        {"token": "t4", "externalCustomerId": {}, "phone": "+380501234567"},
        {"email": "ann@example.com"}
    ]});
    let answer = server.post(path, &body).await.expect(200);
    let results = answer.json()["results"].clone();
    let errors: Vec<&str> = (0..5)
        .map(|index| results[index]["error"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(
        errors,
        [
            "tokens[0].email must be an email address",
            "",
            "tokens[2] must be an object",
            "tokens[3].externalCustomerId must be a text",
            "tokens[4].token must not be empty",
        ]
    );
    assert_eq!(results[1], json!({"contactId": 1}));
    assert_eq!(server.contact(1).await["channels"].as_array().map(Vec::len), Some(2));
    let none = json!({"tokens": [{"token": "t", "email": "ann"}, {"token": "t", "phone": "x"}]});
    let refused = server.post(path, &none).await.expect(400);
    assert!(
        refused
            .body
            .starts_with("tokens[0].email must be an email address; tokens[1].phone must"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_plus_that_is_not_encoded_is_a_plus() {
    let server = Server::start().await;
    let id = server
        .add(&json!({"channels": [{"type": "email", "value": "a+b@example.com"}, {"type": "sms", "value": "+380501234567"}]}))
        .await;
    for query in [
        "email=a+b@example.com",
        "email=a%2Bb%40example.com",
        "email=%20a+b@example.com%20",
        "sms=+380501234567",
        "sms=%2B380501234567",
        "sms=+380+50+123+45+67",
        "sms=%2B380+50+1234567",
        "EMAIL=a+b@example.com&sms=+380501234567",
    ] {
        let found = server
            .get(&format!("/api/v1/contacts?{query}"))
            .await
            .expect(200)
            .json();
        assert_eq!(found[0]["id"], id, "{query}");
    }
    for value in ["email&value=a+b@example.com", "phone&value=+380501234567"] {
        let path = format!("/api/v1/identity/lookup?kind={value}");
        let found = server.get(&path).await.expect(200).json();
        assert_eq!(found["holders"].as_array().map(Vec::len), Some(1), "{value}");
    }
}
