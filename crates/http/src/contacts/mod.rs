//! Contacts.

mod absorbed;
mod bulk;
mod condition;
mod emails;
mod find;
mod get;
mod line;
pub(crate) mod patch;
mod remove;
pub(crate) mod request;
pub(crate) mod response;
mod search;
pub(crate) mod subscribe;
pub(crate) mod update;
mod upsert;

pub(crate) use absorbed::AbsorbedBody;
pub(crate) use bulk::{BulkInput, BulkOptions, MAX_CONTACTS, read_bulk_rows};
pub(crate) use get::find;
pub use line::contact_line;

use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(upsert::upsert, remove::remove_by_external_id))
        .routes(routes!(get::get, update::update, remove::remove))
        .routes(routes!(subscribe::subscribe))
        .routes(routes!(search::search, bulk::bulk))
        .routes(routes!(emails::emails))
}

/// The calls that the protocol lacks.
pub(crate) fn own_routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(patch::patch))
        .routes(routes!(find::find_contacts))
}
