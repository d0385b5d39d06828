//! Subscribing, categories and unsubscribed addresses.

use crate::support::Server;
use selfsame_domain::Command;
use selfsame_domain::values::{CategoryKey, CategoryName};
use serde_json::{Value, json};

async fn category(server: &Server, key: &str, name: &str) {
    let (key, name) = (CategoryKey::parse(key).unwrap(), CategoryName::parse(name).unwrap());
    server.submit(Command::CreateCategory { key, name }).await;
}

#[tokio::test]
async fn subscribing_says_what_became_of_the_email() {
    let server = Server::start().await;
    category(&server, "news", "Newsletter").await;
    let body = json!({
        "contact": {"channels": {"type": "email", "value": "ann@example.com"}, "firstName": "Ann"},
        "groups": ["Site"], "subscriptions": ["news", "unknown"], "formType": "footer", "dedupeOn": "email"
    });
    let first = server.post("/api/v1/contact/subscribe", &body).await.expect(200).json();
    let id = first["id"].as_i64().unwrap();
    assert_eq!(
        first,
        json!({"id": id, "emailStatus": "NEED_CONFIRMATION", "new": true})
    );
    let again = server.post("/api/v1/contact/subscribe", &body).await.expect(200).json();
    assert_eq!(
        again,
        json!({"id": id, "emailStatus": "NEED_CONFIRMATION", "new": false})
    );
    server
        .add(&json!({"channels": [{"type": "email", "value": "ann@example.com"}]}))
        .await;
    let confirmed = server.post("/api/v1/contact/subscribe", &body).await.expect(200).json();
    assert_eq!(confirmed["emailStatus"], json!("ALREADY_SUBSCRIBED"));
    server
        .post(
            "/api/v1/emails/unsubscribed/add",
            &json!({"emails": ["ANN@example.com"]}),
        )
        .await
        .expect(200);
    let listed = server.post("/api/v1/contact/subscribe", &body).await.expect(200).json();
    assert_eq!(listed["emailStatus"], json!("BLACKLISTED"));
    server
        .post(
            "/api/v1/emails/unsubscribed/delete",
            &json!({"emails": "ann@example.com"}),
        )
        .await
        .expect(200);
    let names: Vec<_> = server.contact(id).await["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["name"].clone())
        .collect();
    assert_eq!(names, [json!("Newsletter"), json!("Site")]);
}

#[tokio::test]
async fn subscribing_never_changes_a_channel() {
    let server = Server::start().await;
    let id = server
        .add(&json!({"externalCustomerId": "1", "channels": [{"type": "email", "value": "a@example.com"}]}))
        .await;
    let phone = json!({"type": "sms", "value": "+380501234567"});
    let body =
        json!({"contact": {"externalCustomerId": 1, "channels": [{"type": "email", "value": "b@example.com"}, phone]}});
    let answer = server.post("/api/v1/contact/subscribe", &body).await.expect(200);
    assert_eq!(answer.json(), json!({"id": id, "new": false}));
    assert_eq!(
        server.contact(id).await["channels"],
        json!([{"type": "email", "value": "a@example.com"}, phone])
    );
    let log = server
        .get(&format!("/api/v1/contact/{id}/identity/log"))
        .await
        .expect(200);
    assert_eq!(
        log.json()["items"][1]["effects"][0],
        json!({
            "effect": "kept_apart",
            "identifier": {"kind": "email", "value": "b@example.com", "matchingValue": "b@example.com"},
            "contactId": null,
            "why": "channel_exists"
        })
    );
}

#[tokio::test]
async fn a_contact_without_an_email_has_no_email_status() {
    let server = Server::start().await;
    let body = json!({"contact": {"channels": [{"type": "sms", "value": "+380501234567"}]}});
    let answer = server.post("/api/v1/contact/subscribe", &body).await.expect(200).json();
    assert_eq!(
        answer
            .as_object()
            .map(|members| members.keys().cloned().collect::<Vec<_>>()),
        Some(vec!["id".to_owned(), "new".to_owned()])
    );
}

#[tokio::test]
async fn cookies_are_read_in_the_contact_and_beside_it() {
    let server = Server::start().await;
    let body = json!({
        "contact": {"channels": [{"type": "email", "value": "ann@example.com"}], "cookies": {"sc": "c1"}},
        "cookies": {"sc": "c2"},
    });
    let id = server.post("/api/v1/contact/subscribe", &body).await.expect(200).json()["id"].clone();
    for sc in ["c1", "c2"] {
        let seen = json!({"eventTypeKey": sc, "cookies": {"sc": sc}});
        server.post("/api/v1/event", &seen).await.expect(200);
    }
    let page = server
        .get(&format!("/api/v1/contact/{id}/timeline?type=event"))
        .await
        .json();
    let seen: Vec<&Value> = page["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| &item["eventTypeKey"])
        .collect();
    for sc in ["c1", "c2"] {
        assert!(seen.contains(&&json!(sc)), "{page}");
    }
    let wrong = json!({"contact": body["contact"], "cookies": 7, "formType": "a/b"});
    let taken = server.post("/api/v1/contact/subscribe", &wrong).await.expect(200);
    assert_eq!(taken.header("x-selfsame-left-out"), "2");
}

#[tokio::test]
async fn subscriptions_that_are_none() {
    let server = Server::start().await;
    for (body, text) in [
        (json!({}), "contact must be sent: an object"),
        (json!({"contact": null}), "contact must be sent: an object"),
        (json!({"contact": "ann@example.com"}), "contact must be an object"),
        (
            json!({"contact": {"channels": [{"type": "email", "value": "x"}]}}),
            "contact.channels[0].value must be an email address",
        ),
    ] {
        let answer = server.post("/api/v1/contact/subscribe", &body).await.expect(400);
        assert!(answer.body.starts_with(text), "{answer:?}");
    }
}

#[tokio::test]
async fn categories_of_a_contact_are_replaced() {
    let server = Server::start().await;
    category(&server, "news", "Newsletter").await;
    category(&server, "offers", "Offers").await;
    let id = server
        .add(&json!({"externalCustomerId": "1", "groups": ["Newsletter", "Other"]}))
        .await;
    let path = format!("/api/v1/contact/{id}/subscriptions");
    let news = json!({"id": 1, "key": "news", "groupId": 1, "name": "Newsletter"});
    assert_eq!(server.get(&path).await.expect(200).json(), json!([news]));
    let answer = server
        .put(&path, &json!({"subscriptions": ["offers"]}))
        .await
        .expect(200);
    assert_eq!(answer.body, format!("Contact with id='{id}' has been updated"));
    assert_eq!(
        server.get(&path).await.json(),
        json!([{"id": 2, "key": "offers", "groupId": 2, "name": "Offers"}])
    );
    for (body, text) in [
        (json!({}), "subscriptions must be sent: an array of keys"),
        (
            json!({"subscriptions": ["news", "nothing"]}),
            "subscriptions[1] must be the key of a category that is not archived",
        ),
        (
            json!({"subscriptions": "nothing"}),
            "subscriptions must be the key of a category that is not archived",
        ),
        (json!({"subscriptions": [{}]}), "subscriptions[0] must be a text"),
        (
            json!({"subscriptions": null}),
            "subscriptions must be sent: an array of keys",
        ),
        (
            json!({"subscriptions": " "}),
            "subscriptions must be sent: an array of keys",
        ),
        (json!({"subscriptions": [null]}), "subscriptions[0] must be a text"),
        (
            json!({"subscriptions": ["offers", null]}),
            "subscriptions[1] must be a text",
        ),
        (json!({"subscriptions": [" "]}), "subscriptions[0] must not be empty"),
    ] {
        assert_eq!(server.put(&path, &body).await.expect(400).body, text);
        assert_eq!(server.get(&path).await.json()[0]["key"], "offers", "{body}");
    }
    server.put(&path, &json!({"subscriptions": []})).await.expect(200);
    assert_eq!(server.get(&path).await.json(), json!([]));
    let groups = server.contact(id).await["groups"].clone();
    assert_eq!(groups, json!([{"id": 3, "name": "Other", "type": "Static"}]));
}

#[tokio::test]
async fn categories_are_listed_with_their_counts() {
    let server = Server::start().await;
    category(&server, "news", "Newsletter").await;
    server
        .add(&json!({"externalCustomerId": "1", "groups": ["Newsletter"]}))
        .await;
    assert_eq!(
        server.get("/api/v1/subscriptions").await.expect(200).json(),
        json!([{
            "id": 1, "key": "news", "groupId": 1, "contactsCount": 1,
            "createdDate": "2026-01-02T03:04", "updatedDate": "2026-01-02T03:04", "name": "Newsletter"
        }])
    );
}

#[tokio::test]
async fn lists_of_addresses() {
    let server = Server::start().await;
    for path in [
        "/api/v1/emails/unsubscribed/add",
        "/api/v1/emails/unsubscribe/add",
        "/api/v1/emails/unsubscribe/delete",
    ] {
        let answer = server
            .post(path, &json!({"emails": ["a@example.com"]}))
            .await
            .expect(200);
        assert_eq!(
            (answer.body.as_str(), answer.header("x-selfsame-outcome")),
            ("", "updated"),
            "{path}"
        );
        server
            .post(
                "/api/v1/emails/unsubscribed/delete",
                &json!({"emails": ["a@example.com"]}),
            )
            .await
            .expect(200);
        if path.ends_with("add") {
            server
                .post(path, &json!({"emails": ["a@example.com"]}))
                .await
                .expect(200);
        }
        if path == "/api/v1/emails/unsubscribed/add" {
            server
                .post(
                    "/api/v1/emails/unsubscribed/delete",
                    &json!({"emails": ["a@example.com"]}),
                )
                .await
                .expect(200);
        }
    }
    for (body, text) in [
        (json!({}), "emails is required"),
        (json!({"emails": [" ", null]}), "emails must have at least one entry"),
        (
            json!({"emails": ["x", 1, {}]}),
            "emails[0] must be an email address; emails[1] must be an email address; emails[2] must be a text",
        ),
    ] {
        let refused = server.post("/api/v1/emails/unsubscribed/add", &body).await.expect(400);
        assert_eq!(refused.body, text);
    }
}

#[tokio::test]
async fn good_addresses_take_effect_and_bad_ones_are_named() {
    let server = Server::start().await;
    let (add, delete) = ("/api/v1/emails/unsubscribed/add", "/api/v1/emails/unsubscribed/delete");
    let emails = json!({"emails": ["x", " ", "a@example.com", {}, "a..b@docomo.ne.jp", ".x@example.com"]});
    for path in [add, delete, add] {
        let answer = server.post(path, &emails).await.expect(200);
        assert_eq!(answer.header("x-selfsame-outcome"), "updated=3", "{path}");
        let failed = json!([
            {"index": 0, "error": "must be an email address"}, {"index": 3, "error": "must be a text"}
        ]);
        assert_eq!(answer.json(), json!({"failed": failed}), "{path}");
    }
    for email in ["A@example.com", "A..B@docomo.ne.jp", ".X@Example.com"] {
        let body = json!({"contact": {"channels": [{"type": "email", "value": email}]}});
        let answer = server.post("/api/v1/contact/subscribe", &body).await.expect(200).json();
        assert_eq!(answer["emailStatus"], "BLACKLISTED", "{email}");
    }
}
