//! Recording events with a secret key.

mod delete;
mod past;
mod record;
mod request;
mod types;

pub(crate) use record::{EventInput, ParamInput};
pub(crate) use request::{Form, detail, read, read_of};

use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes of the wire-compatible API.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(record::v1))
        .routes(routes!(record::v2))
        .routes(routes!(record::v3))
        .routes(routes!(past::v1, delete::v1))
        .routes(routes!(past::v2, delete::v2))
        .routes(routes!(past::v3))
}

/// Routes of our own API.
pub(crate) fn own_routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(types::list))
        .routes(routes!(types::change))
}
