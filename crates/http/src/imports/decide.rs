//! `POST imports/{id}/decide`.

use super::files::{FileOptions, Plan, Target, read_date_formats, region};
use super::import_id;
use super::response::{ImportAnswer, ImportBody};
use crate::auth::{May, right};
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::{Fields, MAX_ENTRIES, Problems};
use crate::paths::ApiPath;
use crate::refusals::SetRefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::ports::{Import, ImportStatus};
use serde_json::Value;
use utoipa::ToSchema;

/// How an import continues.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code, reason = "describes what is read")]
pub(super) struct DecideInput {
    /// Columns that are left out, by their titles.
    #[schema(max_items = 500)]
    skip_columns: Option<Vec<String>>,
    /// Columns to accept as they are, after a review. Rows with a value that is damaged for certain, such as `#N/A`, are rejected.
    #[schema(max_items = 500)]
    accept_columns: Option<Vec<String>>,
    /// The country of phones without plus and country code.
    #[schema(example = "UA")]
    default_phone_region: Option<String>,
    /// The formats of dates, by the titles of columns.
    date_formats: Option<std::collections::BTreeMap<String, String>>,
}

/// Decide how to continue an import that stopped at damaged columns.
///
/// The file is looked at again with what was decided, and imported when nothing else is wrong. `POST imports/{id}/cancel` gives it up instead.
#[utoipa::path(
    post,
    path = "/api/v1/imports/{id}/decide",
    operation_id = "decideImport",
    tag = "imports",
    params(("id" = String, Path, description = "The import.")),
    request_body(content = DecideInput, content_type = "application/json", example = json!({"skipColumns": ["phone"]})),
    responses(
        (status = 200, description = "The import as it is now.", body = ImportAnswer, example = json!({"import": {
            "id": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44",
            "status": "queued",
            "source": "file",
            "dryRun": false,
            "rows": {"total": 2, "created": 0, "updated": 0, "restored": 0, "unchanged": 0, "merged": 0, "rejected": 0},
            "progress": 0.0,
            "rowsPerSecond": null,
            "file": null,
            "problems": [],
            "undoing": false,
            "error": null,
            "createdAt": "2025-01-01T08:00:00Z",
            "startedAt": null,
            "heartbeatAt": "2025-01-01T08:00:00.050Z",
            "finishedAt": null
        }})),
        (status = 409, description = "The import needs no decision.", body = crate::render::ProblemDocument, content_type = "application/problem+json"),
        SetRefusedOrMissing,
    )
)]
pub(super) async fn decide(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    ApiPath(id): ApiPath<String>,
    incoming: Incoming,
) -> Result<Json<ImportAnswer>, ApiError> {
    let (workspace, id) = (auth.workspace(), import_id(&id)?);
    let found = state.app.store().import(workspace, id).await?;
    let import = found.ok_or(ApiError::NotFound("import"))?;
    if import.status != ImportStatus::NeedsDecision {
        return Err(ApiError::NoDecisionNeeded);
    }
    let body = incoming.object()?;
    let options = decided(&import, &body.fields())?;
    let options = serde_json::to_string(&options).map_err(|_| ApiError::Internal("options that cannot be written"))?;
    let queue = ImportBody::queue(auth.0.key.id);
    if !state.app.decide_import(&import, &options, queue).await? {
        return Err(ApiError::NoDecisionNeeded);
    }
    let found = state.app.store().import(workspace, id).await?;
    let import = found.ok_or(ApiError::NotFound("import"))?;
    let import = ImportBody::of(&import, state.app.clock().now());
    Ok(Json(ImportAnswer { import }))
}

/// The options of the import with what was decided.
fn decided(import: &Import, body: &Fields<'_>) -> Result<FileOptions, ApiError> {
    let corrupt = |_| ApiError::Internal("an import whose options or columns cannot be read back");
    let mut options: FileOptions = serde_json::from_str(&import.options).map_err(corrupt)?;
    let plan: Plan = serde_json::from_str(import.found.as_deref().unwrap_or("{}")).map_err(corrupt)?;
    let mut problems = Problems::default();
    let mut columns = |list: &str| -> Vec<String> {
        let named = body.texts(list, MAX_ENTRIES, &mut problems);
        let known = |(pointer, title): (String, String)| {
            let column = plan.columns.iter().find(|column| column.header == title.trim());
            let column = column.ok_or("names no column of the file");
            problems.check(&pointer, column).map(|column| column.header.clone())
        };
        named.into_iter().filter_map(known).collect()
    };
    options.skip.extend(columns("skipColumns"));
    options.accept.extend(columns("acceptColumns"));
    let name = "defaultPhoneRegion";
    let sent = body.text(name, &mut problems).value();
    if let Some(region) = region(sent.as_deref(), &body.pointer(name), &mut problems) {
        options.default_phone_region = Some(region);
    }
    if let Some(Value::Object(formats)) = body.raw("dateFormats").value() {
        let formats = problems.check(&body.pointer("dateFormats"), read_date_formats(formats));
        options.date_formats.extend(formats.unwrap_or_default());
    }
    let needed = Target::of_dedupe(options.dedupe_on());
    let recognises = |column: &&super::files::Column| {
        column.target.is_some_and(|target| needed.contains(&target)) && !options.skip.contains(&column.header)
    };
    if plan.form != "ndjson" && !plan.columns.iter().any(|column| recognises(&column)) {
        let reason = "must leave a column by which contacts are recognised";
        problems.add(body.pointer("skipColumns"), reason);
    }
    problems.finish()?;
    Ok(options)
}
