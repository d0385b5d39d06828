//! `event-types`: the types of events, and which of them create contacts.

use crate::auth::{May, right};
use crate::body::{Body, body};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::identity::DecisionBody;
use crate::paging::{MAX_LIMIT, Paging};
use crate::paths::{Id, Params};
use crate::refusals::{Refused, SetRefused};
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use selfsame_domain::values::EventTypeKey;
use selfsame_domain::{Command, EventType, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

/// How many types a page has by default.
const DEFAULT_LIMIT: u64 = 100;

/// How many types are read at a time in the search for one.
const LOOK_THROUGH: u32 = 500;

/// A type of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventType)]
pub(crate) struct EventTypeBody {
    /// Its key.
    #[schema(example = "wishlistAdded")]
    key: String,
    /// Whether an event of this type makes a contact when it names one that is not there.
    creates_contacts: bool,
    /// When the first of them came.
    first_seen: Option<DateTime<Utc>>,
    /// When the last of them came.
    last_seen: Option<DateTime<Utc>>,
    /// How many ever came, also those that are gone: erased with their contact, or older than events are kept. Only those that were deleted
    /// by `DELETE past_events` are taken off.
    count: u64,
}

impl From<EventType> for EventTypeBody {
    fn from(row: EventType) -> Self {
        Self {
            key: row.key.into(),
            creates_contacts: row.creates_contacts,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            count: row.count,
        }
    }
}

/// A page of types of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EventTypePage)]
pub(crate) struct EventTypePage {
    /// The types, by key.
    items: Vec<EventTypeBody>,
    /// The `cursor` of the next page; null on the last one.
    next: Option<String>,
}

/// A type of events as it is now, and the decision that made it so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventTypeChange {
    /// The type.
    event_type: EventTypeBody,
    /// What was decided.
    decision: DecisionBody,
}

body! {
    /// What changes about a type of events.
    #[schema(as = EventTypeInput)]
    pub(crate) struct ChangeBody {
        /// Whether its events create contacts from now on.
        creates_contacts: bool,
    }
}

/// List types of events.
#[utoipa::path(
    get,
    path = "/api/v1/event-types",
    operation_id = "listEventTypes",
    tag = "events",
    params(
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 100 without."),
    ),
    responses((status = 200, description = "A page of types.", body = EventTypePage), Refused),
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    params: Params,
) -> Result<Json<EventTypePage>, ApiError> {
    let mut problems = Problems::default();
    let limit = params.number("limit", 1, MAX_LIMIT, DEFAULT_LIMIT, &mut problems);
    let paging = Paging::of(&params, limit, &mut problems, |text| EventTypeKey::parse(text).ok());
    problems.finish()?;
    let after = paging.cursor.as_ref();
    let found = state
        .app
        .store()
        .event_types(auth.workspace(), after, paging.read_limit())
        .await?;
    let (found, next) = paging.cut(found, |last| last.key.clone());
    let items = found.into_iter().map(EventTypeBody::from).collect();
    Ok(Json(EventTypePage { items, next }))
}

/// Say whether events of a type create contacts.
///
/// The type need not have been seen yet. Needs full rights.
#[utoipa::path(
    patch,
    path = "/api/v1/event-types/{key}",
    operation_id = "changeEventType",
    tag = "events",
    params(("key" = String, Path, description = "The key of the type."), crate::docs::IdempotencyKey),
    request_body(content = ChangeBody, example = json!({"createsContacts": true})),
    responses((status = 200, description = "The type as it is now.", body = EventTypeChange), SetRefused),
)]
pub(crate) async fn change(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(key): Id<EventTypeKey>,
    Body(change, incoming): Body<ChangeBody>,
) -> Result<Decided<Json<EventTypeChange>>, ApiError> {
    let command = Command::SetCreating {
        key: key.clone(),
        creating: change.creates_contacts,
    };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let body = EventTypeChange {
        event_type: read(&state, auth.workspace(), key).await?.into(),
        decision: DecisionBody::from(&decision),
    };
    Ok(Decided(decision, Json(body)))
}

/// Reads a type. A type without events that creates no contacts is not stored; the default is returned for it.
async fn read(state: &HttpState, workspace: WorkspaceId, key: EventTypeKey) -> Result<EventType, ApiError> {
    let mut after = before(&key);
    loop {
        let found = state
            .app
            .store()
            .event_types(workspace, after.as_ref(), LOOK_THROUGH)
            .await?;
        let is_last = found.len() < LOOK_THROUGH as usize;
        after = found.last().map(|last| last.key.clone());
        if let Some(event_type) = found.into_iter().find(|event_type| event_type.key == key) {
            return Ok(event_type);
        }
        if is_last || after.as_ref() > Some(&key) {
            return Ok(EventType {
                key,
                creates_contacts: false,
                first_seen: None,
                last_seen: None,
                count: 0,
            });
        }
    }
}

/// A key that precedes another in the order of the list: its text without the last character, if it has more than one.
fn before(key: &EventTypeKey) -> Option<EventTypeKey> {
    let (last, _) = key.as_str().char_indices().next_back()?;
    EventTypeKey::parse(&key.as_str()[..last]).ok()
}
