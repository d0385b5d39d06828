//! The API description: a document for programs and a page for people.

use super::page::{self, ApiPage};
use crate::error::ApiError;
use crate::router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::HeaderName;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use std::sync::LazyLock;
use utoipa::openapi::OpenApi;

/// The documents, built once.
static DOCUMENTS: LazyLock<Documents> = LazyLock::new(|| Documents::of(&router::openapi()));

/// Builds the documents, so that the first request does not wait for them.
pub(crate) fn load() {
    LazyLock::force(&DOCUMENTS);
}

#[derive(Debug)]
struct Documents {
    json: Result<Bytes, serde_json::Error>,
    /// The page, and its content security policy.
    page: Result<(Bytes, String), DocumentError>,
}

/// Why the page cannot be made.
#[derive(Debug, thiserror::Error)]
enum DocumentError {
    /// The document cannot be written as JSON.
    #[error("the OpenAPI document cannot be written")]
    Json(#[from] serde_json::Error),
    /// The page's template failed.
    #[error("the API page cannot be written")]
    Page(#[from] askama::Error),
}

impl Documents {
    /// Builds the documents.
    fn of(api: &OpenApi) -> Self {
        Self {
            json: serde_json::to_vec(api).map(Bytes::from),
            page: page_of(api).map(|page| (page.html.into(), page.policy)),
        }
    }
}

fn page_of(api: &OpenApi) -> Result<ApiPage, DocumentError> {
    Ok(page::render(&serde_json::to_value(api)?)?)
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> ApiError {
    tracing::error!(error, "a document could not be made");
    ApiError::Internal("a document could not be made")
}

/// The description of the API, for programs.
///
/// Describes every operation that this server answers.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "operations",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1.", body = serde_json::Value, example = json!({"openapi": "3.1.0"}))),
)]
pub(crate) async fn openapi() -> Result<Response, ApiError> {
    let json = DOCUMENTS.json.as_ref().map_err(|error| unavailable(error))?;
    Ok((
        [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")],
        json.clone(),
    )
        .into_response())
}

/// The API as a page.
///
/// Made from the description for programs. Works without a network: it loads nothing, and runs no script.
#[utoipa::path(
    get,
    path = "/api/docs",
    tag = "operations",
    security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html",
        example = "<!doctype html>…")),
)]
pub(crate) async fn page() -> Result<Response, ApiError> {
    let (page, policy) = DOCUMENTS.page.as_ref().map_err(|error| unavailable(error))?;
    let fixed: [(HeaderName, &str); 4] = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    let policy = [(CONTENT_SECURITY_POLICY, policy.clone())];
    Ok((fixed, policy, page.clone()).into_response())
}
