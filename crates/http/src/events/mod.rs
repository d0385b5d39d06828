//! Recording events with a secret key.

mod delete;
mod past;
mod record;
mod request;
mod types;

pub(crate) use record::{EventInput, ParamInput};
pub(crate) use request::{Form, detail, read, read_of};

use crate::docs::same_call;
use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes of the wire-compatible API.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(record::v1))
        .routes(routes!(record::v2))
        .routes(routes!(record::v3))
        .routes(routes!(past::v1, delete::delete))
        .routes(routes!(past::v2))
        .routes(same_call(
            routes!(delete::delete),
            "/api/v2/past_events",
            "V2",
            (
                "Delete events of a time, by another path.",
                Some("As `DELETE /api/v1/past_events`."),
            ),
        ))
        .routes(routes!(past::v3))
}

/// Routes of our own API.
pub(crate) fn own_routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(types::list))
        .routes(routes!(types::change))
}
