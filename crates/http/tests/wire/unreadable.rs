//! Values that cannot be stored (control characters, unpaired surrogates, numbers beyond 64 bits, members nested too deeply) are left out and
//! do not refuse the request, at any place.

use crate::left_out::left_out;
use crate::support::{Answer, Server};
use serde_json::json;

/// Unreadable values as JSON, with the reason of the error.
fn unreadable() -> [(&'static str, &'static str); 4] {
    let text = "must not contain control characters or unpaired surrogates";
    let number = "must be within the range of a 64-bit integer";
    [
        (r#""A\u0007nn""#, text),
        (r#""\ud800""#, text),
        ("18446744073709551615", number),
        ("1e999", number),
    ]
}

async fn send(server: &Server, method: &str, path: &str, body: &str) -> Answer {
    server.call(method, path, body.to_owned()).await
}

#[tokio::test]
async fn an_attribute_is_left_out_and_reported_and_the_rest_is_kept() {
    for (value, reason) in unreadable() {
        let server = Server::start().await;
        let id = server
            .add(&json!({"externalCustomerId": "x", "lastName": "Smith"}))
            .await;
        let contact =
            format!(r#""externalCustomerId": "x", "lastName": "Miller", "firstName": {value}, "unknown": {value}"#);
        let update = format!("/api/v1/contact/{id}");
        for (method, path, body, place) in [
            ("POST", "/api/v1/contact", format!("{{{contact}}}"), "firstName"),
            (
                "POST",
                "/api/v1/contact/subscribe",
                format!(r#"{{"contact": {{{contact}}}, "subscriptions": [{value}]}}"#),
                "contact.firstName",
            ),
            ("PUT", update.as_str(), format!("{{{contact}}}"), "firstName"),
        ] {
            let answer = send(&server, method, path, &body).await.expect(200);
            let found = left_out(&server, &answer).await;
            assert!(found.contains(&place.to_owned()), "{path} {value}: {found:?}");
            assert_eq!(
                found.len(),
                1 + body.matches("subscriptions").count(),
                "{path} {found:?}"
            );
            let contact = server.contact(id).await;
            assert_eq!(
                (&contact["lastName"], contact.get("firstName")),
                (&json!("Miller"), None)
            );
        }
        let body = format!(r#"{{"call": "contact", "body": {{{contact}}}}}"#);
        let explained = send(&server, "POST", "/api/v1/identity/resolve", &body)
            .await
            .expect(200);
        let effect = explained.json()["decisions"][0]["effects"][0].clone();
        assert_eq!(
            effect,
            json!({"effect": "skipped", "field": "firstName", "reason": reason})
        );
    }
}

#[tokio::test]
async fn an_external_id_refuses_the_request_and_a_weaker_identifier_is_left_out() {
    let server = Server::start().await;
    for (value, reason) in unreadable() {
        let email = r#"{"type": "email", "value": "ann@example.com"}"#;
        let body = format!(r#"{{"externalCustomerId": {value}, "channels": [{email}]}}"#);
        let refused = send(&server, "POST", "/api/v1/contact", &body).await.expect(400);
        assert_eq!(refused.body, format!("externalCustomerId {reason}"));
        let body = format!(r#"{{"channels": [{{"type": "sms", "value": {value}}}, {email}], "deviceId": {value}}}"#);
        let answer = send(&server, "POST", "/api/v1/contact", &body).await.expect(200);
        assert_eq!(left_out(&server, &answer).await, ["channels[0].value", "deviceId"]);
        let body = format!(r#"{{"channels": [{{"type": "sms", "value": {value}}}]}}"#);
        let refused = send(&server, "POST", "/api/v1/contact", &body).await.expect(400);
        assert_eq!(refused.body, format!("channels[0].value {reason}"));
    }
}

#[tokio::test]
async fn a_parameter_of_an_event_is_left_out_and_reported() {
    for (value, _) in unreadable() {
        let server = Server::start().await;
        let id = server.add(&json!({"externalCustomerId": "x"})).await;
        let who = r#"{"name": "externalCustomerId", "value": "x"}"#;
        let listed = format!(
            r#"{{"eventTypeKey": "e", "keyValue": {value}, "eventId": {value}, "params":
                [{who}, {{"name": "a", "value": {value}}}, {{"name": {value}, "value": 1}}, {value},
                 {{"name": "items", "value": [1, {{"b": {value}, "c": 2}}, {value}]}}, {{"name": "email", "value": {value}}}]}}"#
        );
        let object = format!(
            r#"{{"eventTypeKey": "e", "params": {{"externalCustomerId": "x", "a": {value}, "items": [1, {{"b": {value}, "c": 2}}, {value}]}}}}"#
        );
        for (path, body, left) in [
            ("/api/v1/event", &listed, 8),
            ("/api/v2/event", &listed, 8),
            ("/api/v3/event", &object, 3),
        ] {
            let answer = send(&server, "POST", path, body).await.expect(200);
            let found = left_out(&server, &answer).await;
            assert_eq!(found.len(), left, "{path} {value}: {found:?}");
        }
        let page = server
            .get(&format!("/api/v1/contact/{id}/timeline?type=event"))
            .await
            .json();
        for item in page["items"].as_array().expect("items") {
            assert_eq!(
                item["params"],
                json!({"externalCustomerId": "x", "items": [1, {"c": 2}, null]}),
                "{value}"
            );
        }
        let without_contact = format!(r#"{{"eventTypeKey": "e", "keyValue": {value}}}"#);
        let refused = send(&server, "POST", "/api/v1/event", &without_contact)
            .await
            .expect(400);
        assert!(refused.body.starts_with("keyValue must"), "{refused:?}");
        let no_type = format!(r#"{{"eventTypeKey": {value}, "keyValue": "k"}}"#);
        send(&server, "POST", "/api/v1/event", &no_type).await.expect(400);
    }
}

#[tokio::test]
async fn entries_of_lists_fail_alone() {
    for (value, reason) in unreadable() {
        let server = Server::start().await;
        let id = server.add(&json!({"externalCustomerId": "B", "groups": ["S"]})).await;
        let failed = json!({"failed": [{"index": 1, "error": reason}]});
        for path in ["add", "delete"] {
            let body = format!(r#"{{"emails": ["a@b.example", {value}]}}"#);
            let path = format!("/api/v1/emails/unsubscribed/{path}");
            assert_eq!(send(&server, "POST", &path, &body).await.expect(200).json(), failed);
        }
        for path in ["attach", "detach"] {
            let path = format!("/api/v1/group/1/contacts/{path}");
            for body in [
                format!(r#"{{"contactIds": [{id}, {value}]}}"#),
                format!(r#"{{"externalCustomerIds": ["B", {value}]}}"#),
            ] {
                assert_eq!(send(&server, "POST", &path, &body).await.expect(200).json(), failed);
            }
        }
        let path = "/api/v1/apps/9b1d4f1e-6a1c-4f0c-9d3a-0c5b1a2d3e4f/tokens";
        let body = format!(
            r#"{{"tokens": [{{"token": "t1", "email": "a@b.example", "phone": {value}}}, {value},
                {{"token": {value}, "email": "a@b.example"}}, {{"token": "t2", "externalCustomerId": {value}, "email": "a@b.example"}}]}}"#
        );
        let answer = send(&server, "POST", path, &body).await.expect(200);
        let results = answer.json()["results"].clone();
        assert!(results[0]["contactId"].is_i64(), "{results}");
        for (index, member) in [
            (1, "tokens[1]"),
            (2, "tokens[2].token"),
            (3, "tokens[3].externalCustomerId"),
        ] {
            let error = results[index]["error"].as_str().unwrap_or_default();
            assert!(error.starts_with(member), "{value}: {results}");
        }
    }
}

#[tokio::test]
async fn what_replaces_all_of_something_is_refused() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": "x"})).await;
    for (value, _) in unreadable() {
        for (method, path, body, member) in [
            (
                "PATCH",
                format!("/api/v1/contact/{id}"),
                format!(r#"{{"firstName": {value}}}"#),
                "firstName",
            ),
            (
                "PATCH",
                format!("/api/v1/contact/{id}"),
                format!(r#"{{"address": {value}}}"#),
                "address",
            ),
            (
                "PUT",
                format!("/api/v1/contact/{id}/subscriptions"),
                format!(r#"{{"subscriptions": [{value}]}}"#),
                "subscriptions[0]",
            ),
            (
                "PUT",
                "/api/v1/identity/policy".to_owned(),
                format!(r#"{{"mergeUnclaimed": {value}}}"#),
                "mergeUnclaimed",
            ),
            (
                "POST",
                "/api/v1/categories".to_owned(),
                format!(r#"{{"key": {value}}}"#),
                "key",
            ),
        ] {
            let refused = server.call(method, &path, body).await.expect(400);
            assert!(refused.body.contains(member), "{path} {value}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn a_name_with_control_characters_is_none() {
    let server = Server::start().await;
    for name in [r"first\u0007Name", r"firstName\ud800"] {
        let body = format!(r#"{{"externalCustomerId": "x", "{name}": "Ann"}}"#);
        let answer = send(&server, "POST", "/api/v1/contact", &body).await;
        let contact = server.contact(answer.id()).await;
        assert_eq!(contact.get("firstName"), None);
        let body = format!(r#"{{"eventTypeKey": "e", "keyValue": "k", "params": {{"{name}": 1, "a": 2}}}}"#);
        let answer = send(&server, "POST", "/api/v3/event", &body).await.expect(200);
        assert_eq!(answer.header("x-selfsame-left-out"), "1");
    }
}

#[tokio::test]
async fn what_is_nested_too_deeply_is_left_out() {
    let server = Server::start().await;
    let id = server.add(&json!({"externalCustomerId": "x"})).await;
    let deep = "[".repeat(40) + &"]".repeat(40);
    let body = format!(r#"{{"externalCustomerId": "x", "lastName": "Smith", "firstName": {deep}, "unknown": {deep}}}"#);
    let answer = send(&server, "POST", "/api/v1/contact", &body).await.expect(200);
    assert_eq!(left_out(&server, &answer).await, ["firstName"]);
    let body = format!(r#"{{"eventTypeKey": "e", "params": {{"externalCustomerId": "x", "a": {deep}, "b": 1}}}}"#);
    let answer = send(&server, "POST", "/api/v3/event", &body).await.expect(200);
    assert_eq!(answer.header("x-selfsame-left-out"), "1");
    let page = server
        .get(&format!("/api/v1/contact/{id}/timeline?type=event"))
        .await
        .json();
    assert_eq!(page["items"][0]["params"]["b"], 1);
}
