//! Reading imports.

use crate::bounded::Bounded;
use crate::error::translate;
use crate::rows::{all, corrupt};
use selfsame_application::ports::{
    Import, ImportFormat, ImportId, ImportRow, ImportStatus, JobId, RowCounts, RowOutcome, RowQuery, StorageError,
};
use selfsame_domain::{ContactId, DecisionId, Timestamp, WorkspaceId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

const IMPORT: &str = "
SELECT workspace_id, import_id, job_id, format, options, status, total, rows_created, rows_updated, rows_restored,
    rows_unchanged, rows_merged, rows_rejected, is_dry_run, found, problems, error, is_cancelling, is_undoing, created_at, started_at,
    heartbeat_at, finished_at
FROM imports
WHERE workspace_id = $1 AND import_id = $2";

const IMPORTS: &str = "
SELECT workspace_id, import_id, job_id, format, options, status, total, rows_created, rows_updated, rows_restored,
    rows_unchanged, rows_merged, rows_rejected, is_dry_run, found, problems, error, is_cancelling, is_undoing, created_at, started_at,
    heartbeat_at, finished_at
FROM imports
WHERE workspace_id = $1 AND import_id < $2
ORDER BY import_id DESC
LIMIT $3";

const ROWS: &str = "
SELECT row_number, line, outcome, contact_id, decision_id, error, dedupe_value, kept
FROM import_rows
WHERE workspace_id = $1 AND import_id = $2 AND row_number > $3
ORDER BY row_number
LIMIT $4";

const ROWS_OF_OUTCOME: &str = "
SELECT row_number, line, outcome, contact_id, decision_id, error, dedupe_value, kept
FROM import_rows
WHERE workspace_id = $1 AND import_id = $2 AND row_number > $3 AND outcome = $5
ORDER BY row_number
LIMIT $4";

const OVER_BEFORE: &str = "SELECT workspace_id, import_id FROM imports WHERE finished_at < $1";

#[derive(FromRow)]
struct Stored {
    workspace_id: i64,
    import_id: Uuid,
    job_id: Uuid,
    format: String,
    options: String,
    status: String,
    total: Option<i64>,
    rows_created: i64,
    rows_updated: i64,
    rows_restored: i64,
    rows_unchanged: i64,
    rows_merged: i64,
    rows_rejected: i64,
    is_dry_run: bool,
    found: Option<String>,
    problems: Option<String>,
    error: Option<String>,
    is_cancelling: bool,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    heartbeat_at: Timestamp,
    finished_at: Option<Timestamp>,
    is_undoing: bool,
}

#[derive(FromRow)]
struct StoredRow {
    row_number: i64,
    line: i64,
    outcome: i16,
    contact_id: Option<i64>,
    decision_id: Option<Uuid>,
    error: Option<String>,
    dedupe_value: Option<String>,
    kept: Option<String>,
}

pub(super) async fn import(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: ImportId,
) -> Result<Option<Import>, StorageError> {
    let found: Option<Stored> = sqlx::query_as(IMPORT)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_optional(connection)
        .await
        .map_err(translate)?;
    found.map(Stored::read).transpose()
}

pub(super) async fn imports(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    before: Option<ImportId>,
    limit: u32,
) -> Result<Vec<Import>, StorageError> {
    let found: Vec<Stored> = sqlx::query_as(IMPORTS)
        .bind(workspace.0)
        .bind(before.map_or(Uuid::max(), |before| before.0))
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await
        .map_err(translate)?;
    all(found, Stored::read)
}

pub(super) async fn rows(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: ImportId,
    query: &RowQuery,
) -> Result<Vec<ImportRow>, StorageError> {
    let statement = if query.outcome.is_some() { ROWS_OF_OUTCOME } else { ROWS };
    let mut rows = sqlx::query_as(statement)
        .bind(workspace.0)
        .bind(id.0)
        .bind(i64::try_from(query.after).unwrap_or(i64::MAX))
        .bind(i64::from(query.limit));
    if let Some(outcome) = query.outcome {
        rows = rows.bind(outcome.code());
    }
    let found: Vec<StoredRow> = rows.fetch_all(connection).await.map_err(translate)?;
    all(found, |row| row.read(id))
}

/// Imports of all workspaces that ended before a time.
pub(super) async fn over_before(pool: &Bounded, time: Timestamp) -> Result<Vec<(i64, Uuid)>, StorageError> {
    sqlx::query_as(OVER_BEFORE)
        .bind(time)
        .fetch_all(pool)
        .await
        .map_err(translate)
}

impl Stored {
    fn read(self) -> Result<Import, StorageError> {
        let id = ImportId(self.import_id);
        let bad = |column| move || corrupt("imports", column, &id);
        let count = |number: i64, column| u64::try_from(number).map_err(|_| corrupt("imports", column, &id));
        Ok(Import {
            workspace: WorkspaceId(self.workspace_id),
            id,
            format: ImportFormat::from_text(&self.format).ok_or_else(bad("format"))?,
            options: self.options,
            status: ImportStatus::from_text(&self.status).ok_or_else(bad("status"))?,
            total: self.total.map(|total| count(total, "total")).transpose()?,
            counts: RowCounts {
                created: count(self.rows_created, "rows_created")?,
                updated: count(self.rows_updated, "rows_updated")?,
                restored: count(self.rows_restored, "rows_restored")?,
                unchanged: count(self.rows_unchanged, "rows_unchanged")?,
                merged: count(self.rows_merged, "rows_merged")?,
                rejected: count(self.rows_rejected, "rows_rejected")?,
            },
            is_dry_run: self.is_dry_run,
            found: self.found,
            problems: match self.problems {
                Some(text) => serde_json::from_str(&text).map_err(|_| bad("problems")())?,
                None => Vec::new(),
            },
            error: self.error,
            is_cancelling: self.is_cancelling,
            is_undoing: self.is_undoing,
            job: JobId(self.job_id),
            created_at: self.created_at,
            started_at: self.started_at,
            heartbeat_at: self.heartbeat_at,
            finished_at: self.finished_at,
        })
    }
}

impl StoredRow {
    fn read(self, id: ImportId) -> Result<ImportRow, StorageError> {
        let bad = |column| move || corrupt("import_rows", column, &id);
        let kept = self.kept.map(|kept| serde_json::from_str(&kept)).transpose();
        Ok(ImportRow {
            row: u64::try_from(self.row_number).map_err(|_| bad("row_number")())?,
            line: u64::try_from(self.line).map_err(|_| bad("line")())?,
            outcome: RowOutcome::from_code(self.outcome).ok_or_else(bad("outcome"))?,
            contact: self.contact_id.map(ContactId),
            decision: self.decision_id.map(DecisionId),
            error: self.error,
            dedupe_value: self.dedupe_value,
            undo: Vec::new(),
            kept: kept.map_err(|_| bad("kept")())?.unwrap_or_default(),
        })
    }
}
