//! Creating, changing, reading and deleting segments.

use super::derive::made;
use super::forms::{SegmentBody, SegmentInput, formula};
use crate::auth::{May, right};
use crate::body::{Body, Incoming};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::identity::DecisionBody;
use crate::paging::Paging;
use crate::paths::{Id, Params};
use crate::refusals::{Refused, RefusedOrMissing, WriteRefused, WriteRefusedOrMissing};
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use selfsame_domain::{Command, Decision, SegmentId, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of segments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SegmentPage {
    /// The segments, by number.
    items: Vec<SegmentBody>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(example = "7")]
    next: Option<String>,
}

/// A segment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SegmentAnswer {
    /// The segment.
    segment: SegmentBody,
}

/// A segment as it is after the decision, and the decision.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SegmentChange {
    /// The segment.
    segment: SegmentBody,
    /// What was decided.
    decision: DecisionBody,
}

/// The decision that deleted a segment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SegmentDeletion {
    /// What was decided.
    decision: DecisionBody,
}

/// Segments, static and dynamic.
#[utoipa::path(
    get,
    path = "/api/v1/segments",
    operation_id = "listSegments",
    tag = "segments",
    params(
        ("name" = Option<String>, Query, description = "What the name contains, in any case."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
    ),
    responses((status = 200, description = "A page of segments, by number.", body = SegmentPage), Refused),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    params: Params,
) -> Result<Json<SegmentPage>, ApiError> {
    let mut problems = Problems::default();
    let paging = Paging::numbered(&params, &mut problems);
    problems.finish()?;
    let segments = state.app.segments(auth.workspace(), params.text("name")).await?;
    let (segments, next) = paging.cut_whole(segments, |segment| segment.id.0);
    Ok(Json(SegmentPage {
        items: segments
            .into_iter()
            .map(|segment| SegmentBody::of(segment, None))
            .collect(),
        next,
    }))
}

/// Make a dynamic segment.
///
/// Who is in it is decided by its formula whenever it is read, so that it is right as soon as a write is answered.
#[utoipa::path(
    post,
    path = "/api/v1/segments",
    operation_id = "createSegment",
    tag = "segments",
    params(crate::docs::IdempotencyKey),
    request_body(content = SegmentInput, example = json!({
        "name": "Without external ID", "formula": {"field": "externalCustomerId", "op": "is_empty"}
    })),
    responses((status = 201, description = "It was made.", body = SegmentChange), WriteRefused),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Body(new, incoming): Body<SegmentInput>,
) -> Result<impl IntoResponse, ApiError> {
    let mut problems = Problems::default();
    let name = problems.check("/name", new.name.ok_or("is required"));
    let sent = problems.check("/formula", new.formula.ok_or("is required"));
    problems.finish()?;
    let (name, sent) = name.zip(sent).ok_or(ApiError::Internal("an unreported problem"))?;
    let formula = formula(&state, auth.workspace(), &sent).await?;
    state.app.check_formula(auth.workspace(), &formula, None).await?;
    let command = Command::CreateSegment {
        name,
        formula: Some(Box::new(formula)),
    };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let body = changed(&state, auth.workspace(), made(&decision)?, &decision).await?;
    Ok((StatusCode::CREATED, Decided(decision, Json(body))))
}

/// A segment, and how many contacts are in it now.
#[utoipa::path(
    get,
    path = "/api/v1/segments/{id}",
    operation_id = "getSegment",
    tag = "segments",
    params(("id" = i64, Path, description = "The number of the segment.")),
    responses((status = 200, description = "The segment.", body = SegmentAnswer), RefusedOrMissing),
)]
pub(crate) async fn get(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Id(id): Id<SegmentId>,
) -> Result<Json<SegmentAnswer>, ApiError> {
    let segment = read(&state, auth.workspace(), id).await?;
    Ok(Json(SegmentAnswer { segment }))
}

/// Rename a segment, change the formula of a dynamic one, or both.
#[utoipa::path(
    put,
    path = "/api/v1/segments/{id}",
    operation_id = "changeSegment",
    tag = "segments",
    params(("id" = i64, Path, description = "The number of the segment."), crate::docs::IdempotencyKey),
    request_body(content = SegmentInput, example = json!({
        "name": "Without external ID",
        "formula": {"any": [{"field": "externalCustomerId", "op": "is_empty"}, {"field": "email", "op": "is_empty"}]}
    })),
    responses((status = 200, description = "The segment.", body = SegmentChange), WriteRefusedOrMissing),
)]
pub(crate) async fn change(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<SegmentId>,
    Body(change, incoming): Body<SegmentInput>,
) -> Result<impl IntoResponse, ApiError> {
    let formula = match &change.formula {
        Some(sent) => Some(formula(&state, auth.workspace(), sent).await?),
        None if change.name.is_some() => None,
        None => {
            let reason = "must say what changes: name, formula or both";
            return Err(ApiError::invalid("", reason));
        }
    };
    if let Some(formula) = &formula {
        state.app.check_formula(auth.workspace(), formula, Some(id)).await?;
    }
    let command = Command::ChangeSegment {
        segment: id,
        name: change.name,
        formula: formula.map(Box::new),
    };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let body = changed(&state, auth.workspace(), id, &decision).await?;
    Ok(Decided(decision, Json(body)))
}

/// Delete a segment. The contacts stay.
///
/// Refused while the formula of another segment names it, and for the segment of a subscription category.
#[utoipa::path(
    delete,
    path = "/api/v1/segments/{id}",
    operation_id = "deleteSegment",
    tag = "segments",
    params(("id" = i64, Path, description = "The number of the segment."), crate::docs::IdempotencyKey),
    responses((status = 200, description = "It was deleted.", body = SegmentDeletion), WriteRefusedOrMissing),
)]
pub(crate) async fn delete(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(segment): Id<SegmentId>,
    incoming: Incoming,
) -> Result<impl IntoResponse, ApiError> {
    let command = Command::DeleteSegment { segment };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let body = SegmentDeletion {
        decision: DecisionBody::from(&decision),
    };
    Ok(Decided(decision, Json(body)))
}

/// A segment as it is now, and the decision that led to it.
pub(super) async fn changed(
    state: &HttpState,
    workspace: WorkspaceId,
    id: SegmentId,
    decision: &Decision,
) -> Result<SegmentChange, ApiError> {
    Ok(SegmentChange {
        segment: read(state, workspace, id).await?,
        decision: DecisionBody::from(decision),
    })
}

pub(super) async fn read(state: &HttpState, workspace: WorkspaceId, id: SegmentId) -> Result<SegmentBody, ApiError> {
    let view = state.app.segment(workspace, id).await?;
    let count = state.app.count_segment(workspace, id).await?;
    Ok(SegmentBody::of(view, Some(count)))
}
