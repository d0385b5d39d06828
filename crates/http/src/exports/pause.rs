//! `POST exports/{id}/pause` and `POST exports/{id}/resume`.

use super::body::{ExportBody, example};
use crate::auth::{Authenticated, May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::ExportId;

/// Pause an export.
///
/// It does not run by itself until it is resumed. A run under way comes to its end.
#[utoipa::path(
    post,
    path = "/api/v1/exports/{id}/pause",
    operation_id = "pauseExport",
    tag = "exports",
    params(("id" = String, Path, description = "The export.")),
    responses((status = 200, description = "The export as it is now.", body = ExportBody, example = json!(example("paused"))), RefusedOrMissing),
)]
pub(super) async fn pause(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<ExportId>,
) -> Result<Json<ExportBody>, ApiError> {
    set(&state, &auth, id, true).await
}

/// Let a paused export go on.
///
/// With a schedule it runs at once: what passed meanwhile is made up for by one run.
#[utoipa::path(
    post,
    path = "/api/v1/exports/{id}/resume",
    operation_id = "resumeExport",
    tag = "exports",
    params(("id" = String, Path, description = "The export.")),
    responses((status = 200, description = "The export as it is now.", body = ExportBody, example = json!(example("active"))), RefusedOrMissing),
)]
pub(super) async fn resume(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<ExportId>,
) -> Result<Json<ExportBody>, ApiError> {
    set(&state, &auth, id, false).await
}

async fn set(
    state: &HttpState,
    auth: &Authenticated,
    id: ExportId,
    is_paused: bool,
) -> Result<Json<ExportBody>, ApiError> {
    let export = state.app.pause_export(auth.workspace(), id, is_paused).await?;
    Ok(Json(ExportBody::from(&export)))
}
