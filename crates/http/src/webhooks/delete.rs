//! `DELETE webhooks/{id}`.

use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::extract::State;
use http::StatusCode;
use selfsame_domain::WebhookId;

/// Delete a webhook.
///
/// Its messages are deleted with it. Messages under way may still arrive.
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{id}",
    operation_id = "deleteWebhook",
    tag = "changes",
    params(("id" = String, Path, description = "The webhook.")),
    responses((status = 204, description = "It is gone, with its secret and its messages."), RefusedOrMissing),
)]
pub(super) async fn delete(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<WebhookId>,
) -> Result<StatusCode, ApiError> {
    state.app.delete_webhook(auth.workspace(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
