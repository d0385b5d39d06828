//! Calls of a shop plug-in for the set-up of web tracking (wire facts, 2.10).

mod domains;
mod script;

use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(domains::find, domains::register))
        .routes(routes!(script::script))
}
