//! Reading what people ordered.

use crate::error::translate;
use crate::rows::{self, corrupt, group};
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{OrderQuery, Orders, StorageError};
use selfsame_domain::values::{Amount, Currency, ExternalOrderId, StoreId};
use selfsame_domain::{ContactId, DecisionId, Order, OrderContent, OrderKey, OrderStatus, Timestamp, WorkspaceId};
use uuid::Uuid;

/// A row of `orders o`.
macro_rules! order_record {
    () => {
        "ROW(ROW(o.external_order_id, o.store_id, o.decision_id, o.contact_id, o.status, o.ordered_at, o.created_at, o.updated_at),
             ROW(o.total_cost::text, o.currency, o.shipping::text, o.discount::text, o.taxes::text, o.details::text,
                 o.items::text))"
    };
}

pub(crate) use order_record;

pub(crate) type OrderRecord = (
    (String, String, Uuid, i64, String, Timestamp, Timestamp, Timestamp),
    (
        String,
        String,
        Option<String>,
        Option<String>,
        Option<String>,
        String,
        String,
    ),
);

/// Cut by the index: no more of a contact's orders are read than are asked for.
const ORDERS: &str = concat!(
    "WITH ",
    group!(),
    "
    SELECT
        EXISTS (SELECT FROM root),
        ARRAY(
            SELECT ",
    order_record!(),
    " FROM (
                SELECT o.*
                FROM members
                CROSS JOIN LATERAL (
                    SELECT o.*
                    FROM orders o
                    WHERE o.workspace_id = $1 AND o.contact_id = members.contact_id
                      AND ($3::timestamptz IS NULL OR (o.ordered_at, o.decision_id) < ($3, $4))
                      AND o.ordered_at >= COALESCE($6, timestamptz '-infinity')
                      AND o.ordered_at < COALESCE($7, timestamptz 'infinity')
                    ORDER BY o.ordered_at DESC, o.decision_id DESC
                    LIMIT $5
                ) o
                ORDER BY o.ordered_at DESC, o.decision_id DESC
                LIMIT $5
            ) o
            ORDER BY o.ordered_at DESC, o.decision_id DESC)"
);

#[async_trait]
impl Orders for PostgresStore {
    async fn orders(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        query: &OrderQuery,
    ) -> Result<Option<Vec<Order>>, StorageError> {
        let (exists, orders): (bool, Vec<OrderRecord>) = sqlx::query_as(ORDERS)
            .bind(workspace.0)
            .bind(id.0)
            .bind(query.after.map(|(at, _)| at))
            .bind(query.after.map(|(_, id)| id.0))
            .bind(i64::from(query.limit))
            .bind(query.from)
            .bind(query.until)
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        if exists {
            rows::all(orders, order).map(Some)
        } else {
            Ok(None)
        }
    }
}

pub(crate) fn order(record: OrderRecord) -> Result<Order, StorageError> {
    let ((external_id, store, decision, contact, status, date, created_at, updated_at), content) = record;
    let store = Some(store)
        .filter(|store| !store.is_empty())
        .map(|store| StoreId::parse(&store));
    let (total_cost, currency, shipping, discount, taxes, details, items) = content;
    let wrong = |column| move || corrupt("orders", column, &contact);
    let amount = |text: Option<String>| {
        text.map_or(Ok(None), |text| {
            Amount::parse(&text).map(Some).map_err(|_| wrong("amount")())
        })
    };
    Ok(Order {
        key: OrderKey {
            external_id: ExternalOrderId::parse(&external_id).map_err(|_| wrong("external_order_id")())?,
            store_id: store.transpose().map_err(|_| wrong("store_id")())?,
        },
        contact: ContactId(contact),
        status: OrderStatus::from_text(&status).ok_or_else(wrong("status"))?,
        date,
        content: OrderContent {
            total_cost: Amount::parse(&total_cost).map_err(|_| wrong("total_cost")())?,
            currency: Currency::parse(&currency).map_err(|_| wrong("currency")())?,
            shipping: amount(shipping)?,
            discount: amount(discount)?,
            taxes: amount(taxes)?,
            details: rows::json(&details, "orders", "details", &contact)?,
            items: rows::json(&items, "orders", "items", &contact)?,
        },
        decision: DecisionId(decision),
        created_at,
        updated_at,
    })
}
