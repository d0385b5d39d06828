//! An app with its public key, and helpers for reading answers.

use crate::support::{Answer, Server};
use axum::body::Body;
use http::Request;
use http::request::Builder;
use selfsame_application::ports::Site;
use selfsame_domain::WorkspaceId;
use selfsame_domain::values::ExternalId;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// An app with its site, on a separate server.
pub(super) struct App {
    pub(super) server: Server,
    pub(super) site: Site,
}

impl App {
    pub(super) async fn start(allow_unsigned: bool) -> Self {
        let server = Server::start().await;
        let workspace = workspace(&server).await;
        let made = server
            .app
            .create_site(workspace, "app", BTreeSet::new(), allow_unsigned);
        let site = made.await.expect("a site");
        server.app.rotate_signing_secret(workspace).await.expect("a secret");
        Self { server, site }
    }

    pub(super) fn post(&self, path: &str) -> Builder {
        Request::builder()
            .method("POST")
            .uri(format!("/mobile/api/v1/{path}"))
            .header("x-reteno-access-key", &self.site.key)
            .header("x-reteno-sdk-version", "2.9.1")
    }

    pub(super) async fn send(&self, request: Builder, body: &Value) -> Answer {
        let body = Body::from(body.to_string());
        let answer = self.server.send(request.body(body).expect("request")).await;
        self.server.clock.advance_seconds(1);
        answer
    }

    pub(super) async fn submit(&self, path: &str, body: &Value) -> Value {
        self.send(self.post(path), body).await.json(200)
    }

    /// Sends a request with an identity token of a user.
    pub(super) async fn submit_as(&self, user: &str, path: &str, body: &Value) -> Value {
        let token = self.token(user).await;
        let request = self.post(path).header("x-selfsame-identity", token);
        self.send(request, body).await.json(200)
    }

    pub(super) async fn token(&self, user: &str) -> String {
        let id = ExternalId::parse(user).expect("an external ID");
        let signed = self.server.app.sign_identity(workspace(&self.server).await, &id, None);
        signed.await.expect("sign").expect("a token")
    }

    pub(super) async fn contacts(&self) -> Vec<Value> {
        let found = self.server.get("/api/v1/contacts").await.json(200);
        found.as_array().cloned().unwrap_or_default()
    }

    /// The contact with an external ID, as `GET contact` shows it.
    pub(super) async fn contact(&self, user: &str) -> Value {
        let path = format!("/api/v1/contacts?externalCustomerId={user}");
        let found = self.server.get(&path).await.json(200);
        let id = found[0]["id"].clone();
        self.server.get(&format!("/api/v1/contact/{id}")).await.json(200)
    }

    pub(super) async fn happened(&self, contact: &Value) -> Vec<String> {
        let path = format!("/api/v1/contact/{}/timeline?limit=100", contact["id"]);
        let page = self.server.get(&path).await.json(200);
        let items = page["items"].as_array().into_iter().flatten();
        let mut types: Vec<String> = items
            .filter_map(|item| item["eventTypeKey"].as_str().map(str::to_owned))
            .collect();
        types.reverse();
        types
    }
}

async fn workspace(server: &Server) -> WorkspaceId {
    let all = server.app.store().workspaces().await.expect("workspaces");
    all.iter().find(|workspace| workspace.name == "one").expect("one").id
}

pub(super) fn refused(answer: &Value) -> Vec<&str> {
    let refused = answer["refused"].as_array().into_iter().flatten();
    refused.filter_map(|part| part["field"].as_str()).collect()
}

pub(super) fn values(contact: &Value, channel: &str) -> Vec<String> {
    let channels = contact["channels"].as_array().into_iter().flatten();
    let of_type = channels.filter(|held| held["type"] == channel);
    of_type
        .filter_map(|held| held["value"].as_str().map(str::to_owned))
        .collect()
}

pub(super) fn phone(token: &str) -> Value {
    json!({"deviceId": "d1", "pushToken": token})
}

pub(super) fn event(name: &str) -> Value {
    json!({"deviceId": "d1", "events": [{"eventTypeKey": name, "occurred": "2026-01-02T03:04:05Z"}]})
}
