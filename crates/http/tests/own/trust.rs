//! The powers of keys: every kind of key with every kind of call (identity rules, "Trust").

use crate::support::{Answer, Server, key};
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use selfsame_application::ports::Site;
use selfsame_domain::{Rights, WorkspaceId};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The kinds of keys: none, an unknown one, keys of workspace `one` with different rights, one of workspace `two`, and the public key
/// of a site of `one` in place of a secret key.
const KEYS: [Option<&str>; 8] = [
    None,
    Some("wrong"),
    Some("one"),
    Some("one-write"),
    Some("one-events"),
    Some("one-messages"),
    Some("two"),
    Some("public"),
];

struct Stand {
    server: Server,
    one: WorkspaceId,
    two: WorkspaceId,
    own: Site,
    foreign: Site,
}

impl Stand {
    async fn start() -> Self {
        let server = Server::start().await;
        let all = server.app.store().workspaces().await.expect("workspaces");
        let named = |name: &str| all.iter().find(|workspace| workspace.name == name).expect(name).id;
        let (one, two) = (named("one"), named("two"));
        key(&server.app, one, "one-messages", Rights::Messages).await;
        let made = server.app.create_site(one, "shop", BTreeSet::new(), false).await;
        let own = made.expect("a site");
        let made = server.app.create_site(two, "shop", BTreeSet::new(), false).await;
        let foreign = made.expect("a site");
        for key in ["one", "two"] {
            let body = json!({"externalCustomerId": "A", "channels": [{"type": "email", "value": "ann@example.com"}]});
            server.call(key, "POST", "/api/v1/contact", Some(body)).await.json(200);
        }
        Self {
            server,
            one,
            two,
            own,
            foreign,
        }
    }

