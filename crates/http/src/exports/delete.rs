//! `DELETE exports/{id}`.

use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::extract::State;
use http::StatusCode;
use selfsame_domain::ExportId;

/// Delete an export.
///
/// Its tables at the destination stay as they are, and are not updated any more. A run under way is cancelled.
#[utoipa::path(
    delete,
    path = "/api/v1/exports/{id}",
    operation_id = "deleteExport",
    tag = "exports",
    params(("id" = String, Path, description = "The export.")),
    responses((status = 204, description = "It is gone."), RefusedOrMissing),
)]
pub(super) async fn delete(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<ExportId>,
) -> Result<StatusCode, ApiError> {
    state.app.delete_export(auth.workspace(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
