//! `GET contact/{id}/timeline`.

use super::item::ItemBody;
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paging::{DEFAULT_LIMIT, MAX_LIMIT, read_place, write_place};
use crate::paths::{Id, Params};
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use chrono::DateTime;
use selfsame_application::{TimelineCursor, TimelineKind, TimelineQuery};
use selfsame_domain::{ContactId, DecisionId, Timestamp};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// A page of a timeline.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimelineBody {
    /// The latest first.
    items: Vec<ItemBody>,
    /// The `cursor` of the next page; null on the last one.
    next: Option<String>,
}

/// What a contact did, and what was decided about it.
///
/// Events, page views, orders and identity decisions, the latest first; of those of one moment what arrived last comes first. The history of the contacts that it absorbed and of the visitors
/// that it adopted is part of it; `from` says where an entry came from. An order stands at its date, as it is now; the events that reported
/// its statuses stand beside it.
#[utoipa::path(
    get,
    path = "/api/v1/contact/{id}/timeline",
    operation_id = "getTimeline",
    tag = "history",
    params(
        ("id" = i64, Path, description = "The contact ID; that of an absorbed contact leads to its survivor. A removed one is answered too."),
        ("type" = Option<String>, Query, description = "Only these, separated by commas: `event`, `page_view`, `order`, `decision`."),
        ("from" = Option<String>, Query, description = "Only what happened at this time or later (RFC 3339)."),
        ("until" = Option<String>, Query, description = "Only what happened before this time (RFC 3339)."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
    ),
    responses((status = 200, description = "A page of the timeline.", body = TimelineBody), RefusedOrMissing),
)]
pub(crate) async fn timeline(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Id(id): Id<ContactId>,
    params: Params,
) -> Result<Json<TimelineBody>, ApiError> {
    let query = read(&params)?;
    let found = state.app.timeline(auth.workspace(), id, &query).await?;
    let page = found.ok_or(ApiError::NotFound("contact"))?;
    let contact = page.contact;
    let items: Result<Vec<ItemBody>, ApiError> =
        page.items.into_iter().map(|item| ItemBody::of(item, contact)).collect();
    Ok(Json(TimelineBody {
        items: items?,
        next: page.next.as_ref().map(write_cursor),
    }))
}

fn read(params: &Params) -> Result<TimelineQuery, ApiError> {
    let mut problems = Problems::default();
    let mut query = TimelineQuery {
        kinds: TimelineKind::ALL.into(),
        from: read_time(params, "from", &mut problems),
        until: read_time(params, "until", &mut problems),
        after: TimelineCursor::default(),
        limit: limit(params, &mut problems),
    };
    if let Some(types) = params.text("type") {
        let named = |name: &str| TimelineKind::ALL.into_iter().find(|kind| kind.as_str() == name.trim());
        let requested: Option<BTreeSet<TimelineKind>> = types.split(',').map(named).collect();
        let known = TimelineKind::ALL.map(TimelineKind::as_str).join(", ");
        let requested = requested.ok_or_else(|| format!("must be among {known}, separated by commas"));
        query.kinds = problems.check("type", requested).unwrap_or_default();
    }
    if let Some(text) = params.text("cursor") {
        let read = read_cursor(text).ok_or("must be the `next` of an earlier page");
        query.after = problems.check("cursor", read).unwrap_or_default();
    }
    problems.finish()?;
    Ok(query)
}

pub(super) fn limit(params: &Params, problems: &mut Problems) -> u32 {
    let limit = params.number("limit", 1, MAX_LIMIT, DEFAULT_LIMIT, problems);
    u32::try_from(limit).unwrap_or(u32::MAX)
}

pub(super) fn read_time(params: &Params, name: &str, problems: &mut Problems) -> Option<Timestamp> {
    let text = params.text(name)?;
    // An unescaped plus was decoded as a blank.
    let read = DateTime::parse_from_rfc3339(&text.replace(' ', "+"));
    let read = read.map_err(|_| "must be a time such as 2026-01-02T03:04:05Z");
    problems.check(name, read).map(|at| at.to_utc())
}

/// A cursor: event, decision and order, separated by `_`. Each of them may be blank.
fn write_cursor(cursor: &TimelineCursor) -> String {
    let event = cursor.event.map(write_place).unwrap_or_default();
    let decision = cursor.decision.map(|id| id.0.simple().to_string()).unwrap_or_default();
    let order = cursor.order.map(write_place).unwrap_or_default();
    format!("{event}_{decision}_{order}")
}

fn read_cursor(text: &str) -> Option<TimelineCursor> {
    let mut parts = text.splitn(3, '_');
    let (event, decision, order) = (parts.next()?, parts.next()?, parts.next()?);
    let cursor = TimelineCursor {
        event: read_place(event),
        decision: Uuid::parse_str(decision).ok().map(DecisionId),
        order: read_place(order),
    };
    // A part that is not blank must be readable.
    let is_whole = event.is_empty() == cursor.event.is_none()
        && decision.is_empty() == cursor.decision.is_none()
        && order.is_empty() == cursor.order.is_none();
    is_whole.then_some(cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back() {
        let at = DateTime::from_timestamp_micros(1_767_000_000_000_001).unwrap_or_default();
        let event = Some((at, DecisionId(Uuid::from_u128(7))));
        let decision = Some(DecisionId(Uuid::from_u128(8)));
        let order = Some((at, DecisionId(Uuid::from_u128(9))));
        for number in 0..8 {
            let cursor = TimelineCursor {
                event: event.filter(|_| number & 1 > 0),
                decision: decision.filter(|_| number & 2 > 0),
                order: order.filter(|_| number & 4 > 0),
            };
            assert_eq!(read_cursor(&write_cursor(&cursor)), Some(cursor));
        }
        for text in ["", "x", "1.2", "1_2_3", "._", "x.y_", "__", "___", "__x"] {
            let is_first = text == "__";
            assert_eq!(read_cursor(text).is_some(), is_first, "{text}");
        }
    }
}
