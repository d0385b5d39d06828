//! `POST webhooks`.

use super::body::{MadeBody, kinds, secret, url};
use crate::auth::{May, right};
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::refusals::MakeRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use selfsame_application::NewWebhook;
use selfsame_domain::webhooks::WantedKinds;
use utoipa::ToSchema;

/// A webhook to be made.
#[derive(Debug, ToSchema)]
#[schema(as = NewWebhook)]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
pub(super) struct NewWebhookBody {
    /// Where messages are sent: an `http` or `https` URL, unique in the workspace.
    #[schema(example = "https://crm.example.com/selfsame")]
    url: String,
    /// Which changes are sent; all without, or with null.
    kinds: Option<Vec<String>>,
    /// What signs messages: `whsec_` and 24 to 64 bytes in Base64. It is made without, or with null.
    secret: Option<String>,
}

/// Make a webhook.
///
/// It sends the changes of later commits, each as a signed message in the form of Standard Webhooks. The secret is shown only here.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks",
    operation_id = "createWebhook",
    tag = "changes",
    request_body(content = NewWebhookBody, example = json!({"url": "https://crm.example.com/selfsame", "kinds": ["created", "merged"], "secret": null})),
    responses((status = 201, description = "It was made.", body = MadeBody, example = json!({"webhook": {
        "id": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    }})), MakeRefused),
)]
pub(super) async fn create(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    incoming: Incoming,
) -> Result<impl IntoResponse, ApiError> {
    let document = incoming.object()?;
    let fields = document.fields();
    let mut problems = Problems::default();
    let url = url(&fields, &mut problems);
    if url.is_none() && problems.is_empty() {
        problems.add("/url", "is missing");
    }
    let kinds = kinds(&fields, &mut problems);
    let key = secret(&fields, &mut problems);
    problems.finish()?;
    let url = url.ok_or(ApiError::Internal("a webhook without problems has no URL"))?;
    let kinds = kinds.unwrap_or(WantedKinds::All);
    let new = NewWebhook { url, kinds, key };
    let made = state.app.create_webhook(auth.workspace(), new).await?;
    Ok((StatusCode::CREATED, Json(MadeBody::new(&made))))
}
