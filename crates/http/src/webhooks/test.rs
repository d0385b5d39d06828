//! `POST webhooks/{id}/test`.

use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::WebhookId;
use selfsame_domain::webhooks::EndpointAnswer;
use serde::Serialize;
use utoipa::ToSchema;

/// What an endpoint answered to a test.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookTest)]
pub(super) struct TestBody {
    /// Whether it accepted the message.
    #[schema(example = true)]
    ok: bool,
    /// The status; null when there was no answer.
    #[schema(example = 200)]
    status: Option<u16>,
    /// The beginning of the body, or why there was no answer.
    #[schema(example = "")]
    detail: String,
}

impl From<EndpointAnswer> for TestBody {
    fn from(answer: EndpointAnswer) -> Self {
        Self {
            ok: answer.is_success(),
            status: answer.status,
            detail: answer.detail,
        }
    }
}

/// Send a test to a webhook.
///
/// One signed message of the type `test`, at once, also to a webhook that is paused or disabled. It is not tried again.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{id}/test",
    operation_id = "testWebhook",
    tag = "changes",
    params(("id" = String, Path, description = "The webhook.")),
    responses((status = 200, description = "What the endpoint answered.", body = TestBody, example = json!({"ok": true, "status": 200, "detail": ""})), RefusedOrMissing),
)]
pub(super) async fn test(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<WebhookId>,
) -> Result<Json<TestBody>, ApiError> {
    let answer = state.app.test_webhook(auth.workspace(), id).await?;
    Ok(Json(answer.into()))
}
