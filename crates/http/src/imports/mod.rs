//! Imports: their progress, and the outcome of each row.

mod cancel;
mod get;
mod list;
mod response;
mod rows;
mod status;
mod table;
mod undo;

use crate::error::ApiError;
use crate::state::HttpState;
use selfsame_application::ports::ImportId;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// How long a request waits for the end of an import that is about to end.
const PATIENCE: Duration = Duration::from_secs(3);

/// Routes of the wire-compatible API.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(status::status))
}

/// Routes of our own API.
pub(crate) fn own_routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(get::get))
        .routes(routes!(rows::rows))
        .routes(routes!(cancel::cancel))
        .routes(routes!(undo::undo))
}

/// Reads the ID of an import. A text that is no ID is answered like an unknown ID.
fn import_id(text: &str) -> Result<ImportId, ApiError> {
    let id = Uuid::parse_str(text.trim());
    id.map(ImportId).map_err(|_| ApiError::NotFound("import"))
}
