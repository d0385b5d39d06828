//! `POST apps/{app}/token/mute` and `…/unmute`.

use crate::auth::{May, right};
use crate::body::{Body, Within, body};
use crate::error::ApiError;
use crate::paths::ApiPath;
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use axum::extract::State;
use chrono::TimeDelta;
use selfsame_domain::values::{AppId, Token};
use selfsame_domain::{Command, TokenChange};
use uuid::Uuid;

/// The longest time that a token may be muted, in seconds (wire fact); the time without one.
const LONGEST: u32 = 31_536_000;

body! {
    /// A token to be muted.
    pub(crate) struct MuteInput {
        #[schema(value_type = String, max_length = 4096)]
        token: Token,
        /// For how long, in seconds; a year without it.
        #[schema(value_type = Option<i64>, minimum = 5, maximum = 31_536_000)]
        duration: Option<Within<5, LONGEST>>,
    }
}

body! {
    /// A token to be unmuted.
    pub(crate) struct UnmuteInput {
        #[schema(value_type = String, max_length = 4096)]
        token: Token,
    }
}

/// Mute a token: no messages to it for some time.
#[utoipa::path(
    post,
    path = "/api/v1/apps/{app}/token/mute",
    operation_id = "muteToken",
    tag = "tokens",
    params(("app" = Uuid, Path, description = "The app"), crate::docs::IdempotencyKey),
    request_body(content = MuteInput, content_type = "application/json", example = json!({"token": "t-1", "duration": 3600})),
    responses(
        (status = 200, description = "Without a body"),
        crate::docs::WriteErrors,
        (status = 404, description = "No contact holds the token", body = String, content_type = "text/plain", example = json!("token not found")),
    )
)]
pub(crate) async fn mute(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    ApiPath(app): ApiPath<String>,
    Body(MuteInput { token, duration }, incoming): Body<MuteInput>,
) -> Result<Decided<()>, ApiError> {
    let app = app_uuid(&app)?;
    let duration = TimeDelta::seconds(duration.map_or(LONGEST, |duration| duration.0).into());
    let until = state.app.clock().now().checked_add_signed(duration);
    let until = until.ok_or(ApiError::Internal("a time beyond the calendar"))?;
    let command = Command::Token {
        app,
        token,
        change: TokenChange::Mute { until },
    };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    Ok(Decided(decision, ()))
}

/// Unmute a token.
#[utoipa::path(
    post,
    path = "/api/v1/apps/{app}/token/unmute",
    operation_id = "unmuteToken",
    tag = "tokens",
    params(("app" = Uuid, Path, description = "The app"), crate::docs::IdempotencyKey),
    request_body(content = UnmuteInput, content_type = "application/json", example = json!({"token": "t-1"})),
    responses(
        (status = 200, description = "Without a body"),
        crate::docs::WriteErrors,
        (status = 404, description = "No contact holds the token", body = String, content_type = "text/plain", example = json!("token not found")),
    )
)]
pub(crate) async fn unmute(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    ApiPath(app): ApiPath<String>,
    Body(UnmuteInput { token }, incoming): Body<UnmuteInput>,
) -> Result<Decided<()>, ApiError> {
    let app = app_uuid(&app)?;
    let command = Command::Token {
        app,
        token,
        change: TokenChange::Unmute,
    };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    Ok(Decided(decision, ()))
}

/// Reads the app ID of the path: this call takes only UUIDs (wire fact).
pub(crate) fn app_uuid(text: &str) -> Result<AppId, ApiError> {
    let invalid = || ApiError::invalid("app", "must be a UUID");
    let uuid = Uuid::try_parse(text.trim()).map_err(|_| invalid())?;
    AppId::parse(&uuid.to_string()).map_err(|_| invalid())
}
