//! Reading the identity log, erasures, and entries and exits of segments in the order of the commits.

use crate::error::storage;
use crate::rows::Row;
use crate::statement::{SqliteRow, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use selfsame_application::ports::{Changes, Logged, LoggedEntry, LoggedPage, StorageError};
use selfsame_domain::{ContactId, MoveCause, Revision, SegmentId, SegmentMove, WorkspaceId};

/// A page that is full ends with the commit of its last entry; else it ends with the last commit.
const PAGE: &str = "
    WITH logged (entries, until) AS MATERIALIZED (
        SELECT count(*), max(f.revision)
        FROM (SELECT revision FROM identity_log WHERE workspace_id = ?1 AND revision > ?2 ORDER BY revision LIMIT ?3) AS f
    ),
    erased (entries, until) AS MATERIALIZED (
        SELECT count(*), max(f.revision)
        FROM (SELECT revision FROM deletions WHERE workspace_id = ?1 AND kind = 1 AND revision > ?2 ORDER BY revision LIMIT ?3) AS f
    ),
    entered (entries, until) AS MATERIALIZED (
        SELECT count(*), max(f.revision)
        FROM (SELECT entered_in AS revision FROM segment_periods
              WHERE workspace_id = ?1 AND entered_in > ?2 ORDER BY entered_in LIMIT ?3) AS f
    ),
    gone (entries, until) AS MATERIALIZED (
        SELECT count(*), max(f.revision)
        FROM (SELECT left_in AS revision FROM segment_periods
              WHERE workspace_id = ?1 AND left_in > ?2 ORDER BY left_in LIMIT ?3) AS f
    )
    SELECT r.latest, r.feed_begins,
           min(r.latest, iif(logged.entries = ?3, logged.until, r.latest), iif(erased.entries = ?3, erased.until, r.latest),
               iif(entered.entries = ?3, entered.until, r.latest), iif(gone.entries = ?3, gone.until, r.latest))
    FROM revisions AS r
    CROSS JOIN logged
    CROSS JOIN erased
    CROSS JOIN entered
    CROSS JOIN gone
    WHERE r.workspace_id = ?1";

const ENTRIES: &str = "
    SELECT l.revision, l.decision_id, l.contact_id, l.body, NULL, NULL, NULL, NULL, NULL
    FROM identity_log AS l
    WHERE l.workspace_id = ?1 AND l.revision > ?2 AND l.revision <= ?3
    UNION ALL
    SELECT d.revision, NULL, CAST(d.id AS INTEGER), NULL, NULL, NULL, NULL, NULL, NULL
    FROM deletions AS d
    WHERE d.workspace_id = ?1 AND d.kind = 1 AND d.revision > ?2 AND d.revision <= ?3
    UNION ALL
    SELECT p.entered_in, NULL, p.contact_id, NULL, p.segment_id, TRUE, p.from_cause, p.from_revision, p.from_at
    FROM segment_periods AS p
    WHERE p.workspace_id = ?1 AND p.entered_in > ?2 AND p.entered_in <= ?3
    UNION ALL
    SELECT p.left_in, NULL, p.contact_id, NULL, p.segment_id, FALSE, p.to_cause, p.to_revision, p.to_at
    FROM segment_periods AS p
    WHERE p.workspace_id = ?1 AND p.left_in > ?2 AND p.left_in <= ?3
    ORDER BY 1, 2 NULLS LAST, 3, 5";

#[async_trait]
impl Changes for SqliteStore {
    async fn logged(&self, workspace: WorkspaceId, after: Revision, limit: u32) -> Result<LoggedPage, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let page = statement(PAGE)
            .bind(workspace.0)
            .bind(after.0)
            .bind(limit)
            .fetch_optional(connection)
            .map_err(storage)?
            .ok_or(StorageError::UnknownWorkspace)?;
        let page = Row::new(&page, "revisions", 0);
        let until = Revision(page.get(2, "latest")?);
        let rows = statement(ENTRIES)
            .bind(workspace.0)
            .bind(after.0)
            .bind(until.0)
            .fetch_all(connection)
            .map_err(storage)?;
        Ok(LoggedPage {
            entries: rows.iter().map(entry).collect::<Result<_, _>>()?,
            until,
            latest: Revision(page.get(0, "latest")?),
            begins: Revision(page.get(1, "feed_begins")?),
        })
    }
}

/// Reads the columns of [`ENTRIES`].
fn entry(row: &SqliteRow) -> Result<LoggedEntry, StorageError> {
    let row = Row::new(row, "identity_log", 0);
    let body: Option<&str> = row.get(3, "body")?;
    let segment: Option<i64> = row.get(4, "segment_id")?;
    let what = match (body, segment) {
        (Some(_), _) => Logged::Decided(Box::new(row.json(3, "body")?)),
        (None, None) => Logged::Erased,
        (None, Some(segment)) => Logged::Moved(SegmentMove {
            segment: SegmentId(segment),
            entered: row.get(5, "entered_in")?,
            cause: MoveCause::from_code(row.get(6, "from_cause")?).ok_or_else(|| row.corrupt("from_cause"))?,
            since: Revision(row.get(7, "from_revision")?),
            at: row.time(8, "from_at")?,
        }),
    };
    Ok(LoggedEntry {
        revision: Revision(row.get(0, "revision")?),
        contact: ContactId(row.get(2, "contact_id")?),
        what,
    })
}
