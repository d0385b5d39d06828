//! The audit log of the console.

use crate::error::{names_nothing, storage};
use crate::rows::{Row, micros};
use crate::statement::{SqliteRow, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use selfsame_application::ports::{Audit, StorageError};
use selfsame_domain::console::{AuditAction, AuditEntry};
use selfsame_domain::{AuditId, UserId, WorkspaceId};
use uuid::Uuid;

#[async_trait]
impl Audit for SqliteStore {
    async fn append_audit(&self, entry: &AuditEntry) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        statement(
            "INSERT INTO audit_log (workspace_id, audit_id, at, user_id, acted_by, action, object)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .bind(entry.workspace.0)
        .bind(entry.id.0)
        .bind(micros(entry.at))
        .bind(entry.user.map(|user| user.0))
        .bind(&entry.by)
        .bind(entry.action.as_str())
        .bind(&entry.object)
        .execute(writing.connection()?)
        .map_err(|error| {
            if names_nothing(&error) {
                StorageError::UnknownWorkspace
            } else {
                storage(error)
            }
        })?;
        writing.commit()
    }

    async fn audit(
        &self,
        workspace: WorkspaceId,
        before: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let before = before.map_or(Uuid::max(), |before| before.0);
        let rows = statement(
            "SELECT audit_id, workspace_id, at, user_id, acted_by, action, object
             FROM audit_log WHERE workspace_id = ?1 AND audit_id < ?2 ORDER BY audit_id DESC LIMIT ?3",
        )
        .bind(workspace.0)
        .bind(before)
        .bind(limit)
        .fetch_all(reader.connection()?)
        .map_err(storage)?;
        let read = |row: &SqliteRow| {
            let row = Row::new(row, "audit_log", 0);
            Ok(AuditEntry {
                id: AuditId(row.get(0, "audit_id")?),
                workspace: WorkspaceId(row.get(1, "workspace_id")?),
                at: row.time(2, "at")?,
                user: row.get::<Option<Uuid>>(3, "user_id")?.map(UserId),
                by: row.get(4, "acted_by")?,
                action: row.read(5, "action", AuditAction::from_text)?,
                object: row.get(6, "object")?,
            })
        };
        rows.iter().map(read).collect()
    }
}
