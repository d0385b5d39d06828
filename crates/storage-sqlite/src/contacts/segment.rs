//! The numbers of contacts in a segment.

use crate::catalog::{beyond, count};
use crate::error::storage;
use crate::rows::Row;
use crate::statement::statement;
use rusqlite::Connection;
use selfsame_application::ports::{Page, SegmentQuery, StorageError};
use selfsame_domain::{ContactId, WorkspaceId};

// The plus prevents SQLite from scanning the members of all segments in the order of their owners. A contact that
// absorbed another may be a member of the same segment twice: it counts once, from the earlier entry.
macro_rules! members {
    () => {
        "SELECT m.owner_id AS id, min(m.since) AS since
         FROM segment_members AS m
         CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = m.owner_id AND c.state = 'active'
         WHERE m.workspace_id = ?1 AND m.segment_id = ?2 AND m.hidden_by IS NULL
         GROUP BY +m.owner_id"
    };
}

/// One page of a segment's members, and their total; none when the segment does not exist.
pub(super) fn page(
    connection: &Connection,
    workspace: WorkspaceId,
    query: &SegmentQuery,
) -> Result<Option<Page<ContactId>>, StorageError> {
    let total = statement(concat!(
        "SELECT s.segment_id, (SELECT count(*) FROM (",
        members!(),
        ")) FROM segments AS s WHERE s.workspace_id = ?1 AND s.segment_id = ?2",
    ))
    .bind(workspace.0)
    .bind(query.segment.0)
    .fetch_optional(connection)
    .map_err(storage)?;
    let Some(total) = total else { return Ok(None) };
    let total = count(&Row::new(&total, "segment_members", 0), 1)?;
    let sql = match (query.by_time, query.ascending) {
        (false, true) => concat!(members!(), " ORDER BY 1 LIMIT ?3 OFFSET ?4"),
        (false, false) => concat!(members!(), " ORDER BY 1 DESC LIMIT ?3 OFFSET ?4"),
        (true, true) => concat!(members!(), " ORDER BY 2, 1 LIMIT ?3 OFFSET ?4"),
        (true, false) => concat!(members!(), " ORDER BY 2 DESC, 1 DESC LIMIT ?3 OFFSET ?4"),
    };
    let rows = statement(sql)
        .bind(workspace.0)
        .bind(query.segment.0)
        .bind(query.limit)
        .bind(beyond(query.offset))
        .fetch_all(connection)
        .map_err(storage)?;
    let number = |row| Row::new(row, "segment_members", 0).get(0, "owner_id").map(ContactId);
    Ok(Some(Page {
        items: rows.iter().map(number).collect::<Result<_, _>>()?,
        total,
    }))
}
