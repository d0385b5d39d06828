//! Deciding about damaged columns, cancelling and undoing.

use super::choices::columns;
use super::import_id;
use crate::error::{PageError, go};
use crate::fields::Posted;
use crate::state::ConsoleState;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use selfsame_application::ConsoleError;
use selfsame_domain::console::Permission;
use selfsame_domain::imports::{FileOptions, Plan};
use selfsame_domain::values::Region;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new()
        .route("/imports/{id}/decide", post(decide))
        .route("/imports/{id}/cancel", post(cancel))
        .route("/imports/{id}/undo", post(undo))
}

async fn decide(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Import)?;
    let id = import_id(&id)?;
    let (store, workspace) = (state.app.store(), signed_in.workspace());
    let import = store.import(workspace, id).await?.ok_or(PageError::NotFound)?;
    let corrupt = |_| PageError::Internal("an import whose options or columns cannot be read back");
    let mut options = FileOptions::from_text(&import.options).map_err(corrupt)?;
    // One that is inspected again has found nothing yet, and needs no decision.
    let Some(found) = &import.found else {
        return Err(ConsoleError::NotNow.into());
    };
    let plan = Plan::from_text(found).map_err(corrupt)?;
    columns(&mut options, &fields, &store.fields(workspace).await?)?;
    match fields.text("region") {
        "" => {}
        text if Region::parse(text).is_ok() => options.default_phone_region = Some(text.to_owned()),
        _ => return Err(PageError::BadForm),
    }
    if !plan.recognises(&options) {
        return Ok(go(&signed_in.browser, &format!("/imports/{id}?problem=key#decide")));
    }
    state.app.decide_import_by_hand(&signed_in.person, id, &options).await?;
    Ok(go(&signed_in.browser, &format!("/imports/{id}")))
}

async fn cancel(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Import)?;
    let id = import_id(&id)?;
    state.app.cancel_import_by_hand(&signed_in.person, id).await?;
    Ok(go(&signed_in.browser, &format!("/imports/{id}")))
}

async fn undo(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, .. }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Import)?;
    let id = import_id(&id)?;
    state.app.undo_import_by_hand(&signed_in.person, id).await?;
    Ok(go(&signed_in.browser, &format!("/imports/{id}")))
}
