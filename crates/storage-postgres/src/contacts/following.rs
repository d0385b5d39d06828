//! The next contacts of a listing of everybody. Each page comes from an index, so that its cost does not depend on what stands before it.

use super::{PageRow, details, page};
use crate::error::translate;
use crate::store::PostgresStore;
use selfsame_application::ports::{ContactDetails, StorageError};
use selfsame_domain::{ContactId, Timestamp, WorkspaceId};

const BY_NUMBER: &str = concat!(
    "WITH page AS MATERIALIZED (
        SELECT contact_id, row_number() OVER (ORDER BY contact_id) AS place
        FROM (SELECT contact_id FROM contacts
              WHERE workspace_id = $1 AND contact_id > $2 AND state = 1
              ORDER BY contact_id LIMIT $3) in_order
    )
    SELECT 0::bigint AS total, ",
    details!()
);

const BY_UPDATE: &str = concat!(
    "WITH page AS MATERIALIZED (
        SELECT contact_id, row_number() OVER (ORDER BY updated_at DESC, contact_id DESC) AS place
        FROM (SELECT contact_id, updated_at FROM contacts
              WHERE workspace_id = $1 AND state = 1 AND (updated_at, contact_id) < ($2, $3)
              ORDER BY updated_at DESC, contact_id DESC LIMIT $4) in_order
    )
    SELECT 0::bigint AS total, ",
    details!()
);

pub(super) async fn by_number(
    store: &PostgresStore,
    workspace: WorkspaceId,
    after: ContactId,
    limit: u32,
) -> Result<Vec<ContactDetails>, StorageError> {
    let row: PageRow = sqlx::query_as(BY_NUMBER)
        .bind(workspace.0)
        .bind(after.0)
        .bind(i64::from(limit))
        .fetch_one(store.pool())
        .await
        .map_err(translate)?;
    Ok(page(row)?.items)
}

pub(super) async fn by_update(
    store: &PostgresStore,
    workspace: WorkspaceId,
    after: (Timestamp, ContactId),
    limit: u32,
) -> Result<Vec<ContactDetails>, StorageError> {
    let row: PageRow = sqlx::query_as(BY_UPDATE)
        .bind(workspace.0)
        .bind(after.0)
        .bind(after.1.0)
        .bind(i64::from(limit))
        .fetch_one(store.pool())
        .await
        .map_err(translate)?;
    Ok(page(row)?.items)
}
