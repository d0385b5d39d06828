//! Reading the identity log, erasures, and entries and exits of segments in the order of the commits.

use crate::error::translate;
use crate::rows::{self, corrupt};
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{Changes, Logged, LoggedEntry, LoggedPage, StorageError};
use selfsame_domain::{ContactId, MoveCause, Revision, SegmentId, SegmentMove, Timestamp, WorkspaceId};

/// One statement sees one state. A page that is full ends with the commit of its last entry; else it ends with the last commit.
const LOGGED: &str = "
    WITH logged AS MATERIALIZED (
        SELECT count(*) AS entries, max(first.revision) AS until
        FROM (
            SELECT revision FROM identity_log WHERE workspace_id = $1 AND revision > $2 ORDER BY revision LIMIT $3
        ) first
    ),
    erased AS MATERIALIZED (
        SELECT count(*) AS entries, max(first.revision) AS until
        FROM (
            SELECT revision FROM deletions WHERE workspace_id = $1 AND kind = 1 AND revision > $2 ORDER BY revision LIMIT $3
        ) first
    ),
    entered AS MATERIALIZED (
        SELECT count(*) AS entries, max(first.entered_in) AS until
        FROM (
            SELECT entered_in FROM segment_periods WHERE workspace_id = $1 AND entered_in > $2 ORDER BY entered_in LIMIT $3
        ) first
    ),
    gone AS MATERIALIZED (
        SELECT count(*) AS entries, max(first.left_in) AS until
        FROM (
            SELECT left_in FROM segment_periods WHERE workspace_id = $1 AND left_in > $2 ORDER BY left_in LIMIT $3
        ) first
    ),
    page AS MATERIALIZED (
        SELECT r.latest, r.feed_begins,
               LEAST(r.latest,
                     CASE WHEN logged.entries = $3 THEN logged.until END,
                     CASE WHEN erased.entries = $3 THEN erased.until END,
                     CASE WHEN entered.entries = $3 THEN entered.until END,
                     CASE WHEN gone.entries = $3 THEN gone.until END) AS until
        FROM revisions r
        CROSS JOIN logged
        CROSS JOIN erased
        CROSS JOIN entered
        CROSS JOIN gone
        WHERE r.workspace_id = $1
    )
    SELECT page.latest, page.feed_begins, page.until, entry.revision, entry.contact_id, entry.body,
           entry.segment_id, entry.entered, entry.cause, entry.since, entry.at
    FROM page
    LEFT JOIN LATERAL (
        SELECT l.revision, l.decision_id, l.contact_id, l.body, NULL::bigint AS segment_id, NULL::boolean AS entered,
               NULL::smallint AS cause, NULL::bigint AS since, NULL::timestamptz AS at
        FROM identity_log l
        WHERE l.workspace_id = $1 AND l.revision > $2 AND l.revision <= page.until
        UNION ALL
        SELECT d.revision, NULL, d.id::bigint, NULL, NULL, NULL, NULL, NULL, NULL
        FROM deletions d
        WHERE d.workspace_id = $1 AND d.kind = 1 AND d.revision > $2 AND d.revision <= page.until
        UNION ALL
        SELECT p.entered_in, NULL, p.contact_id, NULL, p.segment_id, true, p.from_cause, p.from_revision, p.from_at
        FROM segment_periods p
        WHERE p.workspace_id = $1 AND p.entered_in > $2 AND p.entered_in <= page.until
        UNION ALL
        SELECT p.left_in, NULL, p.contact_id, NULL, p.segment_id, false, p.to_cause, p.to_revision, p.to_at
        FROM segment_periods p
        WHERE p.workspace_id = $1 AND p.left_in > $2 AND p.left_in <= page.until
    ) entry ON true
    ORDER BY entry.revision, entry.decision_id NULLS LAST, entry.contact_id, entry.segment_id";

/// An entry, and the page that it is in. A page without entries has one row without one.
#[derive(Debug, sqlx::FromRow)]
struct EntryRow {
    latest: i64,
    feed_begins: i64,
    until: i64,
    revision: Option<i64>,
    contact_id: Option<i64>,
    body: Option<Vec<u8>>,
    segment_id: Option<i64>,
    entered: Option<bool>,
    cause: Option<i16>,
    since: Option<i64>,
    at: Option<Timestamp>,
}

#[async_trait]
impl Changes for PostgresStore {
    async fn logged(&self, workspace: WorkspaceId, after: Revision, limit: u32) -> Result<LoggedPage, StorageError> {
        let reading = sqlx::query_as(LOGGED)
            .bind(workspace.0)
            .bind(after.0)
            .bind(i64::from(limit));
        let rows: Vec<EntryRow> = reading.fetch_all(self.pool()).await.map_err(translate)?;
        let page = rows.first().ok_or(StorageError::UnknownWorkspace)?;
        let (until, latest, begins) = (page.until, page.latest, page.feed_begins);
        let entries = rows.into_iter().filter(|row| row.revision.is_some()).collect();
        Ok(LoggedPage {
            entries: rows::all(entries, EntryRow::read)?,
            until: Revision(until),
            latest: Revision(latest),
            begins: Revision(begins),
        })
    }
}

impl EntryRow {
    fn read(self) -> Result<LoggedEntry, StorageError> {
        let missing = |column| corrupt("identity_log", column, &self.until);
        let contact = self.contact_id.map(ContactId).ok_or_else(|| missing("contact_id"))?;
        let revision = self.revision.map(Revision).ok_or_else(|| missing("revision"))?;
        let what = match (&self.body, self.segment_id) {
            (Some(body), _) => Logged::Decided(Box::new(rows::decision(body, &contact)?)),
            (None, None) => Logged::Erased,
            (None, Some(segment)) => {
                let missing = |column| corrupt("segment_periods", column, &contact);
                Logged::Moved(SegmentMove {
                    segment: SegmentId(segment),
                    entered: self.entered.ok_or_else(|| missing("entered_in"))?,
                    cause: self
                        .cause
                        .and_then(MoveCause::from_code)
                        .ok_or_else(|| missing("from_cause"))?,
                    since: self.since.map(Revision).ok_or_else(|| missing("from_revision"))?,
                    at: self.at.ok_or_else(|| missing("from_at"))?,
                })
            }
        };
        Ok(LoggedEntry {
            revision,
            contact,
            what,
        })
    }
}
