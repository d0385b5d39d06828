//! `POST webhooks`.

use super::body::{Kinds, MadeBody, wanted};
use crate::auth::{May, right};
use crate::body::{Body, body};
use crate::error::ApiError;
use crate::refusals::MakeRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use selfsame_application::{NewWebhook, SigningKey};
use selfsame_domain::webhooks::WebhookUrl;

body! {
    /// A webhook to be made.
    #[schema(as = NewWebhook)]
    pub(super) struct NewWebhookBody {
        /// Where messages are sent: an `http` or `https` URL, unique in the workspace.
        #[schema(value_type = String, example = "https://crm.example.com/selfsame")]
        url: WebhookUrl,
        /// Which changes are sent; all without, or with null.
        #[schema(value_type = Option<Vec<String>>)]
        kinds: Option<Kinds>,
        /// What signs messages: `whsec_` and 24 to 64 bytes in Base64. It is made without, or with null.
        #[schema(value_type = Option<String>)]
        secret: Option<SigningKey>,
    }
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
    Body(new, _): Body<NewWebhookBody>,
) -> Result<impl IntoResponse, ApiError> {
    let new = NewWebhook {
        url: new.url,
        kinds: wanted(new.kinds),
        key: new.secret,
    };
    let made = state.app.create_webhook(auth.workspace(), new).await?;
    Ok((StatusCode::CREATED, Json(MadeBody::new(&made))))
}
