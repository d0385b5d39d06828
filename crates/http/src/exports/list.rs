//! `GET exports` and `GET exports/{id}`.

use super::body::{ExportBody, example};
use super::export_id;
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::ApiPath;
use crate::refusals::{Refused, RefusedOrMissing};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// Exports.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Exports {
    /// The exports, in the order in which they were made; at most 500.
    exports: Vec<ExportBody>,
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
    responses((status = 200, description = "The export.", body = ExportBody, example = json!(example("active"))), RefusedOrMissing),
)]
pub(super) async fn get(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<ExportBody>, ApiError> {
    let found = state.app.store().export(auth.workspace(), export_id(&id)?).await?;
    let export = found.ok_or(ApiError::NotFound("export"))?;
    Ok(Json(ExportBody::from(&export)))
}
