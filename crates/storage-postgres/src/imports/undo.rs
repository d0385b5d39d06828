//! The changes of imports, and their undo.

use super::read;
use crate::error::translate;
use crate::jobs;
use crate::rows::{corrupt, to_json};
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    ImportId, ImportRow, ImportStatus, ImportUndos, NewJob, StorageError, UndoAnswer, UndoRow, UndoneRow,
};
use selfsame_domain::{ContactId, ContactUndo, Timestamp, WorkspaceId};
use sqlx::{FromRow, PgConnection};

const BEGIN: &str = "
UPDATE imports SET is_undoing = true, heartbeat_at = $3
WHERE workspace_id = $1 AND import_id = $2 AND NOT is_undoing AND status IN ('finished', 'failed', 'cancelled')";

const INSERT_PARTS: &str = "
INSERT INTO import_undo (workspace_id, import_id, row_number, contact_id, part)
SELECT $1, $2, p.row_number, p.contact_id, p.part
FROM UNNEST($3::bigint[], $4::bigint[], $5::text[]) AS p (row_number, contact_id, part)";

const PARTS: &str = "
SELECT u.row_number, r.contact_id, u.part
FROM import_undo u
JOIN import_rows r ON r.workspace_id = u.workspace_id AND r.import_id = u.import_id AND r.row_number = u.row_number
WHERE u.workspace_id = $1 AND u.import_id = $2 AND u.row_number IN (
    SELECT DISTINCT row_number FROM import_undo WHERE workspace_id = $1 AND import_id = $2
    ORDER BY row_number DESC LIMIT $3)
ORDER BY u.row_number DESC, u.contact_id";

const KEEP: &str = "
UPDATE import_rows r SET kept = asked.kept
FROM UNNEST($3::bigint[], $4::text[]) AS asked (row_number, kept)
WHERE r.workspace_id = $1 AND r.import_id = $2 AND r.row_number = asked.row_number
  AND EXISTS (SELECT FROM import_undo u
      WHERE u.workspace_id = $1 AND u.import_id = $2 AND u.row_number = r.row_number)";

const DELETE_PARTS: &str = "
DELETE FROM import_undo
WHERE workspace_id = $1 AND import_id = $2 AND row_number = ANY($3::bigint[])";

const BEAT: &str = "UPDATE imports SET heartbeat_at = $3 WHERE workspace_id = $1 AND import_id = $2 AND is_undoing";

const END: &str = "
UPDATE imports
SET is_undoing = false, status = CASE WHEN $3 THEN 'undone' ELSE status END, heartbeat_at = $4
WHERE workspace_id = $1 AND import_id = $2 AND is_undoing";

#[derive(FromRow)]
struct StoredPart {
    row_number: i64,
    contact_id: Option<i64>,
    part: String,
}

/// Stores the changes of rows.
pub(super) async fn insert_parts(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    id: ImportId,
    rows: &[ImportRow],
) -> Result<(), StorageError> {
    let (mut numbers, mut contacts, mut parts) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        for part in &row.undo {
            numbers.push(whole(row.row));
            contacts.push(part.contact.0);
            let text = part.to_stored();
            parts.push(text.map_err(|error| StorageError::Refused(Box::new(error)))?);
        }
    }
    if parts.is_empty() {
        return Ok(());
    }
    sqlx::query(INSERT_PARTS)
        .bind(workspace.0)
        .bind(id.0)
        .bind(numbers)
        .bind(contacts)
        .bind(parts)
        .execute(connection)
        .await
        .map_err(translate)?;
    Ok(())
}

#[async_trait]
impl ImportUndos for PostgresStore {
    async fn undo_import(&self, id: ImportId, job: &NewJob) -> Result<UndoAnswer, StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            let begun = sqlx::query(BEGIN)
                .bind(job.workspace.0)
                .bind(id.0)
                .bind(job.created_at)
                .execute(&mut *transaction)
                .await
                .map_err(translate)?;
            if begun.rows_affected() == 1 {
                jobs::insert(&mut transaction, job).await?;
            }
            let found = read::import(&mut transaction, job.workspace, id).await?;
            transaction.commit().await.map_err(translate)?;
            Ok(match found {
                None => UndoAnswer::Unknown,
                Some(import) if import.is_undoing || import.status == ImportStatus::Undone => {
                    UndoAnswer::Accepted(Box::new(import))
                }
                Some(_) => UndoAnswer::NotOver,
            })
        })
        .await
    }

    async fn rows_to_undo(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        limit: u32,
    ) -> Result<Vec<UndoRow>, StorageError> {
        self.in_time(async {
            let found: Vec<StoredPart> = sqlx::query_as(PARTS)
                .bind(workspace.0)
                .bind(id.0)
                .bind(i64::from(limit))
                .fetch_all(self.pool())
                .await
                .map_err(translate)?;
            let parts: Vec<_> = found
                .into_iter()
                .map(|part| part.read(id))
                .collect::<Result<_, StorageError>>()?;
            Ok(UndoRow::group(parts))
        })
        .await
    }

    async fn record_undone(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        rows: &[UndoneRow],
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let numbers: Vec<i64> = rows.iter().map(|row| whole(row.row)).collect();
        let kept: Vec<String> = rows.iter().map(|row| to_json(&row.kept)).collect::<Result<_, _>>()?;
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            sqlx::query(KEEP)
                .bind(workspace.0)
                .bind(id.0)
                .bind(&numbers)
                .bind(&kept)
                .execute(&mut *transaction)
                .await
                .map_err(translate)?;
            sqlx::query(DELETE_PARTS)
                .bind(workspace.0)
                .bind(id.0)
                .bind(&numbers)
                .execute(&mut *transaction)
                .await
                .map_err(translate)?;
            sqlx::query(BEAT)
                .bind(workspace.0)
                .bind(id.0)
                .bind(now)
                .execute(&mut *transaction)
                .await
                .map_err(translate)?;
            transaction.commit().await.map_err(translate)
        })
        .await
    }

    async fn end_undo(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        done: bool,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        sqlx::query(END)
            .bind(workspace.0)
            .bind(id.0)
            .bind(done)
            .bind(now)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(())
    }
}

impl StoredPart {
    fn read(self, id: ImportId) -> Result<(u64, Option<ContactId>, ContactUndo), StorageError> {
        let row = u64::try_from(self.row_number).map_err(|_| corrupt("import_undo", "row_number", &id))?;
        let part = ContactUndo::from_stored(&self.part).map_err(|_| corrupt("import_undo", "part", &id))?;
        Ok((row, self.contact_id.map(ContactId), part))
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
