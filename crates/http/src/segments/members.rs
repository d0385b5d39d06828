//! `GET segments/{id}/members` and `GET contact/{id}/segments`.

use super::forms::{MemberBody, kind};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paging::Paging;
use crate::paths::{Id, Params};
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use selfsame_application::ports::MembersFrom;
use selfsame_application::{PastMembersError, StandingInSegment};
use selfsame_domain::{ContactId, Revision, SegmentId};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of the contacts in a segment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberPage {
    /// The contacts, by number.
    items: Vec<MemberBody>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(example = "564407320")]
    next: Option<String>,
}

/// Every segment, and whether a contact is in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StandingPage {
    /// One entry for every segment, by number.
    items: Vec<StandingBody>,
}

/// Whether a contact is in a segment, and why.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StandingBody {
    /// The number of the segment.
    #[schema(example = 7)]
    segment_id: i64,
    /// Its name.
    #[schema(example = "Without external ID")]
    name: String,
    /// `dynamic` or `static`.
    #[schema(example = "dynamic")]
    r#type: &'static str,
    /// Whether the contact is in it.
    r#in: bool,
    /// The conditions that decide it, in words.
    #[schema(example = "External ID is empty")]
    because: String,
    /// When that ends by itself, with nothing changed but the time; null when it does not.
    until: Option<DateTime<Utc>>,
    /// When the entry of a member was recorded; null for others, and while it is being recorded.
    since: Option<DateTime<Utc>>,
    /// The revision from which on the contact is in the segment; null where `since` is.
    #[schema(example = 1205)]
    since_revision: Option<i64>,
}

impl From<StandingInSegment> for StandingBody {
    fn from(standing: StandingInSegment) -> Self {
        Self {
            segment_id: standing.id.0,
            name: standing.name.to_string(),
            r#type: kind(standing.dynamic),
            r#in: standing.is_member,
            because: standing.because,
            until: standing.until,
            since: standing.since.map(|(_, at)| at),
            since_revision: standing.since.map(|(revision, _)| revision.0),
        }
    }
}

/// The contacts in a segment, now or at a revision.
#[utoipa::path(
    get,
    path = "/api/v1/segments/{id}/members",
    operation_id = "listSegmentMembers",
    tag = "segments",
    params(
        ("id" = i64, Path, description = "The number of the segment."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
        ("asOf" = Option<i64>, Query, description = "The revision whose members are asked for, in their present form and without those who were erased since; the present members without it."),
    ),
    responses((status = 200, description = "A page of contacts, by number.", body = MemberPage), RefusedOrMissing),
)]
pub(crate) async fn members(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Id(id): Id<SegmentId>,
    params: Params,
) -> Result<Json<MemberPage>, ApiError> {
    let mut problems = Problems::default();
    let paging = Paging::numbered(&params, &mut problems);
    let as_of = params.text("asOf").is_some();
    let as_of = as_of.then(|| params.number("asOf", 0, i64::MAX.unsigned_abs(), 0, &mut problems));
    problems.finish()?;
    let (app, workspace) = (&state.app, auth.workspace());
    let after = paging.cursor.map_or(ContactId::NONE, ContactId);
    let found = match as_of {
        None => {
            app.segment_members(workspace, id, MembersFrom::After(after), paging.read_limit())
                .await?
        }
        Some(revision) => {
            let revision = Revision(i64::try_from(revision).unwrap_or(i64::MAX));
            app.segment_members_at(workspace, id, revision, after, paging.read_limit())
                .await?
        }
    };
    let (found, next) = paging.cut(found, |details| details.contact.id.0);
    Ok(Json(MemberPage {
        items: found.iter().map(MemberBody::from).collect(),
        next,
    }))
}

/// In which segments a contact is, and why it is in each or not.
#[utoipa::path(
    get,
    path = "/api/v1/contact/{id}/segments",
    operation_id = "getContactSegments",
    tag = "segments",
    params(("id" = i64, Path, description = "The contact ID; that of an absorbed contact leads to its survivor.")),
    responses((status = 200, description = "Every segment.", body = StandingPage), RefusedOrMissing),
)]
pub(crate) async fn of_contact(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Id(id): Id<ContactId>,
) -> Result<Json<StandingPage>, ApiError> {
    let standings = state.app.segments_of(auth.workspace(), id).await?;
    Ok(Json(StandingPage {
        items: standings.into_iter().map(StandingBody::from).collect(),
    }))
}

impl From<PastMembersError> for ApiError {
    fn from(error: PastMembersError) -> Self {
        match error {
            PastMembersError::Segment(error) => error.into(),
            PastMembersError::TooEarly { .. } | PastMembersError::Ahead { .. } => Self::invalid("asOf", error),
            PastMembersError::NotRecorded => Self::Busy,
            PastMembersError::Storage(error) => error.into(),
        }
    }
}
