//! Reading orders.

use crate::contacts::answering;
use crate::error::storage;
use crate::rows::{Row, json, micros};
use crate::statement::{SqliteRow, statement};
use crate::storage::group;
use crate::store::SqliteStore;
use async_trait::async_trait;
use selfsame_application::ports::{OrderQuery, Orders, StorageError};
use selfsame_domain::values::{Amount, Currency, ExternalOrderId, StoreId};
use selfsame_domain::{ContactId, DecisionId, Order, OrderContent, OrderKey, OrderStatus, WorkspaceId};
use std::collections::BTreeSet;
use uuid::Uuid;

/// An index limits the rows: no more of a contact's orders are read than requested.
const ORDERS: &str = "
    WITH found AS MATERIALIZED (
        SELECT o.rowid AS place
        FROM json_each(?2) AS n
        CROSS JOIN orders AS o ON o.rowid IN (
            SELECT x.rowid
            FROM orders AS x
            WHERE x.workspace_id = ?1 AND x.contact_id = n.value
              AND x.ordered_at >= ?6 AND x.ordered_at < ?7
              AND x.ordered_at <= ?3 AND (x.ordered_at < ?3 OR x.decision_id < ?4)
            ORDER BY x.ordered_at DESC, x.decision_id DESC
            LIMIT ?5)
    )
    SELECT o.contact_id, o.external_order_id, o.status, o.ordered_at, o.total_cost, o.currency, o.shipping, o.discount,
        o.taxes, o.details, o.items, o.created_at, o.updated_at, o.store_id, o.decision_id
    FROM found CROSS JOIN orders AS o ON o.rowid = found.place
    ORDER BY o.ordered_at DESC, o.decision_id DESC
    LIMIT ?5";

#[async_trait]
impl Orders for SqliteStore {
    async fn orders(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        query: &OrderQuery,
    ) -> Result<Option<Vec<Order>>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let Some(id) = answering(connection, workspace, id)? else {
            return Ok(None);
        };
        let contacts = group(connection, workspace, &BTreeSet::from([id]))?;
        let rows = statement(ORDERS)
            .bind(workspace.0)
            .bind(json(&contacts)?)
            .bind(query.after.map_or(i64::MAX, |(at, _)| micros(at)))
            .bind(query.after.map_or(Uuid::nil(), |(_, id)| id.0))
            .bind(query.limit)
            .bind(query.from.map_or(i64::MIN, micros))
            .bind(query.until.map_or(i64::MAX, micros))
            .fetch_all(connection)
            .map_err(storage)?;
        rows.iter().map(order).collect::<Result<_, _>>().map(Some)
    }
}

/// Reads `contact_id, external_order_id, status, ordered_at, total_cost, currency, shipping, discount, taxes, details, items,
/// created_at, updated_at, store_id, decision_id`.
pub(crate) fn order(row: &SqliteRow) -> Result<Order, StorageError> {
    let row = Row::new(row, "orders", 0);
    let amount = |index, column| {
        let text = row.get::<Option<&str>>(index, column)?.map(Amount::parse);
        text.transpose().map_err(|_| row.corrupt(column))
    };
    let store = Some(row.get::<&str>(13, "store_id")?).filter(|store| !store.is_empty());
    let store = store.map(StoreId::parse);
    Ok(Order {
        key: OrderKey {
            external_id: row.read(1, "external_order_id", |text| ExternalOrderId::parse(text).ok())?,
            store_id: store.transpose().map_err(|_| row.corrupt("store_id"))?,
        },
        contact: ContactId(row.get(0, "contact_id")?),
        status: row.read(2, "status", OrderStatus::from_text)?,
        date: row.time(3, "ordered_at")?,
        content: OrderContent {
            total_cost: row.read(4, "total_cost", |text| Amount::parse(text).ok())?,
            currency: row.read(5, "currency", |text| Currency::parse(text).ok())?,
            shipping: amount(6, "shipping")?,
            discount: amount(7, "discount")?,
            taxes: amount(8, "taxes")?,
            details: row.json(9, "details")?,
            items: row.json(10, "items")?,
        },
        decision: DecisionId(row.get(14, "decision_id")?),
        created_at: row.time(11, "created_at")?,
        updated_at: row.time(12, "updated_at")?,
    })
}
