//! CORS: which pages may read the answers.

use super::{PAGE_PATHS, PREFLIGHT_AGE};
use crate::error::ApiError;
use crate::state::HttpState;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_TYPE, ORIGIN, RETRY_AFTER, VARY,
};
use http::request::Parts;
use http::{HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

/// Routes that pages of the sites' origins may call.
pub(crate) fn for_pages(routes: OpenApiRouter<HttpState>, state: &HttpState) -> OpenApiRouter<HttpState> {
    let (routes, document) = routes.split_for_parts();
    // The routes have no method for a preflight. The 405 fallback must be inside of the CORS layer, or it would answer first.
    let routes = routes
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(cors(state));
    OpenApiRouter::with_openapi(document).merge(routes.into())
}

/// Lets pages of the origins of any site read the answers (Fetch standard, CORS protocol). A preflight names no site, so the origin is
/// checked against the page's site only with the request itself.
fn cors(state: &HttpState) -> CorsLayer {
    let state = state.clone();
    let known = move |origin: HeaderValue, _: &Parts| {
        let state = state.clone();
        async move {
            let Ok(origin) = origin.to_str() else { return false };
            // Without the storage the allowed origins are unknown. The key cannot be looked up either, so the answer is an error without any
            // data about contacts.
            state.app.knows_origin(origin).await.unwrap_or(true)
        }
    };
    CorsLayer::new()
        .allow_methods([Method::POST])
        .allow_headers([CONTENT_TYPE])
        .expose_headers([RETRY_AFTER])
        .allow_origin(AllowOrigin::async_predicate(known))
        .max_age(PREFLIGHT_AGE)
}

/// Lets every page read a server failure with its `Retry-After`: a page that cannot read it takes it for a network failure.
///
/// The origin is echoed without a check, because a request that timed out may have ended before the check, and the check needs the
/// storage. This discloses nothing: the answer is the same for every origin, has no credentials, and concerns only the
/// server, whose failure any page can observe anyway.
pub(crate) async fn readable<F: Future<Output = Response>>(
    request: Request,
    inner: impl FnOnce(Request) -> F,
) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let is_page = path.is_some_and(|path| PAGE_PATHS.contains(&path));
    let origin = request.headers().get(ORIGIN).filter(|_| is_page).cloned();
    let mut response = inner(request).await;
    let in_trouble = response.status().is_server_error();
    let headers = response.headers_mut();
    if let Some(origin) = origin.filter(|_| in_trouble && !headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN)) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, RETRY_AFTER.into());
        headers.append(VARY, ORIGIN.into());
    }
    response
}
