//! The example answers in the description are real answers of the server.

use crate::examples::SITE;
use crate::support::{Answer, Server};
use selfsame_application::ports::NewSite;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The recorded answers that `operations::complete` adds to the description.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/operations/answers.json");

const APP: &str = "9b1d4f1e-6a1c-4f0c-9d3a-0c5b1a2d3e4f";

const SC: &str = "0b8e6f0a-6f0c-4f7e-9a53-0e8d4f6f3c11";

/// A server, and its recorded answers by operation.
struct Story {
    server: Server,
    answers: Map<String, Value>,
}

impl Story {
    async fn start() -> Self {
        let server = Server::start().await;
        let site = NewSite {
            workspace: server.workspace,
            name: "shop".to_owned(),
            key: SITE.to_owned(),
            origins: BTreeSet::new(),
            allow_unsigned: false,
        };
        let made = server.app.store().create_site(&site, server.app.clock().now()).await;
        made.expect("make a site");
        Self {
            server,
            answers: Map::new(),
        }
    }

    /// Sends a request, and records the answer under the name of the operation.
    async fn record(&mut self, operation: &str, method: &str, path: &str, body: Value) -> Value {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer: Answer = self.server.call(method, path, body).await;
        assert!((200..300).contains(&answer.status), "{operation}: {answer:?}");
        self.answers.insert(operation.to_owned(), answer.json());
        answer.json()
    }

    async fn read(&mut self, operation: &str, path: &str) -> Value {
        self.record(operation, "GET", path, Value::Null).await
    }
}

async fn answers() -> Map<String, Value> {
    let mut story = Story::start().await;
    definitions(&mut story).await;
    contacts(&mut story).await;
    history(&mut story).await;
    identity(&mut story).await;
    segments(&mut story).await;
    for (operation, path) in [
        ("getAccountInfo", "/api/v1/account/info"),
        ("listAddressBooks", "/api/v1/addressbooks"),
        ("getVersion", "/api/v1/version"),
        ("getVersion2", "/api/v2/version"),
        ("alive", "/healthz"),
        ("ready", "/readyz"),
    ] {
        story.read(operation, path).await;
    }
    story.answers
}

async fn definitions(story: &mut Story) {
    let field = json!({"profileKey": "personal", "fieldKey": "size", "name": "Size", "type": "TEXTFIELD"});
    let made = story.record("createField", "POST", "/api/v1/fields", field).await;
    let path = format!("/api/v1/fields/{}", made["field"]["id"]);
    story
        .record("changeField", "PATCH", &path, json!({"name": "Shoe size"}))
        .await;
    story.read("listFields", "/api/v1/fields").await;
    let category = json!({"key": "news", "name": "News"});
    let made = story
        .record("createCategory", "POST", "/api/v1/categories", category)
        .await;
    let path = format!("/api/v1/categories/{}", made["category"]["id"]);
    story
        .record("changeCategory", "PATCH", &path, json!({"name": "Newsletter"}))
        .await;
    story.read("listCategories", "/api/v1/categories").await;
    story.read("listSubscriptions", "/api/v1/subscriptions").await;
}

async fn contacts(story: &mut Story) {
    let view = json!({"site": SITE, "sc": SC, "events": [{"name": "PageView", "payload": {"url": "https://shop.example/", "title": "Shop"}}]});
    story
        .server
        .call("POST", "/t/events", view.to_string())
        .await
        .expect(200);
    let ann = json!({
        "externalCustomerId": "C-1001", "firstName": "Ann", "channels": [{"type": "email", "value": "ann@example.com"}], "cookies": {"sc": SC},
    });
    assert_eq!(story.server.add(&ann).await, 1);
    let subscribe = json!({"contact": {"externalCustomerId": "C-1001", "channels": []}, "groups": ["Readers"]});
    story
        .server
        .post("/api/v1/contact/subscribe", &subscribe)
        .await
        .expect(200);
    let categories = json!({"subscriptions": ["news"]});
    story
        .server
        .put("/api/v1/contact/1/subscriptions", &categories)
        .await
        .expect(200);
    story
        .read("getContactSubscriptions", "/api/v1/contact/1/subscriptions")
        .await;
    let groups = story.server.get("/api/v1/groups").await.json();
    let readers = groups
        .as_array()
        .expect("groups")
        .iter()
        .find(|group| group["name"] == "Readers");
    let path = format!("/api/v1/group/{}/contacts", readers.expect("the group")["id"]);
    story.read("listGroupContacts", &path).await;
    let tokens = json!({"tokens": [{"token": "t-1", "externalCustomerId": "C-1001"}]});
    story
        .server
        .post(&format!("/api/v1/apps/{APP}/tokens"), &tokens)
        .await
        .expect(200);
    let activated = format!("/api/v1/contact/token/activated/{APP}/t-1");
    story
        .record("setTokenActivated", "PUT", &activated, json!({"active": false}))
        .await;
    story.read("getTokenActivated", &activated).await;
    story
        .read("getTokenContact", &format!("/api/v1/contact/token/{APP}/t-1/contactId"))
        .await;
}

