//! `GET webhooks`, and `GET` and `DELETE webhooks/{id}`.

use super::body::{WebhookBody, example};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::{Refused, RefusedOrMissing};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use selfsame_domain::WebhookId;
use serde::Serialize;
use utoipa::ToSchema;

/// Webhooks.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Webhooks {
    /// The webhooks, in the order in which they were made; at most 500.
    webhooks: Vec<WebhookBody>,
}

/// The webhooks of the workspace.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    operation_id = "listWebhooks",
    tag = "changes",
    responses((status = 200, description = "The webhooks, without secrets.", body = Webhooks, example = json!({"webhooks": [example()]})), Refused),
)]
pub(super) async fn list(State(state): State<HttpState>, auth: May<right::Admin>) -> Result<Json<Webhooks>, ApiError> {
    let found = state.app.store().webhooks(auth.workspace()).await?;
    let webhooks = found.iter().map(WebhookBody::from).collect();
    Ok(Json(Webhooks { webhooks }))
}

/// One webhook.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{id}",
    operation_id = "getWebhook",
    tag = "changes",
    params(("id" = String, Path, description = "The webhook.")),
    responses((status = 200, description = "The webhook, without its secret.", body = WebhookBody, example = json!(example())), RefusedOrMissing),
)]
pub(super) async fn get(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<WebhookId>,
) -> Result<Json<WebhookBody>, ApiError> {
    let found = state.app.store().webhook(auth.workspace(), id).await?;
    let webhook = found.ok_or(ApiError::NotFound("webhook"))?;
    Ok(Json(WebhookBody::from(&webhook)))
}

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
