//! Notes of what was deleted.

use crate::error::translate;
use selfsame_application::ports::{PruneUpTo, StorageError};
use selfsame_domain::WorkspaceId;
use sqlx::PgConnection;

const FEED_BEGINS: &str = "UPDATE revisions SET feed_begins = $2 WHERE workspace_id = $1 AND feed_begins < $2";

const PRUNE: &str = "
    DELETE FROM deletions
    WHERE workspace_id = $1 AND revision <= GREATEST($2, $3) AND revision <= CASE WHEN kind = 1 THEN $2 ELSE $3 END";

/// Says that the change feed begins later before it deletes what the feed would lack.
pub(super) async fn prune(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    up_to: PruneUpTo,
) -> Result<u64, StorageError> {
    sqlx::query(FEED_BEGINS)
        .bind(workspace.0)
        .bind(up_to.contacts.0)
        .execute(&mut *connection)
        .await
        .map_err(translate)?;
    let done = sqlx::query(PRUNE)
        .bind(workspace.0)
        .bind(up_to.contacts.0)
        .bind(up_to.others.0)
        .execute(connection)
        .await
        .map_err(translate)?;
    Ok(done.rows_affected())
}
