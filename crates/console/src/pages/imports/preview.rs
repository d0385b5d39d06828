//! What an import of an uploaded file would do, and starting it.

use super::choices::Choices;
use super::import_id;
use super::preview_view::{Outcome, PreviewPage};
use crate::error::{PageError, go};
use crate::fields::{Fields, Posted};
use crate::pages::{show, show_again};
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use selfsame_application::ports::{FileSample, ImportFormat, ImportId};
use selfsame_application::{PreviewBody, PreviewError, PreviewRequest};
use selfsame_domain::CustomField;
use selfsame_domain::console::Permission;
use selfsame_domain::imports::FileOptions;
use std::sync::Arc;
use tokio::time::Instant;

/// How many rows are shown with their decisions.
const ROWS: usize = 100;
/// How many rows are shown before the columns are known to fit.
const SAMPLE: usize = 5;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/imports/new/{id}", get(first).post(press))
}

async fn first(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Import)?;
    let id = uploaded(&state, &signed_in, &id).await?;
    let custom = state.app.store().fields(signed_in.workspace()).await?;
    let _slot = state.file_slot().await?;
    let sample = sample(&state, &signed_in, id, &FileOptions::default()).await?;
    let choices = Choices::proposed(&sample.plan);
    preview(&state, &signed_in, id, (&custom, choices, sample), false).await
}

async fn press(
    State(state): State<ConsoleState>,
    Path(id): Path<String>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Import)?;
    if fields.text("do") == "drop" {
        return drop_upload(&state, &signed_in, import_id(&id)?).await;
    }
    let id = match uploaded(&state, &signed_in, &id).await {
        // The button was pressed twice.
        Err(PageError::NotFound)
            if state
                .app
                .store()
                .import(signed_in.workspace(), import_id(&id)?)
                .await?
                .is_some() =>
        {
            return Ok(go(&signed_in.browser, &format!("/imports/{}", import_id(&id)?)));
        }
        found => found?,
    };
    let custom = state.app.store().fields(signed_in.workspace()).await?;
    let choices = Choices::read(&fields, &custom)?;
    if fields.text("do") == "run" && choices.problem.is_none() {
        return run(&state, &signed_in, id, &choices.options, &fields).await;
    }
    let _slot = state.file_slot().await?;
    let sample = sample(&state, &signed_in, id, &choices.options).await?;
    let with_totals = fields.text("do") == "totals";
    preview(&state, &signed_in, id, (&custom, choices, sample), with_totals).await
}

/// The upload, if its import is not accepted yet.
async fn uploaded(state: &ConsoleState, signed_in: &SignedIn, id: &str) -> Result<ImportId, PageError> {
    let id = import_id(id)?;
    let is_there = state.app.has_upload(signed_in.workspace(), id).await?;
    is_there.then_some(id).ok_or(PageError::NotFound)
}

async fn run(
    state: &ConsoleState,
    signed_in: &SignedIn,
    id: ImportId,
    options: &FileOptions,
    fields: &Fields,
) -> Result<Response, PageError> {
    let is_dry_run = fields.is_on("dry");
    state
        .app
        .start_import(&signed_in.person, id, options, is_dry_run)
        .await?;
    Ok(go(&signed_in.browser, &format!("/imports/{id}")))
}

/// Deletes the file without importing it.
async fn drop_upload(state: &ConsoleState, signed_in: &SignedIn, id: ImportId) -> Result<Response, PageError> {
    state.app.store().drop_upload(signed_in.workspace(), id).await?;
    Ok(go(&signed_in.browser, "/imports"))
}

fn request(
    state: &ConsoleState,
    id: ImportId,
    options: &FileOptions,
    rows: usize,
) -> Result<PreviewRequest, PageError> {
    let options = options.to_text();
    Ok(PreviewRequest {
        format: ImportFormat::File,
        options: options.map_err(|_| PageError::Internal("options that cannot be written"))?,
        body: PreviewBody::Upload(id),
        rows,
        with_totals: false,
        // The page itself takes time as well.
        until: Instant::now() + state.settings.request_timeout / 2,
    })
}

async fn sample(
    state: &ConsoleState,
    signed_in: &SignedIn,
    id: ImportId,
    options: &FileOptions,
) -> Result<FileSample, PageError> {
    let request = request(state, id, options, SAMPLE)?;
    let rows = Arc::clone(&state.rows);
    Ok(state.app.sample_import(signed_in.workspace(), rows, &request).await?)
}

/// Shows what the import would do. Where the choices do not fit the file, shows why beside them.
async fn preview(
    state: &ConsoleState,
    signed_in: &SignedIn,
    id: ImportId,
    (custom, choices, sample): (&[CustomField], Choices, FileSample),
    with_totals: bool,
) -> Result<Response, PageError> {
    let texts = signed_in.browser.texts;
    let mut outcome = Outcome::default();
    if let Some(problem) = choices.problem {
        outcome.problem = Some(texts.get(problem));
    } else {
        let request = PreviewRequest {
            with_totals,
            ..request(state, id, &choices.options, ROWS)?
        };
        let rows = Arc::clone(&state.rows);
        match state.app.preview_import(signed_in.workspace(), rows, request).await {
            Ok(preview) => outcome.preview = Some(preview),
            Err(PreviewError::Malformed(reason)) => outcome.refused = Some(reason),
            Err(error) => return Err(error.into()),
        }
    }
    let is_fine = outcome.preview.is_some();
    let page = PreviewPage::of(signed_in, id, custom, &choices.options, &sample, outcome);
    if is_fine {
        show(&page)
    } else {
        show_again(StatusCode::UNPROCESSABLE_ENTITY, &page)
    }
}
