//! Orders: reading what their decisions need, and storing them.

use super::batch::Batch;
use crate::error::storage;
use crate::orders::order;
use crate::rows::{hex, json, micros};
use crate::statement::statement;
use rusqlite::Connection;
use selfsame_application::ports::StorageError;
use selfsame_domain::export::order_id;
use selfsame_domain::values::{ExternalOrderId, StoreId};
use selfsame_domain::{ChangeSet, Footprint, Order, OrderKey, WorkspaceId};
use serde::Serialize;
use std::collections::BTreeMap;

pub(super) fn load(
    connection: &Connection,
    workspace: WorkspaceId,
    footprint: &Footprint,
) -> Result<BTreeMap<OrderKey, Order>, StorageError> {
    if footprint.orders.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = statement(
        "SELECT o.contact_id, o.external_order_id, o.status, o.ordered_at, o.total_cost, o.currency, o.shipping,
            o.discount, o.taxes, o.details, o.items, o.created_at, o.updated_at,
            o.store_id, o.decision_id
         FROM json_each(?2) AS k
         CROSS JOIN orders AS o ON o.workspace_id = ?1 AND o.external_order_id = k.value",
    )
    .bind(workspace.0)
    .bind(json(&footprint.orders)?)
    .fetch_all(connection)
    .map_err(storage)?;
    let named = |row| order(row).map(|order| (order.key.clone(), order));
    rows.iter().map(named).collect()
}

pub(super) fn write(batch: &mut Batch<'_>, changes: &ChangeSet) -> Result<(), StorageError> {
    let gone: Vec<_> = changes.orders_deleted.iter().map(place).collect();
    let delete = "DELETE FROM orders WHERE workspace_id = ?1 AND (external_order_id, store_id) IN
            (SELECT r.value ->> 0, r.value ->> 1 FROM jsonb_each(?2) AS r)";
    batch.run_all("orders", delete, &gone)?;
    let noted: Vec<String> = changes.orders_deleted.iter().map(|key| hex(order_id(key))).collect();
    let note =
        "INSERT INTO deletions (workspace_id, revision, kind, id) SELECT ?1, ?3, 3, r.value FROM json_each(?2) AS r";
    batch.run(note, &noted)?;
    let new: Vec<_> = changes.orders_made.iter().map(row).collect::<Result<_, _>>()?;
    let insert =
        "INSERT INTO orders (workspace_id, external_order_id, contact_id, status, ordered_at, created_at, updated_at,
            store_id, decision_id, total_cost, currency, shipping, discount, taxes, details, items, revision)
         SELECT ?1, r.value ->> '$[0][0]', r.value ->> '$[0][1]', r.value ->> '$[0][2]', r.value ->> '$[0][3]',
            r.value ->> '$[0][4]', r.value ->> '$[0][5]', r.value ->> '$[0][6]', unhex(r.value ->> '$[0][7]'),
            r.value ->> '$[1][0]', r.value ->> '$[1][1]',
            r.value ->> '$[1][2]', r.value ->> '$[1][3]', r.value ->> '$[1][4]', r.value ->> '$[1][5]',
            r.value ->> '$[1][6]', ?3
         FROM jsonb_each(?2) AS r";
    batch.run_all("orders", insert, &new)?;
    let known: Vec<_> = changes.orders.iter().map(row).collect::<Result<_, _>>()?;
    let update = "WITH r (workspace_id, value) AS MATERIALIZED (SELECT ?1, value FROM jsonb_each(?2))
         UPDATE orders AS o
         SET contact_id = r.value ->> '$[0][1]', status = r.value ->> '$[0][2]', ordered_at = r.value ->> '$[0][3]',
            created_at = r.value ->> '$[0][4]', updated_at = r.value ->> '$[0][5]',
            decision_id = unhex(r.value ->> '$[0][7]'),
            total_cost = r.value ->> '$[1][0]', currency = r.value ->> '$[1][1]', shipping = r.value ->> '$[1][2]',
            discount = r.value ->> '$[1][3]', taxes = r.value ->> '$[1][4]', details = r.value ->> '$[1][5]',
            items = r.value ->> '$[1][6]', revision = ?3
         FROM r
         WHERE o.workspace_id = r.workspace_id AND o.external_order_id = r.value ->> '$[0][0]'
            AND o.store_id = r.value ->> '$[0][6]'";
    batch.run_all("orders", update, &known)
}

fn place(key: &OrderKey) -> (&ExternalOrderId, &str) {
    (&key.external_id, store(key))
}

/// The stored form of the store ID: blank for none.
fn store(key: &OrderKey) -> &str {
    key.store_id.as_ref().map_or("", StoreId::as_str)
}

/// The columns of an order: contact, status and times first, then its content.
fn row(order: &Order) -> Result<impl Serialize + use<'_>, StorageError> {
    let content = &order.content;
    Ok((
        (
            &order.key.external_id,
            order.contact,
            order.status.as_str(),
            micros(order.date),
            micros(order.created_at),
            micros(order.updated_at),
            store(&order.key),
            hex(order.decision.0),
        ),
        (
            content.total_cost,
            &content.currency,
            content.shipping,
            content.discount,
            content.taxes,
            json(&content.details)?,
            json(&content.items)?,
        ),
    ))
}
