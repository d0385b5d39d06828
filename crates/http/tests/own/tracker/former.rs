//! The form of the former tracker, `POST /api/v2`.

use super::{holder, now, post_page, refused, seen, site, token, view};
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
        post_page(&server, "/api/v2/", &body).await.json(200),
        json!({"stored": 1, "refused": [{"field": "GeneralInfo.user_name",
            "reason": "is not stored; names are set by POST /api/v1/contact"}]})
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
            json!({"GeneralInfo": {"siteId": shop.key, "eventName": "a"}}),
            "/GeneralInfo/cookies/sc",
        ),
    ] {
        assert_eq!(post_page(&server, "/api/v2", &broken).await.pointers(), [pointer]);
    }
}

#[tokio::test]
async fn webcontact_links_a_cookie() {
    let server = Server::start().await;
    let (strict, open) = (site(&server, "strict", false).await, site(&server, "open", true).await);
    let ann = server.contact(Some("A"), None).await;
    post_page(&server, "/t/events", &view(&open, "crumb", "a"))
        .await
        .json(200);
    let link =
        |org: Value| json!({"externalCustomerId": "A", "webId": "crumb", "orgId": org, "email": "ann@example.com"});
    let answer = post_page(&server, "/api/v2", &link(json!(strict.key))).await.json(200);
    assert_eq!(refused(&answer), ["externalCustomerId", "email"]);
    // Numbers of sites and of workspaces can be guessed.
    for number in 0..5 {
        for org in [json!(number), json!(number.to_string())] {
            assert_eq!(post_page(&server, "/api/v2", &link(org)).await.status, 401);
        }
    }
    assert_eq!(seen(&server, &json!(ann)).await, Vec::<String>::new());
    let answer = post_page(&server, "/api/v2", &link(json!(open.key))).await.json(200);
    assert_eq!(answer, json!({"stored": 0, "refused": []}));
    assert_eq!(seen(&server, &json!(ann)).await, ["a"]);
}

#[tokio::test]
async fn an_external_id_of_a_page_outranks_its_contact_id() {
    let server = Server::start().await;
    let open = site(&server, "open", true).await;
    let ann = server.contact(Some("A"), None).await;
    let bob = server.contact(Some("B"), None).await;
    let body = json!({"GeneralInfo": {"siteId": open.key, "eventName": "PageView", "cookies": {"sc": "c"},
        "externalCustomerId": "A", "user_es_contact_id": bob}, "PageView": {"url": "a"}});
    let answer = post_page(&server, "/api/v2", &body).await.json(200);
    assert_eq!(refused(&answer), ["GeneralInfo.user_es_contact_id"]);
    assert_eq!(seen(&server, &json!(ann)).await, ["a"]);
}

#[tokio::test]
async fn an_unknown_contact_id_is_reported_once_and_by_its_own_name() {
    let server = Server::start().await;
    let open = site(&server, "open", true).await;
    let body = json!({"GeneralInfo": {"siteId": open.key, "eventName": "PageView", "cookies": {"sc": "c"},
        "user_es_contact_id": 77}, "PageView": {"url": "a"}});
    let answer = post_page(&server, "/api/v2", &body).await.json(200);
    assert_eq!(
        (&answer["stored"], refused(&answer)),
        (&json!(1), vec!["GeneralInfo.user_es_contact_id"])
    );
}

#[tokio::test]
async fn an_event_that_is_wrong_is_left_out_and_who_it_was_is_kept() {
    let server = Server::start().await;
    let shop = site(&server, "shop", false).await;
    let old = now(&server).timestamp_millis() - 40 * 86_400_000_i64;
    let large = "x".repeat(21_000);
    let wrong = [
        ("datetime", json!(old), json!({}), "GeneralInfo.datetime"),
        ("datetime", json!("zz"), json!({}), "GeneralInfo.datetime"),
        ("eventName", json!("X<"), json!({}), "GeneralInfo.eventName"),
        ("eventName", json!(null), json!({}), "GeneralInfo.eventName"),
        ("datetime", json!(null), json!({"a": large}), "ProductPage"),
    ];
    for (index, (member, value, payload, field)) in wrong.into_iter().enumerate() {
        let (sc, id) = (format!("crumb{index}"), format!("C{index}"));
        post_page(&server, "/t/events", &view(&shop, &sc, "a")).await.json(200);
        let mut body = json!({"GeneralInfo": {"eventName": "ProductPage", "siteId": shop.key, "cookies": {"sc": sc},
            "identityToken": token(&server, "one", &id, None).await}, "ProductPage": payload});
        body["GeneralInfo"][member] = value;
        let answer = post_page(&server, "/api/v2", &body).await.json(200);
        assert_eq!((&answer["stored"], refused(&answer)), (&json!(0), vec![field]));
        let customer = holder(&server, &id).await.expect("a contact");
        assert_eq!(seen(&server, &customer).await, ["a"], "{field}: the cookie is linked");
    }
}

