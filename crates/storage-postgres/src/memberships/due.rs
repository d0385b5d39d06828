//! The times at which contacts have to be evaluated again for segments.

use crate::bounded::Bounded;
use crate::error::translate;
use selfsame_application::ports::{DueTime, StorageError};
use selfsame_domain::{ContactId, SegmentId, Timestamp, WorkspaceId};
use sqlx::PgConnection;

const DUE: &str = "
    SELECT segment_id, contact_id FROM segment_due WHERE workspace_id = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3";

const SET: &str = "
    INSERT INTO segment_due (workspace_id, segment_id, contact_id, due_at)
    SELECT $1, m.segment_id, m.contact_id, m.due_at
    FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[]) AS m (segment_id, contact_id, due_at)
    WHERE EXISTS (SELECT FROM contacts c WHERE c.workspace_id = $1 AND c.contact_id = m.contact_id)
      AND EXISTS (SELECT FROM segments s WHERE s.workspace_id = $1 AND s.segment_id = m.segment_id)
    ON CONFLICT (workspace_id, contact_id, segment_id) DO UPDATE SET due_at = EXCLUDED.due_at
    WHERE segment_due.due_at <> EXCLUDED.due_at";

const CLEAR: &str = "
    DELETE FROM segment_due d
    USING unnest($2::bigint[], $3::bigint[]) AS m (segment_id, contact_id)
    WHERE d.workspace_id = $1 AND d.segment_id = m.segment_id AND d.contact_id = m.contact_id";

/// One page of active contacts becomes due. Returns the last of them.
const MAKE: &str = "
    WITH page AS MATERIALIZED (
        SELECT contact_id FROM contacts
        WHERE workspace_id = $1 AND contact_id > $4 AND state = 1
        ORDER BY contact_id LIMIT $5
    ),
    made AS (
        INSERT INTO segment_due (workspace_id, segment_id, contact_id, due_at)
        SELECT $1, $2, contact_id, $3 FROM page
        ON CONFLICT (workspace_id, contact_id, segment_id) DO UPDATE SET due_at = EXCLUDED.due_at
    )
    SELECT max(contact_id) FROM page";

#[derive(Debug, sqlx::FromRow)]
struct DueRow {
    segment_id: i64,
    contact_id: i64,
}

pub(super) async fn read(
    pool: &Bounded,
    workspace: WorkspaceId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(SegmentId, ContactId)>, StorageError> {
    let rows: Vec<DueRow> = sqlx::query_as(DUE)
        .bind(workspace.0)
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await
        .map_err(translate)?;
    let pair = |row: DueRow| (SegmentId(row.segment_id), ContactId(row.contact_id));
    Ok(rows.into_iter().map(pair).collect())
}

pub(super) async fn write(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    due: &[DueTime],
) -> Result<(), StorageError> {
    let (set, clear): (Vec<&DueTime>, Vec<&DueTime>) = due.iter().partition(|one| one.at.is_some());
    let segments = |rows: &[&DueTime]| rows.iter().map(|one| one.segment.0).collect::<Vec<i64>>();
    let contacts = |rows: &[&DueTime]| rows.iter().map(|one| one.contact.0).collect::<Vec<i64>>();
    if !set.is_empty() {
        let done = sqlx::query(SET)
            .bind(workspace.0)
            .bind(segments(&set))
            .bind(contacts(&set))
            .bind(set.iter().map(|one| one.at).collect::<Vec<_>>());
        done.execute(&mut *connection).await.map_err(translate)?;
    }
    if !clear.is_empty() {
        let done = sqlx::query(CLEAR)
            .bind(workspace.0)
            .bind(segments(&clear))
            .bind(contacts(&clear));
        done.execute(connection).await.map_err(translate)?;
    }
    Ok(())
}

pub(super) async fn make(
    pool: &Bounded,
    workspace: WorkspaceId,
    segment: SegmentId,
    at: Timestamp,
    (after, limit): (ContactId, u32),
) -> Result<Option<ContactId>, StorageError> {
    let last: Option<i64> = sqlx::query_scalar(MAKE)
        .bind(workspace.0)
        .bind(segment.0)
        .bind(at)
        .bind(after.0)
        .bind(i64::from(limit))
        .fetch_one(pool)
        .await
        .map_err(translate)?;
    Ok(last.map(ContactId))
}
