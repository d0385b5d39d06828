//! `POST imports/{id}/cancel`.

use super::PATIENCE;
use super::response::{ImportAnswer, ImportBody, example};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::ports::ImportId;

/// Cancel an import.
///
/// Rows that were dealt with stay as they are, and are listed; the others are never looked at. An import that is over stays as it is. Where the
/// rows under way take longer than a few seconds, the answer says `running`, and the import is cancelled after them.
#[utoipa::path(
    post,
    path = "/api/v1/imports/{id}/cancel",
    operation_id = "cancelImport",
    tag = "imports",
    params(("id" = String, Path, description = "The import.")),
    responses((status = 200, description = "The import as it is now.", body = ImportAnswer, example = json!(example("finished"))), RefusedOrMissing),
)]
pub(super) async fn cancel(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    Id(id): Id<ImportId>,
) -> Result<Json<ImportAnswer>, ApiError> {
    let found = state.app.cancel_import(auth.workspace(), id, PATIENCE).await?;
    let import = found.ok_or(ApiError::NotFound("import"))?;
    let import = ImportBody::of(&import, state.app.clock().now());
    Ok(Json(ImportAnswer { import }))
}
