//! `POST imports/{id}/decide`.

use super::files::{FileOptions, Plan, read_date_formats};
use super::response::{ImportAnswer, ImportBody};
use crate::auth::{May, right};
use crate::body::{Body, FromMember, List, Member, body};
use crate::error::ApiError;
use crate::fields::{Problems, why};
use crate::paths::Id;
use crate::refusals::SetRefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::ports::{Import, ImportId, ImportStatus};
use selfsame_domain::values::Region;
use serde_json::Value;
use std::collections::BTreeMap;

body! {
    /// How an import continues.
    pub(super) struct DecideInput {
        /// Columns that are left out, by their titles.
        #[schema(value_type = Option<Vec<String>>, max_items = 500)]
        skip_columns: Option<List<String>>,
        /// Columns to accept as they are, after a review. Rows with a value that is damaged for certain, such as `#N/A`, are rejected.
        #[schema(value_type = Option<Vec<String>>, max_items = 500)]
        accept_columns: Option<List<String>>,
        /// The country of phones without plus and country code.
        #[schema(value_type = Option<String>, example = "UA")]
        default_phone_region: Option<Region>,
        /// The formats of dates, by the titles of columns.
        #[schema(value_type = Option<BTreeMap<String, String>>)]
        date_formats: Option<DateFormats>,
    }
}

/// Formats of dates, by the titles of columns.
#[derive(Debug)]
struct DateFormats(BTreeMap<String, String>);

impl FromMember for DateFormats {
    fn read(member: Member<'_>, problems: &mut Problems) -> Option<Self> {
        match member.required(problems)? {
            Value::Object(formats) => member.check(problems, read_date_formats(formats)).map(Self),
            other => member.refuse(problems, why(other, "must be an object")),
        }
    }
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
    Id(id): Id<ImportId>,
    Body(sent, _): Body<DecideInput>,
) -> Result<Json<ImportAnswer>, ApiError> {
    let workspace = auth.workspace();
    let found = state.app.store().import(workspace, id).await?;
    let import = found.ok_or(ApiError::NotFound("import"))?;
    if import.status != ImportStatus::NeedsDecision {
        return Err(ApiError::NoDecisionNeeded);
    }
    let options = decided(&import, sent)?;
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
fn decided(import: &Import, sent: DecideInput) -> Result<FileOptions, ApiError> {
    let corrupt = |_| ApiError::Internal("an import whose options or columns cannot be read back");
    let mut options: FileOptions = serde_json::from_str(&import.options).map_err(corrupt)?;
    let plan: Plan = serde_json::from_str(import.found.as_deref().unwrap_or("{}")).map_err(corrupt)?;
    let mut problems = Problems::default();
    let mut columns = |named: Option<List<String>>| -> Vec<String> {
        let known = |(pointer, title): (String, String)| {
            let column = plan.columns.iter().find(|column| column.header == title.trim());
            let column = column.ok_or("names no column of the file");
            problems.check(&pointer, column).map(|column| column.header.clone())
        };
        named
            .map(|list| list.0)
            .into_iter()
            .flatten()
            .filter_map(known)
            .collect()
    };
    options.skip.extend(columns(sent.skip_columns));
    options.accept.extend(columns(sent.accept_columns));
    if let Some(region) = sent.default_phone_region {
        options.default_phone_region = Some(region.into());
    }
    options
        .date_formats
        .extend(sent.date_formats.into_iter().flat_map(|formats| formats.0));
    if !plan.recognises(&options) {
        let reason = "must leave a column by which contacts are recognised";
        problems.add("/skipColumns", reason);
    }
    problems.finish()?;
    Ok(options)
}
