//! Webhooks: endpoints that receive the changes of contacts.

mod body;
mod change;
mod create;
mod deliveries;
mod list;
mod message;
mod replay;
mod secret;
mod switch;
mod test;

pub use message::ChangeMessages;

use crate::error::ApiError;
use crate::state::HttpState;
use selfsame_application::WebhookError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes of our own API.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(list::get, change::change, list::delete))
        .routes(routes!(secret::rotate))
        .routes(routes!(switch::disable))
        .routes(routes!(switch::enable))
        .routes(routes!(deliveries::deliveries))
        .routes(routes!(test::test))
        .routes(routes!(replay::replay))
}

impl From<WebhookError> for ApiError {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::NotFound => Self::NotFound("webhook"),
            WebhookError::Egress(error) => Self::invalid("/url", error),
            WebhookError::NoKey | WebhookError::OtherKey => {
                Self::invalid("/secret", format!("cannot be used: {error}"))
            }
            WebhookError::Unavailable => Self::invalid("/url", "cannot be used: this server sends no webhooks"),
            WebhookError::Feed(error) => match error.into() {
                Self::Invalid(_) => Self::invalid("/after", "must be at most the present revision of the workspace"),
                other => other,
            },
            WebhookError::Storage(error) => error.into(),
        }
    }
}
