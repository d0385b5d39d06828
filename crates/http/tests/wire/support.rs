//! A server in memory, called without a socket.

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, StatusCode};
use selfsame_application::{Application, NewKey, Options, WorkerOptions};
use selfsame_domain::{Command, Policy, Rights, WorkspaceId};
use selfsame_http::{HttpSettings, HttpState, ImportRows, router};
use selfsame_storage_conformance::{ManualClock, MemoryStore, SequenceIds};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// The secret of the key with full rights.
pub(crate) const KEY: &str = "full-key";

/// A server in memory with one workspace and a key of full rights.
pub(crate) struct Server {
    pub(crate) app: Application,
    pub(crate) clock: ManualClock,
    pub(crate) workspace: WorkspaceId,
    pub(crate) router: Router,
}

/// The server's answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// A header as text; empty without it.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("a header of ASCII"))
    }

    /// The `id` of a successful answer.
    pub(crate) fn id(&self) -> i64 {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()["id"].as_i64().unwrap_or_else(|| panic!("no id: {self:?}"))
    }

    /// The answer, which must be of this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(HttpSettings::default()).await
    }

    /// A server with a worker that executes jobs while the test runs.
    pub(crate) async fn working() -> Self {
        Self::working_with(HttpSettings::default()).await
    }

    /// The same with other settings.
    pub(crate) async fn working_with(settings: HttpSettings) -> Self {
        let server = Self::with(settings).await;
        let worker = server
            .app
            .worker(Arc::new(ImportRows::new(1 << 30)), WorkerOptions::default());
        tokio::spawn(async move { worker.run(CancellationToken::new()).await });
        server
    }

    pub(crate) async fn with(settings: HttpSettings) -> Self {
        let clock = ManualClock::new();
        let store = Arc::new(MemoryStore::new());
        let ids = Arc::new(SequenceIds::new());
        let app = Application::new(store, Arc::new(clock.clone()), ids, Options::default());
        let workspace = app.create_workspace("Example").await.expect("make a workspace").id;
        let router = router(&HttpState::new(app.clone(), settings));
        let server = Self {
            app,
            clock,
            workspace,
            router,
        };
        server.key(KEY, Rights::Full).await;
        server
    }

    /// Makes a key.
    pub(crate) async fn key(&self, secret: &str, rights: Rights) {
        let key = NewKey {
            name: secret.to_owned(),
            rights,
            expires_at: None,
            prefix: secret.chars().take(4).collect(),
            digest: Sha256::digest(secret.as_bytes()).to_vec(),
        };
        self.app.create_key(self.workspace, key).await.expect("make a key");
    }

    /// Submits a command without the front end.
    pub(crate) async fn submit(&self, command: Command) {
        let submission = selfsame_application::Submission::of(command);
        let decisions = self.app.submit(self.workspace, submission).await.expect("submit");
        assert!(
            decisions.iter().all(|decision| decision.rejection.is_none()),
            "{decisions:?}"
        );
    }

    /// Changes the policy.
    pub(crate) async fn policy(&self, change: impl FnOnce(&mut Policy)) {
        let mut policy = Policy::default();
        change(&mut policy);
        self.submit(Command::SetPolicy(Box::new(policy))).await;
    }

    /// Sends a request as it is. The clock moves by a second before.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        self.clock.advance_seconds(1);
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("the router never fails");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("read the answer");
        let body = String::from_utf8(body.to_vec()).expect("an answer in UTF-8");
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    /// Sends a request with the key of full rights.
    pub(crate) async fn call(&self, method: &str, path: &str, body: impl Into<Body>) -> Answer {
        self.send(request(method, path, body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.call("PUT", path, body.to_string()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, Body::empty()).await
    }

    /// Adds a contact and returns its number.
    pub(crate) async fn add(&self, body: &Value) -> i64 {
        self.post("/api/v1/contact", body).await.id()
    }

    /// Reads a contact.
    pub(crate) async fn contact(&self, id: i64) -> Value {
        self.get(&format!("/api/v1/contact/{id}")).await.expect(200).json()
    }
}

/// A request with the key of full rights.
pub(crate) fn request(method: &str, path: &str, body: impl Into<Body>) -> Request<Body> {
    let builder = Request::builder()
        .method(method)
        .uri(path)
        .header("Authorization", format!("Bearer {KEY}"));
    builder.body(body.into()).expect("a request")
}

/// The same request with another header.
pub(crate) fn with_header(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request
        .headers_mut()
        .insert(name, value.parse().expect("a header value"));
    request
}

/// Whether a status says that the server failed.
pub(crate) fn is_fault(status: u16) -> bool {
    StatusCode::from_u16(status).is_ok_and(|status| status.is_server_error())
}
