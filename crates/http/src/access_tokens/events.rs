//! `POST auth/token`: a token for recording events.

use crate::auth::{May, right};
use crate::error::ApiError;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;

/// Make a token for events.
///
/// For an hour it is a bearer token for `POST event`, `POST past_events` and `DELETE past_events`, and for nothing else. It ends with the API
/// key, too.
#[utoipa::path(
    post,
    path = "/api/v1/auth/token",
    operation_id = "makeEventToken",
    tag = "account",
    responses(
        (status = 200, body = String, content_type = "application/json", description = "The token, a JSON string",
            example = json!("events.1.018f3a5e-7c3b-7d2a-9a51-0d6a3f1b2c4d.1790000000.5f0c…")),
        crate::docs::ReadErrors,
    )
)]
pub(crate) async fn event_token(
    State(state): State<HttpState>,
    auth: May<right::Events>,
) -> Result<Json<String>, ApiError> {
    let token = state.app.event_token(&auth.0).await?;
    token
        .map(Json)
        .ok_or(ApiError::Internal("a signing secret that signs nothing"))
}
