//! The log line and the metrics of every request.
//!
//! Neither has personal data: no path (it may hold a token), no query, no header but the request ID, no value
//! of an identifier. The route template and the decision's outcome and rule are enough to find the decision in the
//! identity log.

use crate::operations::{DURATION, IN_FLIGHT, REQUESTS};
use crate::state::HttpState;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use metrics::{counter, gauge, histogram};
use selfsame_domain::WorkspaceId;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tracing::Instrument;

/// The header with the request ID, in requests and answers.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The greatest length of a request ID that is accepted from the client.
const MAX_REQUEST_ID: usize = 128;

/// The label of requests without a route. The path itself would make an unbounded number of labels.
const NO_ROUTE: &str = "unmatched";

/// Routes that machines call every few seconds: logged at `debug`.
const QUIET: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Data for the log that is collected while a request is handled; an extension of the request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Note(Arc<Collected>);

#[derive(Debug, Default)]
struct Collected {
    workspace: OnceLock<WorkspaceId>,
    is_shed: AtomicBool,
}

impl Note {
    /// Records the workspace of the request.
    pub(crate) fn workspace(&self, workspace: WorkspaceId) {
        // A second call has the same workspace.
        let _ = self.0.workspace.set(workspace);
    }

    /// Records that the request was refused because too many are under way. The log counts these requests, and has a line for each at
    /// `debug`.
    pub(crate) fn shed(&self) {
        self.0.is_shed.store(true, Ordering::Relaxed);
    }
}

/// Gives the request an ID, and logs its result.
pub(crate) async fn trace<F: Future<Output = Response>>(
    state: &HttpState,
    mut request: Request,
    inner: impl FnOnce(Request) -> F,
) -> Response {
    let id = request_id(request.headers()).unwrap_or_else(|| {
        let now = state.app.clock().now();
        state.app.ids().uuid(now).to_string()
    });
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or(NO_ROUTE, MatchedPath::as_str)
        .to_owned();
    let note = Note::default();
    request.extensions_mut().insert(note.clone());
    let span = tracing::info_span!("request", request_id = %id);
    let mut watch = Watch::begin(method(request.method()), route, id, note);
    let mut response = inner(request).instrument(span).await;
    watch.end(&response);
    if let Ok(id) = HeaderValue::from_str(&watch.id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The client's request ID, if its characters are allowed in the log: an email address does not pass.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let sent = headers.get(REQUEST_ID)?.to_str().ok()?;
    let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    ((1..=MAX_REQUEST_ID).contains(&sent.len()) && sent.bytes().all(sane)).then(|| sent.to_owned())
}

/// The method as a label. All unknown methods share one label.
fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

/// Measures one request. Dropped before the end, it records that the client disconnected.
#[derive(Debug)]
struct Watch {
    method: &'static str,
    route: String,
    id: String,
    note: Note,
    started: Instant,
    ended: bool,
}

impl Watch {
    fn begin(method: &'static str, route: String, id: String, note: Note) -> Self {
        gauge!(IN_FLIGHT).increment(1.0);
        Self {
            method,
            route,
            id,
            note,
            started: Instant::now(),
            ended: false,
        }
    }

    fn end(&mut self, response: &Response) {
        self.ended = true;
        let took = self.started.elapsed();
        self.count(class(response.status()), took);
        self.log(response, took);
    }

    fn count(&self, status: &'static str, took: Duration) {
        let (method, route) = (self.method, &self.route);
        counter!(REQUESTS, "method" => method, "route" => route.clone(), "status" => status).increment(1);
        histogram!(DURATION, "method" => method, "route" => route.clone()).record(took.as_secs_f64());
    }

    fn log(&self, response: &Response, took: Duration) {
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let (method, route, request_id) = (self.method, self.route.as_str(), self.id.as_str());
        let workspace = self.note.0.workspace.get().map(|workspace| workspace.0);
        let (outcome, rule) = (header("x-selfsame-outcome"), header("x-selfsame-rule"));
        let status = response.status().as_u16();
        let latency_ms = took.as_secs_f64() * 1000.0;
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    method, route, status, latency_ms, request_id, workspace, outcome, rule, "request"
                )
            };
        }
        let is_shed = self.note.0.is_shed.load(Ordering::Relaxed);
        if response.status().is_server_error() && !is_shed {
            line!(warn);
        } else if is_shed || QUIET.contains(&route) {
            line!(debug);
        } else {
            line!(info);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        gauge!(IN_FLIGHT).decrement(1.0);
        if !self.ended {
            let took = self.started.elapsed();
            self.count("aborted", took);
            let (method, route, request_id) = (self.method, self.route.as_str(), self.id.as_str());
            let latency_ms = took.as_secs_f64() * 1000.0;
            tracing::info!(method, route, latency_ms, request_id, "the client went away");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Option<String> {
        let value = HeaderValue::from_bytes(text).unwrap();
        request_id(&HeaderMap::from_iter([(REQUEST_ID, value)]))
    }

    #[test]
    fn a_request_id_is_taken_over_when_a_log_can_bear_it() {
        for sane in [
            "a",
            "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44",
            "trace_1.2:67891233",
            "x".repeat(128).as_str(),
        ] {
            assert_eq!(read(sane.as_bytes()).as_deref(), Some(sane));
        }
        for insane in [
            "",
            "a b",
            "a\"b",
            "{}",
            "ann@example.com",
            "a/b",
            "+1",
            "a=b",
            "x".repeat(129).as_str(),
        ] {
            assert_eq!(read(insane.as_bytes()), None, "{insane}");
        }
        assert_eq!(read(b"\xff"), None);
        assert_eq!(request_id(&HeaderMap::new()), None);
    }

    #[test]
    fn labels_are_bounded() {
        assert_eq!(method(&Method::PATCH), "PATCH");
        assert_eq!(method(&Method::from_bytes(b"BREW").unwrap()), "OTHER");
        assert_eq!(class(StatusCode::CREATED), "2xx");
        assert_eq!(class(StatusCode::SERVICE_UNAVAILABLE), "5xx");
    }
}
