//! Tokens that an API key makes for others (wire facts, 1.2 and 2.9).

mod contact;
mod events;

use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(contact::contact_token))
        .routes(routes!(events::event_token))
}
