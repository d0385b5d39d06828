//! `GET imports/{id}`.

use super::response::{ImportAnswer, ImportBody, example};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::ports::ImportId;

/// One import.
///
/// Its state, the number of rows by outcome, and the time of its last progress.
#[utoipa::path(
    get,
    path = "/api/v1/imports/{id}",
    operation_id = "getImport",
    tag = "imports",
    params(("id" = String, Path, description = "The import: the `asyncSessionId` of a bulk call.")),
    responses((status = 200, description = "The import.", body = ImportAnswer, example = json!(example("finished"))), RefusedOrMissing),
)]
pub(super) async fn get(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    Id(id): Id<ImportId>,
) -> Result<Json<ImportAnswer>, ApiError> {
    let found = state.app.store().import(auth.workspace(), id).await?;
    let import = found.ok_or(ApiError::NotFound("import"))?;
    let import = ImportBody::of(&import, state.app.clock().now());
    Ok(Json(ImportAnswer { import }))
}
