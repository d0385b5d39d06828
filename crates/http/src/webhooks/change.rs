//! `PATCH webhooks/{id}`.

use super::body::{WebhookBody, example, kinds, url};
use super::webhook_id;
use crate::auth::{May, right};
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::ApiPath;
use crate::refusals::ChangeRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::WebhookChange;
use utoipa::ToSchema;

/// A change of a webhook. What is missing stays as it is.
#[derive(Debug, ToSchema)]
#[schema(as = WebhookChange)]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
pub(super) struct ChangeBody {
    /// Where messages are sent from now on, waiting ones too.
    #[schema(example = "https://crm.example.com/selfsame")]
    url: Option<String>,
    /// Which changes become messages from now on; null for all.
    kinds: Option<Vec<String>>,
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
    ApiPath(id): ApiPath<String>,
    incoming: Incoming,
) -> Result<Json<WebhookBody>, ApiError> {
    let document = incoming.object()?;
    let fields = document.fields();
    let mut problems = Problems::default();
    let url = url(&fields, &mut problems);
    let kinds = kinds(&fields, &mut problems);
    problems.finish()?;
    let change = WebhookChange { url, kinds };
    let changed = state
        .app
        .change_webhook(auth.workspace(), webhook_id(&id)?, change)
        .await?;
    Ok(Json(WebhookBody::from(&changed)))
}
