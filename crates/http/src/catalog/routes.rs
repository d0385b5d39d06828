//! The paths of this noun.

use super::{categories, fields};
use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Needs an API key: the right to read for `GET`, full rights for changes.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::default()
        .routes(routes!(fields::list, fields::create))
        .routes(routes!(fields::change))
        .routes(routes!(categories::list, categories::create))
        .routes(routes!(categories::change))
}
