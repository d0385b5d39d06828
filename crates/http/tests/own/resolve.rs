//! Explaining what a call would do, without writing.

use super::support::Server;
use serde_json::{Value, json};

const RESOLVE: &str = "/api/v1/identity/resolve";

async fn explain(server: &Server, request: Value) -> Value {
    server.post(RESOLVE, request).await.json(200)["decisions"].clone()
}

/// An order with its required members and the given ones.
fn order(more: &Value) -> Value {
    let mut order = json!({
        "externalOrderId": "1", "status": "INITIALIZED", "date": "2024-12-31", "totalCost": 1.5, "currency": "UAH",
    });
    let members = more.as_object().expect("an object").clone();
    order.as_object_mut().expect("an object").extend(members);
    order
}

#[tokio::test]
async fn a_dry_run_names_what_is_left_out_as_the_real_call_does() {
    let server = Server::start().await;
    let body = json!({"externalCustomerId": "C-1", "languageCode": "no language"});
    let dry = explain(&server, json!({"body": body})).await[0]["effects"].clone();
    let made = server.post("/api/v1/contact", body).await.json(200)["id"].clone();
    let log = server
        .get(&format!("/api/v1/contact/{made}/identity/log"))
        .await
        .json(200);
    let real = log["items"][0]["effects"].clone();
    let skipped = |effects: &Value| -> Vec<Value> {
        let all = effects.as_array().into_iter().flatten();
        all.filter(|effect| effect["effect"] == "skipped").cloned().collect()
    };
    assert_eq!(skipped(&dry)[0]["field"], "languageCode");
    assert_eq!(skipped(&dry), skipped(&real));
}

#[tokio::test]
async fn a_dry_run_knows_what_would_be_refused_as_repeated() {
    let server = Server::start().await;
    let id = server.contact(Some("C-1"), None).await;
    let mut policy = server.get("/api/v1/identity/policy").await.json(200);
    policy["duplicateWindowSeconds"] = json!(60);
    server.put("/api/v1/identity/policy", policy).await.json(200);
    let contact = json!({"firstName": "Ann", "externalCustomerId": "C-1", "fields": []});
    let subscription = json!({"formType": "footer", "contact": contact});
    let wrapped = json!({"contact": {"firstName": "Anna"}});
    let path = format!("/api/v1/contact/{id}");
    for (method, path, body, call) in [
        ("POST", "/api/v1/contact", &contact, json!({"call": "Contact"})),
        (
            "POST",
            "/api/v1/contact/subscribe",
            &subscription,
            json!({"call": "subscribe"}),
        ),
        (
            "PUT",
            path.as_str(),
            &wrapped,
            json!({"call": "update", "contactId": id}),
        ),
    ] {
        let explained = async || {
            let mut request = call.clone();
            request["body"] = body.clone();
            explain(&server, request).await[0]["rejection"].clone()
        };
        assert_eq!(explained().await, Value::Null, "{path}");
        assert_eq!(explained().await, Value::Null, "a dry run is no request: {path}");
        assert_eq!(server.call("one", method, path, Some(body.clone())).await.status, 200);
        assert_eq!(explained().await["code"], "duplicated_request", "{path}");
        assert_eq!(server.call("one", method, path, Some(body.clone())).await.status, 409);
        server.clock.advance_seconds(60);
        assert_eq!(explained().await, Value::Null, "the window has ended: {path}");
        assert_eq!(server.call("one", method, path, Some(body.clone())).await.status, 200);
        server.clock.advance_seconds(60);
    }
}

#[tokio::test]
async fn a_dry_run_is_the_decision_of_the_real_call() {
    let server = Server::start().await;
    let anna = server.contact(None, Some("anna@example.com")).await;
    let body = json!({"externalCustomerId": "C-1", "channels": [{"type": "email", "value": "ANNA@example.com"}],
        "firstName": "Anna"});
    let dry = explain(&server, json!({"body": body})).await[0].clone();
    assert_eq!(
        (&dry["outcome"], &dry["rule"], &dry["contactId"]),
        (&json!("updated"), &json!("adopt"), &json!(anna))
    );
    assert_eq!(
        dry["matchedBy"],
        json!({"kind": "email", "matchingValue": "anna@example.com"})
    );
    let view = server.get(&format!("/api/v1/contact/{anna}/identity")).await.json(200);
    assert_eq!(view["externalCustomerId"], Value::Null);

    server.post("/api/v1/contact", body).await.json(200);
    let log = server
        .get(&format!("/api/v1/contact/{anna}/identity/log"))
        .await
        .json(200);
    let mut real = log["items"][1].clone();
    real["id"] = dry["id"].clone();
    assert_eq!(real, dry);
}

