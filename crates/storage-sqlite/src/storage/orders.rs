//! Orders: what deciding them asks for, and keeping them.

use super::apply::Batch;
use crate::error::storage;
use crate::orders::order;
use crate::rows::{json, micros};
use selfsame_application::ports::StorageError;
use selfsame_domain::values::ExternalOrderId;
use selfsame_domain::{ChangeSet, Footprint, Order, WorkspaceId};
use serde::Serialize;
use sqlx::SqliteConnection;
use std::collections::BTreeMap;

pub(super) async fn load(
    connection: &mut SqliteConnection,
    workspace: WorkspaceId,
    footprint: &Footprint,
) -> Result<BTreeMap<ExternalOrderId, Order>, StorageError> {
    if footprint.orders.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query(
        "SELECT o.contact_id, o.external_order_id, o.status, o.ordered_at, o.total_cost, o.currency, o.shipping,
            o.discount, o.taxes, o.details, o.items, o.created_at, o.updated_at
         FROM json_each(?2) AS k
         CROSS JOIN orders AS o ON o.workspace_id = ?1 AND o.external_order_id = k.value",
    )
    .bind(workspace.0)
    .bind(json(&footprint.orders)?)
    .fetch_all(connection)
    .await
    .map_err(storage)?;
    let named = |row| order(row).map(|order| (order.external_id.clone(), order));
    rows.iter().map(named).collect()
}

pub(super) async fn write(batch: &mut Batch<'_>, changes: &ChangeSet) -> Result<(), StorageError> {
    let new: Vec<_> = changes.orders_made.iter().map(row).collect::<Result<_, _>>()?;
    let insert =
        "INSERT INTO orders (workspace_id, external_order_id, contact_id, status, ordered_at, created_at, updated_at,
            total_cost, currency, shipping, discount, taxes, details, items)
         SELECT ?1, r.value ->> '$[0][0]', r.value ->> '$[0][1]', r.value ->> '$[0][2]', r.value ->> '$[0][3]',
            r.value ->> '$[0][4]', r.value ->> '$[0][5]', r.value ->> '$[1][0]', r.value ->> '$[1][1]',
            r.value ->> '$[1][2]', r.value ->> '$[1][3]', r.value ->> '$[1][4]', r.value ->> '$[1][5]',
            r.value ->> '$[1][6]'
         FROM jsonb_each(?2) AS r";
    batch.run_all("orders", insert, &new).await?;
    let known: Vec<_> = changes.orders.iter().map(row).collect::<Result<_, _>>()?;
    let update = "WITH r (workspace_id, value) AS MATERIALIZED (SELECT ?1, value FROM jsonb_each(?2))
         UPDATE orders AS o
         SET contact_id = r.value ->> '$[0][1]', status = r.value ->> '$[0][2]', ordered_at = r.value ->> '$[0][3]',
            created_at = r.value ->> '$[0][4]', updated_at = r.value ->> '$[0][5]',
            total_cost = r.value ->> '$[1][0]', currency = r.value ->> '$[1][1]', shipping = r.value ->> '$[1][2]',
            discount = r.value ->> '$[1][3]', taxes = r.value ->> '$[1][4]', details = r.value ->> '$[1][5]',
            items = r.value ->> '$[1][6]'
         FROM r
         WHERE o.workspace_id = r.workspace_id AND o.external_order_id = r.value ->> '$[0][0]'";
    batch.run_all("orders", update, &known).await
}

/// The columns of an order: who, how far and when; then what it says.
fn row(order: &Order) -> Result<impl Serialize + use<'_>, StorageError> {
    let content = &order.content;
    Ok((
        (
            &order.external_id,
            order.contact,
            order.status.as_str(),
            micros(order.date),
            micros(order.created_at),
            micros(order.updated_at),
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
