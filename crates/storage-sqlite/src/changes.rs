//! Reading the identity log in the order of the commits.

use crate::error::storage;
use crate::rows::Row;
use crate::statement::{SqliteRow, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use selfsame_application::ports::{Changes, LoggedEntry, LoggedPage, StorageError};
use selfsame_domain::{ContactId, Revision, WorkspaceId};

/// A page that is full ends with the commit of its last entry; else it ends with the last commit.
const PAGE: &str = "
    WITH logged (entries, until) AS MATERIALIZED (
        SELECT count(*), max(f.revision)
        FROM (SELECT revision FROM identity_log WHERE workspace_id = ?1 AND revision > ?2 ORDER BY revision LIMIT ?3) AS f
    ),
    erased (entries, until) AS MATERIALIZED (
        SELECT count(*), max(f.revision)
        FROM (SELECT revision FROM deletions WHERE workspace_id = ?1 AND kind = 1 AND revision > ?2 ORDER BY revision LIMIT ?3) AS f
    )
    SELECT r.latest, r.feed_begins,
           min(r.latest, iif(logged.entries = ?3, logged.until, r.latest), iif(erased.entries = ?3, erased.until, r.latest))
    FROM revisions AS r
    CROSS JOIN logged
    CROSS JOIN erased
    WHERE r.workspace_id = ?1";

const ENTRIES: &str = "
    SELECT l.revision, l.decision_id, l.contact_id, l.body
    FROM identity_log AS l
    WHERE l.workspace_id = ?1 AND l.revision > ?2 AND l.revision <= ?3
    UNION ALL
    SELECT d.revision, NULL, CAST(d.id AS INTEGER), NULL
    FROM deletions AS d
    WHERE d.workspace_id = ?1 AND d.kind = 1 AND d.revision > ?2 AND d.revision <= ?3
    ORDER BY 1, 2 NULLS LAST, 3";

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
    Ok(LoggedEntry {
        revision: Revision(row.get(0, "revision")?),
        contact: ContactId(row.get(2, "contact_id")?),
        decision: body.map(|_| row.json(3, "body")).transpose()?,
    })
}
