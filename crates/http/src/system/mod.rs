//! Information about the service and the account.

mod account;
mod version;

use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(version::version))
        .routes(routes!(version::version_2))
        .routes(routes!(account::info))
}
