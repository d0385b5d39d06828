//! `PATCH webhooks/{id}`.

use super::body::{Kinds, WebhookBody, example, wanted};
use crate::auth::{May, right};
use crate::body::{Body, body};
use crate::error::ApiError;
use crate::fields::Sent;
use crate::paths::Id;
use crate::refusals::ChangeRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::WebhookChange;
use selfsame_domain::WebhookId;
use selfsame_domain::webhooks::WebhookUrl;

body! {
    /// A change of a webhook. What is missing stays as it is.
    #[schema(as = WebhookChange)]
    pub(super) struct ChangeBody {
        /// Where messages are sent from now on, waiting ones too.
        #[schema(value_type = Option<String>, example = "https://crm.example.com/selfsame")]
        url: Option<WebhookUrl>,
        /// Which changes become messages from now on; null for all.
        #[schema(value_type = Option<Vec<String>>)]
        kinds: Sent<Kinds>,
    }
}

/// Change the URL or the kinds of a webhook.
///
/// A paused webhook is tried at once when its URL changes.
#[utoipa::path(
    patch,
    path = "/api/v1/webhooks/{id}",
    operation_id = "changeWebhook",
    tag = "changes",
    params(("id" = String, Path, description = "The webhook.")),
    request_body(content = ChangeBody, example = json!({"kinds": ["created", "merged"]})),
    responses((status = 200, description = "The webhook as it is now.", body = WebhookBody, example = json!(example())), ChangeRefused),
)]
pub(super) async fn change(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<WebhookId>,
    Body(change, _): Body<ChangeBody>,
) -> Result<Json<WebhookBody>, ApiError> {
    let change = WebhookChange {
        url: change.url,
        kinds: match change.kinds {
            Sent::Nothing => None,
            sent => Some(wanted(sent.value())),
        },
    };
    let changed = state.app.change_webhook(auth.workspace(), id, change).await?;
    Ok(Json(WebhookBody::from(&changed)))
}
