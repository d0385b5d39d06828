//! `GET groups`.

use crate::auth::Authenticated;
use crate::contacts::response::{Group, Listed};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::Params;
use crate::state::HttpState;
use axum::extract::State;
use selfsame_application::ports::Page;
use selfsame_domain::Action;

/// List static segments.
#[utoipa::path(
    get,
    path = "/api/v1/groups",
    operation_id = "listGroups",
    tag = "segments",
    params(
        ("name" = Option<String>, Query, description = "What the name contains, in any case"),
        crate::docs::Paging,
    ),
    responses(
        (status = 200, description = "One page of segments", body = Vec<Group>, headers(("TotalCount" = i64, description = "The number of all")),
            example = json!([{"id": 7, "name": "Newsletter", "type": "Static"}])),
        crate::docs::ReadErrors,
    )
)]
pub(crate) async fn list(
    State(state): State<HttpState>,
    auth: Authenticated,
    params: Params,
) -> Result<Listed<Group>, ApiError> {
    auth.allow(Action::Read)?;
    let mut problems = Problems::default();
    let (offset, limit) = params.page(&mut problems);
    problems.finish()?;
    let page = state
        .app
        .store()
        .segments(auth.workspace(), params.text("name"), offset, limit)
        .await?;
    let Page { items, total } = page;
    Ok(Listed {
        items: items.iter().map(Group::from).collect(),
        total,
    })
}
