//! Reading the snapshot of a batch.

use super::{Numbers, definitions, events, merges, orders};
use crate::error::storage;
use crate::rows::{Row, json, micros};
use crate::statement::{SqliteRow, fetch_each, statement};
use crate::whole;
use rusqlite::Connection;
use rusqlite::types::Value;
use selfsame_application::ports::StorageError;
use selfsame_domain::{
    CategoryId, ContactId, FieldId, Footprint, Fresh, IdentifierKey, KeyRecord, SegmentId, Snapshot, Stability,
    Visitor, VisitorId, Waiting, WorkspaceId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use uuid::Uuid;

/// Loads a footprint from one state.
pub(super) fn snapshot(
    connection: &Connection,
    workspace: WorkspaceId,
    footprint: &Footprint,
    next: Numbers,
) -> Result<Snapshot, StorageError> {
    let mut snapshot = Snapshot::default();
    let mut ids = BTreeSet::new();
    let tokens = keys(connection, workspace, footprint, &mut snapshot, &mut ids)?;
    visitors(connection, workspace, footprint, &tokens, &mut snapshot, &mut ids)?;
    late(connection, workspace, footprint, &tokens, &mut snapshot, &mut ids)?;
    snapshot.orders = orders::load(connection, workspace, footprint)?;
    let owners = snapshot.orders.values().map(|order| order.contact);
    let requested = footprint.contacts.iter().copied().chain(owners).collect();
    named(connection, workspace, &requested, &mut snapshot, &mut ids)?;
    merges::load(connection, workspace, footprint, &mut snapshot, &mut ids)?;
    snapshot.contacts = whole::contacts(connection, workspace, &ids)?;
    merges::load_undone_pairs(connection, workspace, &mut snapshot)?;
    let unknown_names = definitions::load(connection, workspace, footprint, &mut snapshot)?;
    events::load(connection, workspace, footprint, &mut snapshot)?;
    let count = footprint.fresh;
    snapshot.fresh = Fresh {
        contacts: numbers(next.contacts, count.contacts).map(ContactId).collect(),
        segments: numbers(next.segments, count.segments + unknown_names)
            .map(SegmentId)
            .collect(),
        categories: numbers(next.categories, count.categories).map(CategoryId).collect(),
        fields: numbers(next.fields, count.fields).map(FieldId).collect(),
    };
    Ok(snapshot)
}

/// Reserves nothing: [`super::apply`] moves the counter past the numbers that were used.
fn numbers(next: i64, count: usize) -> Range<i64> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    next..next.saturating_add(count)
}

/// Held tokens of any app, each with the key that names it without the app.
type Tokens = BTreeSet<(IdentifierKey, IdentifierKey)>;

/// The holders of a key.
const HOLDERS: &str = "SELECT i.owner_id
     FROM identifiers AS i
     CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = i.owner_id
     WHERE i.workspace_id = ?1 AND i.kind = ?2 AND i.value = ?3
        AND (i.kind IN (1, 4, 5, 6, 7, 8) OR c.state = 'active')";

/// Held tokens of any app, with their records.
const OF_APPS: &str = "SELECT i.owner_id, i.kind, i.value, n.seen_with, n.unsubscribed_at, n.waiting, n.waiting_since
     FROM identifiers AS i
     LEFT JOIN identifier_keys AS n ON n.workspace_id = ?1 AND n.kind = i.kind AND n.value = i.value
     WHERE i.workspace_id = ?1 AND i.kind = ?2 AND i.typed = ?3
        AND i.kind IN (4, 5, 6) AND length(CAST(i.typed AS BLOB)) < 1000";

/// The record of a key.
const RECORD: &str = "SELECT n.kind, n.seen_with, n.unsubscribed_at, n.waiting, n.waiting_since
     FROM identifier_keys AS n
     WHERE n.workspace_id = ?1 AND n.kind = ?2 AND n.value = ?3";

