//! `POST imports`.

use super::body::{FileBody, Sent};
use super::files::{FileParams, Parameters};
use super::response::ImportBody;
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Params;
use crate::refusals::SetRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use http::{HeaderName, HeaderValue, StatusCode};
use selfsame_application::ImportRequest;
use selfsame_application::ports::ImportFormat;
use serde::Serialize;
use utoipa::ToSchema;

/// Says that an earlier request with the same `Idempotency-Key` brought the file.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// An XLSX file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "describes what is read")]
pub(super) struct SpreadsheetFile(Vec<u8>);

/// A file with the parameter `map` beside it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what is read")]
pub(super) struct FileForm {
    /// The file.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: String,
    /// Where columns go, by their titles; instead of the parameter.
    map: Option<std::collections::BTreeMap<String, String>>,
}

/// An import that was accepted.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AcceptedImport {
    import: AcceptedBody,
}

/// Which import it is.
#[derive(Debug, Serialize, ToSchema)]
struct AcceptedBody {
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    id: String,
}

/// Import a file of contacts.
///
/// CSV, TSV, lines of JSON or the first sheet of an XLSX file, packed with gzip or not. The encoding and the delimiter are found, and the columns by
/// their titles unless `map` names them. The answer comes when the file is stored for good. The import then looks at all of the file; where a
/// column was damaged by a spreadsheet program, it stops as `needs_decision` before anything is written.
#[utoipa::path(
    post,
    path = "/api/v1/imports",
    operation_id = "importFile",
    tag = "imports",
    params(
        crate::docs::IdempotencyKey,
        FileParams,
    ),
    request_body(content(
        (String = "text/csv", example = "externalCustomerId,email\nC-1001,ann@example.com\n"),
        (String = "text/tab-separated-values", example = "externalCustomerId\temail\nC-1001\tann@example.com\n"),
        (String = "application/x-ndjson", example = "{\"externalCustomerId\":\"C-1001\",\"email\":\"ann@example.com\"}\n"),
        (SpreadsheetFile = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (FileForm = "multipart/form-data", example = json!({"file": "k,m\nC-1001,ann@example.com\n", "map": {"k": "externalCustomerId", "m": "email"}})),
    )),
    responses(
        (status = 202, description = "The file is stored, to be imported.", body = AcceptedImport,
            headers(("Idempotent-Replayed" = bool, description = "`true` where an earlier request with the same `Idempotency-Key` brought the file.")),
            example = json!({"import": {"id": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44"}})),
        (status = 415, description = "The body is no file of a form that is read.", body = crate::render::ProblemDocument, content_type = "application/problem+json"),
        SetRefused,
    )
)]
pub(super) async fn upload(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    params: Params,
    request: Request,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let fields = state.app.store().fields(auth.workspace()).await?;
    let Parameters {
        mut options,
        is_dry_run,
    } = Parameters::read(&params, &fields)?;
    let mut body = FileBody::of(request, &state, &fields, state.settings.import_limit).await?;
    let mut upload = state.app.upload(auth.workspace());
    while let Some(bytes) = body.next().await? {
        upload.add(&bytes).await?;
    }
    let key = auth.0.key.id;
    let Sent {
        form,
        map,
        replay,
        slot: _slot,
    } = body.finish(&key.to_string())?;
    options.form = form;
    if let Some(map) = map {
        options.map = map;
    }
    let options = serde_json::to_string(&options).map_err(|_| ApiError::Internal("options that cannot be written"))?;
    let request = ImportRequest {
        format: ImportFormat::File,
        options,
        total: None,
        is_dry_run,
        queue: ImportBody::queue(key),
        replay,
    };
    let own = upload.id();
    let id = upload.accept(request).await?;
    let replayed = (id != own).then_some([(REPLAYED, HeaderValue::from_static("true"))]);
    let import = AcceptedBody { id: id.to_string() };
    Ok((StatusCode::ACCEPTED, replayed, Json(AcceptedImport { import })))
}
