//! `POST imports/preview`.

use super::body::{FileBody, Sent};
use super::files::{FileParams, FileRows, Parameters, Plan};
use super::preview_body::PreviewAnswer;
use super::reader::ImportRows;
use super::upload::{FileForm, SpreadsheetFile};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Params;
use crate::refusals::BodyRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::{Request, State};
use selfsame_application::ports::{ImportFormat, RowsError};
use selfsame_application::{PreviewError, PreviewRequest};
use std::fs::File;
use std::io::{self, Seek};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

/// How many rows a preview shows.
const ROWS: usize = 100;

/// How large a previewed file may be, in bytes, as it is sent and unpacked. A person waits for the answer.
pub(crate) const PREVIEW_LIMIT: u64 = 256 << 20;

/// Preview the import of a file.
///
/// The encoding, the delimiter and the columns as an import would take them, what is wrong with columns, and the first 100 rows with the decision that each would get
/// now. With `dryRun=true` every row is decided, and `totals` has the outcomes and the reasons of rejected rows; `complete` is false where the time for a request was over
/// before. Nothing is written or kept. The file may have 256 MiB: for a larger one, use `POST imports` with `dryRun=true`.
#[utoipa::path(
    post,
    path = "/api/v1/imports/preview",
    operation_id = "previewImport",
    tag = "imports",
    params(FileParams),
    request_body(content(
        (String = "text/csv", example = "externalCustomerId,email\nC-1001,ann@example.com\n"),
        (String = "text/tab-separated-values", example = "externalCustomerId\temail\nC-1001\tann@example.com\n"),
        (String = "application/x-ndjson", example = "{\"externalCustomerId\":\"C-1001\",\"email\":\"ann@example.com\"}\n"),
        (SpreadsheetFile = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (FileForm = "multipart/form-data", example = json!({"file": "k,m\nC-1001,ann@example.com\n", "map": {"k": "externalCustomerId", "m": "email"}})),
    )),
    responses(
        (status = 200, description = "What an import would do now.", body = PreviewAnswer, example = json!({
            "form": "csv",
            "encoding": "UTF-8",
            "delimiter": ",",
            "columns": [
                {"header": "externalCustomerId", "mappedTo": "externalCustomerId", "problem": null},
                {"header": "email", "mappedTo": "email", "problem": null}
            ],
            "problems": [],
            "rows": [{
                "row": 1,
                "line": 2,
                "values": ["C-1001", "nonsense"],
                "outcome": "rejected",
                "contactId": null,
                "decision": null,
                "error": "channels[0].value must be an email address"
            }],
            "totals": {
                "total": 1, "created": 0, "updated": 0, "restored": 0, "unchanged": 0, "merged": 0, "rejected": 1,
                "complete": true,
                "reasons": [{"error": "channels[0].value must be an email address", "rows": 1}]
            }
        })),
        (status = 415, description = "The body is no file of a form that is read.", body = crate::render::ProblemDocument, content_type = "application/problem+json"),
        BodyRefused,
    )
)]
pub(super) async fn preview(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    params: Params,
    request: Request,
) -> Result<Json<PreviewAnswer>, ApiError> {
    let fields = state.app.store().fields(auth.workspace()).await?;
    let Parameters {
        mut options,
        is_dry_run,
    } = Parameters::read(&params, &fields)?;
    let limit = PREVIEW_LIMIT.min(state.settings.import_limit);
    let mut body = FileBody::of(request, &state, &fields, limit).await?;
    let file = stored(&mut body).await?;
    let key = auth.0.key.id.to_string();
    let Sent {
        form, map, slot: _slot, ..
    } = body.finish(&key)?;
    options.form = form;
    if let Some(map) = map {
        options.map = map;
    }
    let text = serde_json::to_string(&options).map_err(|_| ApiError::Internal("options that cannot be written"))?;
    let request = PreviewRequest {
        format: ImportFormat::File,
        options: text,
        file: file.try_clone().map_err(|_| UNREADABLE)?,
        rows: ROWS,
        with_totals: is_dry_run,
        until: Instant::now() + state.settings.request_timeout,
    };
    let reader = Arc::new(ImportRows::new(limit));
    let preview = state.app.preview_import(auth.workspace(), reader, request).await;
    let preview = preview.map_err(refused)?;
    let plan: Plan = serde_json::from_str(&preview.inspection.found)
        .map_err(|_| ApiError::Internal("the columns of a file cannot be read back"))?;
    let sample = {
        let plan = plan.clone();
        tokio::task::spawn_blocking(move || sample(file, FileRows { limit }, &options, &plan))
    };
    let sample = sample.await.map_err(|_| UNREADABLE)?.map_err(rows_refused)?;
    Ok(Json(PreviewAnswer::of(plan, preview, sample)))
}

const UNREADABLE: ApiError = ApiError::Internal("a temporary file cannot be written or read");

/// Stores a body in a temporary file, which is gone when it is closed.
async fn stored(body: &mut FileBody<'_>) -> Result<File, ApiError> {
    let failed = |error: io::Error| {
        tracing::error!(%error, "cannot write a temporary file");
        UNREADABLE
    };
    let file = tokio::task::spawn_blocking(tempfile::tempfile)
        .await
        .map_err(|_| UNREADABLE)?
        .map_err(failed)?;
    let mut file = tokio::fs::File::from_std(file);
    while let Some(bytes) = body.next().await? {
        file.write_all(&bytes).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    Ok(file.into_std().await)
}

/// The cells of the first rows, by column.
fn sample(
    mut file: File,
    rows: FileRows,
    options: &super::files::FileOptions,
    plan: &Plan,
) -> Result<Vec<Vec<String>>, RowsError> {
    file.rewind()?;
    rows.sample(options, plan, &mut file, ROWS)
}

fn refused(error: PreviewError) -> ApiError {
    match error {
        PreviewError::Malformed(reason) => ApiError::invalid("file", reason),
        PreviewError::TooLate => ApiError::TimedOut,
        PreviewError::File(error) => {
            tracing::error!(%error, "cannot read a temporary file");
            UNREADABLE
        }
        PreviewError::Failed(error) => error.into(),
    }
}

fn rows_refused(error: RowsError) -> ApiError {
    match error {
        RowsError::Malformed(reason) => ApiError::invalid("file", reason),
        RowsError::Interrupted(error) => refused(PreviewError::File(error)),
    }
}
