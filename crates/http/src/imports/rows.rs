//! `GET imports/{id}/rows`.

use super::table::{self, Table};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paging::Paging;
use crate::paths::{Id, Params};
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use selfsame_application::ports::{ImportId, ImportRow, RowOutcome, RowQuery};
use selfsame_domain::Skipped;
use serde::Serialize;
use utoipa::ToSchema;

/// What became of a row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportRow)]
#[serde(rename_all = "camelCase")]
pub(super) struct RowBody {
    /// Its number, from 1.
    #[schema(example = 1)]
    pub(super) row: u64,
    /// The line of the file on which it begins; of a bulk call the number of the row.
    #[schema(example = 1)]
    pub(super) line: u64,
    /// `created`, `updated`, `restored`, `unchanged`, `merged` or `rejected`.
    #[schema(example = "created")]
    pub(super) outcome: &'static str,
    /// The contact that it was about.
    #[schema(example = 564_407_320)]
    pub(super) contact_id: Option<i64>,
    /// The decision, as `identity/decisions/{id}` reads it; null for a row that could not be read.
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    pub(super) decision: Option<String>,
    /// Why it was rejected; null otherwise.
    #[schema(example = json!(null))]
    pub(super) error: Option<String>,
    /// What stayed when the row was taken back, because it was changed since.
    pub(super) kept: Vec<Kept>,
}

/// A part of a contact that was changed since the import, and so was not taken back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportKept)]
pub(super) struct Kept {
    /// Which part: `firstName`, `email`, `field:7`, `groups` or `contact`.
    #[schema(example = "firstName")]
    pub(super) field: String,
    /// Why it stayed.
    #[schema(example = "was changed since")]
    pub(super) reason: String,
}

/// A page of rows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportRowsPage)]
pub(super) struct RowsPage {
    /// Rows in their order.
    items: Vec<RowBody>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(example = json!(null))]
    next: Option<String>,
}

impl From<&ImportRow> for RowBody {
    fn from(row: &ImportRow) -> Self {
        Self {
            row: row.row,
            line: row.line,
            outcome: row.outcome.as_str(),
            contact_id: row.contact.map(|id| id.0),
            decision: row.decision.map(|id| id.to_string()),
            error: row.error.clone(),
            kept: row.kept.iter().map(Kept::from).collect(),
        }
    }
}

impl From<&Skipped> for Kept {
    fn from(skipped: &Skipped) -> Self {
        Self {
            field: skipped.field.clone(),
            reason: skipped.reason.clone(),
        }
    }
}

/// What became of each row.
///
/// JSON comes in pages. With `Accept: text/csv` or `application/x-ndjson` all rows come in one answer.
#[utoipa::path(
    get,
    path = "/api/v1/imports/{id}/rows",
    operation_id = "listImportRows",
    tag = "imports",
    params(
        ("id" = String, Path, description = "The import."),
        ("outcome" = Option<String>, Query, description = "Only rows of this outcome."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
    ),
    responses(
        (status = 200, description = "Rows in their order.", content(
            (RowsPage = "application/json", example = json!({"items": [{
                "row": 1,
                "line": 1,
                "outcome": "created",
                "contactId": 564_407_320,
                "decision": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44",
                "error": null,
                "kept": []
            }], "next": null})),
            (String = "text/csv", example = "row,line,outcome,contactId,decision,error,kept\n1,1,created,564407320,019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44,,\n"),
            (String = "application/x-ndjson", example = "{\"row\":1,\"line\":1,\"outcome\":\"created\",\"contactId\":564407320,\"decision\":\"019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44\",\"error\":null,\"kept\":[]}\n"),
        )),
        RefusedOrMissing,
    ),
)]
pub(super) async fn rows(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    Id(id): Id<ImportId>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let workspace = auth.workspace();
    let mut problems = Problems::default();
    let paging = Paging::numbered(&params, &mut problems);
    let outcome = params.text("outcome").and_then(|text| {
        let known = || {
            RowOutcome::ALL
                .iter()
                .map(|outcome| outcome.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let read = RowOutcome::from_text(text).ok_or_else(|| format!("must be one of {}", known()));
        problems.check("outcome", read)
    });
    problems.finish()?;
    let store = state.app.store();
    store.import(workspace, id).await?.ok_or(ApiError::NotFound("import"))?;
    let query = RowQuery {
        outcome,
        after: paging
            .cursor
            .and_then(|cursor| u64::try_from(cursor).ok())
            .unwrap_or_default(),
        limit: paging.read_limit(),
    };
    if let Some(form) = Table::accepted(&headers) {
        return Ok(table::answer(state.app.clone(), workspace, id, query, form));
    }
    let found = store.import_rows(workspace, id, &query).await?;
    let (rows, next) = paging.cut(found, |row| i64::try_from(row.row).unwrap_or(i64::MAX));
    let items = rows.iter().map(RowBody::from).collect();
    Ok(Json(RowsPage { items, next }).into_response())
}
