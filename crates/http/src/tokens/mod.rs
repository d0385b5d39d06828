//! Tokens of mobile, web and Telegram apps.

mod activated;
mod add;
mod mute;
mod owner;

pub(crate) use add::read;
pub(crate) use mute::app_uuid;

use crate::state::HttpState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(owner::contact_id))
        .routes(routes!(activated::get, activated::set))
        .routes(routes!(add::add))
        .routes(routes!(mute::mute))
        .routes(routes!(mute::unmute))
}
