//! `POST segments/{id}/copy`, `…/freeze` and `…/empty`, and `POST contacts/search`.

use super::define::{SegmentChange, changed};
use super::forms::{FormulaBody, MemberBody, formula};
use crate::auth::{May, right};
use crate::body::{Body, Incoming, body};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paging::Paging;
use crate::paths::{Id, Params};
use crate::refusals::{BodyRefused, WriteRefusedOrMissing};
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use selfsame_application::ports::MembersFrom;
use selfsame_application::{Replay, Submission};
use selfsame_domain::values::SegmentName;
use selfsame_domain::{Command, ContactId, ContactRef, Decision, Effect, SegmentId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// How many contacts a list gets by one call.
const MOST_FROZEN: u64 = 10_000;

/// How many contacts are put into a list by one commit.
const AT_ONCE: u32 = 500;

body! {
    /// The name of a segment that is made of another one.
    #[schema(as = DerivedSegment)]
    pub(crate) struct DerivedBody {
        /// Its name, unique within the workspace, 1 to 255 characters.
        #[schema(value_type = String, example = "Without external ID, March")]
        name: SegmentName,
    }
}

body! {
    /// Who is looked for.
    #[schema(as = ContactSearchInput)]
    pub(crate) struct SearchInput {
        /// Who is chosen.
        #[schema(value_type = FormulaBody)]
        formula: Value,
    }
}

/// Contacts that a formula chooses.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactSearch)]
pub(crate) struct SearchPage {
    /// How many there are in all.
    #[schema(example = 1204)]
    count: u64,
    /// A page of them, by number.
    items: Vec<MemberBody>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(example = "564407320")]
    next: Option<String>,
}

/// Make a dynamic segment with the formula of another one.
#[utoipa::path(
    post,
    path = "/api/v1/segments/{id}/copy",
    operation_id = "copySegment",
    tag = "segments",
    params(("id" = i64, Path, description = "The number of the segment that is copied."), crate::docs::IdempotencyKey),
    request_body(content = DerivedBody, example = json!({"name": "Without external ID, copy"})),
    responses((status = 201, description = "It was made.", body = SegmentChange), WriteRefusedOrMissing),
)]
pub(crate) async fn copy(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<SegmentId>,
    Body(DerivedBody { name }, incoming): Body<DerivedBody>,
) -> Result<impl IntoResponse, ApiError> {
    let view = state.app.segment(auth.workspace(), id).await?;
    let Some(formula) = view.formula else {
        return Err(ApiError::invalid(
            "id",
            "must be a dynamic segment: a list has no formula to copy",
        ));
    };
    let command = Command::CreateSegment {
        name,
        formula: Some(Box::new(formula)),
    };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let body = changed(&state, auth.workspace(), made(&decision)?, &decision).await?;
    Ok((StatusCode::CREATED, Decided(decision, Json(body))))
}

/// Make a list of the contacts that are in a segment now.
///
/// Takes up to 10,000 contacts. They are put into the list 500 at a time; contacts that enter the segment meanwhile may be among them.
#[utoipa::path(
    post,
    path = "/api/v1/segments/{id}/freeze",
    operation_id = "freezeSegment",
    tag = "segments",
    params(("id" = i64, Path, description = "The number of the segment."), crate::docs::IdempotencyKey),
    request_body(content = DerivedBody, example = json!({"name": "Without external ID, March"})),
    responses((status = 201, description = "The list was made.", body = SegmentChange), WriteRefusedOrMissing),
)]
pub(crate) async fn freeze(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<SegmentId>,
    Body(DerivedBody { name }, incoming): Body<DerivedBody>,
) -> Result<impl IntoResponse, ApiError> {
    let workspace = auth.workspace();
    if state.app.count_segment(workspace, id).await? > MOST_FROZEN {
        return Err(ApiError::invalid(
            "id",
            format!("must be a segment of at most {MOST_FROZEN} contacts"),
        ));
    }
    let command = Command::CreateSegment { name, formula: None };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let list = made(&decision)?;
    let mut after = ContactId::NONE;
    for number in 0..MOST_FROZEN.div_ceil(AT_ONCE.into()) {
        let page = state
            .app
            .segment_members(workspace, id, MembersFrom::After(after), AT_ONCE)
            .await?;
        let Some(end) = page.last() else { break };
        after = end.contact.id;
        let contacts = page.iter().map(|details| ContactRef::Id(details.contact.id)).collect();
        let attach = Command::Attach {
            segment: list,
            contacts,
        };
        // A repeated request must not put into the list who came to the segment since.
        let replay = incoming.idempotency_key.as_ref().map(|key| Replay {
            key: format!("f{number}:{}:{key}", auth.0.key.id),
            digest: incoming.digest(),
        });
        let submission = Submission {
            replay,
            ..Submission::of(attach)
        };
        state.app.submit(workspace, submission).await?;
    }
    let body = changed(&state, workspace, list, &decision).await?;
    Ok((StatusCode::CREATED, Decided(decision, Json(body))))
}

/// Remove all contacts from a list.
#[utoipa::path(
    post,
    path = "/api/v1/segments/{id}/empty",
    operation_id = "emptySegment",
    tag = "segments",
    params(("id" = i64, Path, description = "The number of the list."), crate::docs::IdempotencyKey),
    responses((status = 200, description = "It is empty.", body = SegmentChange), WriteRefusedOrMissing),
)]
pub(crate) async fn empty(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    Id(segment): Id<SegmentId>,
    incoming: Incoming,
) -> Result<impl IntoResponse, ApiError> {
    let command = Command::Detach {
        segment,
        contacts: Vec::new(),
    };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let body = changed(&state, auth.workspace(), segment, &decision).await?;
    Ok(Decided(decision, Json(body)))
}

/// Contacts that a formula chooses now.
#[utoipa::path(
    post,
    path = "/api/v1/contacts/search",
    operation_id = "searchByFormula",
    tag = "segments",
    params(
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
    ),
    request_body(content = SearchInput, example = json!({"formula": {"field": "externalCustomerId", "op": "is_empty"}})),
    responses((status = 200, description = "A page of contacts, by number.", body = SearchPage), BodyRefused),
)]
pub(crate) async fn search(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    params: Params,
    Body(sent, _): Body<SearchInput>,
) -> Result<Json<SearchPage>, ApiError> {
    let mut problems = Problems::default();
    let paging = Paging::numbered(&params, &mut problems);
    problems.finish()?;
    let formula = formula(&state, auth.workspace(), &sent.formula).await?;
    let from = MembersFrom::After(paging.cursor.map_or(ContactId::NONE, ContactId));
    let found = state
        .app
        .search_by_formula(auth.workspace(), &formula, from, paging.read_limit())
        .await?;
    let (items, next) = paging.cut(found.items, |details| details.contact.id.0);
    Ok(Json(SearchPage {
        count: found.total,
        items: items.iter().map(MemberBody::from).collect(),
        next,
    }))
}

fn made(decision: &Decision) -> Result<SegmentId, ApiError> {
    let made = decision.effects.iter().find_map(|effect| match effect {
        Effect::SegmentCreated { segment } => Some(*segment),
        _ => None,
    });
    made.ok_or(ApiError::Internal("a segment was made without a number"))
}
