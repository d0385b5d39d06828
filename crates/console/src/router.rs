//! How everything is put together.

use crate::error::{self, PageError};
use crate::state::ConsoleState;
use crate::{assets, csrf, headers, pages, trace};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::any::Any;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

/// Greatest size of a form in bytes: segments with hundreds of values fit.
const LARGEST_FORM: usize = 512 * 1024;

/// The console: its pages and their files. It has no fallback, so that it can be merged with what else is served.
pub fn router(state: &ConsoleState) -> Router {
    Router::new()
        .merge(pages::routes())
        .route("/assets/{digest}/{*name}", get(assets::get))
        .method_not_allowed_fallback(async || PageError::NotFound)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(middleware::from_fn_with_state(state.clone(), in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(csrf::same_origin))
        .layer(middleware::from_fn(error::render))
        .layer(middleware::from_fn(headers::secure))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(trace::trace))
        .with_state(state.clone())
}

/// Bounds how long a request takes. What it submitted goes on.
async fn in_time(State(state): State<ConsoleState>, request: Request, next: Next) -> Response {
    // A file may take long; its handler bounds the time of each piece.
    if pages::takes_file(&request) {
        return next.run(request).await;
    }
    let answer = tokio::time::timeout(state.settings.request_timeout, next.run(request)).await;
    answer.unwrap_or_else(|_| PageError::TimedOut.into_response())
}

fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    // The panic hook has logged the cause.
    drop(cause);
    PageError::Internal("a handler panicked").into_response()
}
