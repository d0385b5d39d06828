//! Recording entries and exits.

use super::due;
use crate::error::translate;
use crate::rows::corrupt;
use selfsame_application::ports::{NewMove, Recording, StorageError};
use selfsame_domain::{Revision, WorkspaceId};
use sqlx::PgConnection;

const TAKE: &str = "
    SELECT latest, definitions FROM revisions WHERE workspace_id = $1 FOR UPDATE";

const REACHED: &str = "SELECT recorded FROM segment_records WHERE workspace_id = $1";

/// Returns the number of entries.
const ENTER: &str = "
    WITH entered AS (
        INSERT INTO segment_periods (workspace_id, segment_id, contact_id, entered_in, from_revision, from_cause, from_at)
        SELECT $1, m.segment_id, m.contact_id, $2, m.revision, m.cause, $3
        FROM unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::smallint[]) AS m (segment_id, contact_id, revision, cause)
        WHERE EXISTS (SELECT FROM contacts c WHERE c.workspace_id = $1 AND c.contact_id = m.contact_id)
          AND EXISTS (SELECT FROM segments s WHERE s.workspace_id = $1 AND s.segment_id = m.segment_id)
          AND NOT EXISTS (SELECT FROM segment_periods p
                          WHERE p.workspace_id = $1 AND p.segment_id = m.segment_id AND p.contact_id = m.contact_id AND p.left_in IS NULL)
        RETURNING segment_id
    ),
    counted AS (
        INSERT INTO segment_counts AS k (workspace_id, segment_id, members)
        SELECT $1, segment_id, count(*) FROM entered GROUP BY segment_id
        ON CONFLICT (workspace_id, segment_id) DO UPDATE SET members = k.members + EXCLUDED.members
    )
    SELECT count(*) FROM entered";

/// Returns the number of exits.
const LEAVE: &str = "
    WITH gone AS (
        UPDATE segment_periods p
        SET left_in = $2, to_revision = m.revision, to_cause = m.cause, to_at = $3
        FROM unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::smallint[]) AS m (segment_id, contact_id, revision, cause)
        WHERE p.workspace_id = $1 AND p.segment_id = m.segment_id AND p.contact_id = m.contact_id AND p.left_in IS NULL
        RETURNING p.segment_id
    ),
    counted AS (
        UPDATE segment_counts k
        SET members = k.members - n.members
        FROM (SELECT segment_id, count(*) AS members FROM gone GROUP BY segment_id) n
        WHERE k.workspace_id = $1 AND k.segment_id = n.segment_id
    )
    SELECT count(*) FROM gone";

const RAISE: &str = "UPDATE revisions SET latest = $2 WHERE workspace_id = $1";

const REACH: &str = "
    INSERT INTO segment_records (workspace_id, recorded, begins, checked_at) VALUES ($1, $2, 0, $3)
    ON CONFLICT (workspace_id) DO UPDATE SET recorded = EXCLUDED.recorded";

/// Records moves while it holds the revision of the workspace. Returns false when they do not follow the record.
pub(super) async fn moves(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    recording: &Recording,
) -> Result<bool, StorageError> {
    let taken: Option<(i64, i64)> = sqlx::query_as(TAKE)
        .bind(workspace.0)
        .fetch_optional(&mut *connection)
        .await
        .map_err(translate)?;
    let (latest, definitions) = taken.ok_or(StorageError::UnknownWorkspace)?;
    let reached: Option<i64> = sqlx::query_scalar(REACHED)
        .bind(workspace.0)
        .fetch_optional(&mut *connection)
        .await
        .map_err(translate)?;
    if reached.unwrap_or_default() != recording.expected.0 || definitions > recording.definitions.0 {
        return Ok(false);
    }
    let commit = Revision(latest).next();
    let mut moved = 0;
    for (sql, entered) in [(LEAVE, false), (ENTER, true)] {
        let found: Vec<&NewMove> = recording.moves.iter().filter(|one| one.entered == entered).collect();
        if found.is_empty() {
            continue;
        }
        let column = |of: fn(&NewMove) -> i64| found.iter().map(|one| of(one)).collect::<Vec<i64>>();
        let done = sqlx::query_scalar::<_, i64>(sql)
            .bind(workspace.0)
            .bind(commit.0)
            .bind(recording.at)
            .bind(column(|one| one.segment.0))
            .bind(column(|one| one.contact.0))
            .bind(column(|one| one.since.0))
            .bind(found.iter().map(|one| one.cause.code()).collect::<Vec<i16>>());
        moved += done.fetch_one(&mut *connection).await.map_err(translate)?;
    }
    if moved > 0 {
        let raise = sqlx::query(RAISE).bind(workspace.0).bind(commit.0);
        let raised = raise.execute(&mut *connection).await.map_err(translate)?;
        if raised.rows_affected() != 1 {
            return Err(corrupt("revisions", "latest", &workspace));
        }
    }
    due::write(&mut *connection, workspace, &recording.due).await?;
    let reach = sqlx::query(REACH)
        .bind(workspace.0)
        .bind(recording.recorded.0)
        .bind(recording.at);
    reach.execute(connection).await.map_err(translate)?;
    Ok(true)
}
