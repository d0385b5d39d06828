//! `POST imports/{id}/undo`.

use super::PATIENCE;
use super::response::{ImportAnswer, ImportBody, example};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::ports::{ImportId, UndoAnswer};

/// Take an import back.
///
/// Every contact is as it was before the import, its merges included, the last row first. What was changed since stays, and the `kept` of the row lists it. A
/// contact that the import made is removed, and its external ID is free again, unless others gave it something. Events stay. Only an import that is over
/// can be taken back: cancel one that runs first. Where that takes longer than a few seconds, the answer says `undoing`, and the import is `undone` later.
#[utoipa::path(
    post,
    path = "/api/v1/imports/{id}/undo",
    operation_id = "undoImport",
    tag = "imports",
    params(("id" = String, Path, description = "The import.")),
    responses((status = 200, description = "The import as it is now.", body = ImportAnswer, example = json!(example("undone"))), RefusedOrMissing),
)]
pub(super) async fn undo(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    Id(id): Id<ImportId>,
) -> Result<Json<ImportAnswer>, ApiError> {
    let answer = state.app.undo_import(auth.workspace(), id, PATIENCE).await?;
    let import = match answer {
        UndoAnswer::Accepted(import) => import,
        UndoAnswer::Unknown => return Err(ApiError::NotFound("import")),
        UndoAnswer::NotOver => {
            return Err(ApiError::invalid(
                "id",
                "names an import that is not over: cancel it first",
            ));
        }
    };
    let import = ImportBody::of(&import, state.app.clock().now());
    Ok(Json(ImportAnswer { import }))
}
