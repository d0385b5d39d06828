//! `GET exports`, and `GET` and `DELETE exports/{id}`.

use super::body::{ExportBody, example};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::{Refused, RefusedOrMissing};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use selfsame_domain::ExportId;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Exports.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Exports {
    /// The exports, in the order in which they were made; at most 500.
    exports: Vec<ExportBody>,
}

/// An export, and how far it is behind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DataExportWithLag)]
pub(super) struct OneExport {
    #[serde(flatten)]
    export: ExportBody,
    /// Null before the first run has finished.
    lag: Option<LagBody>,
}

/// How far the tables of an export are behind its workspace.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportLag)]
pub(super) struct LagBody {
    /// How many commits the tables do not contain yet.
    #[schema(example = 3)]
    revisions: u64,
    /// For how many seconds they have been behind at the most; 0 when they contain every commit. Null when none of the latest 100 runs succeeded.
    #[schema(example = 40)]
    seconds: Option<u64>,
}

fn example_with_lag() -> Value {
    let mut one = example("active");
    one["lag"] = json!({"revisions": 3, "seconds": 40});
    one
}

/// The exports of the workspace.
#[utoipa::path(
    get,
    path = "/api/v1/exports",
    operation_id = "listExports",
    tag = "exports",
    responses((status = 200, description = "The exports.", body = Exports, example = json!({"exports": [example("active")]})), Refused),
)]
pub(super) async fn list(State(state): State<HttpState>, auth: May<right::Admin>) -> Result<Json<Exports>, ApiError> {
    let found = state.app.store().exports(auth.workspace()).await?;
    let exports = found.iter().map(ExportBody::from).collect();
    Ok(Json(Exports { exports }))
}

/// One export.
#[utoipa::path(
    get,
    path = "/api/v1/exports/{id}",
    operation_id = "getExport",
    tag = "exports",
    params(("id" = String, Path, description = "The export.")),
    responses((status = 200, description = "The export.", body = OneExport, example = json!(example_with_lag())), RefusedOrMissing),
)]
pub(super) async fn get(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<ExportId>,
) -> Result<Json<OneExport>, ApiError> {
    let found = state.app.store().export(auth.workspace(), id).await?;
    let export = found.ok_or(ApiError::NotFound("export"))?;
    let lag = state.app.export_lag(&export).await?.map(|lag| LagBody {
        revisions: lag.revisions,
        seconds: lag.seconds,
    });
    Ok(Json(OneExport {
        export: ExportBody::from(&export),
        lag,
    }))
}

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
