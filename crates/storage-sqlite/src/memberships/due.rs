//! The times at which contacts have to be evaluated again for segments.

use crate::error::storage;
use crate::rows::{Row, json, micros};
use crate::statement::statement;
use rusqlite::Connection;
use selfsame_application::ports::{DueTime, StorageError};
use selfsame_domain::{ContactId, SegmentId, Timestamp, WorkspaceId};

const DUE: &str = "
    SELECT contact_id, segment_id FROM segment_due WHERE workspace_id = ?1 AND due_at <= ?2 ORDER BY due_at LIMIT ?3";

/// Rows are `[segment, contact, time]`.
const SET: &str = "
    INSERT INTO segment_due (workspace_id, segment_id, contact_id, due_at)
    SELECT ?1, m.value ->> 0, m.value ->> 1, m.value ->> 2
    FROM json_each(?2) AS m
    WHERE EXISTS (SELECT 1 FROM contacts AS c WHERE c.workspace_id = ?1 AND c.contact_id = m.value ->> 1)
      AND EXISTS (SELECT 1 FROM segments AS s WHERE s.workspace_id = ?1 AND s.segment_id = m.value ->> 0)
    ON CONFLICT (workspace_id, contact_id, segment_id) DO UPDATE SET due_at = excluded.due_at WHERE due_at <> excluded.due_at";

/// Rows are `[segment, contact]`.
const CLEAR: &str = "
    DELETE FROM segment_due
    WHERE workspace_id = ?1 AND (contact_id, segment_id) IN (SELECT m.value ->> 1, m.value ->> 0 FROM json_each(?2) AS m)";

const LAST: &str = "
    SELECT max(p.contact_id) FROM (
        SELECT contact_id FROM contacts
        WHERE workspace_id = ?1 AND contact_id > ?2 AND state = 'active'
        ORDER BY contact_id LIMIT ?3) AS p";

const MAKE: &str = "
    INSERT INTO segment_due (workspace_id, segment_id, contact_id, due_at)
    SELECT ?1, ?2, c.contact_id, ?3
    FROM contacts AS c
    WHERE c.workspace_id = ?1 AND c.contact_id > ?4 AND c.contact_id <= ?5 AND c.state = 'active'
    ON CONFLICT (workspace_id, contact_id, segment_id) DO UPDATE SET due_at = excluded.due_at";

pub(super) fn read(
    connection: &Connection,
    workspace: WorkspaceId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(SegmentId, ContactId)>, StorageError> {
    let rows = statement(DUE).bind(workspace.0).bind(micros(now)).bind(limit);
    let rows = rows.fetch_all(connection).map_err(storage)?;
    let pair = |row| {
        let row = Row::new(row, "segment_due", 0);
        Ok((
            SegmentId(row.get(1, "segment_id")?),
            ContactId(row.get(0, "contact_id")?),
        ))
    };
    rows.iter().map(pair).collect()
}

pub(super) fn write(connection: &Connection, workspace: WorkspaceId, due: &[DueTime]) -> Result<(), StorageError> {
    let set = due
        .iter()
        .filter_map(|one| Some((one.segment.0, one.contact.0, micros(one.at?))));
    let set: Vec<_> = set.collect();
    let clear = due.iter().filter(|one| one.at.is_none());
    let clear: Vec<_> = clear.map(|one| (one.segment.0, one.contact.0)).collect();
    if !set.is_empty() {
        let done = statement(SET).bind(workspace.0).bind(json(&set)?);
        done.execute(connection).map_err(storage)?;
    }
    if !clear.is_empty() {
        let done = statement(CLEAR).bind(workspace.0).bind(json(&clear)?);
        done.execute(connection).map_err(storage)?;
    }
    Ok(())
}

pub(super) fn make(
    connection: &Connection,
    workspace: WorkspaceId,
    segment: SegmentId,
    at: Timestamp,
    (after, limit): (ContactId, u32),
) -> Result<Option<ContactId>, StorageError> {
    let row = statement(LAST)
        .bind(workspace.0)
        .bind(after.0)
        .bind(limit)
        .fetch_one(connection)
        .map_err(storage)?;
    let last: Option<i64> = Row::new(&row, "contacts", 0).get(0, "contact_id")?;
    let Some(last) = last else {
        return Ok(None);
    };
    let made = statement(MAKE)
        .bind(workspace.0)
        .bind(segment.0)
        .bind(micros(at))
        .bind(after.0)
        .bind(last);
    made.execute(connection).map_err(storage)?;
    Ok(Some(ContactId(last)))
}
