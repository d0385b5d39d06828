//! Imports: their progress, and the outcome of each row.

mod body;
mod cancel;
mod decide;
mod files;
mod get;
mod link;
mod list;
mod preview;
mod preview_body;
mod reader;
mod response;
mod rows;
mod status;
mod table;
mod undo;
mod upload;

pub use files::segments_cell;
pub use reader::ImportRows;

pub(crate) use body::file_too_large;
pub(crate) use preview::PREVIEW_LIMIT;

use crate::state::HttpState;
use axum::extract::Request;
use http::Method;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long a request waits for the end of an import that is about to end.
const PATIENCE: Duration = Duration::from_secs(3);

/// Routes of the wire-compatible API.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(status::status))
        .routes(routes!(link::upload))
}

/// Routes of our own API.
pub(crate) fn own_routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, upload::upload))
        .routes(routes!(get::get))
        .routes(routes!(rows::rows))
        .routes(routes!(cancel::cancel))
        .routes(routes!(undo::undo))
        .routes(routes!(decide::decide))
        .routes(routes!(preview::preview))
}

/// Whether a request brings a file, which may take long.
pub(crate) fn takes_file(request: &Request) -> bool {
    let path = request.uri().path().trim_end_matches('/');
    request.method() == Method::POST
        && matches!(
            path,
            "/api/v1/imports" | "/api/v1/imports/preview" | "/api/v1/contacts/upload"
        )
}
