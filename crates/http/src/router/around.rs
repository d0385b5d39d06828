//! What is done around the handler of every request, in one layer: for every layer of its own the framework allocates several
//! times per request, and copies all layers within it.

use crate::admission;
use crate::body::IDEMPOTENCY_KEY;
use crate::drain_body;
use crate::error::ApiError;
use crate::render;
use crate::state::HttpState;
use crate::trace;
use crate::{imports, mobile, tracker};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderName};
use std::any::Any;
use std::panic::AssertUnwindSafe;

/// Handles a request. What is named first is done outermost.
pub(super) async fn around(State(state): State<HttpState>, request: Request, next: Next) -> Response {
    let handled = |request| checked(&state, request, next);
    let rendered = |request| render::render(&state, request, handled);
    let traced = |request| trace::trace(&state, request, rendered);
    drain_body::drain_unread_body(state.settings.request_timeout, request, traced).await
}

/// Refuses a request that has a header of [`SENT_ONCE`] twice: a proxy and this server may use different ones.
async fn checked(state: &HttpState, request: Request, next: Next) -> Response {
    match sent_twice(request.headers()) {
        Some(name) => ApiError::invalid(name, "must not be sent twice").into_response(),
        None => tracker::readable(request, |request| caught(state, request, next)).await,
    }
}

/// Answers a request whose handler panics.
async fn caught(state: &HttpState, request: Request, next: Next) -> Response {
    // Nothing that the handler may have left inconsistent is used after a panic: the locks of this server are not held while one can happen.
    let answer = AssertUnwindSafe(in_time(state, request, next)).catch_unwind().await;
    answer.unwrap_or_else(panicked)
}

/// Bounds the time of a request. Its submission goes on: the write lane does not depend on the waiting request.
async fn in_time(state: &HttpState, request: Request, next: Next) -> Response {
    if imports::takes_file(&request) {
        // Which takes as long as the client needs, and bounds its slowness itself.
        return admission::admit(state, request, next).await;
    }
    let answer = tokio::time::timeout(state.settings.request_timeout, admission::admit(state, request, next)).await;
    answer.unwrap_or_else(|_| ApiError::TimedOut.into_response())
}

/// The headers that identify the sender, the host and the request, with their usual spelling.
const SENT_ONCE: [(HeaderName, &str); 5] = [
    (AUTHORIZATION, "Authorization"),
    (HOST, "Host"),
    (IDEMPOTENCY_KEY, "Idempotency-Key"),
    (mobile::KEY, "X-Reteno-Access-Key"),
    (mobile::IDENTITY, "X-Selfsame-Identity"),
];

/// The first header of [`SENT_ONCE`] that was sent twice.
fn sent_twice(headers: &HeaderMap) -> Option<&'static str> {
    let is_sent_twice = |name: &HeaderName| headers.get_all(name).iter().nth(1).is_some();
    SENT_ONCE
        .into_iter()
        .find_map(|(name, shown)| is_sent_twice(&name).then_some(shown))
}

fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    // The panic hook has logged the cause.
    drop(cause);
    ApiError::Internal("a handler panicked").into_response()
}
