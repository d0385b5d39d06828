//! The rejected rows of an import as a file.

use super::import_id;
use crate::error::PageError;
use crate::signed_in::SignedIn;
use crate::state::ConsoleState;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use selfsame_application::ports::{ImportRow, RowOutcome, RowQuery};
use selfsame_domain::console::Permission;
use std::io;

/// How many rows are read from the storage at a time.
const AT_ONCE: u32 = 1000;

pub(super) fn routes() -> Router<ConsoleState> {
    Router::new().route("/imports/{id}/rejects.csv", get(download))
}

async fn download(
    State(state): State<ConsoleState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    signed_in.require(Permission::Read)?;
    let (app, workspace, id) = (state.app.clone(), signed_in.workspace(), import_id(&id)?);
    app.store().import(workspace, id).await?.ok_or(PageError::NotFound)?;
    let pieces = stream::try_unfold(Some(0), move |after| {
        let app = app.clone();
        async move {
            let Some(after) = after else { return Ok(None) };
            let query = RowQuery {
                outcome: Some(RowOutcome::Rejected),
                after,
                limit: AT_ONCE,
            };
            let rows = app.store().import_rows(workspace, id, &query).await;
            let rows = rows.map_err(io::Error::other)?;
            let is_last = rows.len() < AT_ONCE as usize;
            let next = rows.last().filter(|_| !is_last).map(|last| last.row);
            Ok::<_, io::Error>(Some((lines(&rows, after == 0)?, next)))
        }
    });
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"rejected-rows.csv\""),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

fn lines(rows: &[ImportRow], is_first: bool) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if is_first {
        writer
            .write_record(["row", "line", "error"])
            .map_err(io::Error::other)?;
    }
    for row in rows {
        let (number, line) = (row.row.to_string(), row.line.to_string());
        let error = row.error.as_deref().unwrap_or_default();
        writer.write_record([&number, &line, error]).map_err(io::Error::other)?;
    }
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}
