//! Reading events and decisions.

use crate::contacts::answering;
use crate::error::storage;
use crate::rows::{Row, hex, json, micros};
use crate::statement::{SqliteRow, statement};
use crate::storage::{group, visitor};
use crate::store::SqliteStore;
use async_trait::async_trait;
use rusqlite::Connection;
use selfsame_application::ports::{EventQuery, History, HistoryOf, StorageError};
use selfsame_domain::values::{EventKeyValue, EventTypeKey};
use selfsame_domain::{
    ContactId, Decision, DecisionId, Event, EventId, EventParams, EventType, IdentifierKey, Origin, Subject, Visitor,
    VisitorId, WorkspaceId,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The latest events of each subject, either page views or other events. An index finds and limits them, so a contact's
/// whole history is never read; the event type must be spelled here as in the index.
macro_rules! latest {
    ($subjects:literal, $column:literal, $value:literal) => {
        concat!(
            "SELECT e.rowid AS place
             FROM json_each(",
            $subjects,
            ") AS n
             CROSS JOIN json_each(?7) AS c
             CROSS JOIN events AS e ON e.rowid IN (
                SELECT x.rowid
                FROM events AS x
                WHERE x.workspace_id = ?1 AND x.",
            $column,
            " = ",
            $value,
            "
                  AND (x.type_key = 'PageView') = c.value
                  AND x.occurred_at >= ?4 AND x.occurred_at <= ?5 AND (x.occurred_at < ?5 OR x.decision_id < ?6)
                ORDER BY x.occurred_at DESC, x.decision_id DESC
                LIMIT ?8)"
        )
    };
}

const EVENTS: &str = concat!(
    "WITH found AS MATERIALIZED (",
    latest!("?2", "contact_id", "n.value"),
    " UNION ALL ",
    latest!("?3", "visitor_id", "unhex(n.value)"),
    ")
    SELECT e.event_id, e.type_key, e.key_value, e.contact_id, e.visitor_id, e.occurred_at, e.received_at, e.origin,
        e.params, e.decision_id
    FROM found CROSS JOIN events AS e ON e.rowid = found.place
    ORDER BY e.occurred_at DESC, e.decision_id DESC
    LIMIT ?8"
);

#[async_trait]
impl History for SqliteStore {
    async fn events(
        &self,
        workspace: WorkspaceId,
        of: &HistoryOf,
        query: &EventQuery,
    ) -> Result<Option<Vec<Event>>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let (contacts, visitors) = match of {
            HistoryOf::Visitors(visitors) => (BTreeSet::new(), visitors.clone()),
            HistoryOf::Contact(id) => {
                let Some(id) = answering(connection, workspace, *id)? else {
                    return Ok(None);
                };
                let contacts = group(connection, workspace, &BTreeSet::from([id]))?;
                (contacts, adopted(connection, workspace, id)?)
            }
        };
        let visitors: Vec<String> = visitors.iter().map(|id| hex(id.0)).collect();
        let (at, id) = query
            .place()
            .map_or((i64::MAX, Uuid::max()), |(at, id)| (micros(at), id.0));
        let rows = statement(EVENTS)
            .bind(workspace.0)
            .bind(json(&contacts)?)
            .bind(json(&visitors)?)
            .bind(query.from.map_or(i64::MIN, micros))
            .bind(at)
            .bind(id)
            .bind(
                query
                    .page_views
                    .map_or("[0,1]", |views| if views { "[1]" } else { "[0]" }),
            )
            .bind(query.limit)
            .fetch_all(connection)
            .map_err(storage)?;
        rows.iter().map(event).collect::<Result<_, _>>().map(Some)
    }

    async fn latest_decisions(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Option<Vec<(ContactId, Decision)>>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let Some(id) = answering(connection, workspace, id)? else {
            return Ok(None);
        };
        let group = group(connection, workspace, &BTreeSet::from([id]))?;
        let rows = statement(
            "WITH found AS MATERIALIZED (
                SELECT e.decision_id, min(e.rowid) AS place,
                    min(CASE WHEN e.contact_id = ?5 THEN 0 ELSE e.contact_id END) AS touched
                FROM json_each(?2) AS n
                CROSS JOIN identity_log AS e ON e.rowid IN (
                    SELECT l.rowid
                    FROM identity_log AS l
                    WHERE l.workspace_id = ?1 AND l.contact_id = n.value AND l.decision_id < ?3
                    ORDER BY l.decision_id DESC
                    LIMIT ?4)
                GROUP BY e.decision_id
                ORDER BY e.decision_id DESC
                LIMIT ?4)
             SELECT l.decision_id, l.body, CASE found.touched WHEN 0 THEN ?5 ELSE found.touched END
             FROM found CROSS JOIN identity_log AS l ON l.rowid = found.place
             ORDER BY l.decision_id DESC",
        )
        .bind(workspace.0)
        .bind(json(&group)?)
        // One byte longer than any ID, so it sorts after all of them.
        .bind(after.map_or_else(|| vec![0xff; 17], |after| after.0.as_bytes().to_vec()))
        .bind(limit)
        .bind(id.0)
        .fetch_all(connection)
        .map_err(storage)?;
        let decision = |row| {
            let row = Row::new(row, "identity_log", 0);
            Ok((ContactId(row.get(2, "contact_id")?), row.json(1, "body")?))
        };
        rows.iter().map(decision).collect::<Result<_, _>>().map(Some)
    }

    async fn visitors(&self, workspace: WorkspaceId, key: &IdentifierKey) -> Result<Vec<Visitor>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let rows = statement(
            "SELECT visitor_id, kind, value, home_id, owner_id, since, closed_at, follows FROM visitors
             WHERE workspace_id = ?1 AND kind = ?2 AND value = ?3 ORDER BY since DESC, visitor_id DESC LIMIT 100",
        )
        .bind(workspace.0)
        .bind(key.kind.code())
        .bind(&key.value)
        .fetch_all(reading.connection()?)
        .map_err(storage)?;
        rows.iter().map(visitor).collect()
    }

    async fn event_types(
        &self,
        workspace: WorkspaceId,
        after: Option<&EventTypeKey>,
        limit: u32,
    ) -> Result<Vec<EventType>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let rows = statement(
            "SELECT workspace_id, key, creates_contacts, first_seen, last_seen, count FROM event_types
             WHERE workspace_id = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
        )
        .bind(workspace.0)
        .bind(after.map_or("", EventTypeKey::as_str))
        .bind(limit)
        .fetch_all(reading.connection()?)
        .map_err(storage)?;
        let event_type = |row| {
            let row = Row::new(row, "event_types", 0);
            Ok(EventType {
                key: row.read(1, "key", |text| EventTypeKey::parse(text).ok())?,
                creates_contacts: row.get(2, "creates_contacts")?,
                first_seen: row.optional_time(3, "first_seen")?,
                last_seen: row.optional_time(4, "last_seen")?,
                count: row.get::<i64>(5, "count")?.unsigned_abs(),
            })
        };
        rows.iter().map(event_type).collect()
    }
}

