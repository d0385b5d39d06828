//! Orders.

use super::{corrupt, json, to_json};
use selfsame_application::ports::StorageError;
use selfsame_domain::values::{Amount, Currency, ExternalOrderId, StoreId};
use selfsame_domain::{ContactId, DecisionId, Order, OrderContent, OrderKey, OrderStatus, Timestamp};
use uuid::Uuid;

/// A row of `orders`. Amounts are sent as text, so that no digit is lost.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "order_v1")]
pub(crate) struct OrderRecord {
    external_order_id: String,
    /// Blank until a request names a store.
    store_id: String,
    decision_id: Uuid,
    contact_id: i64,
    status: String,
    ordered_at: Timestamp,
    total_cost: String,
    currency: String,
    shipping: Option<String>,
    discount: Option<String>,
    taxes: Option<String>,
    details: String,
    items: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<&Order> for OrderRecord {
    type Error = StorageError;

    fn try_from(order: &Order) -> Result<Self, StorageError> {
        let content = &order.content;
        let amount = |amount: Option<Amount>| amount.map(|amount| amount.to_string());
        Ok(Self {
            external_order_id: order.key.external_id.as_str().to_owned(),
            store_id: store(&order.key),
            decision_id: order.decision.0,
            contact_id: order.contact.0,
            status: order.status.as_str().to_owned(),
            ordered_at: order.date,
            total_cost: content.total_cost.to_string(),
            currency: content.currency.as_str().to_owned(),
            shipping: amount(content.shipping),
            discount: amount(content.discount),
            taxes: amount(content.taxes),
            details: to_json(&content.details)?,
            items: to_json(&content.items)?,
            created_at: order.created_at,
            updated_at: order.updated_at,
        })
    }
}

impl TryFrom<OrderRecord> for Order {
    type Error = StorageError;

    fn try_from(record: OrderRecord) -> Result<Self, StorageError> {
        let contact = record.contact_id;
        let wrong = |column| move || corrupt("orders", column, &contact);
        let store_id = Some(&record.store_id).filter(|store| !store.is_empty());
        let store_id = store_id.map(|store| StoreId::parse(store));
        let amount = |text: Option<String>| {
            text.map_or(Ok(None), |text| {
                Amount::parse(&text).map(Some).map_err(|_| wrong("amount")())
            })
        };
        Ok(Self {
            key: OrderKey {
                external_id: ExternalOrderId::parse(&record.external_order_id)
                    .map_err(|_| wrong("external_order_id")())?,
                store_id: store_id.transpose().map_err(|_| wrong("store_id")())?,
            },
            contact: ContactId(contact),
            status: OrderStatus::from_text(&record.status).ok_or_else(wrong("status"))?,
            date: record.ordered_at,
            content: OrderContent {
                total_cost: Amount::parse(&record.total_cost).map_err(|_| wrong("total_cost")())?,
                currency: Currency::parse(&record.currency).map_err(|_| wrong("currency")())?,
                shipping: amount(record.shipping)?,
                discount: amount(record.discount)?,
                taxes: amount(record.taxes)?,
                details: json(&record.details, "orders", "details", &contact)?,
                items: json(&record.items, "orders", "items", &contact)?,
            },
            decision: DecisionId(record.decision_id),
            created_at: record.created_at,
            updated_at: record.updated_at,
        })
    }
}

/// An order to delete.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "order_key_v1")]
pub(crate) struct OrderKeyRecord {
    external_order_id: String,
    store_id: String,
}

impl From<&OrderKey> for OrderKeyRecord {
    fn from(key: &OrderKey) -> Self {
        Self {
            external_order_id: key.external_id.as_str().to_owned(),
            store_id: store(key),
        }
    }
}

/// The stored form of the store ID: blank for none.
fn store(key: &OrderKey) -> String {
    key.store_id
        .as_ref()
        .map_or_else(String::new, |store| store.as_str().to_owned())
}
