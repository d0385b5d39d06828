//! `POST apps/{app}/token/mute` and `…/unmute`.

use crate::auth::{May, right};
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::{Fields, Problems, Sent};
use crate::paths::ApiPath;
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use axum::extract::State;
use chrono::TimeDelta;
use selfsame_domain::values::{AppId, Token};
use selfsame_domain::{Command, TokenChange};
use std::ops::RangeInclusive;
use utoipa::ToSchema;
use uuid::Uuid;

/// How long a token may be muted, in seconds (wire fact). The default is the longest.
const DURATION: RangeInclusive<i64> = 5..=31_536_000;

/// A token to be muted.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what read_mute() reads")]
pub(crate) struct MuteInput {
    #[schema(max_length = 4096)]
    token: String,
    /// For how long, in seconds; a year without it.
    #[schema(minimum = 5, maximum = 31_536_000)]
    duration: Option<i64>,
}

/// A token to be unmuted.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what read_token() reads")]
pub(crate) struct UnmuteInput {
    #[schema(max_length = 4096)]
    token: String,
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
    incoming: Incoming,
) -> Result<Decided<()>, ApiError> {
    let app = app_uuid(&app)?;
    let (token, duration) = read_mute(&incoming.object()?.fields())?;
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
    incoming: Incoming,
) -> Result<Decided<()>, ApiError> {
    let app = app_uuid(&app)?;
    let mut problems = Problems::default();
    let token = read_token(&incoming.object()?.fields(), &mut problems);
    problems.finish()?;
    let token = token.ok_or(ApiError::Internal("a token without problems and without value"))?;
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

fn read_mute(fields: &Fields<'_>) -> Result<(Token, TimeDelta), ApiError> {
    let mut problems = Problems::default();
    let token = read_token(fields, &mut problems);
    let seconds = match fields.integer("duration", &mut problems) {
        Sent::Value(seconds) => seconds,
        Sent::Nothing | Sent::Null => *DURATION.end(),
    };
    if !DURATION.contains(&seconds) {
        let reason = format!("must be a whole number from {} to {}", DURATION.start(), DURATION.end());
        problems.add(fields.pointer("duration"), reason);
    }
    problems.finish()?;
    token
        .map(|token| (token, TimeDelta::seconds(seconds)))
        .ok_or(ApiError::Internal("a token without problems and without value"))
}

fn read_token(fields: &Fields<'_>, problems: &mut Problems) -> Option<Token> {
    let text = fields.text("token", problems).value().unwrap_or_default();
    problems.check(&fields.pointer("token"), Token::parse(&text))
}
