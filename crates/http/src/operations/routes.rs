//! The paths of this noun.

use super::{documents, health, metrics};
use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Needs no key. The layers of the application do not apply to what these answer, but for the log.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::default()
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
}

/// The description of the API. Needs no key.
pub(crate) fn document_routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::default()
        .routes(routes!(documents::openapi))
        .routes(routes!(documents::page))
}
