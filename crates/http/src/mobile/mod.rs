//! Calls of mobile apps, with the public key of their site (wire facts, section 6).

mod app;
mod device;
mod events;
mod user;

pub(crate) use app::{IDENTITY, KEY};

use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes for apps, at our paths and at those of the SDK (wire fact). They have no CORS headers, since pages do not call them.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    let mut library = calls();
    for item in library.get_openapi_mut().paths.paths.values_mut() {
        if let Some(id) = item.post.as_mut().and_then(|call| call.operation_id.as_mut()) {
            id.push_str("ByLibraryPath");
        }
    }
    OpenApiRouter::new()
        .nest("/mobile/api/v1", calls())
        .nest("/api/v1", library)
}

fn calls() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(device::device))
        .routes(routes!(user::user))
        .routes(routes!(events::events))
}
