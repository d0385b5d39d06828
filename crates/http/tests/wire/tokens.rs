//! App tokens.

use crate::support::Server;
use serde_json::json;

const APP: &str = "9f0c2d1e-0000-4000-8000-000000000001";

async fn push(server: &Server) -> i64 {
    let device = json!({"appId": APP.to_uppercase(), "active": true});
    server
        .add(&json!({"channels": [{"type": "mobilepush", "value": "t/1", "device": device}]}))
        .await
}

#[tokio::test]
async fn the_holder_of_a_token() {
    let server = Server::start().await;
    let id = push(&server).await;
    let found = server
        .get(&format!("/api/v1/contact/token/{APP}/t%2F1/contactId"))
        .await
        .expect(200);
    assert_eq!(found.json(), json!({"id": id}));
    let web = json!({"type": "webpush", "value": "w", "webPushSubscription": {"appId": 5}});
    let other = server.add(&json!({"channels": [web]})).await;
    assert_eq!(
        server.get("/api/v1/contact/token/5/w/contactId").await.json(),
        json!({"id": other})
    );
    for path in [
        "/api/v1/contact/token/6/w/contactId",
        "/api/v1/contact/token/activated/6/w",
    ] {
        assert_eq!(server.get(path).await.expect(404).body, "token not found");
    }
}

#[tokio::test]
async fn a_token_that_was_first_named_without_its_app_is_found_with_any() {
    let server = Server::start().await;
    let id = server
        .add(&json!({"channels": [{"type": "mobilepush", "value": "plain"}]}))
        .await;
    let activated = format!("/api/v1/contact/token/activated/{APP}/plain");
    server.put(&activated, &json!({"active": false})).await.expect(200);
    assert_eq!(server.get(&activated).await.json(), json!({"active": false}));
    let owner = format!("/api/v1/contact/token/{APP}/plain/contactId");
    assert_eq!(server.get(&owner).await.json(), json!({"id": id}));
    let lookup = format!("/api/v1/identity/lookup?kind=mobile_push&value=plain&app={APP}");
    assert_eq!(server.get(&lookup).await.json()["holders"][0]["contactId"], id);
}

#[tokio::test]
async fn activated_or_not() {
    let server = Server::start().await;
    let id = push(&server).await;
    let path = format!("/api/v1/contact/token/activated/{APP}/t%2F1");
    assert_eq!(server.get(&path).await.expect(200).json(), json!({"active": true}));
    let answer = server.put(&path, &json!({"active": "false"})).await.expect(200);
    assert_eq!(
        (answer.json(), answer.header("x-selfsame-outcome")),
        (json!({"active": false}), "updated")
    );
    assert_eq!(server.get(&path).await.json(), json!({"active": false}));
    assert_eq!(
        server.contact(id).await["channels"][0]["device"]["active"],
        json!(false)
    );
    assert_eq!(
        server.put(&path, &json!({})).await.expect(400).body,
        "active must be true or false"
    );
    let unknown = format!("/api/v1/contact/token/activated/{APP}/none");
    assert_eq!(
        server.put(&unknown, &json!({"active": true})).await.expect(404).body,
        "token not found"
    );
}

#[tokio::test]
async fn tokens_find_or_make_their_contact() {
    let server = Server::start().await;
    let path = format!("/api/v1/apps/{APP}/tokens");
    let id = server
        .add(&json!({"externalCustomerId": "1", "channels": [{"type": "sms", "value": "+380501234567"}]}))
        .await;
    let body = json!({"tokens": [
        {"token": "a", "phone": "380501234567", "email": "new@example.com"},
        {"token": "b", "contactId": id},
        {"token": "c", "externalCustomerId": 2, "email": "two@example.com"}
    ]});
    let results = server.post(&path, &body).await.expect(200).json();
    let made = results["results"][2]["contactId"].as_i64().unwrap();
    assert_eq!(
        results,
        json!({"results": [{"contactId": id}, {"contactId": id}, {"contactId": made}]})
    );
    let values = |contact: serde_json::Value| -> Vec<String> {
        contact["channels"]
            .as_array()
            .unwrap()
            .iter()
            .map(|channel| channel["value"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(values(server.contact(id).await), ["+380501234567", "a", "b"]);
    assert_eq!(values(server.contact(made).await), ["two@example.com", "c"]);
    let one = server
        .post(&path, &json!({"tokens": {"token": "a", "contactId": made}}))
        .await
        .expect(200);
    assert_eq!(one.header("x-selfsame-outcome"), "updated");
    assert_eq!(
        server
            .get(&format!("/api/v1/contact/token/{APP}/a/contactId"))
            .await
            .json(),
        json!({"id": made})
    );
}

#[tokio::test]
async fn tokens_that_are_none() {
    let server = Server::start().await;
    let path = format!("/api/v1/apps/{APP}/tokens");
    for (body, text) in [
        (json!({}), "tokens must have at least one entry"),
        (
            json!({"tokens": [{"token": "a"}]}),
            "tokens[0] must have contactId, externalCustomerId, phone or email",
        ),
        (
            json!({"tokens": [{"contactId": 1}]}),
            "tokens[0].token must not be empty",
        ),
        (
            json!({"tokens": [{"token": "a", "email": "x"}]}),
            "tokens[0].email must be an email address",
        ),
    ] {
        let answer = server.post(&path, &body).await.expect(400);
        assert!(answer.body.starts_with(text), "{answer:?}");
    }
    assert_eq!(
        server.post("/api/v1/apps/x/tokens", &json!({})).await.expect(400).body,
        "app must be a UUID"
    );
}

#[tokio::test]
async fn muted_for_a_while() {
    let server = Server::start().await;
    let (mute, unmute) = (
        format!("/api/v1/apps/{APP}/token/mute"),
        format!("/api/v1/apps/{APP}/token/unmute"),
    );
    push(&server).await;
    let answer = server
        .post(&mute, &json!({"token": "t/1", "duration": "60"}))
        .await
        .expect(200);
    assert_eq!(
        (answer.body.as_str(), answer.header("x-selfsame-outcome")),
        ("", "updated")
    );
    server.post(&mute, &json!({"token": "t/1"})).await.expect(200);
    assert_eq!(
        server
            .post(&unmute, &json!({"token": "t/1"}))
            .await
            .expect(200)
            .header("x-selfsame-outcome"),
        "updated"
    );
    assert_eq!(
        server
            .post(&unmute, &json!({"token": "t/1"}))
            .await
            .expect(200)
            .header("x-selfsame-outcome"),
        "unchanged"
    );
    for (body, text) in [
        (
            json!({"token": "t/1", "duration": 4}),
            "duration must be a whole number from 5 to 31536000",
        ),
        (
            json!({"token": "t/1", "duration": 31_536_001}),
            "duration must be a whole number from 5 to 31536000",
        ),
        (json!({"token": " "}), "token is required"),
    ] {
        assert_eq!(server.post(&mute, &body).await.expect(400).body, text);
    }
    assert_eq!(
        server.post(&mute, &json!({"token": "none"})).await.expect(404).body,
        "token not found"
    );
    assert_eq!(
        server
            .post("/api/v1/apps/x/token/mute", &json!({"token": "t"}))
            .await
            .expect(400)
            .body,
        "app must be a UUID"
    );
}
