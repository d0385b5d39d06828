//! `POST contacts/actions`, `GET contacts/actions/{id}` and `POST contacts/actions/{id}/cancel`.

use super::forms::formula;
use super::formula_schema::FormulaBody;
use crate::auth::{May, right};
use crate::body::{Body, FromMember, Member, body};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::ApiPath;
use crate::refusals::{RefusedOrMissing, SetRefused};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use http::StatusCode;
use selfsame_application::ports::{JobId, JobState};
use selfsame_application::{ActionError, ActionProgress, ContactAction, NewAction};
use selfsame_domain::{Action, SegmentId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

body! {
    /// What is to be done with all contacts that a formula chooses.
    #[schema(as = ContactActionInput)]
    pub(crate) struct ActionInput {
        /// Which contacts are chosen.
        #[schema(value_type = FormulaBody)]
        formula: Value,
        /// `add_to_list` or `remove_from_list`.
        #[schema(value_type = String, example = "add_to_list")]
        action: ContactAction,
        /// The number of the list, a static segment.
        #[schema(value_type = i64, example = 7)]
        list_id: SegmentId,
    }
}

impl FromMember for ContactAction {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(member, problems)?;
        let action = Self::ALL.into_iter().find(|action| text.trim() == action.as_str());
        let known = || format!("must be {}", Self::ALL.map(Self::as_str).join(" or "));
        member.check(problems, action.ok_or_else(known))
    }
}

/// An action.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactActionAnswer)]
pub(crate) struct ActionAnswer {
    action: ActionBody,
}

/// An action, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContactAction)]
pub(crate) struct ActionBody {
    /// Its ID.
    #[schema(example = "0197f0c0-7b5c-7000-8000-000000000001")]
    id: String,
    /// `add_to_list` or `remove_from_list`.
    #[schema(example = "add_to_list")]
    action: &'static str,
    /// The number of the list.
    #[schema(example = 7)]
    list_id: i64,
    /// The formula in words.
    #[schema(example = "External ID is empty")]
    readable: String,
    /// `queued`, `running`, `cancelling`, `finished`, `failed` or `cancelled`.
    #[schema(example = "running")]
    state: &'static str,
    /// How many contacts the formula chose in the beginning.
    #[schema(example = 1204)]
    total: u64,
    /// How many contacts were dealt with so far.
    #[schema(example = 500)]
    done: u64,
    /// When it was started.
    created_at: DateTime<Utc>,
    /// When it ended.
    finished_at: Option<DateTime<Utc>>,
    /// Why it failed, or why its last attempt was interrupted.
    error: Option<String>,
}

impl From<ActionProgress> for ActionAnswer {
    fn from(progress: ActionProgress) -> Self {
        let state = match progress.state {
            JobState::Running if progress.is_cancelling => "cancelling",
            state => state.as_str(),
        };
        let action = ActionBody {
            id: progress.id.to_string(),
            action: progress.input.action.as_str(),
            list_id: progress.input.list.0,
            readable: progress.readable,
            state,
            total: progress.total,
            done: progress.done,
            created_at: progress.created_at,
            finished_at: progress.finished_at,
            error: progress.error,
        };
        Self { action }
    }
}

impl From<ActionError> for ApiError {
    fn from(error: ActionError) -> Self {
        match error {
            ActionError::Segment(error) => error.into(),
            ActionError::NotAList => Self::invalid("/listId", error),
            ActionError::OtherRequest => Self::ReplayMismatch,
        }
    }
}

/// Put all contacts that a formula chooses into a list, or take them out of it.
///
/// Any number of contacts. It is done in the background, 500 contacts a commit, and survives a restart of the server. Conditions on the time mean the time at which
/// it was started; contacts that begin or cease to fit meanwhile may be among those dealt with or not. Actions on one list run one after another. An action can
/// be read until a week after its end.
#[utoipa::path(
    post,
    path = "/api/v1/contacts/actions",
    operation_id = "startContactAction",
    tag = "segments",
    params(crate::docs::IdempotencyKey),
    request_body(content = ActionInput, example = json!({
        "formula": {"field": "externalCustomerId", "op": "is_empty"}, "action": "add_to_list", "listId": 1
    })),
    responses((status = 202, description = "It was started.", body = ActionAnswer, example = json!(example())), SetRefused),
)]
pub(crate) async fn start(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    Body(sent, incoming): Body<ActionInput>,
) -> Result<(StatusCode, Json<ActionAnswer>), ApiError> {
    // The number of contacts that a formula chooses tells what they have.
    auth.allow(Action::Read)?;
    let input = NewAction {
        action: sent.action,
        list: sent.list_id,
        formula: formula(&state, auth.workspace(), &sent.formula).await?,
    };
    // Two API keys of one workspace belong to two programs, which choose idempotency keys independently.
    let id = incoming
        .idempotency_key
        .as_ref()
        .map(|key| Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}:{key}", auth.0.key.id).as_bytes()));
    let started = state.app.start_action(auth.workspace(), input, id).await?;
    Ok((StatusCode::ACCEPTED, Json(started.into())))
}

/// An action on all contacts that a formula chose.
#[utoipa::path(
    get,
    path = "/api/v1/contacts/actions/{id}",
    operation_id = "getContactAction",
    tag = "segments",
    params(("id" = String, Path, description = "The action.")),
    responses((status = 200, description = "The action.", body = ActionAnswer, example = json!(example())), RefusedOrMissing),
)]
pub(crate) async fn get(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<ActionAnswer>, ApiError> {
    auth.allow(Action::Read)?;
    let found = state.app.action(auth.workspace(), action_id(&id)?).await?;
    Ok(Json(found.ok_or(ApiError::NotFound("action"))?.into()))
}

/// Cancel an action after its current step.
///
/// Contacts that were dealt with stay as they are. An action that is over stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/contacts/actions/{id}/cancel",
    operation_id = "cancelContactAction",
    tag = "segments",
    params(("id" = String, Path, description = "The action.")),
    responses((status = 200, description = "The action as it is now.", body = ActionAnswer, example = json!(example())), RefusedOrMissing),
)]
pub(crate) async fn cancel(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<ActionAnswer>, ApiError> {
    auth.allow(Action::Read)?;
    let found = state.app.cancel_action(auth.workspace(), action_id(&id)?).await?;
    Ok(Json(found.ok_or(ApiError::NotFound("action"))?.into()))
}

/// Reads the ID of an action. A text that is no ID is answered like an unknown ID.
fn action_id(text: &str) -> Result<JobId, ApiError> {
    let id = Uuid::parse_str(text.trim());
    id.map(JobId).map_err(|_| ApiError::NotFound("action"))
}

fn example() -> serde_json::Value {
    serde_json::json!({"action": {
        "id": "0197f0c0-7b5c-7000-8000-000000000001", "action": "add_to_list", "listId": 7, "readable": "External ID is empty",
        "state": "running", "total": 1204, "done": 500, "createdAt": "2026-03-01T12:00:00Z", "finishedAt": null, "error": null,
    }})
}
