//! Running, pausing, widening and deleting an export.

use super::export_id;
use crate::error::{PageError, go};
use crate::fields::Posted;
use crate::pages::uuid;
use crate::state::ConsoleState;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use selfsame_domain::RunId;
use selfsame_domain::console::Permission;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/exports/{id}/run", post(run))
        .route("/exports/{id}/pause", post(pause))
        .route("/exports/{id}/resume", post(resume))
        .route("/exports/{id}/columns", post(widen))
        .route("/exports/{id}/delete", post(delete))
        .route("/exports/{id}/runs/{run}/cancel", post(cancel))
}

async fn run(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageExports)?;
    let id = export_id(&id)?;
    state.app.run_export_by_hand(&signed_in.person, id).await?;
    Ok(go(&signed_in.browser, &format!("/exports/{id}")))
}

async fn pause(state: State<ConsoleState>, id: Path<String>, posted: Posted) -> Result<Response, PageError> {
    set_paused(state, id, posted, true).await
}

async fn resume(state: State<ConsoleState>, id: Path<String>, posted: Posted) -> Result<Response, PageError> {
    set_paused(state, id, posted, false).await
}

async fn set_paused(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
    is_paused: bool,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageExports)?;
    let id = export_id(&id)?;
    state.app.pause_export_by_hand(&signed_in.person, id, is_paused).await?;
    Ok(go(&signed_in.browser, &format!("/exports/{id}")))
}

async fn widen(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageExports)?;
    let id = export_id(&id)?;
    state.app.widen_export_by_hand(&signed_in.person, id).await?;
    Ok(go(&signed_in.browser, &format!("/exports/{id}")))
}

async fn delete(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageExports)?;
    state
        .app
        .delete_export_by_hand(&signed_in.person, export_id(&id)?)
        .await?;
    Ok(go(&signed_in.browser, "/exports"))
}

async fn cancel(
    State(state): State<ConsoleState>,
    Path((id, run)): Path<(String, String)>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::ManageExports)?;
    let id = export_id(&id)?;
    let run = RunId(uuid(&run)?);
    state.app.cancel_run_by_hand(&signed_in.person, id, run).await?;
    Ok(go(&signed_in.browser, &format!("/exports/{id}")))
}
