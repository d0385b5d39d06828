//! Two workspaces behind one router, and a client.

use crate::schema;
use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, StatusCode};
use selfsame_application::ports::{
    Destination, ExportSinks, Hosts, SignedMessage, SinkError, SinkRequest, SinkRun, WebhookSender,
};
use selfsame_application::{
    Application, Egress, ExportOutlets, NewKey, Options, Vault, WebhookOutlets, Worker, WorkerOptions,
};
use selfsame_domain::export::ConnectorKind;
use selfsame_domain::webhooks::EndpointAnswer;
use selfsame_domain::{Rights, WorkspaceId};
use selfsame_http::{ChangeMessages, HttpSettings, HttpState, ImportRows, openapi, router};
use selfsame_storage_conformance::{ManualClock, MemoryStore, SequenceIds};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// A server with two workspaces, each with keys of different rights.
pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) clock: ManualClock,
    pub(crate) app: Application,
    pub(crate) endpoint: Arc<Endpoint>,
    document: Value,
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON, of an answer with the expected status.
    #[track_caller]
    pub(crate) fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// The pointers of a problem document's errors.
    #[track_caller]
    pub(crate) fn pointers(&self) -> Vec<String> {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}",
            self.text
        );
        let errors = self.json(400)["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|error| error["pointer"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// The last part of a problem document's type.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}",
            self.text
        );
        let problem = self.json(status);
        assert_eq!(problem["status"], status);
        problem["type"]
            .as_str()
            .and_then(|text| text.rsplit(':').next())
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(HttpSettings::default()).await
    }

    /// A server with a worker that executes jobs while the test runs.
    pub(crate) async fn working() -> Self {
        let server = Self::start().await;
        let worker = server.worker();
        tokio::spawn(async move { worker.run(CancellationToken::new()).await });
        server
    }

    pub(crate) fn worker(&self) -> Worker {
        self.app
            .worker(Arc::new(ImportRows::new(1 << 30)), WorkerOptions::default())
    }

    /// A server with settings. Its keys are `one`, `one-events`, `one-read`, `one-write`, and `two` for the other workspace.
    pub(crate) async fn with(settings: HttpSettings) -> Self {
        Self::made(settings, Options::default()).await
    }

    /// The same with other limits of the write lane.
    pub(crate) async fn made(settings: HttpSettings, options: Options) -> Self {
        let clock = ManualClock::new();
        let ids = Arc::new(SequenceIds::new());
        let app = Application::new(Arc::new(MemoryStore::new()), Arc::new(clock.clone()), ids, options);
        let endpoint = Arc::new(Endpoint::default());
        let app = app.with_exports(outlets()).with_webhooks(webhook_outlets(&endpoint));
        for workspace in ["one", "two"] {
            let made = app.create_workspace(workspace).await.expect("workspace").id;
            key(&app, made, workspace, Rights::Full).await;
            key(&app, made, &format!("{workspace}-events"), Rights::Events).await;
            key(&app, made, &format!("{workspace}-read"), Rights::EventsContacts).await;
            key(&app, made, &format!("{workspace}-write"), Rights::EventsContactsWrite).await;
        }
        let router = router(&HttpState::new(app.clone(), settings));
        let document = serde_json::to_value(openapi()).expect("JSON");
        Self {
            router,
            clock,
            app,
            endpoint,
            document,
        }
    }

    /// Sends a request as it is. Asserts that the answer matches the API description.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("body");
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            text,
        };
        if let Some(operation) = operation(&self.document, &method, &path) {
            self.fits(operation, &answer, &format!("{method} {path}"));
        }
        answer
    }

    fn fits(&self, operation: &Value, answer: &Answer, place: &str) {
        let described = schema::followed(&self.document, &operation["responses"][answer.status.as_str()]);
        assert!(
            described.is_object(),
            "{place}: {} is not described: {}",
            answer.status,
            answer.text
        );
        if answer.text.is_empty() && described.get("content").is_none() {
            return;
        }
        let media = answer
            .header("content-type")
            .and_then(|media| media.split(';').next())
            // An empty body has no content type.
            .unwrap_or("*/*");
        let schema = described["content"][media].get("schema");
        let schema = schema.unwrap_or_else(|| panic!("{place}: {} as {media} is not described", answer.status));
        let json = if media.ends_with("json") && !media.ends_with("ndjson") {
            serde_json::from_str(&answer.text).ok()
        } else {
            None
        };
        let value = json.unwrap_or_else(|| Value::from(answer.text.as_str()));
        assert_eq!(schema::check(&self.document, schema, &value, place), Ok(()));
    }

    /// Calls with a key.
    pub(crate) async fn call(&self, key: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let builder = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {key}"));
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(builder.body(body).expect("request")).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("one", "GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("one", "POST", path, Some(body)).await
    }

    /// Sends orders, all of which must be accepted.
    pub(crate) async fn order(&self, orders: Value) {
        let answer = self.post("/api/v1/orders", json!({"orders": orders})).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call("one", "PUT", path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call("one", "PATCH", path, Some(body)).await
    }

    /// Calls with an idempotency key.
    pub(crate) async fn repeatable(&self, method: &str, key: &str, path: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", "Bearer one")
            .header("idempotency-key", key);
        self.send(request.body(Body::from(body.to_string())).expect("request"))
            .await
    }

    /// Adds a contact and returns its number.
    pub(crate) async fn contact(&self, external_id: Option<&str>, email: Option<&str>) -> i64 {
        let channels: Vec<Value> = email
            .map(|email| json!({"type": "email", "value": email}))
            .into_iter()
            .collect();
        let mut body = json!({"channels": channels});
        if let Some(external_id) = external_id {
            body["externalCustomerId"] = json!(external_id);
        }
        let made = self.post("/api/v1/contact", body).await.json(200);
        self.clock.advance_seconds(1);
        made["id"].as_i64().expect("a number")
    }

    /// Asserts that the call needs a valid key (401) with sufficient rights (403). `weak` is a key without the right.
    pub(crate) async fn guarded(&self, method: &str, path: &str, body: Option<Value>, weak: &str) {
        let none = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .expect("request");
        let refused = self.send(none).await;
        assert_eq!(refused.json(401)["status"], 401, "{method} {path}");
        assert_eq!(
            self.call("nonsense", method, path, body.clone()).await.status,
            401,
            "{method} {path}"
        );
        let weak = self.call(weak, method, path, body).await;
        assert_eq!(weak.problem(403), "forbidden", "{method} {path}");
    }
}

/// Export outlets with destinations that lack a right.
fn outlets() -> ExportOutlets {
    ExportOutlets {
        sinks: Arc::new(UnreachableSinks),
        vault: Some(Vault::new(&"a key".to_owned().into())),
        egress: Egress {
            hosts: Arc::new(LiteralHosts),
            allow_private: false,
        },
    }
}

fn webhook_outlets(endpoint: &Arc<Endpoint>) -> WebhookOutlets {
    let ExportOutlets { vault, egress, .. } = outlets();
    WebhookOutlets {
        sender: Arc::clone(endpoint) as Arc<dyn WebhookSender>,
        bodies: Arc::new(ChangeMessages),
        vault,
        egress,
    }
}

/// An endpoint that records messages. Answers 200 when no other answers are prepared.
#[derive(Debug, Default)]
pub(crate) struct Endpoint {
    pub(crate) received: Mutex<Vec<SignedMessage>>,
    pub(crate) answers: Mutex<VecDeque<u16>>,
}

#[async_trait::async_trait]
impl WebhookSender for Endpoint {
    async fn send(&self, message: &SignedMessage) -> EndpointAnswer {
        self.received.lock().expect("a lock").push(message.clone());
        let answer = self.answers.lock().expect("a lock").pop_front();
        EndpointAnswer::new(answer.unwrap_or(200), b"hello")
    }
}

/// A resolver that knows only literal addresses.
#[derive(Debug)]
struct LiteralHosts;

#[async_trait::async_trait]
impl Hosts for LiteralHosts {
    async fn addresses(&self, host: &str, port: u16) -> Vec<SocketAddr> {
        let address = host.parse().ok();
        address
            .map(|address: IpAddr| SocketAddr::new(address, port))
            .into_iter()
            .collect()
    }
}

/// Destinations of every kind that refuse every connection.
#[derive(Debug)]
struct UnreachableSinks;

impl UnreachableSinks {
    fn refusal() -> SinkError {
        SinkError::Denied {
            problem: "the user may not".to_owned(),
            grant: Some("GRANT CREATE".to_owned()),
        }
    }
}

#[async_trait::async_trait]
impl ExportSinks for UnreachableSinks {
    fn takes(&self, _: ConnectorKind) -> bool {
        true
    }

    async fn check(&self, _: &Destination, _: &[String]) -> Result<(), SinkError> {
        Err(Self::refusal())
    }

    async fn begin(&self, _: SinkRequest) -> Result<Box<dyn SinkRun>, SinkError> {
        Err(Self::refusal())
    }
}

pub(crate) async fn key(app: &Application, workspace: WorkspaceId, secret: &str, rights: Rights) {
    let digest = Sha256::digest(secret.as_bytes()).to_vec();
    let new = NewKey {
        name: secret.to_owned(),
        rights,
        expires_at: None,
        prefix: secret.to_owned(),
        digest,
    };
    app.create_key(workspace, new).await.expect("key");
}

/// The operation of a method and a path, by the matching template with the fewest parameters.
fn operation<'a>(document: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    let paths = document["paths"].as_object()?;
    // These routes have one spelling.
    let name = path.trim_matches('/');
    if ["healthz", "readyz", "metrics"].contains(&name) && path.len() > name.len() + 1 {
        return None;
    }
    let sent: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let fits = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == sent.len()
            && parts
                .iter()
                .zip(&sent)
                .all(|(part, sent)| part.starts_with('{') || part == sent)
    };
    let found = paths
        .iter()
        .filter(|(template, _)| fits(template))
        .min_by_key(|(template, _)| template.matches('{').count());
    found.and_then(|(_, item)| item.get(method.to_ascii_lowercase()))
}
