//! The change feed.

mod follow;
mod read;

pub(crate) use read::ChangeBody;

use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes of our own API.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(read::read))
}
