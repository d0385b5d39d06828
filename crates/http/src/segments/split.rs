//! `POST segments/{id}/split`.

use super::define::read;
use super::derive::{AT_ONCE, MOST_FROZEN, made, members_of, put_into};
use super::forms::SegmentBody;
use crate::auth::{May, right};
use crate::body::{Body, Within, body};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::WriteRefusedOrMissing;
use crate::reply::{Repeated, accepted, add_all_headers, submit_all};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use selfsame_application::Submission;
use selfsame_domain::segments::split as parts_of;
use selfsame_domain::values::SegmentName;
use selfsame_domain::{Command, Decision, SegmentId, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

body! {
    /// How a segment is split.
    #[schema(as = SegmentSplitInput)]
    pub(crate) struct SplitBody {
        /// The beginning of the names of the lists: a blank and the number of the part follow.
        #[schema(value_type = String, example = "Test March")]
        name: SegmentName,
        /// How many lists, from 2 to 20.
        #[schema(value_type = i64, example = 2)]
        parts: Within<2, 20>,
    }
}

/// The lists that a segment was split into.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SegmentSplit)]
pub(crate) struct SplitAnswer {
    /// The lists, in the order of their numbers.
    segments: Vec<SegmentBody>,
}

/// Split the contacts that are in a segment now into lists of equal size.
///
/// The sizes differ by one at the most. Which list a contact gets into looks random, and depends on the contacts alone: the same contacts are always split in
/// the same way. Takes up to 10,000 contacts.
#[utoipa::path(
    post,
    path = "/api/v1/segments/{id}/split",
    operation_id = "splitSegment",
    tag = "segments",
    params(("id" = i64, Path, description = "The number of the segment."), crate::docs::IdempotencyKey),
    request_body(content = SplitBody, example = json!({"name": "Test March", "parts": 2})),
    responses((status = 201, description = "The lists were made.", body = SplitAnswer, example = json!({"segments": [
        {"id": 8, "name": "Test March 1", "type": "static", "count": 602}, {"id": 9, "name": "Test March 2", "type": "static", "count": 602}
    ]})), WriteRefusedOrMissing),
)]
pub(crate) async fn split(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<SegmentId>,
    Body(sent, incoming): Body<SplitBody>,
) -> Result<Response, ApiError> {
    let names = names(&sent)?;
    let workspace = auth.workspace();
    let contacts = members_of(&state, workspace, id).await?;
    let Some(contacts) = contacts else {
        let reason = format!("must be a segment of at most {MOST_FROZEN} contacts");
        return Err(ApiError::invalid("id", reason));
    };
    let create = |name: &SegmentName| Command::CreateSegment {
        name: name.clone(),
        formula: None,
    };
    let commands = names.iter().map(create).collect();
    let decisions = submit_all(&state, &auth, &incoming, commands, Repeated::Accepted).await?;
    if decisions.iter().any(|decision| decision.rejection.is_some()) {
        take_back(&state, workspace, &decisions).await?;
    }
    let decisions = decisions.into_iter().map(accepted).collect::<Result<Vec<_>, _>>()?;
    let mut segments = Vec::new();
    let parts = parts_of(&contacts, names.len());
    for (number, (part, decision)) in parts.iter().zip(&decisions).enumerate() {
        let list = made(decision)?;
        for (step, contacts) in part.chunks(AT_ONCE as usize).enumerate() {
            let label = format!("s{number}.{step}");
            put_into(&state, &auth, &incoming, list, (contacts, &label)).await?;
        }
        segments.push(read(&state, workspace, list).await?);
    }
    let mut response = (StatusCode::CREATED, Json(SplitAnswer { segments })).into_response();
    add_all_headers(&decisions, response.headers_mut());
    Ok(response)
}

/// Deletes the lists that were made, because the name of another one is taken.
async fn take_back(state: &HttpState, workspace: WorkspaceId, decisions: &[Decision]) -> Result<(), ApiError> {
    let lists = decisions.iter().filter_map(|decision| made(decision).ok());
    let submission = Submission {
        commands: lists.map(|segment| Command::DeleteSegment { segment }).collect(),
        replay: None,
        duplicate_digest: None,
        bytes: 0,
        import: None,
    };
    if !submission.commands.is_empty() {
        state.app.submit(workspace, submission).await?;
    }
    Ok(())
}

/// The names of the lists.
fn names(sent: &SplitBody) -> Result<Vec<SegmentName>, ApiError> {
    let names = (1..=sent.parts.0).map(|number| SegmentName::parse(&format!("{} {number}", sent.name)));
    names
        .collect::<Result<_, _>>()
        .map_err(|error| ApiError::invalid("/name", error))
}
