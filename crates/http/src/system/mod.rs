//! Information about the service and the account.

mod account;
mod version;

use crate::docs::same_call;
use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(version::version))
        .routes(same_call(
            routes!(version::version),
            "/api/v2/version",
            "2",
            (
                "The version of the service, at the path by which clients try a token.",
                None,
            ),
        ))
        .routes(routes!(account::info))
}
