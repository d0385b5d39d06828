//! Orders.

mod add;
mod delete;
mod exact;
mod items;
mod list;
mod request;
mod response;

pub(crate) use add::BODY_LIMIT;
pub(crate) use exact::Exact;
pub(crate) use request::{MAX_ORDERS, read};
pub(crate) use response::OrderBody;

use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes of the wire-compatible API.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(add::add, delete::delete))
}

/// Routes of our own API.
pub(crate) fn own_routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(list::list))
}
