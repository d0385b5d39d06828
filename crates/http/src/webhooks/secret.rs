//! `POST webhooks/{id}/secret`.

use super::body::{MadeBody, secret};
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
use utoipa::ToSchema;

/// A new secret.
#[derive(Debug, ToSchema)]
#[schema(as = NewWebhookSecret)]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
pub(super) struct NewSecretBody {
    /// `whsec_` and 24 to 64 bytes in Base64. It is made without, or with null.
    secret: Option<String>,
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
    ApiPath(id): ApiPath<String>,
    incoming: Incoming,
) -> Result<Json<MadeBody>, ApiError> {
    let document = incoming.object()?;
    let mut problems = Problems::default();
    let key = secret(&document.fields(), &mut problems);
    problems.finish()?;
    let id = webhook_id(&id)?;
    let rotated = state.app.rotate_webhook_secret(auth.workspace(), id, key).await?;
    Ok(Json(MadeBody::new(&rotated)))
}
