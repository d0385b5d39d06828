//! `POST imports/{id}/undo`.

use super::response::{ImportAnswer, ImportBody, example};
use super::{PATIENCE, import_id};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::ApiPath;
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::ports::UndoAnswer;

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
    ApiPath(id): ApiPath<String>,
) -> Result<Json<ImportAnswer>, ApiError> {
    let answer = state
        .app
        .undo_import(auth.workspace(), import_id(&id)?, PATIENCE)
        .await?;
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
