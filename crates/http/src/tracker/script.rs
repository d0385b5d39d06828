//! `GET /t/selfsame.js`: the script that pages load.

use axum::response::{IntoResponse, Response};
use axum_extra::TypedHeader;
use axum_extra::headers::{ETag, IfNoneMatch};
use data_encoding::HEXLOWER;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// The script, built by `make generate`.
const SCRIPT: &[u8] = include_bytes!("../../script/dist/selfsame.js");

/// How long browsers use the cached script: an hour, and a day longer while they revalidate.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=3600, stale-while-revalidate=86400");

/// The hash of the script. Weak, because the same script is sent compressed and not.
static HASH: LazyLock<String> = LazyLock::new(|| format!("W/\"{}\"", HEXLOWER.encode(&Sha256::digest(SCRIPT)[..16])));

/// The script for web pages.
///
/// What it does is in the documentation for pages. It changes with the server's version only; `ETag` is its hash.
#[utoipa::path(
    get,
    path = "/t/selfsame.js",
    operation_id = "getScript",
    tag = "tracker",
    security(()),
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the script that the browser has")),
    responses(
        (status = 200, description = "The script", content_type = "text/javascript", body = String,
            headers(("ETag" = String, description = "Its hash"), ("Cache-Control" = String))),
        (status = 304, description = "The browser has it"),
    )
)]
pub(crate) async fn script(known: Option<TypedHeader<IfNoneMatch>>) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        (CACHE_CONTROL, CACHE),
        // Subresource integrity needs CORS: browsers must be allowed to read the script.
        (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    let tag: Option<ETag> = HASH.parse().ok();
    let same = tag
        .as_ref()
        .zip(known)
        .is_some_and(|(tag, known)| !known.precondition_passes(tag));
    let mut response = if same {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, SCRIPT).into_response()
    };
    if let Ok(value) = HeaderValue::from_str(&HASH) {
        response.headers_mut().insert(http::header::ETAG, value);
    }
    response
}
