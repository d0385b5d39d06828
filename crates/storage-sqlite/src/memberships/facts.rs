//! Stored facts that conditions of formulas need, and that the row of a contact does not have: events, orders, imports and shared identifiers.

use crate::error::storage;
use crate::history::event;
use crate::orders::order;
use crate::rows::{Row, json};
use crate::statement::{SqliteRow, statement};
use crate::whole::key;
use rusqlite::Connection;
use selfsame_application::ports::StorageError;
use selfsame_domain::segments::{Needs, StoredFacts};
use selfsame_domain::{ContactId, WorkspaceId};
use std::collections::BTreeMap;

/// The contacts `?2`, and those that each has absorbed.
macro_rules! members {
    () => {
        "members (asked_id, contact_id) AS MATERIALIZED (
            SELECT n.value, n.value FROM json_each(?2) AS n
            UNION ALL
            SELECT n.value, c.contact_id
            FROM json_each(?2) AS n
            CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.canonical_id = n.value AND c.state = 'merged'
        )"
    };
}

const EVENTS: &str = concat!(
    "WITH ",
    members!(),
    ", found (asked_id, place) AS MATERIALIZED (
        SELECT m.asked_id, e.rowid
        FROM members AS m
        CROSS JOIN events AS e ON e.rowid IN (
            SELECT x.rowid FROM events AS x
            WHERE x.workspace_id = ?1 AND x.contact_id = m.contact_id AND x.type_key IN (SELECT value FROM json_each(?3))
            ORDER BY x.occurred_at DESC LIMIT ?4)
        UNION ALL
        SELECT n.value, e.rowid
        FROM json_each(?2) AS n
        CROSS JOIN visitors AS v ON v.workspace_id = ?1 AND v.owner_id = n.value
        CROSS JOIN events AS e ON e.rowid IN (
            SELECT x.rowid FROM events AS x
            WHERE x.workspace_id = ?1 AND x.visitor_id = v.visitor_id AND x.type_key IN (SELECT value FROM json_each(?3))
            ORDER BY x.occurred_at DESC LIMIT ?4)
    )
    SELECT e.event_id, e.type_key, e.key_value, e.contact_id, e.visitor_id, e.occurred_at, e.received_at, e.origin,
        e.params, e.decision_id, found.asked_id
    FROM found CROSS JOIN events AS e ON e.rowid = found.place"
);

const ORDERS: &str = concat!(
    "WITH ",
    members!(),
    "
    SELECT o.contact_id, o.external_order_id, o.status, o.ordered_at, o.total_cost, o.currency, o.shipping, o.discount,
        o.taxes, o.details, o.items, o.created_at, o.updated_at, o.store_id, o.decision_id, m.asked_id
    FROM members AS m
    CROSS JOIN orders AS o ON o.rowid IN (
        SELECT x.rowid FROM orders AS x
        WHERE x.workspace_id = ?1 AND x.contact_id = m.contact_id
        ORDER BY x.ordered_at DESC LIMIT ?3)"
);

const ABSORBED: &str = "
    SELECT n.value, count(*)
    FROM json_each(?2) AS n
    CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.canonical_id = n.value AND c.state = 'merged'
    GROUP BY n.value";

const SHARED: &str = "
    SELECT n.value, i.kind, i.value
    FROM json_each(?2) AS n
    CROSS JOIN identifiers AS i ON i.workspace_id = ?1 AND i.owner_id = n.value AND i.hidden_by IS NULL
    CROSS JOIN identifier_keys AS k ON k.workspace_id = ?1 AND k.kind = i.kind AND k.value = i.value
    WHERE json_array_length(k.seen_with) >= ?3";

/// The outcomes are created, updated, restored and merged.
const IMPORTS: &str = concat!(
    "WITH ",
    members!(),
    "
    SELECT DISTINCT m.asked_id, r.import_id
    FROM members AS m
    CROSS JOIN import_rows AS r ON r.workspace_id = ?1 AND r.contact_id = m.contact_id AND r.outcome IN (0, 1, 2, 4)"
);

pub(super) fn read(
    connection: &Connection,
    workspace: WorkspaceId,
    contacts: &[ContactId],
    needs: &Needs,
    most: u32,
) -> Result<BTreeMap<ContactId, StoredFacts>, StorageError> {
    let mut facts: BTreeMap<ContactId, StoredFacts> = BTreeMap::new();
    let asked = |sql| Ok::<_, StorageError>(statement(sql).bind(workspace.0).bind(json(contacts)?));
    let limit = most.saturating_add(1);
    if !needs.events.is_empty() {
        let types: Vec<&str> = needs
            .events
            .iter()
            .map(selfsame_domain::values::EventTypeKey::as_str)
            .collect();
        let rows = asked(EVENTS)?.bind(json(&types)?).bind(limit).fetch_all(connection);
        for row in &rows.map_err(storage)? {
            facts.entry(asked_id(row, 10)?).or_default().events.push(event(row)?);
        }
    }
    if needs.orders {
        let rows = asked(ORDERS)?.bind(limit).fetch_all(connection).map_err(storage)?;
        for row in &rows {
            facts.entry(asked_id(row, 15)?).or_default().orders.push(order(row)?);
        }
    }
    if needs.absorbed {
        for row in &asked(ABSORBED)?.fetch_all(connection).map_err(storage)? {
            let count: i64 = Row::new(row, "contacts", 0).get(1, "canonical_id")?;
            facts.entry(asked_id(row, 0)?).or_default().absorbed = usize::try_from(count).unwrap_or(usize::MAX);
        }
    }
    if let Some(threshold) = needs.shared {
        for row in &asked(SHARED)?.bind(threshold).fetch_all(connection).map_err(storage)? {
            let key = key(&Row::new(row, "identifiers", 0), 1, 2)?;
            facts.entry(asked_id(row, 0)?).or_default().shared.insert(key);
        }
    }
    if needs.imports {
        for row in &asked(IMPORTS)?.fetch_all(connection).map_err(storage)? {
            let import = Row::new(row, "import_rows", 0).get(1, "import_id")?;
            facts.entry(asked_id(row, 0)?).or_default().imports.insert(import);
        }
    }
    for known in facts.values_mut() {
        known.is_cut = known.events.len().max(known.orders.len()) > most as usize;
    }
    Ok(facts)
}

fn asked_id(row: &SqliteRow, index: usize) -> Result<ContactId, StorageError> {
    Row::new(row, "contacts", index).get(index, "contact_id").map(ContactId)
}
