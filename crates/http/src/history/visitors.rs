//! `GET visitors/{sc}`: the data of a web visitor.

use super::item::EventBody;
use super::timeline::{limit, read_time};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paging::{read_place, write_place};
use crate::paths::{ApiPath, Params};
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use selfsame_application::ports::{EventQuery, HistoryOf};
use selfsame_domain::values::Cookie;
use selfsame_domain::{Identifier, Visitor};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What is known of a cookie.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VisitorsBody {
    /// Who was behind it, the latest first; the latest 100.
    visitors: Vec<VisitorOfCookie>,
    /// What they did, the latest first. What came with an identity token is the customer's own, whatever the cookie: it stands on the
    /// timeline of the contact.
    items: Vec<EventBody>,
    /// The `cursor` of the next page of `items`; null on the last one.
    next: Option<String>,
}

/// Who was behind a cookie for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VisitorOfCookie {
    /// The visitor.
    id: Uuid,
    /// The contact that it belongs to; null while no contact is known.
    contact_id: Option<i64>,
    /// When its history begins.
    since: DateTime<Utc>,
    /// When the cookie moved to another contact.
    closed_at: Option<DateTime<Utc>>,
}

impl From<&Visitor> for VisitorOfCookie {
    fn from(visitor: &Visitor) -> Self {
        Self {
            id: visitor.id.0,
            contact_id: visitor.owner.map(|id| id.0),
            since: visitor.since,
            closed_at: visitor.closed_at,
        }
    }
}

/// Look a web visitor up.
///
/// By the value of the cookie `sc`. A cookie that changed hands has several visitors.
#[utoipa::path(
    get,
    path = "/api/v1/visitors/{sc}",
    operation_id = "getVisitors",
    tag = "history",
    params(
        ("sc" = String, Path, description = "The value of the cookie."),
        ("from" = Option<String>, Query, description = "Only what happened at this time or later (RFC 3339)."),
        ("until" = Option<String>, Query, description = "Only what happened before this time (RFC 3339)."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
    ),
    responses((status = 200, description = "What is known.", body = VisitorsBody), RefusedOrMissing),
)]
pub(crate) async fn visitors(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    ApiPath(sc): ApiPath<String>,
    params: Params,
) -> Result<Json<VisitorsBody>, ApiError> {
    let mut problems = Problems::default();
    let cookie = problems.check("sc", Cookie::parse(&sc));
    let limit = limit(&params, &mut problems);
    let after = params.text("cursor").and_then(|text| {
        let read = read_place(text).ok_or("must be the `next` of an earlier page");
        problems.check("cursor", read)
    });
    let query = EventQuery {
        page_views: None,
        from: read_time(&params, "from", &mut problems),
        until: read_time(&params, "until", &mut problems),
        after,
        limit: limit.saturating_add(1),
    };
    problems.finish()?;
    let cookie = cookie.ok_or(ApiError::NotFound("visitor"))?;
    let (store, workspace) = (state.app.store(), auth.workspace());
    let found = store.visitors(workspace, &Identifier::cookie(&cookie).key).await?;
    if found.is_empty() {
        return Err(ApiError::NotFound("visitor"));
    }
    let of = HistoryOf::Visitors(found.iter().map(|visitor| visitor.id).collect());
    let mut events = store.events(workspace, &of, &query).await?.unwrap_or_default();
    let more = events.len() > limit as usize;
    events.truncate(limit as usize);
    let last = events.last().filter(|_| more);
    let next = last.map(|event| write_place(event.place()));
    let items: Result<Vec<EventBody>, ApiError> = events.into_iter().map(|event| EventBody::of(event, None)).collect();
    Ok(Json(VisitorsBody {
        visitors: found.iter().map(VisitorOfCookie::from).collect(),
        items: items?,
        next,
    }))
}
