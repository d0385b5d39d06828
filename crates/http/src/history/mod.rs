//! Reading the histories of contacts and visitors.

mod export;
mod item;
mod timeline;
mod visitors;

use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(timeline::timeline))
        .routes(routes!(visitors::visitors))
        .routes(routes!(export::export))
}
