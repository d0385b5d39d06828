//! Orders: what deciding them asks for, and keeping them.

use super::Unit;
use super::apply::Statement;
use crate::error::translate;
use crate::orders::{OrderRecord, order, order_record};
use crate::rows::{self, to_json};
use selfsame_application::ports::{Mode, StorageError};
use selfsame_domain::values::{Amount, ExternalOrderId, StoreId};
use selfsame_domain::{ChangeSet, Footprint, Order, OrderKey};
use std::collections::BTreeMap;

/// The rows come in the order of the numbers, which are sorted, and of the shops, and are locked in it.
macro_rules! find {
    ($lock:literal) => {
        concat!(
            "SELECT o.record
             FROM UNNEST($2::text[]) AS asked (external_order_id)
             CROSS JOIN LATERAL (
                SELECT ",
            order_record!(),
            " AS record
                FROM orders o
                WHERE o.workspace_id = $1 AND o.external_order_id = asked.external_order_id
                ORDER BY o.store_id
                OFFSET 0 ",
            $lock,
            "
             ) o"
        )
    };
}

const LOCK: &str = find!("FOR UPDATE");
const PEEK: &str = find!("");

macro_rules! new_rows {
    () => {
        "UNNEST($2::text[], $3::bigint[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[], $15::text[], $16::uuid[])
            AS new (external_order_id, contact_id, status, ordered_at, total_cost, currency, shipping, discount, taxes,
                    details, items, created_at, updated_at, store_id, decision_id)"
    };
}

/// Sorted: another transaction that makes one of them meanwhile is waited for in the order of all.
const MAKE: &str = concat!(
    "INSERT INTO orders
        (workspace_id, external_order_id, contact_id, status, ordered_at, total_cost, currency, shipping, discount, taxes,
         details, items, created_at, updated_at, store_id, decision_id)
     SELECT $1, new.external_order_id, new.contact_id, new.status, new.ordered_at, new.total_cost::numeric, new.currency,
            new.shipping::numeric, new.discount::numeric, new.taxes::numeric, new.details::json, new.items::json,
            new.created_at, new.updated_at, new.store_id, new.decision_id
     FROM ",
    new_rows!(),
    " ORDER BY new.external_order_id COLLATE \"C\", new.store_id COLLATE \"C\""
);

const CHANGE: &str = concat!(
    "UPDATE orders o
     SET contact_id = new.contact_id, status = new.status, ordered_at = new.ordered_at,
         total_cost = new.total_cost::numeric, currency = new.currency, shipping = new.shipping::numeric,
         discount = new.discount::numeric, taxes = new.taxes::numeric, details = new.details::json,
         items = new.items::json, created_at = new.created_at, updated_at = new.updated_at,
         decision_id = new.decision_id
     FROM ",
    new_rows!(),
    " WHERE o.workspace_id = $1 AND o.external_order_id = new.external_order_id AND o.store_id = new.store_id"
);

/// Their rows are locked since they were loaded.
const DELETE: &str = "
    DELETE FROM orders o USING UNNEST($2::text[], $3::text[]) AS gone (external_order_id, store_id)
    WHERE o.workspace_id = $1 AND o.external_order_id = gone.external_order_id AND o.store_id = gone.store_id";

impl Unit {
    /// Before keys and contacts: whom an order was given to is known under its lock only.
    pub(super) async fn load_orders(
        &mut self,
        footprint: &Footprint,
    ) -> Result<BTreeMap<OrderKey, Order>, StorageError> {
        if footprint.orders.is_empty() {
            return Ok(BTreeMap::new());
        }
        let names: Vec<&str> = footprint.orders.iter().map(ExternalOrderId::as_str).collect();
        let statement = match self.mode {
            Mode::Write => LOCK,
            Mode::DryRun => PEEK,
        };
        let found: Vec<(OrderRecord,)> = sqlx::query_as(statement)
            .bind(self.workspace.0)
            .bind(names)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(translate)?;
        let orders: Vec<Order> = rows::all(found, |(record,)| order(record))?;
        Ok(orders.into_iter().map(|order| (order.key.clone(), order)).collect())
    }

    /// A new one that another server made meanwhile makes the transaction start over.
    pub(super) async fn write_orders(&mut self, changes: &ChangeSet) -> Result<(), StorageError> {
        let gone = &changes.orders_deleted;
        if !gone.is_empty() {
            let statement = sqlx::query(DELETE)
                .bind(self.workspace.0)
                .bind(gone.iter().map(|key| key.external_id.as_str()).collect::<Vec<_>>())
                .bind(gone.iter().map(store).collect::<Vec<_>>());
            let met = self.run(statement).await?;
            super::apply::expect(met, gone.len())?;
        }
        for (statement, orders) in [(MAKE, &changes.orders_made), (CHANGE, &changes.orders)] {
            if !orders.is_empty() {
                let met = self.run(bound(statement, self.workspace.0, orders)?).await?;
                super::apply::expect(met, orders.len())?;
            }
        }
        Ok(())
    }
}

fn bound<'o>(statement: &'static str, workspace: i64, orders: &'o [Order]) -> Result<Statement<'o>, StorageError> {
    fn column<'o, T>(orders: &'o [Order], read: impl Fn(&'o Order) -> T) -> Vec<T> {
        orders.iter().map(read).collect()
    }
    let amount = |amount: Option<Amount>| amount.map(|amount| amount.to_string());
    let details: Result<Vec<String>, _> = orders.iter().map(|order| to_json(&order.content.details)).collect();
    let items: Result<Vec<String>, _> = orders.iter().map(|order| to_json(&order.content.items)).collect();
    Ok(sqlx::query(statement)
        .bind(workspace)
        .bind(column(orders, |order| order.key.external_id.as_str()))
        .bind(column(orders, |order| order.contact.0))
        .bind(column(orders, |order| order.status.as_str()))
        .bind(column(orders, |order| order.date))
        .bind(column(orders, |order| order.content.total_cost.to_string()))
        .bind(column(orders, |order| order.content.currency.as_str()))
        .bind(column(orders, |order| amount(order.content.shipping)))
        .bind(column(orders, |order| amount(order.content.discount)))
        .bind(column(orders, |order| amount(order.content.taxes)))
        .bind(details?)
        .bind(items?)
        .bind(column(orders, |order| order.created_at))
        .bind(column(orders, |order| order.updated_at))
        .bind(column(orders, |order| store(&order.key)))
        .bind(column(orders, |order| order.decision.0)))
}

/// The shop as it is stored: blank for none.
fn store(key: &OrderKey) -> &str {
    key.store_id.as_ref().map_or("", StoreId::as_str)
}