#[tokio::test]
async fn a_value_that_nothing_can_keep_costs_itself() {
    let server = Server::start().await;
    let open = site(&server, "open", true).await;
    let (nul, ann) = ("\u{0}", server.contact(Some("A"), None).await);
    let general = json!({"eventName": "PageView", "siteId": open.key, "cookies": {"sc": "c"}, "externalCustomerId": "A", "user_email": nul});
    let payload = json!({"url": "a", "title": nul, "tags": [1, nul]});
    let body = json!({"GeneralInfo": general, "PageView": payload});
    let answer = post_page(&server, "/api/v2", &body).await.json(200);
    let mut left_out = refused(&answer);
    left_out.sort_unstable();
    let expected = vec!["*.*[1]", "*.title", "GeneralInfo.user_email"];
    assert_eq!((&answer["stored"], left_out), (&json!(1), expected));
    assert_eq!(seen(&server, &json!(ann)).await, ["a"]);
    let link = json!({"webId": "c2", "orgId": open.key, "externalCustomerId": "A", "phone": nul});
    assert_eq!(
        refused(&post_page(&server, "/api/v2", &link).await.json(200)),
        ["phone"]
    );
    for member in ["siteId", "cookies"] {
        let mut wrong = general.clone();
        wrong[member] = json!(nul);
        let answer = post_page(&server, "/api/v2", &json!({"GeneralInfo": wrong})).await;
        assert_eq!(answer.pointers(), [format!("/GeneralInfo/{member}")]);
    }
    let view = json!({"site": open.key, "sc": "c3", "user": {"email": nul, "externalCustomerId": "A"}, "pad": nul,
        "events": [{"id": nul, "name": "PageView", "payload": {"url": "b", "c": {"d": nul}}}, nul]});
    let answer = post_page(&server, "/t/events", &view).await.json(200);
    let mut left_out = refused(&answer);
    left_out.sort_unstable();
    let mut expected = vec!["user.email", "events[0].id", "events[0].payload.*.*", "events[1]"];
    expected.sort_unstable();
    assert_eq!((&answer["stored"], left_out), (&json!(1), expected));
    assert_eq!(seen(&server, &json!(ann)).await, ["a", "b"]);
}

#[tokio::test]
async fn what_is_wrong_beside_an_event_takes_nothing_from_it() {
    let server = Server::start().await;
    let open = site(&server, "open", true).await;
    let ann = json!(server.contact(Some("A"), None).await);
    let user = json!({"externalCustomerId": "A"});
    for (member, wrong) in [("token", json!({})), ("sentAt", json!("zz")), ("user", json!("A"))] {
        let mut login = view(&open, "crumb", member);
        login["user"] = if member == "token" { user.clone() } else { json!(null) };
        login[member] = wrong;
        let answer = post_page(&server, "/t/events", &login).await.json(200);
        assert_eq!((&answer["stored"], refused(&answer)), (&json!(1), vec![member]));
    }
    let general = json!({"eventName": "a", "siteId": open.key, "cookies": {"sc": "crumb"},
        "externalCustomerId": "A", "identityToken": [1]});
    let answer = post_page(&server, "/api/v2", &json!({"GeneralInfo": general}))
        .await
        .json(200);
    assert_eq!(
        (&answer["stored"], refused(&answer)),
        (&json!(1), vec!["GeneralInfo.identityToken"])
    );
    let link = json!({"webId": "crumb", "orgId": open.key, "externalCustomerId": "A", "identityToken": 1.5});
    let answer = post_page(&server, "/api/v2", &link).await.json(200);
    assert_eq!(refused(&answer), ["identityToken"]);
    assert_eq!(
        seen(&server, &ann).await,
        Vec::<String>::new(),
        "an invalid token vouches for no contact, even where none is needed"
    );
}

#[tokio::test]
async fn null_for_an_identifier_says_nothing() {
    let server = Server::start().await;
    for (name, allow_unsigned) in [("strict", false), ("open", true)] {
        let shop = site(&server, name, allow_unsigned).await;
        let mut own = view(&shop, "crumb", name);
        own["user"] = json!({"externalCustomerId": null, "email": null, "phone": null});
        let general = json!({"eventName": name, "siteId": shop.key, "cookies": {"sc": "crumb"},
            "externalCustomerId": null, "user_email": null, "user_phone": null, "user_es_contact_id": null, "user_name": null});
        let link =
            json!({"webId": "crumb", "orgId": shop.key, "externalCustomerId": null, "email": null, "phone": null});
        let former = json!({"GeneralInfo": general});
        for (path, body, stored) in [("/t/events", own, 1), ("/api/v2", former, 1), ("/api/v2", link, 0)] {
            let answer = post_page(&server, path, &body).await.json(200);
            assert_eq!(answer, json!({"stored": stored, "refused": []}), "{name} {path}");
        }
    }
}
