//! What people ordered.

use crate::values::{Amount, Currency, ExternalOrderId, OrderText, StoreId};
use crate::{ContactId, ContactRequest, DecisionId, EventId, Place, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far an order is (wire fact).
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

    /// The stable text of the status, as on the wire and as stored. The type of the event that tells of it is `order` and this text.
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
    /// The customer's own name for the item.
    pub external_item_id: OrderText,
    /// How many, or how much: not always a whole number.
    pub quantity: Amount,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<OrderText>,
    /// What sort of thing it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<OrderText>,
    /// What it costs, in the order's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Amount>,
    /// Its page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<OrderText>,
    /// Its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<OrderText>,
    /// What it is like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<OrderText>,
}

/// Who ordered, as the order says it: who that is has been decided by the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCustomer {
    /// The customer's own name for the contact.
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

/// What describes an order besides money: all of it may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDetails {
    /// Who ordered.
    #[serde(default)]
    pub customer: OrderCustomer,
    /// The page where a cart is restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_url: Option<OrderText>,
    /// The status in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_description: Option<OrderText>,
    /// Where it was made: one of [`Order::SOURCES`], or whatever else the shop calls it.
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
    /// What else the customer keeps about it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub additional_info: BTreeMap<OrderText, OrderText>,
}

/// What an order says but for who, when and how far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderContent {
    /// What all of it costs.
    pub total_cost: Amount,
    /// What the amounts are counted in.
    pub currency: Currency,
    /// What delivering costs.
    pub shipping: Option<Amount>,
    /// What was taken off.
    pub discount: Option<Amount>,
    /// What of it is taxes.
    pub taxes: Option<Amount>,
    /// What describes it.
    pub details: OrderDetails,
    /// What was ordered; at most [`Order::MAX_ITEMS`].
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
    /// Leaves out what tells of whoever ordered: an order that turns out to be another's says nothing of them.
    pub(crate) fn forget_customer(&mut self) {
        self.customer = OrderCustomer::default();
        self.delivery_address = None;
        self.additional_info.clear();
    }

    /// Whether it says something that [`Self::forget_customer`] takes.
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
    /// What is said here, and what `other` says where nothing is.
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

/// What an order is one by: its number within its shop (identity rules, "orders").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey {
    /// The customer's own name for it.
    pub external_id: ExternalOrderId,
    /// The shop; none while no request has named one. Such an order is the only one of its number.
    pub store_id: Option<StoreId>,
}

/// An order as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What it is one by; unique within the workspace.
    pub key: OrderKey,
    /// The contact that it was given to. When that one is merged the order stays as it is: whoever reads a contact's orders reads those
    /// of whom it absorbed.
    pub contact: ContactId,
    /// How far it is.
    pub status: OrderStatus,
    /// Of when the status is: the latest date that a request gave to the order.
    pub date: Timestamp,
    /// What it says.
    pub content: OrderContent,
    /// The decision that last changed something about it. Of orders of one date the one of the later decision is the newer; a decision changes
    /// one at the most.
    pub decision: DecisionId,
    /// When it came first.
    pub created_at: Timestamp,
    /// When something about it last changed.
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

/// An order as a request tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRequest {
    /// Whose it is: identifiers, and the names that a contact gets when one is made.
    pub contact: ContactRequest,
    /// What it is one by.
    pub key: OrderKey,
    /// How far it is.
    pub status: OrderStatus,
    /// Of when this is.
    pub date: Timestamp,
    /// What it says. What is missing in it stays as it is stored.
    pub content: OrderContent,
}

impl OrderRequest {
    /// The identities that the event of its status may have.
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
