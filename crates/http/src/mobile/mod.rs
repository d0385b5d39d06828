//! What mobile apps tell, with the public key of their site (wire facts, section 6).

mod app;
mod device;
mod events;
mod user;

pub(crate) use app::IDENTITY;

use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The calls that apps make. No page may read the answers.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(device::device))
        .routes(routes!(user::user))
        .routes(routes!(events::events))
}
