//! `POST webhooks/{id}/secret`.

use super::body::MadeBody;
use crate::auth::{May, right};
use crate::body::{Body, body};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::ChangeRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::SigningKey;
use selfsame_domain::WebhookId;

body! {
    /// A new secret.
    #[schema(as = NewWebhookSecret)]
    pub(super) struct NewSecretBody {
        /// `whsec_` and 24 to 64 bytes in Base64. It is made without, or with null.
        #[schema(value_type = Option<String>)]
        secret: Option<SigningKey>,
    }
}

/// Give a webhook a new secret.
///
/// The old one signs beside it for 24 hours, so that the receiver can be changed meanwhile. The new secret is shown only here.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{id}/secret",
    operation_id = "rotateWebhookSecret",
    tag = "changes",
    params(("id" = String, Path, description = "The webhook.")),
    request_body(content = NewSecretBody, example = json!({"secret": null})),
    responses((status = 200, description = "The new secret.", body = MadeBody, example = json!({"webhook": {
        "id": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    }})), ChangeRefused),
)]
pub(super) async fn rotate(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<WebhookId>,
    Body(new, _): Body<NewSecretBody>,
) -> Result<Json<MadeBody>, ApiError> {
    let rotated = state
        .app
        .rotate_webhook_secret(auth.workspace(), id, new.secret)
        .await?;
    Ok(Json(MadeBody::new(&rotated)))
}
