//! Which pages may read the answers.

use super::PREFLIGHT_AGE;
use crate::error::ApiError;
use crate::state::HttpState;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::OpenApiRouter;

/// Routes that pages of the sites' origins may call.
pub(crate) fn for_pages(routes: OpenApiRouter<HttpState>, state: &HttpState) -> OpenApiRouter<HttpState> {
    let (routes, document) = routes.split_for_parts();
    // A preflight is a method that the routes do not have: what answers those must be inside, or it would answer first.
    let routes = routes
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(cors(state));
    OpenApiRouter::with_openapi(document).merge(routes.into())
}

/// Lets pages of the origins of any site read what they are answered (Fetch standard, CORS protocol). A preflight names no site, so that
/// which key a page uses is looked at when the key comes.
fn cors(state: &HttpState) -> CorsLayer {
    let state = state.clone();
    let known = move |origin: HeaderValue, _: &Parts| {
        let state = state.clone();
        async move {
            let Ok(origin) = origin.to_str() else { return false };
            // Without the storage nothing can be answered but an error, which need not be read.
            state.app.knows_origin(origin).await.unwrap_or(false)
        }
    };
    CorsLayer::new()
        .allow_methods([Method::POST])
        .allow_headers([CONTENT_TYPE])
        .allow_origin(AllowOrigin::async_predicate(known))
        .max_age(PREFLIGHT_AGE)
}
