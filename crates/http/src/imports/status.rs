//! `GET importstatus/{id}`.

use super::PATIENCE;
use crate::auth::{May, right};
use crate::contacts::MAX_CONTACTS;
use crate::error::ApiError;
use crate::paths::Id;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use selfsame_application::ports::{Import, ImportId, ImportRow, ImportStatus, RowQuery};
use serde::Serialize;
use utoipa::ToSchema;

/// How far a bulk call is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusAnswer {
    /// `STARTED`, `IMPORTING`, `FINISHED` or `ERROR`.
    #[schema(example = "FINISHED")]
    status: &'static str,
    /// When something was last done for it.
    timestamp: DateTime<Utc>,
    /// What is to be said besides, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Which contact each value led to, once it is finished. Values are kept for a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    mapping: Option<Vec<Mapped>>,
}

/// A contact of the call.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Mapped {
    /// What the contact was recognised by, as it was sent.
    #[schema(example = "C-1001")]
    dedupe_value: String,
    #[schema(example = 564_407_320)]
    contact_id: i64,
}

/// How far a bulk call is.
///
/// Waits a little for one that is about to end.
#[utoipa::path(
    get,
    path = "/api/v1/importstatus/{sessionId}",
    operation_id = "getImportStatus",
    tag = "contacts",
    params(("sessionId" = String, Path, description = "The `asyncSessionId` of the call.")),
    responses(
        (status = 200, description = "How far it is.", body = StatusAnswer, example = json!({
            "status": "FINISHED",
            "timestamp": "2025-01-01T08:00:00Z",
            "mapping": [{"dedupeValue": "C-1001", "contactId": 564_407_320}]
        })),
        (status = 404, description = "There is no such call", body = String, content_type = "text/plain", example = json!("import not found")),
        crate::docs::ReadErrors,
    )
)]
pub(super) async fn status(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    Id(id): Id<ImportId>,
) -> Result<Json<StatusAnswer>, ApiError> {
    let workspace = auth.workspace();
    let found = state.app.import_when_over(workspace, id, PATIENCE).await?;
    let import = found.ok_or(ApiError::NotFound("import"))?;
    let mapping = if import.status == ImportStatus::Finished {
        let query = RowQuery {
            outcome: None,
            after: 0,
            limit: u32::try_from(MAX_CONTACTS).unwrap_or(u32::MAX),
        };
        let rows = state.app.store().import_rows(workspace, id, &query).await?;
        Some(rows.into_iter().filter_map(mapped).collect())
    } else {
        None
    };
    Ok(Json(StatusAnswer {
        status: word(import.status),
        timestamp: import.heartbeat_at,
        description: description(&import),
        mapping,
    }))
}

fn mapped(row: ImportRow) -> Option<Mapped> {
    Some(Mapped {
        dedupe_value: row.dedupe_value?,
        contact_id: row.contact?.0,
    })
}

fn word(status: ImportStatus) -> &'static str {
    match status {
        ImportStatus::Queued => "STARTED",
        ImportStatus::Running | ImportStatus::NeedsDecision => "IMPORTING",
        ImportStatus::Finished | ImportStatus::Undone => "FINISHED",
        ImportStatus::Failed | ImportStatus::Cancelled => "ERROR",
    }
}

fn description(import: &Import) -> Option<String> {
    let rejected = import.counts.rejected;
    match (&import.error, import.status) {
        (Some(error), _) => Some(error.clone()),
        (None, ImportStatus::Cancelled) => Some("the import was cancelled".to_owned()),
        (None, ImportStatus::Undone) => Some("the import was undone".to_owned()),
        _ if rejected > 0 => Some(format!("{rejected} contacts were rejected")),
        _ => None,
    }
}
