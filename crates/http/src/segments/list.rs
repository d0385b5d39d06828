//! `GET groups`.

use crate::auth::{May, right};
use crate::contacts::response::{Group, Listed};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::Params;
use crate::state::HttpState;
use axum::extract::State;

/// List segments, static and dynamic.
#[utoipa::path(
    get,
    path = "/api/v1/groups",
    operation_id = "listGroups",
    tag = "segments",
    params(
        ("name" = Option<String>, Query, description = "What the name contains, in any case"),
        crate::paths::Paging,
    ),
    responses(
        (status = 200, description = "One page of segments", body = Vec<Group>, headers(("TotalCount" = i64, description = "The number of all")),
            example = json!([{"id": 7, "name": "Newsletter", "type": "Static"}, {"id": 8, "name": "Without external ID", "type": "Dynamic"}])),
        crate::docs::ReadErrors,
    )
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    params: Params,
) -> Result<Listed<Group>, ApiError> {
    let mut problems = Problems::default();
    let (offset, limit) = params.page(&mut problems);
    problems.finish()?;
    let found = state.app.segments(auth.workspace(), params.text("name")).await?;
    let total = found.len() as u64;
    let passed_over = usize::try_from(offset).unwrap_or(usize::MAX);
    let page = found.iter().skip(passed_over).take(limit as usize);
    Ok(Listed {
        items: page.map(Group::from).collect(),
        total,
    })
}