/// The visitors that a contact owns.
fn adopted(connection: &Connection, workspace: WorkspaceId, id: ContactId) -> Result<Vec<VisitorId>, StorageError> {
    let rows = statement("SELECT visitor_id FROM visitors WHERE workspace_id = ?1 AND owner_id = ?2")
        .bind(workspace.0)
        .bind(id.0)
        .fetch_all(connection)
        .map_err(storage)?;
    let id = |row| Row::new(row, "visitors", 0).get(0, "visitor_id").map(VisitorId);
    rows.iter().map(id).collect()
}

/// Reads `event_id, type_key, key_value, contact_id, visitor_id, occurred_at, received_at, origin, params, decision_id`.
pub(crate) fn event(row: &SqliteRow) -> Result<Event, StorageError> {
    let row = Row::new(row, "events", 0);
    let contact = row.get::<Option<i64>>(3, "contact_id")?;
    let visitor = row.get::<Option<Uuid>>(4, "visitor_id")?;
    let subject = contact.map(|id| Subject::Contact(ContactId(id)));
    let key_value = row.get::<Option<&str>>(2, "key_value")?.map(EventKeyValue::parse);
    Ok(Event {
        id: EventId(row.get(0, "event_id")?),
        decision: DecisionId(row.get(9, "decision_id")?),
        type_key: row.read(1, "type_key", |text| EventTypeKey::parse(text).ok())?,
        key_value: key_value.transpose().map_err(|_| row.corrupt("key_value"))?,
        subject: subject.or(visitor.map(|id| Subject::Visitor(VisitorId(id)))),
        occurred_at: row.time(5, "occurred_at")?,
        received_at: row.time(6, "received_at")?,
        origin: row.read(7, "origin", Origin::from_text)?,
        params: row.read(8, "params", |text| EventParams::parse(text).ok())?,
    })
}
