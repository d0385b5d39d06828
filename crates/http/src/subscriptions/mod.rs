//! Subscription categories of contacts, and unsubscribed addresses.

mod list;
mod of_contact;
mod unsubscribed;

use crate::docs::same_call;
use crate::state::HttpState;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(of_contact::get, of_contact::replace))
        .routes(routes!(unsubscribed::add))
        .routes(routes!(unsubscribed::delete))
        .routes(by_old_path("add", routes!(unsubscribed::add)))
        .routes(by_old_path("delete", routes!(unsubscribed::delete)))
}

/// The same call at a path that some clients call.
fn by_old_path(name: &str, call: UtoipaMethodRouter<HttpState>) -> UtoipaMethodRouter<HttpState> {
    let summary = format!("As `emails/unsubscribed/{name}`, at a path that some clients call.");
    let path = format!("/api/v1/emails/unsubscribe/{name}");
    same_call(call, &path, "ByOldPath", (&summary, None))
}
