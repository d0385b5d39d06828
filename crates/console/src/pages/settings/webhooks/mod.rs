//! `/settings/webhooks`: endpoints that receive changes.

mod actions;
mod list;
mod view;

use crate::error::PageError;
use crate::pages::uuid;
use crate::state::ConsoleState;
use axum::Router;
use selfsame_application::ports::Webhook;
use selfsame_domain::WebhookId;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .merge(list::routes())
        .merge(view::routes())
        .merge(actions::routes())
}

/// The ID in an address.
fn webhook_id(text: &str) -> Result<WebhookId, PageError> {
    uuid(text).map(WebhookId)
}

/// The name of the text that says whether messages are sent.
fn state_of(webhook: &Webhook) -> &'static str {
    match (webhook.is_enabled, webhook.health.paused_until) {
        (false, _) => "webhook-disabled",
        (true, Some(_)) => "webhook-paused",
        (true, None) => "webhook-active",
    }
}
