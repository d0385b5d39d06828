//! `POST webhooks/{id}/disable` and `POST webhooks/{id}/enable`.

use super::body::{WebhookBody, example};
use crate::auth::{Authenticated, May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::WebhookId;

/// Disable a webhook.
///
/// It keeps its place in the change feed and the messages that wait. Messages under way may still arrive.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{id}/disable",
    operation_id = "disableWebhook",
    tag = "changes",
    params(("id" = String, Path, description = "The webhook.")),
    responses((status = 200, description = "The webhook as it is now.", body = WebhookBody, example = json!(example())), RefusedOrMissing),
)]
pub(super) async fn disable(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<WebhookId>,
) -> Result<Json<WebhookBody>, ApiError> {
    switch(&state, &auth, id, false).await
}

/// Enable a webhook.
///
/// It goes on where it stopped. A paused one is tried at once.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{id}/enable",
    operation_id = "enableWebhook",
    tag = "changes",
    params(("id" = String, Path, description = "The webhook.")),
    responses((status = 200, description = "The webhook as it is now.", body = WebhookBody, example = json!(example())), RefusedOrMissing),
)]
pub(super) async fn enable(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<WebhookId>,
) -> Result<Json<WebhookBody>, ApiError> {
    switch(&state, &auth, id, true).await
}

async fn switch(
    state: &HttpState,
    auth: &Authenticated,
    id: WebhookId,
    is_enabled: bool,
) -> Result<Json<WebhookBody>, ApiError> {
    let switched = state.app.switch_webhook(auth.workspace(), id, is_enabled).await?;
    Ok(Json(WebhookBody::from(&switched)))
}
