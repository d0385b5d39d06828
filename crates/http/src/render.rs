//! Writes the bodies of errors: text on the wire-compatible routes, problem documents (RFC 9457) everywhere else.

use crate::admission::ENCODINGS;
use crate::contacts::patch::ACCEPT_PATCH;
use crate::dialect;
use crate::error::{ApiError, Problem};
use crate::reply;
use crate::state::HttpState;
use axum::Json;
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use chrono::SecondsFormat;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

const PROBLEM_JSON: &str = "application/problem+json";

/// The content type of every answer of the wire-compatible routes except errors, plain texts included (wire fact).
pub(crate) const WIRE_JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");

/// An error as a problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument {
    /// Which problem it is: a stable URN.
    #[serde(rename = "type")]
    #[schema(example = "urn:selfsame:problem:invalid-request")]
    pub(crate) problem_type: String,
    /// The reason phrase of the status.
    #[schema(example = "Bad Request")]
    pub(crate) title: String,
    /// The status.
    #[schema(example = 400)]
    pub(crate) status: u16,
    /// What is wrong, in words.
    pub(crate) detail: String,
    /// What is wrong, one entry for each place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<Problem>,
}

impl ProblemDocument {
    pub(crate) fn new(status: StatusCode, code: &str, detail: String, errors: Vec<Problem>) -> Self {
        Self {
            problem_type: format!("urn:selfsame:problem:{code}"),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            detail,
            errors,
        }
    }

    pub(crate) fn of(error: &ApiError) -> Self {
        Self::new(error.status(), error.code(), error.detail(), error.problems())
    }
}

/// An error of a wire-compatible route as JSON, for who accepts nothing else.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorBody {
    /// The status.
    #[schema(example = 400)]
    status: u16,
    /// The reason phrase of the status.
    #[schema(example = "Bad Request")]
    error: String,
    /// What is wrong, in words.
    message: String,
}

/// The answer to a request without a valid key. The same on every route, because clients read it as JSON (wire fact).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Unauthorized)]
pub(crate) struct UnauthorizedBody {
    /// When it was refused.
    #[schema(example = "2026-01-31T12:00:00.000Z")]
    timestamp: String,
    /// Always 401.
    #[schema(example = 401)]
    status: u16,
    /// Always `Unauthorized`.
    #[schema(example = "Unauthorized")]
    error: &'static str,
    /// Why, in words.
    #[schema(example = "the API key is unknown")]
    message: String,
    /// The path of the request, with names in the place of what the sender chose.
    #[schema(example = "/api/v1/contact/{id}")]
    path: String,
}

impl UnauthorizedBody {
    pub(crate) fn new(timestamp: String, message: &str, path: String) -> Self {
        Self {
            timestamp,
            status: 401,
            error: "Unauthorized",
            message: message.to_owned(),
            path,
        }
    }
}

/// Adds the character set to the content type of the wire-compatible routes' JSON (wire fact).
pub(crate) fn say_charset(mut response: Response) -> Response {
    if response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value == "application/json")
    {
        response.headers_mut().insert(CONTENT_TYPE, WIRE_JSON);
    }
    response
}

/// Gives every error its body.
pub(crate) async fn render<F: Future<Output = Response>>(
    state: &HttpState,
    request: Request,
    inner: impl FnOnce(Request) -> F,
) -> Response {
    let path = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let accept: Vec<HeaderValue> = request.headers().get_all(ACCEPT).iter().cloned().collect();
    let mut response = inner(request).await;
    let Some(error) = response.extensions_mut().remove::<ApiError>() else {
        return response;
    };
    log(&error);
    let (form, lists_json) = Form::accepted(&accept);
    // The template of the path, because the path itself may hold a token.
    let path = path.as_ref().map_or("/", MatchedPath::as_str);
    let mut rendered = match (&error, form) {
        (ApiError::Unauthorized(message), _) => unauthorized(state, message, path),
        (ApiError::NoRoute, Form::Text | Form::Json) if lists_json => json(&error),
        (ApiError::MethodNotAllowed, Form::Text | Form::Json) if lists_json && dialect::has_wire(path) => json(&error),
        (ApiError::NoRoute | ApiError::MethodNotAllowed, _) => problem(&error),
        (_, Form::Text) if dialect::is_wire(path, &method) => text(&error),
        (_, Form::Json) if dialect::is_wire(path, &method) => json(&error),
        _ => problem(&error),
    };
    add_headers(&error, rendered.headers_mut());
    // Headers of inner layers (request IDs, allowed methods) stay.
    for (name, value) in response.headers() {
        if name != CONTENT_TYPE && !rendered.headers().contains_key(name) && name != http::header::CONTENT_LENGTH {
            rendered.headers_mut().append(name, value.clone());
        }
    }
    rendered
}

/// The form of an error on a wire-compatible route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Json,
    Problem,
}

impl Form {
    /// The form that a client accepts, and whether it lists JSON. The default is a text: a client that accepts JSON and texts reads
    /// errors as texts (wire fact), and one that accepts only JSON reads its member `message`.
    fn accepted(accept: &[HeaderValue]) -> (Self, bool) {
        let sent = accept.iter().filter_map(|value| value.to_str().ok());
        let sent = sent.collect::<Vec<_>>().join(",").to_ascii_lowercase();
        let accepts = |media: &str| {
            sent.split(',')
                .any(|range| range.split(';').next().unwrap_or_default().trim() == media)
        };
        let lists_json = accepts("application/json");
        let form = if accepts(PROBLEM_JSON) {
            Self::Problem
        } else if lists_json && !accepts("text/plain") && !accepts("text/*") {
            Self::Json
        } else {
            Self::Text
        };
        (form, lists_json)
    }
}

fn log(error: &ApiError) {
    match error {
        ApiError::Storage(cause) | ApiError::Unavailable(cause) => {
            tracing::error!(error = &**cause as &dyn std::error::Error, "a request failed");
        }
        ApiError::Internal(cause) => tracing::error!(cause, "a request failed"),
        _ => {}
    }
}

fn unauthorized(state: &HttpState, message: &str, path: &str) -> Response {
    let now = state.app.clock().now().to_rfc3339_opts(SecondsFormat::Millis, true);
    (
        StatusCode::UNAUTHORIZED,
        Json(UnauthorizedBody::new(now, message, path.to_owned())),
    )
        .into_response()
}

fn text(error: &ApiError) -> Response {
    (error.status(), error.detail()).into_response()
}

fn json(error: &ApiError) -> Response {
    let status = error.status();
    let body = ErrorBody {
        status: status.as_u16(),
        error: status.canonical_reason().unwrap_or_default().to_owned(),
        message: error.detail(),
    };
    (status, [(CONTENT_TYPE, WIRE_JSON)], Json(body)).into_response()
}

fn problem(error: &ApiError) -> Response {
    let content_type = (CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    (error.status(), [content_type], Json(ProblemDocument::of(error))).into_response()
}

fn add_headers(error: &ApiError, headers: &mut HeaderMap) {
    if matches!(error, ApiError::Unauthorized(_)) {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"selfsame\""));
    }
    if matches!(error, ApiError::NotAPatch) {
        headers.insert("accept-patch", HeaderValue::from_static(ACCEPT_PATCH));
    }
    if matches!(error, ApiError::UnsupportedEncoding(_)) {
        // RFC 9110, 15.5.16.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(ENCODINGS));
    }
    if let Some(seconds) = error.retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(decision) = error.decision() {
        reply::add_headers(decision, headers);
    }
}
