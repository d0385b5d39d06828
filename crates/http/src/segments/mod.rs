//! Segments: the `groups` of the wire protocol, and our own routes for dynamic segments.

mod actions;
mod change;
mod contacts;
mod define;
mod derive;
mod forms;
mod formula_schema;
mod history;
mod list;
mod members;
mod preview;
mod split;
mod table;

pub(crate) use forms::MemberBody;

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

/// Routes that the wire protocol does not have.
pub(crate) fn own_routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(define::list, define::create))
        .routes(routes!(preview::preview))
        .routes(routes!(define::get, define::change, define::delete))
        .routes(routes!(derive::copy))
        .routes(routes!(derive::freeze))
        .routes(routes!(derive::empty))
        .routes(routes!(split::split))
        .routes(routes!(derive::search))
        .routes(routes!(actions::start))
        .routes(routes!(actions::get))
        .routes(routes!(actions::cancel))
        .routes(routes!(members::members))
        .routes(routes!(history::history))
        .routes(routes!(members::of_contact))
}
