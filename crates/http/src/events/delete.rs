//! `DELETE past_events`: deletes the events of a period.

use crate::auth::EventAuthenticated;
use crate::body::{Incoming, body, read_object};
use crate::error::ApiError;
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::{Action, Command, Effect, EventPeriod, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

body! {
    /// The time whose events are deleted.
    pub(crate) struct DeletePastEventsInput {
        /// Events that happened at this time or later: an ISO 8601 time, in UTC where it says no offset.
        #[schema(value_type = String, example = "2026-01-02T00:00")]
        from: Timestamp,
        /// Only those that happened before this time.
        #[schema(value_type = String, example = "2026-01-03T00:00")]
        to: Timestamp,
    }
}

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletedEventsBody {
    /// How many events.
    deleted_count: usize,
    /// Whether there are more in that time: repeat the call.
    has_more: bool,
}

/// Delete events of a time.
///
/// The events that happened in it, of every contact and visitor and from every source: the earliest 5,000; repeat the call while `hasMore` is true.
/// They leave the counts of their types, and their `eventId`s may be used again. Contacts, visitors and orders stay. Off unless
/// `deletePastEvents` of the identity policy is on.
#[utoipa::path(
    delete,
    path = "/api/v1/past_events",
    operation_id = "deletePastEvents",
    tag = "events",
    params(crate::docs::IdempotencyKey),
    request_body(content = DeletePastEventsInput, content_type = "application/json",
        example = json!({"from": "2026-01-02T00:00", "to": "2026-01-03T00:00"})),
    responses(
        (status = 200, body = DeletedEventsBody, description = "What was deleted",
            example = json!({"deletedCount": 3, "hasMore": false})),
        crate::docs::WriteErrors,
    )
)]
pub(crate) async fn delete(
    State(state): State<HttpState>,
    EventAuthenticated(auth): EventAuthenticated,
    incoming: Incoming,
) -> Result<Decided<Json<DeletedEventsBody>>, ApiError> {
    auth.allow(Action::Events)?;
    let DeletePastEventsInput { from, to: until } = read_object(&incoming.object()?.fields())?;
    if from >= until {
        return Err(ApiError::invalid("/to", "must be after from"));
    }
    let period = EventPeriod { from, until };
    let decision = submit(
        &state,
        &auth,
        &incoming,
        Command::DeleteEvents(period),
        Repeated::Accepted,
    )
    .await?;
    let deleted = decision.effects.iter().find_map(|effect| match effect {
        Effect::EventsDeleted { count, more } => Some(DeletedEventsBody {
            deleted_count: *count,
            has_more: *more,
        }),
        _ => None,
    });
    let body = deleted.ok_or(ApiError::Internal("a deletion that does not say what it deleted"))?;
    Ok(Decided(decision, Json(body)))
}
