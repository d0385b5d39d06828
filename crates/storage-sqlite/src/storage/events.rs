//! Events: reading what their decisions need, and storing them.

use super::batch::Batch;
use crate::catalog::beyond;
use crate::error::storage;
use crate::rows::{Row, hex, json, micros};
use crate::statement::statement;
use rusqlite::Connection;
use selfsame_application::ports::StorageError;
use selfsame_domain::values::EventTypeKey;
use selfsame_domain::{
    ChangeSet, Event, EventCount, EventId, EventPeriod, Footprint, Snapshot, StoredEvent, Subject, WorkspaceId,
};
use serde::Serialize;
use std::collections::HashSet;
use uuid::Uuid;

pub(super) fn load(
    connection: &Connection,
    workspace: WorkspaceId,
    footprint: &Footprint,
    snapshot: &mut Snapshot,
) -> Result<(), StorageError> {
    if let Some(period) = footprint.deleting {
        snapshot.deletable = deletable(connection, workspace, period)?;
    }
    if footprint.event_types.is_empty() && footprint.events.is_empty() {
        return Ok(());
    }
    let sent: Vec<String> = footprint.events.iter().map(|id| hex(id.0)).collect();
    let rows = statement(
        "SELECT t.workspace_id, t.key, NULL
         FROM json_each(?2) AS k
         CROSS JOIN event_types AS t ON t.workspace_id = ?1 AND t.key = k.value
         WHERE t.creates_contacts
         UNION ALL
         SELECT s.workspace_id, NULL, s.event_id
         FROM json_each(?3) AS k
         CROSS JOIN sent_events AS s ON s.workspace_id = ?1 AND s.event_id = unhex(k.value)",
    )
    .bind(workspace.0)
    .bind(json(&footprint.event_types)?)
    .bind(json(&sent)?)
    .fetch_all(connection)
    .map_err(storage)?;
    for row in &rows {
        let row = Row::new(row, "event_types", 0);
        if let Some(id) = row.get::<Option<Uuid>>(2, "event_id")? {
            snapshot.stored_events.insert(EventId(id));
        } else {
            let key = row.read(1, "key", |text| EventTypeKey::parse(text).ok())?;
            snapshot.creating.insert(key);
        }
    }
    Ok(())
}

fn deletable(
    connection: &Connection,
    workspace: WorkspaceId,
    period: EventPeriod,
) -> Result<Vec<StoredEvent>, StorageError> {
    let rows = statement(
        "SELECT occurred_at, event_id, type_key FROM events
         WHERE workspace_id = ?1 AND occurred_at >= ?2 AND occurred_at < ?3 ORDER BY occurred_at, event_id LIMIT ?4",
    )
    .bind(workspace.0)
    .bind(micros(period.from))
    .bind(micros(period.until))
    .bind(beyond(EventPeriod::MOST_AT_ONCE as u64 + 1))
    .fetch_all(connection)
    .map_err(storage)?;
    let stored = |row| {
        let row = Row::new(row, "events", 1);
        Ok(StoredEvent {
            occurred_at: row.time(0, "occurred_at")?,
            id: EventId(row.get(1, "event_id")?),
            type_key: row.read(2, "type_key", |text| EventTypeKey::parse(text).ok())?,
        })
    };
    rows.iter().map(stored).collect()
}

