//! `GET` and `PUT contact/token/activated/{app}/{token}`.

use super::owner;
use crate::auth::{May, right};
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::ApiPath;
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::{Command, TokenChange};
use serde::Serialize;
use utoipa::ToSchema;

/// Whether a token takes messages.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct Activated {
    #[schema(example = true)]
    active: bool,
}

/// Read whether a token takes messages.
#[utoipa::path(
    get,
    path = "/api/v1/contact/token/activated/{app}/{token}",
    operation_id = "getTokenActivated",
    tag = "tokens",
    params(("app" = String, Path, description = "The app"), ("token" = String, Path, description = "The token")),
    responses(
        (status = 200, description = "Whether the token takes messages", body = Activated),
        crate::docs::ReadErrors,
        (status = 404, description = "No contact holds the token", body = String, content_type = "text/plain", example = json!("token not found")),
    )
)]
pub(crate) async fn get(
    State(state): State<HttpState>,
    auth: May<right::General>,
    ApiPath((app, token)): ApiPath<(String, String)>,
) -> Result<Json<Activated>, ApiError> {
    let (app, token) = owner::read(&app, &token)?;
    let owner = owner::find(&state, &auth, &app, &token).await?;
    let active = owner.held.details.device.is_none_or(|device| device.active);
    Ok(Json(Activated { active }))
}

/// Say whether a token takes messages.
#[utoipa::path(
    put,
    path = "/api/v1/contact/token/activated/{app}/{token}",
    operation_id = "setTokenActivated",
    tag = "tokens",
    params(
        ("app" = String, Path, description = "The app"),
        ("token" = String, Path, description = "The token"),
        crate::docs::IdempotencyKey,
    ),
    request_body(content = Activated, content_type = "application/json", example = json!({"active": false})),
    responses(
        (status = 200, description = "Whether the token takes messages", body = Activated),
        crate::docs::WriteErrors,
        (status = 404, description = "No contact holds the token", body = String, content_type = "text/plain", example = json!("token not found")),
    )
)]
pub(crate) async fn set(
    State(state): State<HttpState>,
    auth: May<right::General>,
    ApiPath((app, token)): ApiPath<(String, String)>,
    incoming: Incoming,
) -> Result<Decided<Json<Activated>>, ApiError> {
    // Any API key may read and write it (wire fact).
    let (app, token) = owner::read(&app, &token)?;
    let body = incoming.object()?;
    let mut problems = Problems::default();
    let sent = body.fields().boolean("active", &mut problems);
    problems.finish()?;
    let active = sent
        .value()
        .ok_or_else(|| ApiError::invalid("/active", "must be true or false"))?;
    let command = Command::Token {
        app,
        token,
        change: TokenChange::Active(active),
    };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    Ok(Decided(decision, Json(Activated { active })))
}
