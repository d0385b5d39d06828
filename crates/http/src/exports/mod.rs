//! Exports to the customer's own databases, and their runs.

mod body;
mod columns;
mod create;
mod delete;
mod list;
mod pause;
mod request;
mod runs;
mod verify;

use crate::error::ApiError;
use crate::state::HttpState;
use selfsame_domain::ExportId;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// How long a request waits for the end of a run that it cancels.
const PATIENCE: Duration = Duration::from_secs(3);

/// Routes of our own API.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(list::get, delete::delete))
        .routes(routes!(runs::run))
        .routes(routes!(runs::runs))
        .routes(routes!(runs::cancel))
        .routes(routes!(pause::pause))
        .routes(routes!(pause::resume))
        .routes(routes!(columns::columns))
        .routes(routes!(verify::verify))
}

/// Reads the ID of an export. A text that is no ID is answered like an unknown ID.
fn export_id(text: &str) -> Result<ExportId, ApiError> {
    let id = Uuid::parse_str(text.trim());
    id.map(ExportId).map_err(|_| ApiError::NotFound("export"))
}
