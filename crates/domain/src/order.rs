//! Orders.

use crate::values::{Amount, Currency, ExternalOrderId, OrderText, StoreId};
use crate::{ContactId, ContactRequest, DecisionId, EventId, Place, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The status of an order (wire fact).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderStatus {
    /// It was made.
    Initialized,
    /// It is being dealt with.
    InProgress,
    /// It has arrived.
    Delivered,
    /// It was cancelled.
    Cancelled,
    /// Goods lie in a shopping cart that was left.
    AbandonedShoppingCart,
}

impl OrderStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Initialized,
        Self::InProgress,
        Self::Delivered,
        Self::Cancelled,
        Self::AbandonedShoppingCart,
    ];

    /// The stable text of the status, as on the wire and as stored. The type of its event is `order` and this text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initialized => "INITIALIZED",
            Self::InProgress => "IN_PROGRESS",
            Self::Delivered => "DELIVERED",
            Self::Cancelled => "CANCELLED",
            Self::AbandonedShoppingCart => "ABANDONED_SHOPPING_CART",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// One item of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderItem {
    /// The ID of the item in the customer's system.
    pub external_item_id: OrderText,
    /// How many, or how much: not always a whole number.
    pub quantity: Amount,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<OrderText>,
    /// Its category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<OrderText>,
    /// Its price, in the order's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Amount>,
    /// Its page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<OrderText>,
    /// Its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<OrderText>,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<OrderText>,
}

/// The customer as the order describes them. The rules decide which contact that is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCustomer {
    /// The external ID of the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<OrderText>,
    /// The email, as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<OrderText>,
    /// The phone, as typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<OrderText>,
    /// The first name, also one that no contact may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<OrderText>,
    /// The last name, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<OrderText>,
}

/// What describes an order besides money. Each part may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDetails {
    /// The customer.
    #[serde(default)]
    pub customer: OrderCustomer,
    /// The page where a cart is restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_url: Option<OrderText>,
    /// The status in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_description: Option<OrderText>,
    /// Where it was made: one of [`Order::SOURCES`], or any other name that the shop uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<OrderText>,
    /// How it is delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_method: Option<OrderText>,
    /// How it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<OrderText>,
    /// Where it is delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_address: Option<OrderText>,
    /// What else the shop stores about it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub additional_info: BTreeMap<OrderText, OrderText>,
}

/// The content of an order, without contact, date and status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderContent {
    /// The total.
    pub total_cost: Amount,
    /// The currency of the amounts.
    pub currency: Currency,
    /// The cost of delivery.
    pub shipping: Option<Amount>,
    /// The discount.
    pub discount: Option<Amount>,
    /// The taxes in the total.
    pub taxes: Option<Amount>,
    /// Its details.
    pub details: OrderDetails,
    /// Its items; at most [`Order::MAX_ITEMS`].
    pub items: Vec<OrderItem>,
}

impl OrderCustomer {
    fn or(self, other: Self) -> Self {
        Self {
            external_id: self.external_id.or(other.external_id),
            email: self.email.or(other.email),
            phone: self.phone.or(other.phone),
            first_name: self.first_name.or(other.first_name),
            last_name: self.last_name.or(other.last_name),
        }
    }
}

impl OrderDetails {
    /// Removes what describes the customer: it must not be stored with an order of another contact.
    pub(crate) fn forget_customer(&mut self) {
        self.customer = OrderCustomer::default();
        self.delivery_address = None;
        self.additional_info.clear();
    }

    /// Whether it has something that [`Self::forget_customer`] removes.
    pub(crate) fn has_customer(&self) -> bool {
        let mut without = self.clone();
        without.forget_customer();
        without != *self
    }

    fn or(self, other: Self) -> Self {
        Self {
            customer: self.customer.or(other.customer),
            restore_url: self.restore_url.or(other.restore_url),
            status_description: self.status_description.or(other.status_description),
            source: self.source.or(other.source),
            delivery_method: self.delivery_method.or(other.delivery_method),
            payment_method: self.payment_method.or(other.payment_method),
            delivery_address: self.delivery_address.or(other.delivery_address),
            additional_info: if self.additional_info.is_empty() {
                other.additional_info
            } else {
                self.additional_info
            },
        }
    }
}

impl OrderContent {
    /// This content, with its blanks filled from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            total_cost: self.total_cost,
            currency: self.currency,
            shipping: self.shipping.or(other.shipping),
            discount: self.discount.or(other.discount),
            taxes: self.taxes.or(other.taxes),
            details: self.details.or(other.details),
            items: if self.items.is_empty() { other.items } else { self.items },
        }
    }
}

/// The key of an order: its ID within its shop (identity rules, "orders").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey {
    /// Its ID in the customer's system.
    pub external_id: ExternalOrderId,
    /// The shop; none if no request has named one. Such an order is the only one with its ID.
    pub store_id: Option<StoreId>,
}

/// An order as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its key, unique within the workspace.
    pub key: OrderKey,
    /// The contact that it belongs to. A merge does not change it: reading a contact's orders includes those of the contacts that it absorbed.
    pub contact: ContactId,
    /// Its status.
    pub status: OrderStatus,
    /// The date of the status: the latest date that a request gave to the order.
    pub date: Timestamp,
    /// Its content.
    pub content: OrderContent,
    /// The decision that last changed it. Of two orders with the same date the one with the later decision is newer; a decision changes at most
    /// one order.
    pub decision: DecisionId,
    /// When its first request was accepted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Order {
    /// Its place among the orders of a contact.
    pub fn place(&self) -> Place {
        (self.date, self.decision)
    }

    /// Where an order may be made (wire fact).
    pub const SOURCES: [&str; 2] = ["online", "offline"];
    /// The most items that are taken.
    pub const MAX_ITEMS: usize = 500;
    /// The most entries of [`OrderDetails::additional_info`] that are taken.
    pub const MAX_INFO: usize = 100;
}

/// An order as a request sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRequest {
    /// The contact that it belongs to: identifiers, and the names that a new contact gets.
    pub contact: ContactRequest,
    /// Its key.
    pub key: OrderKey,
    /// Its status.
    pub status: OrderStatus,
    /// Of when this is.
    pub date: Timestamp,
    /// Its content. Missing parts stay as they are stored.
    pub content: OrderContent,
}

impl OrderRequest {
    /// The IDs that the event of its status may have.
    pub fn status_event_ids(&self) -> [EventId; 2] {
        EventId::of_order(&self.key, self.status, self.date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_read_back() {
        for status in OrderStatus::ALL {
            assert_eq!(OrderStatus::from_text(status.as_str()), Some(status));
        }
        assert_eq!(OrderStatus::from_text("delivered"), None);
    }
}
