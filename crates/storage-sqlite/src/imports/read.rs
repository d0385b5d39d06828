//! Reading imports.

use crate::error::storage;
use crate::rows::{Row, corrupt, micros};
use crate::statement::{SqliteRow, statement};
use rusqlite::Connection;
use selfsame_application::ports::{
    Import, ImportFormat, ImportId, ImportRow, ImportStatus, JobId, RowCounts, RowOutcome, RowQuery, StorageError,
};
use selfsame_domain::{ContactId, DecisionId, Timestamp, WorkspaceId};
use uuid::Uuid;

const IMPORT: &str = "
SELECT workspace_id, import_id, job_id, format, options, status, total, rows_created, rows_updated, rows_restored,
    rows_unchanged, rows_merged, rows_rejected, error, is_cancelling, created_at, started_at, heartbeat_at, finished_at, is_undoing,
    is_dry_run, found, problems
FROM imports
WHERE workspace_id = ?1 AND import_id = ?2";

const IMPORTS: &str = "
SELECT workspace_id, import_id, job_id, format, options, status, total, rows_created, rows_updated, rows_restored,
    rows_unchanged, rows_merged, rows_rejected, error, is_cancelling, created_at, started_at, heartbeat_at, finished_at, is_undoing,
    is_dry_run, found, problems
FROM imports
WHERE workspace_id = ?1 AND import_id < ?2
ORDER BY import_id DESC
LIMIT ?3";

const ROWS: &str = "
SELECT row_number, line, outcome, contact_id, decision_id, error, dedupe_value, kept
FROM import_rows
WHERE workspace_id = ?1 AND import_id = ?2 AND row_number > ?3
ORDER BY row_number
LIMIT ?4";

const ROWS_OF_OUTCOME: &str = "
SELECT row_number, line, outcome, contact_id, decision_id, error, dedupe_value, kept
FROM import_rows
WHERE workspace_id = ?1 AND import_id = ?2 AND row_number > ?3 AND outcome = ?5
ORDER BY row_number
LIMIT ?4";

const OVER_BEFORE: &str = "SELECT workspace_id, import_id FROM imports WHERE finished_at < ?1";

pub(super) fn import(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ImportId,
) -> Result<Option<Import>, StorageError> {
    let found = statement(IMPORT)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_optional(connection)
        .map_err(storage)?;
    found.map(|row| read_import(&row)).transpose()
}

pub(super) fn imports(
    connection: &Connection,
    workspace: WorkspaceId,
    before: Option<ImportId>,
    limit: u32,
) -> Result<Vec<Import>, StorageError> {
    let found = statement(IMPORTS)
        .bind(workspace.0)
        .bind(before.map_or(Uuid::max(), |before| before.0))
        .bind(limit)
        .fetch_all(connection)
        .map_err(storage)?;
    found.iter().map(read_import).collect()
}

pub(super) fn rows(
    connection: &Connection,
    workspace: WorkspaceId,
    id: ImportId,
    query: &RowQuery,
) -> Result<Vec<ImportRow>, StorageError> {
    let requested = statement(if query.outcome.is_some() { ROWS_OF_OUTCOME } else { ROWS })
        .bind(workspace.0)
        .bind(id.0)
        .bind(i64::try_from(query.after).unwrap_or(i64::MAX))
        .bind(query.limit);
    let requested = match query.outcome {
        Some(outcome) => requested.bind(outcome.code()),
        None => requested,
    };
    let found = requested.fetch_all(connection).map_err(storage)?;
    found.iter().map(|row| read_row(row, id)).collect()
}

/// Imports of all workspaces that ended before a time.
pub(super) fn over_before(
    connection: &Connection,
    time: Timestamp,
) -> Result<Vec<(WorkspaceId, ImportId)>, StorageError> {
    let found = statement(OVER_BEFORE)
        .bind(micros(time))
        .fetch_all(connection)
        .map_err(storage)?;
    let read = |row: &SqliteRow| {
        let row = Row::new(row, "imports", 1);
        Ok((
            WorkspaceId(row.get(0, "workspace_id")?),
            ImportId(row.get(1, "import_id")?),
        ))
    };
    found.iter().map(read).collect()
}

/// Reads the columns of [`IMPORT`].
fn read_import(row: &SqliteRow) -> Result<Import, StorageError> {
    let row = Row::new(row, "imports", 1);
    let count = |index, column| row.get::<u64>(index, column);
    Ok(Import {
        workspace: WorkspaceId(row.get(0, "workspace_id")?),
        id: ImportId(row.get(1, "import_id")?),
        job: JobId(row.get(2, "job_id")?),
        format: row.read(3, "format", ImportFormat::from_text)?,
        options: row.get(4, "options")?,
        status: row.read(5, "status", ImportStatus::from_text)?,
        total: row.get(6, "total")?,
        counts: RowCounts {
            created: count(7, "rows_created")?,
            updated: count(8, "rows_updated")?,
            restored: count(9, "rows_restored")?,
            unchanged: count(10, "rows_unchanged")?,
            merged: count(11, "rows_merged")?,
            rejected: count(12, "rows_rejected")?,
        },
        error: row.get(13, "error")?,
        is_cancelling: row.get(14, "is_cancelling")?,
        is_undoing: row.get(19, "is_undoing")?,
        created_at: row.time(15, "created_at")?,
        started_at: row.optional_time(16, "started_at")?,
        heartbeat_at: row.time(17, "heartbeat_at")?,
        finished_at: row.optional_time(18, "finished_at")?,
        is_dry_run: row.get(20, "is_dry_run")?,
        found: row.get(21, "found")?,
        problems: match row.get::<Option<String>>(22, "problems")? {
            Some(_) => row.json(22, "problems")?,
            None => Vec::new(),
        },
    })
}

/// Reads the columns of [`ROWS`].
fn read_row(row: &SqliteRow, id: ImportId) -> Result<ImportRow, StorageError> {
    let row = Row::new(row, "import_rows", 0);
    let outcome = row.get(2, "outcome").map(RowOutcome::from_code)?;
    let kept: Option<String> = row.get(7, "kept")?;
    let kept = kept.map(|kept| serde_json::from_str(&kept)).transpose();
    Ok(ImportRow {
        row: row.get(0, "row_number")?,
        line: row.get(1, "line")?,
        outcome: outcome.ok_or_else(|| corrupt("import_rows", "outcome", &id))?,
        contact: row.get::<Option<i64>>(3, "contact_id")?.map(ContactId),
        decision: row.get::<Option<Uuid>>(4, "decision_id")?.map(DecisionId),
        error: row.get(5, "error")?,
        dedupe_value: row.get(6, "dedupe_value")?,
        undo: Vec::new(),
        kept: kept
            .map_err(|_| corrupt("import_rows", "kept", &id))?
            .unwrap_or_default(),
    })
}