#[tokio::test]
async fn nothing_is_written() {
    let server = Server::start().await;
    let body = json!({"externalCustomerId": "C-9", "groups": [{"name": "New ones"}]});
    let dry = explain(&server, json!({"call": "contact", "body": body})).await;
    assert_eq!(
        (&dry[0]["outcome"], &dry[0]["contactId"]),
        (&json!("created"), &Value::Null)
    );
    assert_eq!(
        server
            .get("/api/v1/identity/lookup?kind=external_id&value=C-9")
            .await
            .json(200)["holders"],
        json!([])
    );
    assert_eq!(server.get("/api/v1/groups").await.json(200), json!([]));
    assert_eq!(explain(&server, json!({"body": body})).await[0]["outcome"], "created");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn every_call_is_explained_by_its_own_rules() {
    let server = Server::start().await;
    let anna = server.contact(Some("C-1"), Some("anna@example.com")).await;
    let summary = |decisions: &Value| {
        (
            decisions[0]["call"].clone(),
            decisions[0]["outcome"].clone(),
            decisions[0]["contactId"].clone(),
        )
    };
    let cases = [
        (
            json!({"call": "subscribe", "body": {"contact": {"channels": [{"type": "email", "value": "anna@example.com"}]}}}),
            "subscribe",
            "unchanged",
        ),
        (
            json!({"call": "update", "contactId": anna, "body": {"firstName": "Anna"}}),
            "update",
            "updated",
        ),
        (
            json!({"call": "bulk", "body": {"dedupeOn": "email", "contacts": [{"channels": [{"type": "email", "value": "anna@example.com"}], "lastName": "K"}]}}),
            "bulk",
            "updated",
        ),
        (
            json!({"call": "order", "body": {"orders": [order(&json!({"email": "anna@example.com", "firstName": "Z"}))]}}),
            "order",
            "unchanged",
        ),
        (
            json!({"call": "order", "body": order(&json!({"externalCustomerId": "C-1"}))}),
            "order",
            "unchanged",
        ),
        (
            json!({"call": "event", "body": {"eventTypeKey": "e", "params": [{"name": "EmailAddress", "value": "anna@example.com"}]}}),
            "event",
            "unchanged",
        ),
        (
            json!({"call": "event", "body": {"eventTypeKey": "e", "params": {"contact_id": anna, "externalCustomerId": "null"}}}),
            "event",
            "unchanged",
        ),
        (
            json!({"call": "apptoken", "app": "3f2b8c1e-6a0d-4f7b-9a55-1c2d3e4f5a6b", "body": {"tokens": [{"token": "t", "externalCustomerId": "C-1"}]}}),
            "app_token",
            "updated",
        ),
    ];
    for (request, call, outcome) in cases {
        let decisions = explain(&server, request.clone()).await;
        assert_eq!(
            summary(&decisions),
            (json!(call), json!(outcome), json!(anna)),
            "{request}"
        );
    }
    let stranger = json!({"call": "event", "body": {"eventTypeKey": "e", "params": {"email": "new@example.com"}}});
    assert_eq!(explain(&server, stranger.clone()).await[0]["outcome"], "unmatched");
    server
        .patch("/api/v1/event-types/e", json!({"createsContacts": true}))
        .await
        .json(200);
    assert_eq!(explain(&server, stranger).await[0]["outcome"], "created");
    let several = json!({"call": "bulk", "body": {"dedupeOn": "externalCustomerId", "contacts": [
        {"externalCustomerId": "C-1"}, {"externalCustomerId": "C-2"}, {"externalCustomerId": "C-2"},
    ]}});
    let outcomes: Vec<Value> = explain(&server, several)
        .await
        .as_array()
        .into_iter()
        .flatten()
        .map(|each| each["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["unchanged", "created", "unchanged"]);
}

#[tokio::test]
async fn a_bulk_call_recognises_contacts_by_a_field_that_identifies() {
    let server = Server::start().await;
    let mut fields = Vec::new();
    for (key, identifying) in [("card", true), ("size", false)] {
        let new =
            json!({"name": key, "profileKey": "shop", "fieldKey": key, "type": "NUMBER", "identifying": identifying});
        let made = server.post("/api/v1/fields", new).await.json(201);
        fields.push(made["field"]["id"].clone());
    }
    let mut people = Vec::new();
    for (name, card) in [("C-1", "0042"), ("C-2", "43")] {
        let values = json!([{"id": fields[0], "value": card}, {"id": fields[1], "value": "1"}]);
        let body = json!({"externalCustomerId": name, "fields": values});
        people.push(server.post("/api/v1/contact", body).await.json(200)["id"].clone());
    }
    let bulk = async |field: &Value, card: &str| {
        let contacts =
            json!([{"firstName": "Anna", "fields": [{"id": fields[0], "value": card}, {"id": fields[1], "value": 1}]}]);
        let body = json!({"dedupeOn": "fieldId", "fieldId": field, "contacts": contacts});
        explain(&server, json!({"call": "bulk", "body": body})).await[0].clone()
    };
    for (card, person) in [("42", &people[0]), ("43", &people[1])] {
        let found = bulk(&fields[0], card).await;
        assert_eq!((&found["outcome"], &found["contactId"]), (&json!("updated"), person));
        assert_eq!(
            found["matchedBy"],
            json!({"kind": "field", "matchingValue": format!("{}:{card}", fields[0])})
        );
    }
    assert_eq!(bulk(&fields[0], "44").await["outcome"], "created");
    assert_eq!(
        bulk(&fields[1], "42").await["rejection"]["code"],
        "field_not_identifying"
    );
    assert_eq!(bulk(&json!(99), "42").await["rejection"]["code"], "field_not_found");
    for field in [Value::Null, json!(0), json!("x")] {
        let body = json!({"dedupeOn": "fieldId", "fieldId": field, "contacts": [{}]});
        let refused = server.post(RESOLVE, json!({"call": "bulk", "body": body})).await;
        assert!(
            refused.pointers().contains(&"/body/fieldId".to_owned()),
            "{}",
            refused.text
        );
    }
}

#[tokio::test]
async fn a_refused_call_is_explained_too() {
    let server = Server::start().await;
    let first = server.contact(Some("C-1"), None).await;
    let second = server.contact(Some("C-2"), None).await;
    let request = json!({"call": "update", "contactId": second, "body": {"externalCustomerId": "C-1"}});
    let refused = explain(&server, request).await[0].clone();
    assert_eq!(refused["outcome"], "rejected");
    assert_eq!(
        (&refused["rejection"]["code"], &refused["rejection"]["holderContactId"]),
        (&json!("external_id_held"), &json!(first))
    );
    let cookie = explain(&server, json!({"body": {"cookies": {"sc": "x"}}})).await[0].clone();
    assert_eq!(cookie["rejection"]["code"], "cookie_alone");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn what_is_no_call_is_refused() {
    let server = Server::start().await;
    let pointers = async |request: Value| server.post(RESOLVE, request).await.pointers();
    assert_eq!(pointers(json!({})).await, ["/body"]);
    assert_eq!(pointers(json!({"call": "guess", "body": {}})).await, ["/call"]);
    assert_eq!(
        pointers(json!({"body": {"channels": [{"type": "email", "value": "x"}]}})).await,
        ["/body/channels/0/value"]
    );
    assert_eq!(
        pointers(json!({"call": "subscribe", "body": {}})).await,
        ["/body/contact"]
    );
    assert_eq!(pointers(json!({"call": "update", "body": {}})).await, ["/contactId"]);
    assert_eq!(
        pointers(json!({"call": "bulk", "body": {"contacts": [{}]}})).await,
        ["/body/dedupeOn"]
    );
    assert_eq!(
        pointers(json!({"call": "bulk", "body": {"dedupeOn": "id"}})).await,
        ["/body"]
    );
    assert_eq!(
        pointers(json!({"call": "order", "body": {"email": "x", "phone": {}}})).await,
        [
            "/body/phone",
            "/body/email",
            "/body/externalOrderId",
            "/body/status",
            "/body/date",
            "/body/totalCost",
            "/body/currency"
        ]
    );
    assert_eq!(
        pointers(json!({"call": "event", "body": {"eventTypeKey": "e", "params": {"Email": "x"}}})).await,
        ["/body/params/Email"]
    );
    for wrong in [json!(true), json!(1.5), json!([]), json!({})] {
        for name in ["contactId", "externalCustomerId", "email", "phone", "pushToken"] {
            let body = json!({"eventTypeKey": "e", "keyValue": "k", "params": [{"name": name, "value": wrong}]});
            assert_eq!(
                pointers(json!({"call": "event", "body": body})).await,
                ["/body/params/0/value"],
                "{name} {wrong}"
            );
        }
        assert_eq!(
            pointers(json!({"call": "order", "body": order(&json!({"phone": wrong}))})).await,
            ["/body/phone"]
        );
    }
    assert_eq!(pointers(json!({"call": "apptoken", "body": {}})).await, ["/app"]);
    let app = "3f2b8c1e-6a0d-4f7b-9a55-1c2d3e4f5a6b";
    assert_eq!(
        pointers(json!({"call": "apptoken", "app": app, "body": {}})).await,
        ["/body/tokens"]
    );
    let many: Vec<Value> = (0..501).map(|number| json!({"externalCustomerId": number})).collect();
    assert_eq!(
        pointers(json!({"call": "bulk", "body": {"dedupeOn": "id", "contacts": many}})).await,
        ["/body/contacts"]
    );
}

#[tokio::test]
async fn explanations_are_guarded_and_apart() {
    let server = Server::start().await;
    server.contact(Some("C-1"), None).await;
    let request = json!({"body": {"externalCustomerId": "C-1"}});
    server
        .guarded("POST", RESOLVE, Some(request.clone()), "one-write")
        .await;
    let foreign = server
        .call("two", "POST", RESOLVE, Some(request.clone()))
        .await
        .json(200);
    assert_eq!(foreign["decisions"][0]["outcome"], "created");
    assert_eq!(
        server.call("one-read", "POST", RESOLVE, Some(request)).await.json(200)["decisions"][0]["outcome"],
        "unchanged"
    );
}
