//! The response form of an order in our own API.

use chrono::{DateTime, Utc};
use selfsame_domain::values::{Amount, OrderText};
use selfsame_domain::{Order, OrderItem};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An order. Amounts are texts, because they are exact. What is not known is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Order)]
pub(crate) struct OrderBody {
    /// The customer's own name for it.
    #[schema(example = "1001")]
    external_order_id: String,
    /// The contact that it was given to: one that was absorbed since may stand here.
    #[schema(example = 564_407_320)]
    contact_id: i64,
    /// How far it is.
    #[schema(example = "DELIVERED")]
    status: String,
    /// Of when this is.
    date: DateTime<Utc>,
    #[schema(example = "100.50")]
    total_cost: String,
    #[schema(example = "UAH")]
    currency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    taxes: Option<String>,
    /// As it was sent with the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_customer_id: Option<String>,
    /// As it was sent with the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// As it was sent with the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    restore_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_id: Option<String>,
    /// `online`, `offline`, or whatever else was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_address: Option<String>,
    /// What else was sent about it, by name.
    additional_info: BTreeMap<String, String>,
    /// What was ordered.
    items: Vec<OrderItemBody>,
    /// When it came first.
    created_at: DateTime<Utc>,
    /// When something about it last changed.
    updated_at: DateTime<Utc>,
}

/// An item of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderItem)]
pub(crate) struct OrderItemBody {
    #[schema(example = "A-1")]
    external_item_id: String,
    #[schema(example = "2")]
    quantity: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

impl From<Order> for OrderBody {
    fn from(order: Order) -> Self {
        let content = order.content;
        let (details, amount) = (content.details, |amount: Option<Amount>| {
            amount.map(|amount| amount.to_string())
        });
        let customer = details.customer;
        let info = details.additional_info.into_iter();
        Self {
            external_order_id: order.key.external_id.into(),
            contact_id: order.contact.0,
            status: order.status.as_str().to_owned(),
            date: order.date,
            total_cost: content.total_cost.to_string(),
            currency: content.currency.into(),
            shipping: amount(content.shipping),
            discount: amount(content.discount),
            taxes: amount(content.taxes),
            external_customer_id: text(customer.external_id),
            email: text(customer.email),
            phone: text(customer.phone),
            first_name: text(customer.first_name),
            last_name: text(customer.last_name),
            restore_url: text(details.restore_url),
            status_description: text(details.status_description),
            store_id: order.key.store_id.map(String::from),
            source: text(details.source),
            delivery_method: text(details.delivery_method),
            payment_method: text(details.payment_method),
            delivery_address: text(details.delivery_address),
            additional_info: info.map(|(name, value)| (name.into(), value.into())).collect(),
            items: content.items.into_iter().map(OrderItemBody::from).collect(),
            created_at: order.created_at,
            updated_at: order.updated_at,
        }
    }
}

impl From<OrderItem> for OrderItemBody {
    fn from(item: OrderItem) -> Self {
        Self {
            external_item_id: item.external_item_id.into(),
            quantity: item.quantity.to_string(),
            name: text(item.name),
            category: text(item.category),
            cost: item.cost.map(|cost| cost.to_string()),
            url: text(item.url),
            image_url: text(item.image_url),
            description: text(item.description),
        }
    }
}

fn text(text: Option<OrderText>) -> Option<String> {
    text.map(String::from)
}
