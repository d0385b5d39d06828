//! Events of a person whom a page names beside the cookie (identity rules, "History").

use super::{holder, now, post_page, seen, site, token, view};
use crate::support::Server;
use selfsame_application::ports::Site;
use serde_json::{Value, json};

const FORMS: [&str; 2] = ["/t/events", "/api/v2"];

/// Sends a page view of some seconds ago in one of the forms, with a signed or an unsigned identification.
async fn viewed(server: &Server, shop: &Site, form: &str, page: &str, ago: i64, who: Option<(&str, bool)>) {
    let at = now(server).timestamp_millis() - ago * 1_000;
    let mut identity = json!({});
    match who {
        Some((id, true)) => identity["token"] = json!(token(server, "one", id, None).await),
        Some((id, false)) => identity["user"] = json!({"externalCustomerId": id}),
        None => {}
    }
    let body = if form == "/t/events" {
        let event = json!({"id": page, "name": "PageView", "at": at, "payload": {"url": page}});
        json!({"site": shop.key, "sc": "crumb", "events": [event], "token": identity["token"], "user": identity["user"]})
    } else {
        let mut general =
            json!({"siteId": shop.key, "eventName": "PageView", "datetime": at, "cookies": {"sc": "crumb"}});
        general["identityToken"] = identity["token"].clone();
        if let Some(id) = identity["user"]["externalCustomerId"].as_str() {
            general["externalCustomerId"] = json!(id);
        }
        json!({"GeneralInfo": general, "PageView": {"url": page}})
    };
    let answer = post_page(server, form, &body).await.json(200);
    assert_eq!(answer, json!({"stored": 1, "refused": []}), "{form} {page}");
}

#[tokio::test]
async fn a_late_event_goes_to_the_contact_that_it_names() {
    for (form, signed) in FORMS.iter().flat_map(|form| [(form, true), (form, false)]) {
        let server = Server::start().await;
        let shop = site(&server, "shop", !signed).await;
        let ann = json!(server.contact(Some("A"), None).await);
        let bob = json!(server.contact(Some("B"), None).await);
        viewed(&server, &shop, form, "ann", 0, Some(("A", signed))).await;
        server.clock.advance_seconds(300);
        // The browser was offline when Bob logged in.
        viewed(&server, &shop, form, "secret", 150, Some(("B", signed))).await;
        viewed(&server, &shop, form, "anns", 200, Some(("A", signed))).await;
        viewed(&server, &shop, form, "bobs", 100, Some(("B", signed))).await;
        assert_eq!(seen(&server, &ann).await, ["ann", "anns"], "{form} {signed}");
        assert_eq!(seen(&server, &bob).await, ["secret", "bobs"], "{form} {signed}");
    }
}

#[tokio::test]
async fn events_without_an_identity_belong_to_the_owner_of_the_cookie() {
    for form in FORMS {
        let server = Server::start().await;
        let shop = site(&server, "shop", false).await;
        viewed(&server, &shop, form, "before", 0, None).await;
        server.clock.advance_seconds(300);
        viewed(&server, &shop, form, "late", 200, None).await;
        viewed(&server, &shop, form, "ann", 0, Some(("A", true))).await;
        server.clock.advance_seconds(300);
        viewed(&server, &shop, form, "bob", 0, Some(("B", true))).await;
        viewed(&server, &shop, form, "anns", 150, None).await;
        viewed(&server, &shop, form, "bobs", 30, None).await;
        let [ann, bob] = [holder(&server, "A").await, holder(&server, "B").await].map(|id| id.expect("a contact"));
        assert_eq!(seen(&server, &ann).await, ["before", "late", "ann", "anns"], "{form}");
        assert_eq!(seen(&server, &bob).await, ["bobs", "bob"], "{form}");
    }
}

#[tokio::test]
async fn what_an_unknown_person_did_waits_and_makes_no_contact() {
    for form in FORMS {
        let server = Server::start().await;
        let shop = site(&server, "shop", true).await;
        let creates = json!({"createsContacts": true});
        server.patch("/api/v1/event-types/PageView", creates).await.json(200);
        viewed(&server, &shop, form, "a", 0, Some(("nobody", false))).await;
        assert_eq!(server.get("/api/v1/contacts").await.json(200), json!([]), "{form}");
        let made = server
            .post("/api/v1/contact", json!({"externalCustomerId": "nobody"}))
            .await;
        assert_eq!(seen(&server, &made.json(200)["id"]).await, ["a"], "{form}");
    }
}

#[tokio::test]
async fn an_unknown_contact_id_loses_no_history() {
    let server = Server::start().await;
    let shop = site(&server, "shop", true).await;
    let ann = json!(server.contact(Some("A"), None).await);
    let mut login = view(&shop, "crumb", "a");
    login["user"] = json!({"externalCustomerId": "A"});
    post_page(&server, "/t/events", &login).await.json(200);
    server.clock.advance_seconds(1);
    let unknown = json!({"GeneralInfo": {"siteId": shop.key, "eventName": "PageView", "cookies": {"sc": "crumb"},
        "user_es_contact_id": 987_654_321}, "PageView": {"url": "b"}});
    let answer: Value = post_page(&server, "/api/v2", &unknown).await.json(200);
    assert_eq!(answer["stored"], 1, "{answer}");
    assert_eq!(seen(&server, &ann).await, ["a", "b"]);
}
