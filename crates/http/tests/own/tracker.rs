//! What web pages may and may not do with a public key (identity rules, "Trust").

mod former;
mod named;
mod trouble;

use crate::support::{Answer, Server};
use axum::body::Body;
use http::Request;
use http::request::Builder;
use selfsame_application::ports::Site;
use selfsame_domain::values::{ExternalId, SiteOrigin};
use selfsame_domain::{Timestamp, WorkspaceId};
use serde_json::{Value, json};

const SHOP: &str = "https://shop.example";
const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";

async fn workspace(server: &Server, name: &str) -> WorkspaceId {
    let all = server.app.store().workspaces().await.expect("workspaces");
    all.iter()
        .find(|workspace| workspace.name == name)
        .expect("the workspace")
        .id
}

async fn site(server: &Server, name: &str, allow_unsigned: bool) -> Site {
    let origins = [SiteOrigin::parse(SHOP).expect("an origin")].into();
    let workspace = workspace(server, "one").await;
    let made = server.app.create_site(workspace, name, origins, allow_unsigned).await;
    made.expect("a site")
}

async fn token(server: &Server, workspace_name: &str, id: &str, end: Option<Timestamp>) -> String {
    let workspace = workspace(server, workspace_name).await;
    if server
        .app
        .store()
        .signing_secrets(workspace)
        .await
        .expect("secrets")
        .is_empty()
    {
        server.app.rotate_signing_secret(workspace).await.expect("a secret");
    }
    let id = ExternalId::parse(id).expect("an external ID");
    let token = server.app.sign_identity(workspace, &id, end).await.expect("sign");
    token.expect("a token")
}

fn now(server: &Server) -> Timestamp {
    server.app.clock().now()
}

fn page(path: &str) -> Builder {
    Request::builder()
        .method("POST")
        .uri(path)
        .header("origin", SHOP)
        .header("user-agent", BROWSER)
        .header("content-type", "text/plain;charset=UTF-8")
}

async fn post_page(server: &Server, path: &str, body: &Value) -> Answer {
    server
        .send(page(path).body(Body::from(body.to_string())).expect("request"))
        .await
}

fn view(site: &Site, sc: &str, id: &str) -> Value {
    json!({"site": site.key, "sc": sc, "events": [{"id": id, "name": "PageView", "payload": {"url": format!("{SHOP}/{id}")}}]})
}

/// The fields of the refused parts.
fn refused(answer: &Value) -> Vec<&str> {
    let refused = answer["refused"].as_array().into_iter().flatten();
    refused.filter_map(|part| part["field"].as_str()).collect()
}

