//! `POST segments/{id}/split`.

use super::define::read;
use super::derive::{AT_ONCE, MOST_FROZEN, made, members_of, put_into};
use super::forms::{SegmentBody, name};
use crate::auth::{May, right};
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::{ApiPath, segment_id};
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
use selfsame_domain::{Command, Decision, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

/// The most parts.
const MOST_PARTS: i64 = 20;

/// How a segment is split.
#[derive(ToSchema)]
#[schema(as = SegmentSplitInput)]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
pub(crate) struct SplitBody {
    /// The beginning of the names of the lists: a blank and the number of the part follow.
    #[schema(example = "Test March")]
    name: String,
    /// How many lists, from 2 to 20.
    #[schema(example = 2)]
    parts: i64,
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
    ApiPath(id): ApiPath<String>,
    incoming: Incoming,
) -> Result<Response, ApiError> {
    let id = segment_id("id", &id)?;
    let names = names(&incoming)?;
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
    };
    if !submission.commands.is_empty() {
        state.app.submit(workspace, submission).await?;
    }
    Ok(())
}

/// The names of the lists.
fn names(incoming: &Incoming) -> Result<Vec<SegmentName>, ApiError> {
    let body = incoming.object()?;
    let fields = body.fields();
    let mut problems = Problems::default();
    let first = name(&fields, &mut problems);
    if first.is_none() && problems.is_empty() {
        problems.add("/name", "is required");
    }
    let parts = fields.integer("parts", &mut problems).value();
    let parts = parts.filter(|parts| (2..=MOST_PARTS).contains(parts));
    if parts.is_none() {
        problems.add("/parts", format!("must be a whole number from 2 to {MOST_PARTS}"));
    }
    let numbered = |(first, parts): (SegmentName, i64)| {
        let names = (1..=parts).map(|number| SegmentName::parse(&format!("{first} {number}")));
        names.collect::<Result<Vec<_>, _>>()
    };
    let names = first.zip(parts).map(numbered);
    let names = names.and_then(|names| problems.check("/name", names));
    problems.finish()?;
    names.ok_or(ApiError::Internal("an unreported problem"))
}
