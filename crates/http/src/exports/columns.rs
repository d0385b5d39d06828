//! `POST exports/{id}/columns`.

use super::body::{ExportBody, example};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::ExportId;
use serde::Serialize;
use utoipa::ToSchema;

/// An export with all columns, and the run that fills them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Widened {
    /// The export as it is now.
    export: ExportBody,
    /// The run that writes every row; null when the export had all columns already.
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    run_id: Option<String>,
}

/// Add the columns that an export lacks.
///
/// The external ID, where it was left out, and columns of newer releases. The run that follows adds them to the tables, and fills them for all rows.
#[utoipa::path(
    post,
    path = "/api/v1/exports/{id}/columns",
    operation_id = "widenExport",
    tag = "exports",
    params(("id" = String, Path, description = "The export.")),
    responses((status = 200, description = "The export as it is now.", body = Widened, example = json!({
        "export": example("active"),
        "runId": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f46"
    })), RefusedOrMissing),
)]
pub(super) async fn columns(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<ExportId>,
) -> Result<Json<Widened>, ApiError> {
    let (export, run) = state.app.widen_export(auth.workspace(), id).await?;
    Ok(Json(Widened {
        export: ExportBody::from(&export),
        run_id: run.map(|run| run.to_string()),
    }))
}