/// The pages that a contact saw, oldest first.
async fn seen(server: &Server, contact: &Value) -> Vec<String> {
    let path = format!("/api/v1/contact/{contact}/timeline?type=page_view&limit=100");
    let page = server.get(&path).await.json(200);
    let mut urls: Vec<String> = page["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| {
            item["params"]["url"]
                .as_str()
                .unwrap_or_default()
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    urls.reverse();
    urls
}

async fn holder(server: &Server, external_id: &str) -> Option<Value> {
    let path = format!("/api/v1/contacts?externalCustomerId={external_id}");
    let found = server.get(&path).await.json(200);
    found.get(0).map(|contact| contact["id"].clone())
}

#[tokio::test]
async fn a_visitor_is_no_contact_until_a_person_is_named_with_the_cookie() {
    let server = Server::start().await;
    let shop = site(&server, "shop", false).await;
    for id in ["a", "b", "c"] {
        let answer = post_page(&server, "/t/events", &view(&shop, "crumb", id))
            .await
            .json(200);
        assert_eq!(answer, json!({"stored": 1, "refused": []}));
        server.clock.advance_seconds(1);
    }
    let contacts = server.get("/api/v1/contacts").await;
    assert_eq!(
        (contacts.json(200), contacts.header("totalcount")),
        (json!([]), Some("0"))
    );
    let body = json!({"externalCustomerId": "A", "cookies": {"sc": "crumb"}});
    let made = server.post("/api/v1/contact", body).await.json(200)["id"].clone();
    assert_eq!(seen(&server, &made).await, ["a", "b", "c"]);
    post_page(&server, "/t/events", &view(&shop, "crumb", "d"))
        .await
        .json(200);
    assert_eq!(seen(&server, &made).await, ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn events_of_one_moment_read_in_the_order_in_which_they_were_sent() {
    let server = Server::start().await;
    let shop = site(&server, "shop", false).await;
    let at = now(&server).timestamp_millis();
    let sent_ids: Vec<String> = (0..9).map(|number| number.to_string()).collect();
    for (sc, at) in [("said", Some(at)), ("unsaid", None)] {
        let event = |id: &String| {
            let payload = json!({"url": format!("{SHOP}/{id}")});
            json!({"id": id, "name": "PageView", "at": at, "payload": payload})
        };
        let events: Vec<Value> = sent_ids.iter().map(event).collect();
        let body = json!({"site": shop.key, "sc": sc, "sentAt": at, "events": events});
        post_page(&server, "/t/events", &body).await.json(200);
        let body = json!({"externalCustomerId": sc, "cookies": {"sc": sc}});
        let made = server.post("/api/v1/contact", body).await.json(200)["id"].clone();
        assert_eq!(seen(&server, &made).await, sent_ids, "{sc}");
    }
}

#[tokio::test]
async fn a_signed_token_links_the_cookie_and_makes_the_contact() {
    let server = Server::start().await;
    let shop = site(&server, "shop", false).await;
    post_page(&server, "/t/events", &view(&shop, "crumb", "before"))
        .await
        .json(200);
    server.clock.advance_seconds(1);
    let mut login = view(&shop, "crumb", "after");
    login["token"] = json!(token(&server, "one", "A", None).await);
    let answer = post_page(&server, "/t/events", &login).await.json(200);
    assert_eq!(answer, json!({"stored": 1, "refused": []}), "no contact is disclosed");
    let ann = holder(&server, "A").await.expect("a contact");
    assert_eq!(seen(&server, &ann).await, ["before", "after"]);
    server.clock.advance_seconds(1);
    // Another person on the same browser: earlier events stay, later ones belong to that person.
    let mut other = view(&shop, "crumb", "others");
    other["token"] = json!(token(&server, "one", "B", None).await);
    post_page(&server, "/t/events", &other).await.json(200);
    assert_eq!(seen(&server, &ann).await, ["before", "after"]);
    let bob = holder(&server, "B").await.expect("a contact");
    assert_eq!(seen(&server, &bob).await, ["others"]);
}

#[tokio::test]
async fn an_identity_token_without_a_contact_links_no_contact_and_loses_no_history() {
    let server = Server::start().await;
    let shop = site(&server, "shop", true).await;
    let good = token(&server, "one", "A", None).await;
    let foreign = token(&server, "two", "A", None).await;
    let expired = token(&server, "one", "A", Some(now(&server))).await;
    let other_id = good.replace("v1.QQ.", "v1.Qg.");
    let blocked = token(&server, "one", "null", None).await;
    assert_ne!(good, other_id);
    for (index, forged) in [
        foreign,
        expired,
        other_id,
        blocked,
        "v1.QQ.0.00".to_owned(),
        "A".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let mut login = view(&shop, "crumb", &index.to_string());
        login["token"] = json!(forged);
        let answer = post_page(&server, "/t/events", &login).await.json(200);
        assert_eq!(
            (&answer["stored"], refused(&answer)),
            (&json!(1), vec!["token"]),
            "{forged}"
        );
    }
    let mut other = view(&shop, "crumb", "6");
    other["token"] = json!(good);
    other["user"] = json!({"externalCustomerId": "B"});
    let answer = post_page(&server, "/t/events", &other).await.json(200);
    assert_eq!(refused(&answer), ["user.externalCustomerId"]);
    for id in ["A", "B"] {
        assert_eq!(holder(&server, id).await, None);
    }
    let visitor = server.get("/api/v1/visitors/crumb").await.json(200);
    assert!(visitor.to_string().contains("/6\""), "{visitor}");
}

#[tokio::test]
async fn what_cannot_be_read_beside_a_token_takes_nothing_from_it() {
    let server = Server::start().await;
    let shop = site(&server, "shop", false).await;
    let mut login = view(&shop, "crumb", "a");
    login["token"] = json!(token(&server, "one", "A", None).await);
    login["user"] = json!({"email": "none", "phone": "+380501234567"});
    let answer = post_page(&server, "/t/events", &login).await.json(200);
    assert_eq!((&answer["stored"], refused(&answer)), (&json!(1), vec!["user.email"]));
    let ann = holder(&server, "A").await.expect("a contact");
    assert_eq!(seen(&server, &ann).await, ["a"]);
    let channels = server.get(&format!("/api/v1/contact/{ann}")).await.json(200)["channels"].clone();
    assert_eq!(channels, json!([{"type": "sms", "value": "+380501234567"}]));
}

#[tokio::test]
async fn unsigned_identifiers_are_refused_unless_the_site_takes_them() {
    let server = Server::start().await;
    let (strict, open) = (site(&server, "strict", false).await, site(&server, "open", true).await);
    let ann = server.contact(Some("A"), Some("ann@example.com")).await;
    let user = json!({"externalCustomerId": "A", "email": "ann@example.com", "phone": "+380501234567"});
    let mut login = view(&strict, "crumb", "a");
    login["user"] = user.clone();
    let answer = post_page(&server, "/t/events", &login).await.json(200);
    assert_eq!(answer["stored"], 1);
    assert_eq!(
        refused(&answer),
        ["user.externalCustomerId", "user.email", "user.phone"]
    );
    assert_eq!(seen(&server, &json!(ann)).await, Vec::<String>::new());
    let mut login = view(&open, "crumb", "b");
    login["user"] = json!({"externalCustomerId": "nobody"});
    let answer = post_page(&server, "/t/events", &login).await.json(200);
    assert_eq!(
        (refused(&answer), holder(&server, "nobody").await),
        (vec![], None),
        "the tracker makes no contact"
    );
    server.clock.advance_seconds(1);
    let mut login = view(&open, "crumb", "c");
    login["user"] = user;
    assert_eq!(
        refused(&post_page(&server, "/t/events", &login).await.json(200)),
        Vec::<&str>::new()
    );
    assert_eq!(
        seen(&server, &json!(ann)).await,
        ["a", "c"],
        "b belongs to another contact"
    );
    let phones = server.get(&format!("/api/v1/contact/{ann}")).await.json(200)["channels"].clone();
    assert_eq!(
        phones,
        json!([{"type": "email", "value": "ann@example.com"}]),
        "a page changes no contact"
    );
}

#[tokio::test]
async fn pages_of_other_origins_are_turned_away() {
    let server = Server::start().await;
    let shop = site(&server, "shop", false).await;
    for origin in [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example:8443",
        "null",
    ] {
        let request = Request::builder()
            .method("POST")
            .uri("/t/events")
            .header("origin", origin);
        let body = Body::from(view(&shop, "crumb", "a").to_string());
        let answer = server.send(request.body(body).expect("request")).await;
        assert_eq!(answer.problem(403), "foreign-origin");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    assert_eq!(server.get("/api/v1/visitors/crumb").await.status, 404);
    let own = post_page(&server, "/t/events", &view(&shop, "crumb", "a")).await;
    assert_eq!(own.header("access-control-allow-origin"), Some(SHOP));
    // Apps and servers send no `Origin`.
    let bare = Request::builder().method("POST").uri("/t/events");
    let answer = server.send(
        bare.body(Body::from(view(&shop, "crumb", "b").to_string()))
            .expect("request"),
    );
    assert_eq!(answer.await.json(200)["stored"], 1);
}

#[tokio::test]
async fn browsers_are_answered_which_origins_are_allowed() {
    let server = Server::start().await;
    site(&server, "shop", false).await;
    let request_from = async |path: &str, origin: &str| {
        let request = Request::builder()
            .method("OPTIONS")
            .uri(path)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type");
        server.send(request.body(Body::empty()).expect("request")).await
    };
    for path in ["/t/events", "/api/v2"] {
        let welcome = request_from(path, SHOP).await;
        assert_eq!(welcome.header("access-control-allow-origin"), Some(SHOP), "{path}");
        assert_eq!(welcome.header("access-control-allow-methods"), Some("POST"));
        assert_eq!(welcome.header("access-control-allow-headers"), Some("content-type"));
        assert_eq!(
            request_from(path, "https://evil.example")
                .await
                .header("access-control-allow-origin"),
            None
        );
    }
    let elsewhere = request_from("/api/v1/contact", SHOP).await;
    assert_eq!(
        elsewhere.header("access-control-allow-origin"),
        None,
        "secret keys do not belong into pages"
    );
}

#[tokio::test]
async fn a_key_that_opens_nothing_is_refused() {
    let server = Server::start().await;
    let shop = site(&server, "shop", false).await;
    for key in ["pk_unknown", "one", &format!("{}x", shop.key)] {
        let mut body = view(&shop, "crumb", "a");
        body["site"] = json!(key);
        assert_eq!(
            post_page(&server, "/t/events", &body).await.json(401)["message"],
            "the site key is unknown"
        );
    }
    let workspace = workspace(&server, "one").await;
    server
        .app
        .store()
        .remove_site(workspace, shop.id)
        .await
        .expect("remove");
    assert_eq!(
        post_page(&server, "/t/events", &view(&shop, "crumb", "a")).await.status,
        401
    );
    // A public key is no API key.
    let answer = server.call(&shop.key, "GET", "/api/v1/contacts", None).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_repeated_event_is_stored_once_and_no_visitor_takes_the_event_ids_of_another() {
    let server = Server::start().await;
    let shop = site(&server, "shop", false).await;
    for sc in ["crumb", "other", "crumb", "crumb"] {
        assert_eq!(
            post_page(&server, "/t/events", &view(&shop, sc, "a")).await.json(200)["stored"],
            1
        );
    }
    let wire = json!({"GeneralInfo": {"eventName": "MainPage", "siteId": shop.key, "datetime": now(&server).timestamp_millis(), "cookies": {"sc": "crumb"}}});
    for _ in 0..2 {
        assert_eq!(post_page(&server, "/api/v2", &wire).await.json(200)["stored"], 1);
    }
    for (sc, id, events) in [("crumb", "A", 2), ("other", "B", 1)] {
        let body = json!({"externalCustomerId": id, "cookies": {"sc": sc}});
        let made = server.post("/api/v1/contact", body).await.json(200)["id"].clone();
        let timeline = server.get(&format!("/api/v1/contact/{made}/timeline")).await.json(200);
        let items = timeline["items"].as_array().expect("items").iter();
        assert_eq!(
            items.filter(|item| item["type"] != "decision").count(),
            events,
            "{sc}: {timeline}"
        );
    }
    let stolen = json!({"eventTypeKey": "PageView", "keyValue": "x", "eventId": "a", "cookies": {"sc": "crumb"}});
    let answer = server.post("/api/v3/event", stolen).await;
    assert_eq!(answer.header("x-selfsame-outcome"), Some("unchanged"));
    let types = server.get("/api/v1/event-types").await.json(200).to_string();
    assert!(
        types.contains(r#""count":3"#),
        "two of the pages and one of the server's: {types}"
    );
}

#[tokio::test]
async fn what_is_too_much_is_refused_and_the_rest_is_kept() {
    let server = Server::start().await;
    let shop = site(&server, "shop", false).await;
    let now = now(&server).timestamp_millis();
    let large = json!({"a": "x".repeat(20 * 1024)});
    let many = json!({"site": shop.key, "sc": "crumb", "sentAt": now, "events": [
        {"name": "kept", "at": now}, {"name": "large", "payload": large}, {"name": "no;good"}, {"name": "old", "at": now - 31 * 86_400_000_i64},
        {"name": "list", "payload": []}, {}, {"name": "kept too"}, {"name": "nul", "payload": {"a": "\u{0}"}}, 7,
    ]});
    let answer = post_page(&server, "/t/events", &many).await.json(200);
    assert_eq!(answer["stored"], 3);
    let expected = [
        "events[1].payload",
        "events[2].name",
        "events[3].at",
        "events[4].payload",
        "events[5].name",
        "events[7].payload.*",
        "events[8]",
    ];
    assert_eq!(refused(&answer), expected);
    let event = json!({"name": "a"});
    let over = json!({"site": shop.key, "sc": "crumb", "events": vec![event; 101]});
    assert_eq!(post_page(&server, "/t/events", &over).await.pointers(), ["/events"]);
    let mut huge = view(&shop, "crumb", "a");
    huge["pad"] = json!("x".repeat(64 * 1024));
    for path in ["/t/events", "/api/v2"] {
        assert_eq!(post_page(&server, path, &huge).await.problem(413), "body-too-large");
    }
    for (sc, pointer) in [(json!(""), "/sc"), (json!("x".repeat(251)), "/sc"), (json!({}), "/sc")] {
        let mut body = view(&shop, "crumb", "a");
        body["sc"] = sc;
        assert_eq!(post_page(&server, "/t/events", &body).await.pointers(), [pointer]);
    }
}

#[tokio::test]
async fn bots_leave_no_history() {
    let server = Server::start().await;
    let shop = site(&server, "shop", false).await;
    let bot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    for (path, body) in [
        ("/t/events", view(&shop, "crumb", "a")),
        (
            "/api/v2",
            json!({"GeneralInfo": {"eventName": "MainPage", "siteId": shop.key, "cookies": {"sc": "crumb"}}}),
        ),
    ] {
        let request = Request::builder().method("POST").uri(path);
        let request = request.header("origin", SHOP).header("user-agent", bot);
        let answer = server
            .send(request.body(Body::from(body.to_string())).expect("request"))
            .await;
        assert_eq!(
            (&answer.json(200)["stored"], refused(&answer.json(200))),
            (&json!(0), vec!["User-Agent"])
        );
    }
    assert_eq!(server.get("/api/v1/visitors/crumb").await.status, 404);
}
