//! Static segments: the `groups` of the wire protocol.

mod change;
mod contacts;
mod list;

use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(contacts::contacts))
        .routes(routes!(change::attach))
        .routes(routes!(change::detach))
}
