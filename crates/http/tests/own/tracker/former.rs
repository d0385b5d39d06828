//! The form of the former tracker, `POST /api/v2`.

use super::{now, refused, seen, site, tell, view};
use crate::support::Server;
use serde_json::{Value, json};

#[tokio::test]
async fn the_former_trackers_form_is_taken() {
    let server = Server::start().await;
    let shop = site(&server, "shop", true).await;
    let ann = server.contact(Some("A"), None).await;
    let general = json!({"eventName": "ProductPage", "siteId": shop.key, "datetime": now(&server).timestamp_millis(),
        "externalCustomerId": "A", "user_email": "", "user_name": "Ann", "cookies": {"sc": "crumb"}});
    let body =
        json!({"GeneralInfo": general, "ProductPage": {"productKey": "24-A-01", "price": "150", "isInStock": 1}});
    assert_eq!(
        tell(&server, "/api/v2/", &body).await.json(200),
        json!({"stored": 1, "refused": [{"field": "GeneralInfo.user_name",
            "reason": "is not kept; names are told by POST /api/v1/contact"}]})
    );
    let timeline = server.get(&format!("/api/v1/contact/{ann}/timeline")).await.json(200);
    let event = timeline["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|item| item["eventTypeKey"] == "ProductPage");
    let params = &event.expect("the event")["params"];
    assert_eq!(
        *params,
        json!({"productKey": "24-A-01", "price": "150", "isInStock": 1})
    );
    for (broken, pointer) in [
        (json!({}), "/GeneralInfo"),
        (
            json!({"GeneralInfo": {"eventName": "a", "cookies": {"sc": "c"}}}),
            "/GeneralInfo/siteId",
        ),
        (
            json!({"GeneralInfo": {"siteId": shop.key, "cookies": {"sc": "c"}}}),
            "/GeneralInfo/eventName",
        ),
        (
            json!({"GeneralInfo": {"siteId": shop.key, "eventName": "a"}}),
            "/GeneralInfo/cookies/sc",
        ),
    ] {
        assert_eq!(tell(&server, "/api/v2", &broken).await.pointers(), [pointer]);
    }
}

#[tokio::test]
async fn webcontact_links_a_cookie() {
    let server = Server::start().await;
    let (strict, open) = (site(&server, "strict", false).await, site(&server, "open", true).await);
    let ann = server.contact(Some("A"), None).await;
    tell(&server, "/t/events", &view(&open, "crumb", "a")).await.json(200);
    let link =
        |org: Value| json!({"externalCustomerId": "A", "webId": "crumb", "orgId": org, "email": "ann@example.com"});
    let answer = tell(&server, "/api/v2", &link(json!(strict.id.0))).await.json(200);
    assert_eq!(refused(&answer), ["externalCustomerId", "email"]);
    assert_eq!(seen(&server, &json!(ann)).await, Vec::<String>::new());
    for org in [json!(open.id.0), json!(open.id.0.to_string()), json!(open.key)] {
        let answer = tell(&server, "/api/v2", &link(org)).await.json(200);
        assert_eq!(answer, json!({"stored": 0, "refused": []}));
        assert_eq!(seen(&server, &json!(ann)).await, ["a"]);
    }
    assert_eq!(tell(&server, "/api/v2", &link(json!(open.id.0 + 1))).await.status, 401);
}

#[tokio::test]
async fn an_external_id_of_a_page_outranks_its_contact_id() {
    let server = Server::start().await;
    let open = site(&server, "open", true).await;
    let ann = server.contact(Some("A"), None).await;
    let bob = server.contact(Some("B"), None).await;
    let said = json!({"GeneralInfo": {"siteId": open.key, "eventName": "PageView", "cookies": {"sc": "c"},
        "externalCustomerId": "A", "user_es_contact_id": bob}, "PageView": {"url": "a"}});
    let answer = tell(&server, "/api/v2", &said).await.json(200);
    assert_eq!(refused(&answer), ["GeneralInfo.user_es_contact_id"]);
    assert_eq!(seen(&server, &json!(ann)).await, ["a"]);
}
