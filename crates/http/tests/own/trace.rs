//! One log line for every request.

use super::support::Server;
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// Captures the log.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Kept {
    fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().expect("lock").clone();
        let text = String::from_utf8(bytes).expect("UTF-8");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }
}

#[tokio::test]
async fn a_log_line_has_the_result_and_no_personal_data() {
    let kept = Kept::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::INFO)
        .with_writer(kept.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start().await;
    let body =
        json!({"externalCustomerId": "hidden-1", "channels": [{"type": "email", "value": "hidden@example.com"}]});
    let request = Request::post("/api/v1/contact?hidden=2")
        .header("authorization", "Bearer one")
        .header("x-request-id", "r-1");
    let answer = server
        .send(request.body(Body::from(body.to_string())).expect("request"))
        .await;
    assert_eq!(answer.header("x-request-id"), Some("r-1"));
    let made = server
        .get("/api/v1/contact/token/hidden-app/hidden-token/contactId")
        .await;
    assert!(made.header("x-request-id").is_some_and(|id| id.len() == 36));
    let unbearable = Request::get("/hidden/path").header("x-request-id", "hidden@example.com");
    server.send(unbearable.body(Body::empty()).expect("request")).await;
    server.call("hidden-key", "GET", "/hidden/path", None).await;
    server
        .send(Request::get("/healthz").body(Body::empty()).expect("request"))
        .await;

    let lines: Vec<Value> = kept
        .lines()
        .into_iter()
        .filter(|line| line["fields"]["message"] == "request")
        .collect();
    assert_eq!(lines.len(), 4, "{lines:#?}");
    let mut first = lines[0]["fields"].clone();
    assert!(first["latency_ms"].take().is_number());
    let expected = json!({
        "message": "request", "method": "POST", "route": "/api/v1/contact", "status": 200, "latency_ms": null,
        "request_id": "r-1", "workspace": 1, "outcome": "created", "rule": "no_match",
    });
    assert_eq!(first, expected);
    assert_eq!(
        lines[1]["fields"]["route"],
        "/api/v1/contact/token/{app}/{token}/contactId"
    );
    assert_eq!(lines[2]["fields"]["route"], "unmatched");
    assert_eq!(
        (&lines[2]["fields"]["status"], &lines[2]["fields"]["workspace"]),
        (&json!(404), &Value::Null)
    );
    let everything = kept.lines().iter().map(Value::to_string).collect::<String>();
    assert!(
        !everything.contains("hidden") && !everything.contains("Bearer"),
        "{everything}"
    );
}

#[tokio::test]
async fn an_id_that_no_log_can_bear_is_replaced() {
    let server = Server::start().await;
    for id in ["a b", "ann@example.com"] {
        let request = Request::get("/healthz").header("x-request-id", id);
        let answer = server.send(request.body(Body::empty()).expect("request")).await;
        assert!(answer.header("x-request-id").is_some_and(|id| id.len() == 36), "{id}");
    }
}