/// Loads the records of keys and their holders, hidden or not. A removed contact is found only by its external ID and
/// other exclusive identifiers. A token that is named without its app, as `/value`, means that token of every app;
/// returns those tokens.
fn keys(
    connection: &Connection,
    workspace: WorkspaceId,
    footprint: &Footprint,
    snapshot: &mut Snapshot,
    ids: &mut BTreeSet<ContactId>,
) -> Result<Tokens, StorageError> {
    let mut tokens = Tokens::new();
    if footprint.keys.is_empty() {
        return Ok(tokens);
    }
    let named = |key: &IdentifierKey| {
        [
            Value::from(workspace.0),
            key.kind.code().into(),
            key.value.clone().into(),
        ]
    };
    let held = || footprint.keys.iter().filter(|(_, held)| **held).map(|(key, _)| key);
    fetch_each(connection, HOLDERS, held(), named, |_, row| {
        ids.insert(ContactId(Row::new(row, "identifiers", 0).get(0, "owner_id")?));
        Ok(())
    })?;
    let nameless = held().filter(|key| key.kind.is_token_or_device() && key.value.starts_with('/'));
    let of_any_app = |key: &IdentifierKey| {
        let token = key.value.strip_prefix('/').unwrap_or_default().to_owned();
        [workspace.0.into(), key.kind.code().into(), Value::from(token)]
    };
    fetch_each(connection, OF_APPS, nameless, of_any_app, |nameless, row| {
        let row = Row::new(row, "identifier_keys", 0);
        ids.insert(ContactId(row.get(0, "owner_id")?));
        let token = whole::key(&row, 1, 2)?;
        tokens.insert((nameless.clone(), token.clone()));
        add_record(snapshot, token, &row, 3)
    })?;
    fetch_each(connection, RECORD, footprint.keys.keys(), named, |key, row| {
        add_record(snapshot, key.clone(), &Row::new(row, "identifier_keys", 0), 1)
    })?;
    Ok(tokens)
}

/// Adds the record of a key from the columns that begin at `from`, if there is one.
fn add_record(snapshot: &mut Snapshot, key: IdentifierKey, row: &Row<'_>, from: usize) -> Result<(), StorageError> {
    if row.get::<Option<&str>>(from, "seen_with")?.is_some() {
        let record = record(row, from)?;
        if record != KeyRecord::default() {
            snapshot.keys.insert(key, record);
        }
    }
    Ok(())
}

/// Reads `seen_with, unsubscribed_at, waiting, waiting_since`, starting at a column.
pub(crate) fn record(row: &Row<'_>, from: usize) -> Result<KeyRecord, StorageError> {
    let visitor = row.get::<Option<Uuid>>(from + 2, "waiting")?.map(VisitorId);
    let since = row.optional_time(from + 3, "waiting_since")?;
    Ok(KeyRecord {
        seen_with: row.json(from, "seen_with")?,
        unsubscribed_at: row.optional_time(from + 1, "unsubscribed_at")?,
        waiting: visitor.zip(since).map(|(visitor, since)| Waiting { visitor, since }),
    })
}

/// The open visitors of cookies, and those that record the owner of a token or a device. The record of a key names the
/// visitor that waits.
fn visitors(
    connection: &Connection,
    workspace: WorkspaceId,
    footprint: &Footprint,
    tokens: &Tokens,
    snapshot: &mut Snapshot,
    ids: &mut BTreeSet<ContactId>,
) -> Result<(), StorageError> {
    let named = footprint.keys.keys().chain(tokens.iter().map(|(_, token)| token));
    let requested: BTreeSet<_> = named
        .filter(|key| key.kind.stability() == Stability::Changeable)
        .map(|key| (key.kind.code(), &key.value))
        .collect();
    if requested.is_empty() {
        return Ok(());
    }
    let rows = statement(
        "SELECT v.visitor_id, v.kind, v.value, v.home_id, v.owner_id, v.since, v.closed_at, v.follows
         FROM jsonb_each(?2) AS k
         CROSS JOIN visitors AS v
            ON v.workspace_id = ?1 AND v.kind = k.value ->> 0 AND v.value = k.value ->> 1 AND v.closed_at IS NULL
         WHERE v.kind = 8 OR v.owner_id IS NOT NULL",
    )
    .bind(workspace.0)
    .bind(json(&requested)?)
    .fetch_all(connection)
    .map_err(storage)?;
    add_visitors(&rows, snapshot, ids)
}

