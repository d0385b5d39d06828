//! The examples of the description are accepted by the server.

use crate::support::Server;
use crate::upload;
use selfsame_application::ports::NewSite;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The public key in the examples.
pub(crate) const SITE: &str = "pk_2hb0dqf5a1c8e7k3m6p9s4t7v0x2z5b8d1f4h7";

const APP: &str = "9b1d4f1e-6a1c-4f0c-9d3a-0c5b1a2d3e4f";

/// Operations that are sent first, because later examples refer to their results.
const FIRST: [&str; 5] = [
    "post /api/v1/contact",
    "post /api/v1/categories",
    "post /api/v1/fields",
    "post /api/v1/segments",
    "post /api/v1/apps/{app}/tokens",
];

/// Every operation with a body: method, path and example. Calls of apps have their key in a header, and their own tests.
fn examples() -> Vec<(String, String, Value)> {
    let document = serde_json::to_value(selfsame_http::openapi()).expect("JSON");
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            if operation["security"] == json!([{"site": []}]) {
                continue;
            }
            let bodies = operation["requestBody"]["content"].as_object().into_iter().flatten();
            found.extend(bodies.map(|(_, body)| (method.clone(), path.clone(), body["example"].clone())));
        }
    }
    let place = |(method, path, _): &(String, String, Value)| {
        let place = format!("{method} {path}");
        FIRST.iter().position(|first| *first == place).unwrap_or(FIRST.len())
    };
    found.sort_by_key(place);
    found
}

/// An example with its contact IDs replaced by those of this test.
fn here(example: &Value, contacts: [i64; 2]) -> Value {
    let text = example.to_string();
    let text = text.replace("564407320", &contacts[0].to_string());
    serde_json::from_str(&text.replace("564407321", &contacts[1].to_string())).expect("JSON")
}

#[tokio::test]
async fn every_example_of_a_request_is_taken() {
    let server = Server::with(upload::settings()).await;
    let contacts = [
        server.add(&json!({"externalCustomerId": "C-1001"})).await,
        server
            .add(&json!({"channels": [{"type": "email", "value": "bob@example.com"}]}))
            .await,
    ];
    server
        .add(&json!({"externalCustomerId": "C-2", "groups": ["Site"]}))
        .await;
    let groups = server.get("/api/v1/groups").await.expect(200).json();
    let segment = groups[0]["id"].to_string();
    let site = NewSite {
        workspace: server.workspace,
        name: "shop".to_owned(),
        key: SITE.to_owned(),
        origins: BTreeSet::new(),
        allow_unsigned: false,
    };
    let made = server.app.store().create_site(&site, server.app.clock().now()).await;
    made.expect("make a site");
    let mut ids = BTreeMap::new();
    let mut sent = 0;
    for (method, path, example) in examples() {
        let noun = path.split('/').nth(3).unwrap_or_default();
        // These calls need a destination or a file, which only the tests of exports and imports have.
        if ["connectors", "exports", "imports"].contains(&noun) {
            continue;
        }
        let number = match noun {
            "contact" => contacts[0].to_string(),
            "group" => segment.clone(),
            _ => ids.get(noun).cloned().unwrap_or_default(),
        };
        let target = path
            .replace("{app}", APP)
            .replace("{token}", "t-1")
            .replace("{key}", "viewed");
        let target = target.replace("{id}", &number);
        let body = here(&example, contacts);
        // Other examples set the policy, too.
        server
            .policy(|policy| (policy.delete_past_events, policy.delete_orders) = (true, true))
            .await;
        let answer = server.call(&method.to_uppercase(), &target, body.to_string()).await;
        assert!(
            (200..300).contains(&answer.status),
            "{method} {path}: {} {}",
            answer.status,
            answer.body
        );
        for (noun, member) in [("categories", "category"), ("fields", "field"), ("segments", "segment")] {
            if path.ends_with(noun) {
                ids.insert(noun.to_owned(), answer.json()[member]["id"].to_string());
            }
        }
        sent += 1;
    }
    assert!(sent >= 33, "{sent} examples");
}
