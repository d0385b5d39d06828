//! The audit log of the console.

use crate::error::{is_orphan, translate};
use crate::rows;
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{Audit, StorageError};
use selfsame_domain::console::{AuditAction, AuditEntry};
use selfsame_domain::{AuditId, Timestamp, UserId, WorkspaceId};
use uuid::Uuid;

const LATEST: &str = "
    SELECT audit_id, workspace_id, at, user_id, acted_by, action, object
    FROM audit_log
    WHERE workspace_id = $1 AND audit_id < $2
    ORDER BY audit_id DESC
    LIMIT $3";

#[derive(Debug, sqlx::FromRow)]
struct AuditRow {
    audit_id: Uuid,
    workspace_id: i64,
    at: Timestamp,
    user_id: Option<Uuid>,
    acted_by: String,
    action: String,
    object: String,
}

#[async_trait]
impl Audit for PostgresStore {
    async fn append_audit(&self, entry: &AuditEntry) -> Result<(), StorageError> {
        let inserted = sqlx::query(
            "INSERT INTO audit_log (workspace_id, audit_id, at, user_id, acted_by, action, object)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(entry.workspace.0)
        .bind(entry.id.0)
        .bind(entry.at)
        .bind(entry.user.map(|user| user.0))
        .bind(&entry.by)
        .bind(entry.action.as_str())
        .bind(&entry.object)
        .execute(self.pool())
        .await;
        match inserted {
            Ok(_) => Ok(()),
            Err(error) if is_orphan(&error) => Err(StorageError::UnknownWorkspace),
            Err(error) => Err(translate(error)),
        }
    }

    async fn audit(
        &self,
        workspace: WorkspaceId,
        before: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StorageError> {
        let found: Vec<AuditRow> = sqlx::query_as(LATEST)
            .bind(workspace.0)
            .bind(before.map_or(Uuid::max(), |before| before.0))
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(found, |row| {
            let action = AuditAction::from_text(&row.action);
            Ok(AuditEntry {
                id: AuditId(row.audit_id),
                workspace: WorkspaceId(row.workspace_id),
                at: row.at,
                user: row.user_id.map(UserId),
                by: row.acted_by,
                action: action.ok_or_else(|| rows::corrupt("audit_log", "action", &row.audit_id))?,
                object: row.object,
            })
        })
    }
}