    /// Calls with a key as shop plug-ins send it.
    async fn call(&self, key: Option<&str>, method: &str, path: &str, body: &Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(key) = key {
            let key = if key == "public" { &self.own.key } else { key };
            request = request.header("authorization", format!("Basic {}", STANDARD.encode(format!(":{key}"))));
        }
        if path.contains("/mobile/") {
            request = request.header("x-reteno-access-key", &self.own.key);
        }
        let body = if method == "GET" {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        self.server.send(request.body(body).expect("request")).await
    }

    /// The types of events of the contact A of a workspace, by name.
    async fn happened(&self, key: &str) -> BTreeSet<String> {
        let found = self
            .server
            .call(key, "GET", "/api/v1/contacts?externalCustomerId=A", None)
            .await
            .json(200);
        let path = format!("/api/v1/contact/{}/timeline?limit=100", found[0]["id"]);
        let page = self.server.call(key, "GET", &path, None).await.json(200);
        let items = page["items"].as_array().into_iter().flatten();
        items
            .filter_map(|item| item["eventTypeKey"].as_str().map(str::to_owned))
            .collect()
    }
}

fn event(name: &str, site: Option<&str>) -> Value {
    let mut general = json!({"eventName": name, "externalCustomerId": "A", "cookies": {"sc": format!("sc-{name}")}});
    if let Some(site) = site {
        general["siteId"] = json!(site);
    }
    json!({"GeneralInfo": general})
}

fn link(org: impl Into<Value>) -> Value {
    json!({"externalCustomerId": "A", "webId": "crumb", "orgId": org.into()})
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn each_key_opens_its_own_workspace_site_and_calls() {
    let stand = Stand::start().await;
    let (own, foreign) = (stand.own.key.as_str(), stand.foreign.key.as_str());
    let (one, two) = (stand.one.0, stand.two.0);
    let app = json!({"deviceId": "d", "externalUserId": "A"});
    let page = json!({"site": own, "sc": "c", "events": [{"name": "Page"}]});
    let order = json!({"orders": [{
        "externalOrderId": "1", "status": "INITIALIZED", "date": "2026-01-01T00:00:00", "totalCost": 1, "currency": "UAH",
        "externalCustomerId": "A"
    }]});
    let named = json!({"externalCustomerId": "A"});
    let domain = json!({"domain": "shop.example"});
    let secret = "an API key, whose rights count";
    let table: [(&str, &str, Value, [u16; 8]); 19] = [
        // A site's public key is enough for the tracker; a secret key beside it must be of the site's workspace.
        (
            "POST",
            "/api/v2",
            event("Own", Some(own)),
            [200, 401, 200, 200, 200, 403, 401, 401],
        ),
        (
            "POST",
            "/api/v2",
            event("Foreign", Some(foreign)),
            [200, 401, 401, 401, 401, 401, 200, 401],
        ),
        (
            "POST",
            "/api/v2",
            event("Bare", None),
            [400, 401, 200, 200, 200, 403, 200, 401],
        ),
        // A number is accepted only for the workspace of the secret key.
        ("POST", "/api/v2", link(one), [401, 401, 200, 200, 403, 403, 401, 401]),
        ("POST", "/api/v2", link(two), [401, 401, 401, 401, 401, 401, 200, 401]),
        (
            "POST",
            "/api/v2",
            link(one.to_string()),
            [401, 401, 200, 200, 403, 403, 401, 401],
        ),
        ("POST", "/api/v2", link(own), [200, 401, 200, 200, 403, 403, 401, 401]),
        (
            "POST",
            "/api/v2",
            link(Value::Null),
            [400, 401, 200, 200, 403, 403, 200, 401],
        ),
        // Calls of pages and apps use only the public key.
        ("POST", "/t/events", page, [200; 8]),
        ("POST", "/mobile/api/v1/user", app, [200; 8]),
        // All other calls need a secret key.
        (
            "GET",
            "/api/v1/contacts",
            json!(secret),
            [401, 401, 200, 403, 403, 403, 200, 401],
        ),
        (
            "POST",
            "/api/v1/contact",
            named.clone(),
            [401, 401, 200, 200, 403, 403, 200, 401],
        ),
        (
            "POST",
            "/api/v1/orders",
            order,
            [401, 401, 200, 200, 200, 403, 200, 401],
        ),
        (
            "POST",
            "/api/v1/auth/token",
            json!({}),
            [401, 401, 200, 200, 200, 403, 200, 401],
        ),
        (
            "POST",
            "/api/v1/auth/contact/token",
            named,
            [401, 401, 200, 200, 403, 403, 200, 401],
        ),
        (
            "POST",
            "/api/v1/site/domains",
            domain,
            [401, 401, 201, 200, 403, 403, 201, 401],
        ),
        (
            "GET",
            "/api/v1/site/domains?domain=shop.example",
            json!({}),
            [401, 401, 200, 200, 403, 403, 200, 401],
        ),
        (
            "GET",
            "/api/v1/version",
            json!({}),
            [401, 401, 200, 200, 200, 200, 200, 401],
        ),
        (
            "POST",
            "/api/v1/identity/merges",
            json!({}),
            [401, 401, 400, 403, 403, 403, 400, 401],
        ),
    ];
    for (method, path, body, expected) in table {
        for (key, expected) in KEYS.into_iter().zip(expected) {
            let mut body = body.clone();
            if let Some(name) = body["GeneralInfo"]["eventName"].as_str() {
                let name = format!("{name} {}", key.unwrap_or("nobody"));
                // Each key has a different cookie, because the contact that gets a cookie adopts its history.
                body["GeneralInfo"]["cookies"]["sc"] = json!(name);
                body["GeneralInfo"]["eventName"] = json!(name);
            }
            let answer = stand.call(key, method, path, &body).await;
            assert_eq!(
                answer.status, expected,
                "{method} {path} {body} with {key:?}: {}",
                answer.text
            );
        }
    }
    // Claims about A by a public key are refused; those by a secret key are trusted in its own workspace.
    let believed = |keys: &[&str], names: &[&str]| -> BTreeSet<String> {
        let each = keys
            .iter()
            .flat_map(|key| names.iter().map(move |name| format!("{name} {key}")));
        each.collect()
    };
    let mut of_one = believed(&["one", "one-write", "one-events"], &["Own", "Bare"]);
    of_one.insert("orderINITIALIZED".to_owned());
    assert_eq!(stand.happened("one").await, of_one);
    let mut of_two = believed(&["two"], &["Foreign", "Bare"]);
    of_two.insert("orderINITIALIZED".to_owned());
    assert_eq!(stand.happened("two").await, of_two);
}

#[tokio::test]
async fn a_secret_key_is_believed_as_on_post_contact() {
    let stand = Stand::start().await;
    let server = &stand.server;
    let general = json!({"eventName": "PurchasedItems", "siteId": stand.own.key, "datetime": 1_767_323_045_000_i64,
        "externalCustomerId": 77, "user_email": "new@example.com", "user_phone": "+380501234567", "user_name": "New", "cookies": {"sc": null}});
    let body = json!({"GeneralInfo": general, "TrackedOrderId": "t", "PurchasedItems": {"OrderNumber": "1"}});
    let answer = stand.call(Some("one"), "POST", "/api/v2", &body).await.json(200);
    assert_eq!(answer["stored"], 1, "{answer}");
    let made = server.get("/api/v1/contacts?externalCustomerId=77").await.json(200);
    let channels = json!([{"type": "email", "value": "new@example.com"}, {"type": "sms", "value": "+380501234567"}]);
    assert_eq!(made[0]["channels"], channels);
    // The customer's contact adopts the history of the cookie.
    let before = json!({"site": stand.own.key, "sc": "crumb", "events": [{"name": "Before"}]});
    stand.call(None, "POST", "/t/events", &before).await.json(200);
    stand.call(Some("one"), "POST", "/api/v2", &link(0)).await.json(200);
    assert_eq!(stand.happened("one").await, ["Before".to_owned()].into());
    // The request names neither a contact nor a visitor.
    let without_contact =
        json!({"GeneralInfo": {"eventName": "StatusCart", "siteId": stand.own.key, "cookies": {"sc": ""}}});
    let refused = stand.call(Some("one"), "POST", "/api/v2", &without_contact).await;
    assert_eq!(refused.pointers(), ["/GeneralInfo/cookies/sc"]);
    // The error also gives the reason why no contact is named.
    let unreadable =
        json!({"GeneralInfo": {"eventName": "StatusCart", "siteId": stand.own.key, "user_phone": "0501234567"}});
    let refused = stand.call(Some("one"), "POST", "/api/v2", &unreadable).await;
    assert_eq!(
        refused.pointers(),
        ["/GeneralInfo/user_phone", "/GeneralInfo/cookies/sc"]
    );
    assert!(refused.text.contains("defaultPhoneRegion"), "{}", refused.text);
}

#[tokio::test]
async fn log_entries_of_plug_ins_are_taken_and_dropped() {
    let stand = Stand::start().await;
    let entry = json!({"orgId": 1, "typeCMS": "Shop", "errorMessage": "", "data": "{}", "message": "ADDED", "log_level": "INFO"});
    let answer = stand.call(None, "POST", "/api/v2", &entry).await.json(200);
    assert_eq!(answer["stored"], 0);
    let answer = stand.call(Some("wrong"), "POST", "/logs/v1/plugin", &entry).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    let types = stand.server.get("/api/v1/event-types").await.json(200);
    assert_eq!(types["items"], json!([]));
}