/// The closed visitors of identifiers at past times, and their owners.
fn late(
    connection: &Connection,
    workspace: WorkspaceId,
    footprint: &Footprint,
    tokens: &Tokens,
    snapshot: &mut Snapshot,
    ids: &mut BTreeSet<ContactId>,
) -> Result<(), StorageError> {
    if footprint.late.is_empty() {
        return Ok(());
    }
    let named = footprint.late.iter().map(|(key, time)| (key, *time));
    let held = footprint.late.iter().flat_map(|(named, time)| {
        let of_apps = tokens.iter().filter(move |(nameless, _)| nameless == named);
        of_apps.map(|(_, token)| (token, *time))
    });
    let requested: BTreeSet<_> = named
        .chain(held)
        .map(|(key, time)| (key.kind.code(), &key.value, micros(time)))
        .collect();
    let rows = statement(
        "SELECT DISTINCT v.visitor_id, v.kind, v.value, v.home_id, v.owner_id, v.since, v.closed_at, v.follows
         FROM jsonb_each(?2) AS k
         CROSS JOIN visitors AS v
            ON v.workspace_id = ?1 AND v.closed_at IS NOT NULL AND v.visitor_id = COALESCE(
                (SELECT CASE WHEN w.closed_at IS NULL OR w.closed_at > k.value ->> 2 THEN w.visitor_id END
                 FROM visitors AS w
                 WHERE w.workspace_id = ?1 AND w.kind = k.value ->> 0 AND w.value = k.value ->> 1
                    AND w.since <= k.value ->> 2 AND (w.closed_at IS NULL OR w.closed_at > w.since)
                 ORDER BY w.since DESC LIMIT 1),
                (SELECT w.visitor_id FROM visitors AS w
                 WHERE w.workspace_id = ?1 AND w.kind = k.value ->> 0 AND w.value = k.value ->> 1
                    AND w.since > k.value ->> 2
                 ORDER BY w.since, w.follows, w.visitor_id LIMIT 1))",
    )
    .bind(workspace.0)
    .bind(json(&requested)?)
    .fetch_all(connection)
    .map_err(storage)?;
    add_visitors(&rows, snapshot, ids)
}

fn add_visitors(
    rows: &[SqliteRow],
    snapshot: &mut Snapshot,
    ids: &mut BTreeSet<ContactId>,
) -> Result<(), StorageError> {
    for row in rows {
        let visitor = visitor(row)?;
        ids.extend(visitor.owner);
        snapshot.visitors.push(visitor);
    }
    Ok(())
}

/// Reads `visitor_id, kind, value, home_id, owner_id, since, closed_at, follows`.
pub(crate) fn visitor(row: &SqliteRow) -> Result<Visitor, StorageError> {
    let row = Row::new(row, "visitors", 0);
    Ok(Visitor {
        id: VisitorId(row.get::<Uuid>(0, "visitor_id")?),
        key: whole::key(&row, 1, 2)?,
        home: row.get::<Option<i64>>(3, "home_id")?.map(ContactId),
        owner: row.get::<Option<i64>>(4, "owner_id")?.map(ContactId),
        since: row.time(5, "since")?,
        closed_at: row.optional_time(6, "closed_at")?,
        follows: row.get(7, "follows")?,
    })
}

/// Contacts named by number, and the canonical contacts of absorbed ones.
fn named(
    connection: &Connection,
    workspace: WorkspaceId,
    requested: &BTreeSet<ContactId>,
    snapshot: &mut Snapshot,
    ids: &mut BTreeSet<ContactId>,
) -> Result<(), StorageError> {
    if requested.is_empty() {
        return Ok(());
    }
    let answering = canonical(connection, workspace, requested)?;
    for (id, canonical) in answering {
        ids.insert(canonical);
        if id != canonical {
            snapshot.canonical.insert(id, canonical);
        }
    }
    Ok(())
}

/// The canonical contacts of these numbers; unknown ones are left out.
pub(crate) fn canonical(
    connection: &Connection,
    workspace: WorkspaceId,
    ids: &BTreeSet<ContactId>,
) -> Result<BTreeMap<ContactId, ContactId>, StorageError> {
    let rows = statement(
        "SELECT c.contact_id, c.canonical_id
         FROM json_each(?2) AS n CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = n.value",
    )
    .bind(workspace.0)
    .bind(json(ids)?)
    .fetch_all(connection)
    .map_err(storage)?;
    let pair = |row: &SqliteRow| {
        let row = Row::new(row, "contacts", 0);
        Ok((
            ContactId(row.get(0, "contact_id")?),
            ContactId(row.get(1, "canonical_id")?),
        ))
    };
    rows.iter().map(pair).collect()
}