fn delete(batch: &mut Batch<'_>, changes: &ChangeSet) -> Result<(), StorageError> {
    let place = |event: &StoredEvent| (micros(event.occurred_at), hex(event.id.0));
    let deleted: Vec<_> = changes.events_deleted.iter().map(place).collect();
    let delete = "DELETE FROM events WHERE workspace_id = ?1 AND (occurred_at, event_id) IN
            (SELECT r.value ->> 0, unhex(r.value ->> 1) FROM jsonb_each(?2) AS r)";
    batch.run_all("events", delete, &deleted)?;
    let note = "INSERT INTO deletions (workspace_id, revision, kind, id) SELECT ?1, ?3, 4, r.value ->> 1 FROM jsonb_each(?2) AS r";
    batch.run(note, &deleted)?;
    let forget = "DELETE FROM sent_events WHERE workspace_id = ?1 AND event_id IN
            (SELECT unhex(r.value ->> 1) FROM jsonb_each(?2) AS r)";
    batch.run(forget, &deleted)?;
    let uncount = "WITH less AS MATERIALIZED (
            SELECT ?1 AS workspace_id, r.value ->> 0 AS key, r.value ->> 1 AS count FROM jsonb_each(?2) AS r)
         UPDATE event_types AS t
         SET count = max(t.count - less.count, 0),
            first_seen = CASE WHEN t.count > less.count THEN t.first_seen END,
            last_seen = CASE WHEN t.count > less.count THEN t.last_seen END
         FROM less WHERE t.workspace_id = less.workspace_id AND t.key = less.key";
    batch.run_all("event_types", uncount, &changes.events_uncounted)
}

pub(super) fn write(batch: &mut Batch<'_>, changes: &ChangeSet) -> Result<(), StorageError> {
    delete(batch, changes)?;
    let sent: HashSet<EventId> = changes.sent_events.iter().copied().collect();
    let sent: Vec<_> = changes
        .events
        .iter()
        .filter(|event| sent.contains(&event.id))
        .map(|event| (hex(event.id.0), micros(event.received_at)))
        .collect();
    let remember = "INSERT INTO sent_events (workspace_id, event_id, received_at, revision)
         SELECT ?1, unhex(r.value ->> 0), r.value ->> 1, ?3 FROM jsonb_each(?2) AS r";
    batch.run_all("sent_events", remember, &sent)?;
    let events: Vec<_> = changes.events.iter().map(row).collect();
    let keep = "INSERT INTO events (workspace_id, occurred_at, event_id, type_key, key_value, contact_id, visitor_id,
            received_at, origin, params, decision_id, revision)
         SELECT ?1, r.value ->> 0, unhex(r.value ->> 1), r.value ->> 2, r.value ->> 3, r.value ->> 4,
            unhex(r.value ->> 5), r.value ->> 6, r.value ->> 7, r.value ->> 8, unhex(r.value ->> 9), ?3
         FROM jsonb_each(?2) AS r";
    batch.run_all("events", keep, &events)?;
    let counted = |count: &EventCount| (count.key.clone(), micros(count.first), micros(count.last), count.added);
    let counts: Vec<_> = changes.event_counts.iter().map(counted).collect();
    let count = "INSERT INTO event_types (workspace_id, key, first_seen, last_seen, count)
         SELECT ?1, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3 FROM jsonb_each(?2) AS r WHERE true
         ON CONFLICT (workspace_id, key) DO UPDATE
         SET first_seen = min(coalesce(first_seen, excluded.first_seen), excluded.first_seen),
            last_seen = max(coalesce(last_seen, excluded.last_seen), excluded.last_seen),
            count = count + excluded.count";
    batch.run_all("event_types", count, &counts)?;
    let creating = "INSERT INTO event_types (workspace_id, key, creates_contacts)
         SELECT ?1, r.value ->> 0, r.value ->> 1 FROM jsonb_each(?2) AS r WHERE true
         ON CONFLICT (workspace_id, key) DO UPDATE SET creates_contacts = excluded.creates_contacts";
    batch.run_all("event_types", creating, &changes.creating)
}

/// The columns of an event in the order of its INSERT.
fn row(event: &Event) -> impl Serialize + use<'_> {
    let (contact, visitor) = match event.subject {
        Some(Subject::Contact(id)) => (Some(id), None),
        Some(Subject::Visitor(id)) => (None, Some(hex(id.0))),
        None => (None, None),
    };
    (
        micros(event.occurred_at),
        hex(event.id.0),
        &event.type_key,
        &event.key_value,
        contact,
        visitor,
        micros(event.received_at),
        event.origin.as_str(),
        event.params.as_json(),
        hex(event.decision.0),
    )
}
