//! The requests of known clients of the protocol, and the answers that they need. Each client has one file, written for this test.

use crate::support::{Answer, KEY, Server};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[tokio::test]
async fn a_wordpress_shop() {
    run(include_str!("clients/wordpress_shop.json")).await;
}

#[tokio::test]
async fn an_opencart_shop() {
    run(include_str!("clients/opencart_shop.json")).await;
}

#[tokio::test]
async fn a_shop_app() {
    run(include_str!("clients/shop_app.json")).await;
}

#[tokio::test]
async fn the_mobile_sdk() {
    run(include_str!("clients/mobile_sdk.json")).await;
}

/// A client, with the values that it has read from answers.
struct Client {
    server: Server,
    script: Value,
    known: BTreeMap<&'static str, Value>,
}

/// Sends the calls of a client in order, and checks its contact.
async fn run(script: &str) {
    let server = Server::start().await;
    let known = BTreeMap::from([
        ("{key}", json!(KEY)),
        ("{orgId}", json!(server.workspace.0)),
        ("{now}", json!(server.app.clock().now().timestamp_millis())),
    ]);
    let script = serde_json::from_str(script).expect("JSON");
    let mut client = Client { server, script, known };
    for call in client.script["calls"].as_array().cloned().expect("calls") {
        let answer = client.send(&call).await;
        client.check(&call, &answer);
    }
    let path = format!(
        "/api/v1/contacts?externalCustomerId={}",
        client.script["contact"].as_str().expect("an ID")
    );
    let found = client.server.get(&path).await.expect(200).json();
    let path = format!("/api/v1/contact/{}/timeline?limit=100", found[0]["id"]);
    let page = client.server.get(&path).await.expect(200).json();
    let types = page["items"].as_array().into_iter().flatten();
    let types: BTreeSet<_> = types.filter_map(|item| item["eventTypeKey"].as_str()).collect();
    let expected = client.script["events"].as_array().into_iter().flatten();
    let expected: BTreeSet<_> = expected.filter_map(Value::as_str).collect();
    assert_eq!(types, expected, "{page}");
}

impl Client {
    /// A text or value with its placeholders replaced by known values.
    fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match self.known.get(text.as_str()) {
                Some(known) => known.clone(),
                None => json!(self.known.iter().fold(text.clone(), |text, (name, known)| {
                    text.replace(name, known.as_str().unwrap_or_default())
                })),
            },
            Value::Array(entries) => entries.iter().map(|entry| self.fill(entry)).collect(),
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.clone(), self.fill(value)));
                Value::Object(members.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }

    async fn send(&self, call: &Value) -> Answer {
        let own = |name: &str| self.fill(call.get(name).unwrap_or(&self.script[name]));
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let mut request = Request::builder()
            .method(call["method"].as_str().expect("a method"))
            .uri(text(&self.fill(&call["path"])))
            .header("host", "id.example.com");
        if let Some(pair) = own("authorization").as_str() {
            request = request.header("authorization", format!("Basic {}", STANDARD.encode(pair)));
        }
        if let Some(accept) = own("accept").as_str() {
            request = request.header("accept", accept);
        }
        for (name, value) in self.script["headers"].as_object().into_iter().flatten() {
            let value = if name.ends_with("Access-Key") {
                call.get("key").unwrap_or(value)
            } else {
                value
            };
            request = request.header(name, text(&self.fill(value)));
        }
        if let Some(token) = call.get("identity") {
            request = request.header("x-selfsame-identity", text(&self.fill(token)));
        }
        // A client without a body sends an empty list with every method.
        let body = call
            .get("body")
            .map_or_else(|| "[]".to_owned(), |body| self.fill(body).to_string());
        self.server.send(request.body(body.into()).expect("a request")).await
    }

    fn check(&mut self, call: &Value, answer: &Answer) {
        let name = &call["call"];
        assert_eq!(json!(answer.status), call["status"], "{name}: {}", answer.body);
        if let Some(text) = call.get("text") {
            let text = self.fill(text);
            let text = text.as_str().expect("a text");
            assert!(
                answer.body.contains(text) && text.is_empty() == answer.body.is_empty(),
                "{name}: {}",
                answer.body
            );
        }
        for (member, expected) in call["answer"].as_object().into_iter().flatten() {
            assert_eq!(answer.json()[member], self.fill(expected), "{name}: {}", answer.body);
        }
        let kept = [("siteId", "{siteId}"), ("token", "{token}")];
        for (member, place) in kept.into_iter().filter(|(member, _)| call["keep"] == *member) {
            self.known.insert(place, answer.json()[member].clone());
        }
    }
}
