//! Deleting memberships that ended long ago.

use crate::bounded::Bounded;
use crate::error::translate;
use selfsame_application::ports::StorageError;
use selfsame_domain::{Revision, Timestamp, WorkspaceId};

const PRUNE: &str = "
    WITH page AS MATERIALIZED (
        SELECT segment_id, contact_id, entered_in FROM segment_periods
        WHERE workspace_id = $1 AND left_in <= $2 AND to_at < $3
        ORDER BY left_in LIMIT $4
    ),
    pruned AS (
        DELETE FROM segment_periods p USING page
        WHERE p.workspace_id = $1 AND p.segment_id = page.segment_id AND p.contact_id = page.contact_id AND p.entered_in = page.entered_in
        RETURNING p.left_in
    ),
    begun AS (
        UPDATE segment_records SET begins = GREATEST(begins, (SELECT max(left_in) FROM pruned)) WHERE workspace_id = $1
    )
    SELECT count(*) FROM pruned";

pub(super) async fn ended(
    pool: &Bounded,
    workspace: WorkspaceId,
    (up_to, before): (Revision, Timestamp),
    limit: u32,
) -> Result<u64, StorageError> {
    let pruned: i64 = sqlx::query_scalar(PRUNE)
        .bind(workspace.0)
        .bind(up_to.0)
        .bind(before)
        .bind(i64::from(limit))
        .fetch_one(pool)
        .await
        .map_err(translate)?;
    Ok(pruned.unsigned_abs())
}
