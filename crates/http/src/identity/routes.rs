//! The paths of this noun.

use super::{decisions, log, lookup, merges, policy, resolve, view};
use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Needs an API key: the right to read for `GET`, full rights for changes.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::default()
        .routes(routes!(resolve::resolve))
        .routes(routes!(view::identity))
        .routes(routes!(log::log))
        .routes(routes!(decisions::decision))
        .routes(routes!(lookup::lookup))
        .routes(routes!(merges::list, merges::create))
        .routes(routes!(merges::read))
        .routes(routes!(merges::undo))
        .routes(routes!(policy::read, policy::replace))
}
