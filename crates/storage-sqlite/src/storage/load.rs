//! Reading the snapshot of a batch.

use super::{Numbers, definitions, events, merges, orders};
use crate::error::storage;
use crate::rows::{Row, json, micros};
use crate::statement::{SqliteRow, statement};
use crate::whole;
use rusqlite::Connection;
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

/// The holders of the requested keys; held tokens that are named without their app, as `/value`, with their records;
/// and the records of the keys themselves.
const KEYS: &str = "SELECT i.owner_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL
     FROM jsonb_each(?2) AS k
     CROSS JOIN identifiers AS i
        ON i.workspace_id = ?1 AND i.kind = k.value ->> 0 AND i.value = k.value ->> 1
     CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = i.owner_id
     WHERE k.value ->> 2
        AND (i.kind IN (1, 4, 5, 6, 7, 8) OR c.state = 'active')
     UNION ALL
     SELECT i.owner_id, k.key, n.seen_with, n.unsubscribed_at, n.waiting, n.waiting_since, i.kind, i.value
     FROM jsonb_each(?2) AS k
     CROSS JOIN identifiers AS i
        ON i.workspace_id = ?1 AND i.kind = k.value ->> 0 AND i.typed = substr(k.value ->> 1, 2)
            AND i.kind IN (4, 5, 6) AND length(CAST(i.typed AS BLOB)) < 1000
     LEFT JOIN identifier_keys AS n ON n.workspace_id = ?1 AND n.kind = i.kind AND n.value = i.value
     WHERE k.value ->> 2 AND k.value ->> 0 IN (4, 5, 6) AND k.value ->> 1 LIKE '/%'
     UNION ALL
     SELECT NULL, k.key, n.seen_with, n.unsubscribed_at, n.waiting, n.waiting_since, NULL, NULL
     FROM jsonb_each(?2) AS k
     CROSS JOIN identifier_keys AS n
        ON n.workspace_id = ?1 AND n.kind = k.value ->> 0 AND n.value = k.value ->> 1";

/// Loads the records of keys and their holders, hidden or not. A removed contact is found only by its external ID and
/// other exclusive identifiers. A token that is named without its app means that token of every app; returns those
/// tokens.
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
    let requested: Vec<_> = footprint
        .keys
        .iter()
        .map(|(key, needed)| (key.kind.code(), &key.value, needed))
        .collect();
    let rows = statement(KEYS)
        .bind(workspace.0)
        .bind(json(&requested)?)
        .fetch_all(connection)
        .map_err(storage)?;
    let keys: Vec<&IdentifierKey> = footprint.keys.keys().collect();
    for row in &rows {
        let row = Row::new(row, "identifier_keys", 1);
        let owner = row.get::<Option<i64>>(0, "owner_id")?;
        ids.extend(owner.map(ContactId));
        let Some(place) = row.get::<Option<i64>>(1, "key")? else {
            continue;
        };
        let named = usize::try_from(place).ok().and_then(|place| keys.get(place).copied());
        let mut key = named.ok_or_else(|| row.corrupt("key"))?.clone();
        if owner.is_some() {
            // A token that is named without its app: its record comes along.
            let token = whole::key(&row, 6, 7)?;
            tokens.insert((key, token.clone()));
            key = token;
        }
        if row.get::<Option<String>>(2, "seen_with")?.is_some() {
            let record = record(&row, 2)?;
            if record != KeyRecord::default() {
                snapshot.keys.insert(key, record);
            }
        }
    }
    Ok(tokens)
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
