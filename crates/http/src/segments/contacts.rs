//! `GET group/{id}/contacts`.

use crate::auth::{May, right};
use crate::contacts::response::{ContactBody, Listed};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::{Id, Params};
use crate::state::HttpState;
use axum::extract::State;
use selfsame_application::SegmentError;
use selfsame_application::ports::{MembersFrom, Page, SegmentQuery};
use selfsame_domain::SegmentId;

/// List the contacts of a segment.
#[utoipa::path(
    get,
    path = "/api/v1/group/{id}/contacts",
    operation_id = "listGroupContacts",
    tag = "segments",
    params(
        ("id" = i64, Path, description = "The segment's number"),
        crate::paths::Paging,
        ("orderByTs" = Option<bool>, Query, description = "By time of entry instead of by number; false by default. Contacts of dynamic segments come by number: times of entry are not kept"),
        ("asc" = Option<bool>, Query, description = "Ascending; true by default"),
    ),
    responses(
        (status = 200, description = "One page of contacts", body = Vec<ContactBody>, headers(("TotalCount" = i64, description = "The number of all"))),
        crate::docs::ReadErrors,
        (status = 404, description = "There is no such segment", body = String, content_type = "text/plain", example = json!("group not found")),
    )
)]
pub(crate) async fn contacts(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Id(segment): Id<SegmentId>,
    params: Params,
) -> Result<Listed<ContactBody>, ApiError> {
    let mut problems = Problems::default();
    let (offset, limit) = params.page(&mut problems);
    let by_time = params.flag("orderByTs", false, &mut problems);
    let ascending = params.flag("asc", true, &mut problems);
    problems.finish()?;
    let view = state.app.segment(auth.workspace(), segment).await.map_err(not_found)?;
    if view.formula.is_some() {
        let from = MembersFrom::Offset { offset, ascending };
        let items = state.app.segment_members(auth.workspace(), segment, from, limit).await;
        let total = state.app.count_segment(auth.workspace(), segment).await;
        return Ok(Listed {
            items: items.map_err(not_found)?.iter().map(ContactBody::from).collect(),
            total: total.map_err(not_found)?,
        });
    }
    let query = SegmentQuery {
        segment,
        by_time,
        ascending,
        offset,
        limit,
    };
    let found = state.app.store().in_segment(auth.workspace(), &query).await?;
    let Page { items, total } = found.ok_or(ApiError::NotFound("group"))?;
    Ok(Listed {
        items: items.iter().map(ContactBody::from).collect(),
        total,
    })
}

/// The protocol's word for a segment is group.
fn not_found(error: SegmentError) -> ApiError {
    match error {
        SegmentError::NotFound => ApiError::NotFound("group"),
        error => error.into(),
    }
}
