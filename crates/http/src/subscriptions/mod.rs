//! Subscription categories of contacts, and unsubscribed addresses.

mod list;
mod of_contact;
mod unsubscribed;

use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(of_contact::get, of_contact::replace))
        .routes(routes!(unsubscribed::add))
        .routes(routes!(unsubscribed::delete))
        .routes(routes!(unsubscribed::add_by_old_path))
        .routes(routes!(unsubscribed::delete_by_old_path))
}
