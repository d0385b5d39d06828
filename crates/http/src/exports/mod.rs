//! Exports to the customer's own databases, and their runs.

mod body;
mod columns;
mod create;
mod list;
mod pause;
mod runs;
mod verify;

use crate::state::HttpState;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long a request waits for the end of a run that it cancels.
const PATIENCE: Duration = Duration::from_secs(3);

/// Routes of our own API.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(list::get, list::delete))
        .routes(routes!(runs::run))
        .routes(routes!(runs::runs))
        .routes(routes!(runs::cancel))
        .routes(routes!(pause::pause))
        .routes(routes!(pause::resume))
        .routes(routes!(columns::columns))
        .routes(routes!(verify::verify))
}
