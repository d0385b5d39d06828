//! `POST segments/{id}/copy`, `…/freeze` and `…/empty`, and `POST contacts/search`.

use super::define::{SegmentChange, changed};
use super::forms::{MemberBody, formula};
use super::formula_schema::FormulaBody;
use super::table;
use crate::auth::{Authenticated, May, right};
use crate::body::{Body, Incoming, body};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paging::Paging;
use crate::paths::{Id, Params, positive};
use crate::refusals::{BodyRefused, WriteRefusedOrMissing};
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use crate::times;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use http::{HeaderMap, StatusCode};
use selfsame_application::Submission;
use selfsame_application::ports::{MemberOrder, MembersFrom};
use selfsame_domain::values::SegmentName;
use selfsame_domain::{Command, ContactId, ContactRef, Decision, Effect, SegmentId, Timestamp, WorkspaceId};
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use utoipa::ToSchema;

/// How many contacts a list gets by one call.
pub(super) const MOST_FROZEN: usize = 10_000;

/// How many contacts are put into a list by one commit.
pub(super) const AT_ONCE: u32 = 500;

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
    /// A page of them.
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
    let Some(contacts) = members_of(&state, workspace, id).await? else {
        let reason = format!("must be a segment of at most {MOST_FROZEN} contacts");
        return Err(ApiError::invalid("id", reason));
    };
    let command = Command::CreateSegment { name, formula: None };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let list = made(&decision)?;
    for (step, contacts) in contacts.chunks(AT_ONCE as usize).enumerate() {
        put_into(&state, &auth, &incoming, list, (contacts, &format!("f{step}"))).await?;
    }
    let body = changed(&state, workspace, list, &decision).await?;
    Ok((StatusCode::CREATED, Decided(decision, Json(body))))
}

/// The contacts that are in a segment now; none when there are more than [`MOST_FROZEN`].
pub(super) async fn members_of(
    state: &HttpState,
    workspace: WorkspaceId,
    id: SegmentId,
) -> Result<Option<Vec<ContactId>>, ApiError> {
    let mut found = Vec::new();
    loop {
        let from = MembersFrom::After(found.last().copied().unwrap_or(ContactId::NONE));
        let page = state.app.segment_members(workspace, id, from, AT_ONCE).await?;
        found.extend(page.iter().map(|details| details.contact.id));
        if found.len() > MOST_FROZEN {
            return Ok(None);
        }
        if page.len() < AT_ONCE as usize {
            return Ok(Some(found));
        }
    }
}

/// Puts contacts into a list. A repeated request must not put others into it, who came to the segment since: the step of the request says which commit it is.
pub(super) async fn put_into(
    state: &HttpState,
    auth: &Authenticated,
    incoming: &Incoming,
    list: SegmentId,
    (contacts, step): (&[ContactId], &str),
) -> Result<(), ApiError> {
    let attach = Command::Attach {
        segment: list,
        contacts: contacts.iter().map(|id| ContactRef::Id(*id)).collect(),
    };
    let submission = Submission {
        replay: incoming.replay(format_args!("{step}:{}", auth.0.key.id)),
        ..Submission::of(attach)
    };
    state.app.submit(auth.workspace(), submission).await?;
    Ok(())
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
///
/// With `Accept: text/csv` the answer is a table of all of them, or of those after `cursor`, which is the number of a contact: a download that broke off goes on
/// with that of its last whole line.
#[utoipa::path(
    post,
    path = "/api/v1/contacts/search",
    operation_id = "searchByFormula",
    tag = "segments",
    params(
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
        ("sort" = Option<String>, Query, description = "The order of a page: `contactId` (without it), `createdAt`, `-createdAt`, `updatedAt` or `-updatedAt`; `-` is descending. A table is always by number."),
    ),
    request_body(content = SearchInput, example = json!({"formula": {"field": "externalCustomerId", "op": "is_empty"}})),
    responses((status = 200, description = "A page of contacts, by number, or a table of all.", content(
        (SearchPage = "application/json"),
        (String = "text/csv"),
    )), BodyRefused),
)]
pub(crate) async fn search(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    headers: HeaderMap,
    params: Params,
    Body(sent, _): Body<SearchInput>,
) -> Result<Response, ApiError> {
    let mut problems = Problems::default();
    let order = order(&params, &mut problems);
    let is_table = table::is_wanted(&headers);
    if is_table && order.is_some() {
        problems.add("sort", "must be left out of a table");
    }
    let paging = Paging::read_with(&params, &mut problems, |text| Cursor::read(text, order.is_some()));
    problems.finish()?;
    let formula = formula(&state, auth.workspace(), &sent.formula).await?;
    let after = paging.cursor.map_or(ContactId::NONE, |cursor| cursor.contact);
    if is_table {
        state.app.check_formula(auth.workspace(), &formula, None).await?;
        return Ok(table::answer(state.app.clone(), auth.workspace(), formula, after));
    }
    let from = match order {
        None => MembersFrom::After(after),
        Some(order) => MembersFrom::Place {
            order,
            after: paging.cursor.and_then(|cursor| Some((cursor.at?, cursor.contact))),
        },
    };
    let found = state
        .app
        .search_by_formula(auth.workspace(), &formula, from, paging.read_limit())
        .await?;
    let (items, next) = paging.cut(found.items, |details| Cursor {
        at: order.map(|order| order.place(&details.contact).0),
        contact: details.contact.id,
    });
    let page = SearchPage {
        count: found.total,
        items: items.iter().map(MemberBody::from).collect(),
        next,
    };
    Ok(Json(page).into_response())
}

/// The order that `sort` names; none for that of the numbers.
fn order(params: &Params, problems: &mut Problems) -> Option<MemberOrder> {
    match params.text("sort")? {
        "contactId" => None,
        "createdAt" => Some(MemberOrder::Created { ascending: true }),
        "-createdAt" => Some(MemberOrder::Created { ascending: false }),
        "updatedAt" => Some(MemberOrder::Updated { ascending: true }),
        "-updatedAt" => Some(MemberOrder::Updated { ascending: false }),
        _ => {
            let reason = "must be contactId, createdAt, -createdAt, updatedAt or -updatedAt";
            problems.add("sort", reason);
            None
        }
    }
}

/// The last contact of a page: `NUMBER`, or `MICROSECONDS.NUMBER` in the order of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    at: Option<Timestamp>,
    contact: ContactId,
}

impl Cursor {
    fn read(text: &str, has_time: bool) -> Option<Self> {
        let (at, number) = match text.split_once('.') {
            Some((at, number)) => {
                let at = DateTime::from_timestamp_micros(at.parse().ok()?);
                (Some(at.filter(|at| times::is_storable(*at))?), number)
            }
            None => (None, text),
        };
        let contact = ContactId(positive(number)?);
        (at.is_some() == has_time).then_some(Self { at, contact })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.at {
            write!(f, "{}.", at.timestamp_micros())?;
        }
        write!(f, "{}", self.contact)
    }
}

pub(super) fn made(decision: &Decision) -> Result<SegmentId, ApiError> {
    let made = decision.effects.iter().find_map(|effect| match effect {
        Effect::SegmentCreated { segment } => Some(*segment),
        _ => None,
    });
    made.ok_or(ApiError::Internal("a segment was made without a number"))
}