async fn history(story: &mut Story) {
    let order = json!({"orders": [{"externalOrderId": "1", "externalCustomerId": "C-1001", "totalCost": 150.5, "status": "INITIALIZED",
        "date": "2026-01-02T03:04:05Z", "currency": "UAH", "items": [{"externalItemId": "24-A-01", "name": "Boots", "quantity": 1, "cost": 150.5, "url": "https://shop.example/boots"}]}]});
    story.server.post("/api/v1/orders", &order).await.expect(200);
    story
        .record(
            "changeEventType",
            "PATCH",
            "/api/v1/event-types/PageView",
            json!({"createsContacts": true}),
        )
        .await;
    story.read("listEventTypes", "/api/v1/event-types").await;
    story.read("getVisitors", &format!("/api/v1/visitors/{SC}")).await;
    story.read("getTimeline", "/api/v1/contact/1/timeline").await;
    story.read("exportContact", "/api/v1/contact/1/export").await;
}

async fn identity(story: &mut Story) {
    let bob = json!({"channels": [{"type": "sms", "value": "+380501234567"}]});
    let second = story.server.add(&bob).await;
    let call = json!({"call": "contact", "body": {"externalCustomerId": "C-1001", "channels": [{"type": "sms", "value": "+380501234567"}]}});
    story
        .record("explainCall", "POST", "/api/v1/identity/resolve", call)
        .await;
    let merge = json!({"survivor": 1, "absorbed": second});
    let merged = story
        .record("createMerge", "POST", "/api/v1/identity/merges", merge)
        .await;
    let path = format!(
        "/api/v1/identity/merges/{}",
        merged["merge"]["id"].as_str().expect("a merge")
    );
    story.read("getMerge", &path).await;
    story.read("listMerges", "/api/v1/identity/merges").await;
    story.read("getIdentity", "/api/v1/contact/1/identity").await;
    let log = story
        .read("getIdentityLog", "/api/v1/contact/1/identity/log?limit=2")
        .await;
    let decision = log["items"][0]["id"].as_str().expect("a decision").to_owned();
    story
        .read("getDecision", &format!("/api/v1/identity/decisions/{decision}"))
        .await;
    story
        .read(
            "lookupIdentifier",
            "/api/v1/identity/lookup?kind=email&value=ann@example.com",
        )
        .await;
    story
        .record("undoMerge", "POST", &format!("{path}/undo"), Value::Null)
        .await;
    story.read("listChanges", "/api/v1/changes?after=0&limit=2").await;
    let mut policy = story.read("getPolicy", "/api/v1/identity/policy").await;
    policy["defaultPhoneRegion"] = json!("UA");
    story
        .record("replacePolicy", "PUT", "/api/v1/identity/policy", policy)
        .await;
}

async fn segments(story: &mut Story) {
    let formula = json!({"field": "externalCustomerId", "op": "is_not_empty"});
    let body = json!({"name": "Customers", "formula": formula});
    let made = story.record("createSegment", "POST", "/api/v1/segments", body).await;
    let path = format!("/api/v1/segments/{}", made["segment"]["id"]);
    let preview = json!({"formula": {"not": formula}, "segmentId": made["segment"]["id"]});
    story
        .record("previewSegment", "POST", "/api/v1/segments/preview", preview)
        .await;
    story.read("getSegment", &path).await;
    story.read("listSegments", "/api/v1/segments").await;
    story.read("listSegmentMembers", &format!("{path}/members")).await;
    story.read("getSegmentHistory", &format!("{path}/history?days=1")).await;
    story.read("getContactSegments", "/api/v1/contact/1/segments").await;
    let body = json!({"name": "Known customers", "formula": formula});
    story.record("changeSegment", "PUT", &path, body).await;
    let copy = json!({"name": "Customers, copy"});
    story.record("copySegment", "POST", &format!("{path}/copy"), copy).await;
    let list = json!({"name": "Customers in March"});
    let list = story
        .record("freezeSegment", "POST", &format!("{path}/freeze"), list)
        .await;
    let list = format!("/api/v1/segments/{}/empty", list["segment"]["id"]);
    story.record("emptySegment", "POST", &list, Value::Null).await;
    let search = json!({"formula": formula});
    story
        .record("searchByFormula", "POST", "/api/v1/contacts/search", search)
        .await;
    story.record("deleteSegment", "DELETE", &path, Value::Null).await;
}

#[tokio::test]
async fn described_answers_are_what_the_server_says() {
    let given = serde_json::to_string_pretty(&answers().await).expect("JSON") + "\n";
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(FILE, &given).expect("write the answers");
    }
    let described = std::fs::read_to_string(FILE).expect("read the answers");
    assert!(given == described, "`make generate` writes {FILE} again:\n{given}");
}
