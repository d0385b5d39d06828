//! `POST exports/{id}/run`, `GET exports/{id}/runs` and `POST exports/{id}/cancel`.

use super::PATIENCE;
use super::body::RunBody;
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paging::Paging;
use crate::paths::{Id, Params};
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::{ExportId, RunId, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

/// A run that is queued.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Queued {
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f46")]
    pub(super) run_id: String,
}

/// A page of runs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportRuns)]
pub(super) struct Runs {
    /// The runs, the latest first.
    runs: Vec<RunBody>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(example = json!(null))]
    next: Option<String>,
}

/// Run an export now.
///
/// Also one that is paused. A run that is queued already is answered instead of another one; one under way is followed by this one.
#[utoipa::path(
    post,
    path = "/api/v1/exports/{id}/run",
    operation_id = "runExport",
    tag = "exports",
    params(("id" = String, Path, description = "The export.")),
    responses((status = 200, description = "The run is queued.", body = Queued, example = json!({
        "runId": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f46"
    })), RefusedOrMissing),
)]
pub(super) async fn run(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<ExportId>,
) -> Result<Json<Queued>, ApiError> {
    let run = state.app.start_export_run(auth.workspace(), id).await?;
    Ok(Json(Queued {
        run_id: run.to_string(),
    }))
}

/// The runs of an export, of the last 30 days.
#[utoipa::path(
    get,
    path = "/api/v1/exports/{id}/runs",
    operation_id = "listExportRuns",
    tag = "exports",
    params(
        ("id" = String, Path, description = "The export."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
    ),
    responses((status = 200, description = "A page of runs.", body = Runs, example = json!({"runs": [{
        "id": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f46", "status": "succeeded", "createdAt": "2025-01-01T08:00:00Z",
        "startedAt": "2025-01-01T08:00:00Z", "finishedAt": "2025-01-01T08:00:01Z", "revision": 42, "full": false,
        "rows": {"contacts": 2}, "bytes": 310, "valuesCut": 0, "progress": 1.0, "error": null, "verification": null
    }], "next": null})), RefusedOrMissing),
)]
pub(super) async fn runs(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<ExportId>,
    params: Params,
) -> Result<Json<Runs>, ApiError> {
    let mut problems = Problems::default();
    let paging = Paging::read(&params, &mut problems);
    problems.finish()?;
    let workspace = auth.workspace();
    known(&state, workspace, id).await?;
    let before = paging.cursor.map(RunId);
    let found = state
        .app
        .store()
        .runs(workspace, id, before, paging.read_limit())
        .await?;
    let (runs, next) = paging.cut(found, |run| run.id.0);
    let runs = runs.iter().map(RunBody::from).collect();
    Ok(Json(Runs { runs, next }))
}

/// Cancel the runs of an export that are queued or under way.
///
/// A run that is cancelled has written nothing. Where one takes longer than a few seconds to stop, the answer says `running`.
#[utoipa::path(
    post,
    path = "/api/v1/exports/{id}/cancel",
    operation_id = "cancelExport",
    tag = "exports",
    params(("id" = String, Path, description = "The export.")),
    responses((status = 200, description = "The runs that were cancelled.", body = Runs, example = json!({"runs": [{
        "id": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f46", "status": "cancelled", "createdAt": "2025-01-01T08:00:00Z",
        "startedAt": "2025-01-01T08:00:00Z", "finishedAt": "2025-01-01T08:00:01Z", "revision": null, "full": false,
        "rows": {"contacts": 2}, "bytes": 310, "valuesCut": 0, "progress": 1.0, "error": null, "verification": null
    }], "next": null})), RefusedOrMissing),
)]
pub(super) async fn cancel(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<ExportId>,
) -> Result<Json<Runs>, ApiError> {
    let workspace = auth.workspace();
    known(&state, workspace, id).await?;
    // At most two runs are open: one under way, and one queued behind it.
    let latest = state.app.store().runs(workspace, id, None, 3).await?;
    let mut runs = Vec::new();
    for run in latest.into_iter().filter(|run| !run.status.is_over()) {
        let run = state.app.cancel_export_run(workspace, id, run.id, PATIENCE).await?;
        runs.push(RunBody::from(&run));
    }
    Ok(Json(Runs { runs, next: None }))
}

async fn known(state: &HttpState, workspace: WorkspaceId, id: ExportId) -> Result<(), ApiError> {
    let found = state.app.store().export(workspace, id).await?;
    found.map(drop).ok_or(ApiError::NotFound("export"))
}
