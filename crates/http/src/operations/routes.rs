//! The paths of this noun.

use super::{documents, health, metrics};
use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes without a key. Of the layers of the application only the log applies to them.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::default()
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
}

/// Routes of the API description, without a key.
pub(crate) fn document_routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::default()
        .routes(routes!(documents::openapi))
        .routes(routes!(documents::page))
}
