//! `GET imports`.

use super::response::{ImportBody, example};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paging::Paging;
use crate::paths::Params;
use crate::refusals::Refused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::ports::ImportId;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of imports.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImportsPage {
    /// Imports, the latest first.
    items: Vec<ImportBody>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(example = json!(null))]
    next: Option<String>,
}

/// The imports of the last 30 days.
///
/// Bulk calls and files, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/imports",
    operation_id = "listImports",
    tag = "imports",
    params(
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
    ),
    responses((status = 200, description = "A page of imports.", body = ImportsPage, example = json!({"items": [example("finished")["import"]], "next": null})), Refused),
)]
pub(super) async fn list(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    params: Params,
) -> Result<Json<ImportsPage>, ApiError> {
    let mut problems = Problems::default();
    let paging = Paging::read(&params, &mut problems);
    problems.finish()?;
    let before = paging.cursor.map(ImportId);
    let found = state
        .app
        .store()
        .imports(auth.workspace(), before, paging.read_limit())
        .await?;
    let (imports, next) = paging.cut(found, |import| import.id.0);
    let now = state.app.clock().now();
    let items = imports.iter().map(|import| ImportBody::of(import, now)).collect();
    Ok(Json(ImportsPage { items, next }))
}
