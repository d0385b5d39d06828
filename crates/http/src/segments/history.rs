//! `GET segments/{id}/history`.

use crate::auth::{May, right};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::{Id, Params};
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use selfsame_application::SegmentDay;
use selfsame_domain::SegmentId;
use serde::Serialize;
use utoipa::ToSchema;

/// How many days are answered, without being asked and at the most.
const DEFAULT_DAYS: u64 = 30;
const MAX_DAYS: u64 = 366;

/// The number of contacts in a segment, day by day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SegmentHistory {
    /// One entry for every day (UTC), ascending; the last is today.
    items: Vec<DayBody>,
    /// Entries and exits are recorded up to this revision.
    #[schema(example = 1205)]
    recorded_until: i64,
    /// Entries and exits of earlier revisions than this one are not all recorded.
    #[schema(example = 0)]
    recorded_from: i64,
}

/// The entries into a segment on a day, and the exits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SegmentDay)]
pub(crate) struct DayBody {
    /// The day (UTC).
    #[schema(format = "date", example = "2026-01-02")]
    date: NaiveDate,
    /// How many contacts entered.
    #[schema(example = 12)]
    entered: u64,
    /// How many contacts left.
    #[schema(example = 3)]
    left: u64,
    /// How many contacts were in the segment at the end of the day.
    #[schema(example = 1204)]
    count: u64,
}

impl From<SegmentDay> for DayBody {
    fn from(day: SegmentDay) -> Self {
        Self {
            date: day.day,
            entered: day.entered,
            left: day.left,
            count: day.count,
        }
    }
}

/// How many contacts were in a segment over the last days.
///
/// Contacts that were erased since are not counted, on earlier days either.
#[utoipa::path(
    get,
    path = "/api/v1/segments/{id}/history",
    operation_id = "getSegmentHistory",
    tag = "segments",
    params(
        ("id" = i64, Path, description = "The number of the segment."),
        ("days" = Option<u32>, Query, description = "How many days, today included, up to 366; 30 without."),
    ),
    responses((status = 200, description = "The counts by day.", body = SegmentHistory), RefusedOrMissing),
)]
pub(crate) async fn history(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Id(id): Id<SegmentId>,
    params: Params,
) -> Result<Json<SegmentHistory>, ApiError> {
    let mut problems = Problems::default();
    let days = params.number("days", 1, MAX_DAYS, DEFAULT_DAYS, &mut problems);
    problems.finish()?;
    let days = u32::try_from(days).unwrap_or(u32::MAX);
    let history = state.app.segment_history(auth.workspace(), id, days).await?;
    Ok(Json(SegmentHistory {
        items: history.days.into_iter().map(DayBody::from).collect(),
        recorded_until: history.recorded.0,
        recorded_from: history.begins.0,
    }))
}
