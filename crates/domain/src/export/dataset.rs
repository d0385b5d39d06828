//! Datasets: what can be exported, each into a table of its name.

use super::column::Column;
use super::{contacts, devices, events, identifiers, merges, orders, page_views, visitors};
use serde::{Deserialize, Serialize};

/// A dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Dataset {
    /// A row for every contact, absorbed and removed ones included.
    Contacts,
    /// A row for every identifier that a contact shows.
    Identifiers,
    /// A row for every push token and device of a contact.
    Devices,
    /// A row for every order.
    Orders,
    /// A row for every item of an order.
    OrderItems,
    /// A row for every event.
    Events,
    /// A row for every merge, undone ones included.
    #[serde(rename = "contact_merges")]
    ContactMerges,
    /// A row for every visitor.
    Visitors,
    /// A row for every event that is a page view.
    #[serde(rename = "page_views")]
    PageViews,
}

impl Dataset {
    /// Every dataset.
    pub const ALL: [Self; 9] = [
        Self::Contacts,
        Self::Identifiers,
        Self::Devices,
        Self::Orders,
        Self::OrderItems,
        Self::Events,
        Self::ContactMerges,
        Self::Visitors,
        Self::PageViews,
    ];

    /// Its name, which is that of its table (wire fact).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Identifiers => "identifiers",
            Self::Devices => "devices",
            Self::Orders => "orders",
            Self::OrderItems => "orderItems",
            Self::Events => "events",
            Self::ContactMerges => "contact_merges",
            Self::Visitors => "visitors",
            Self::PageViews => "page_views",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dataset| dataset.as_str() == text)
    }

    /// What its rows are, one sentence.
    pub fn description(self) -> &'static str {
        match self {
            Self::Contacts => "Contacts, one row each; absorbed and removed ones have mergedInto or deletedDate",
            Self::Identifiers => "Identifiers that contacts show",
            Self::Devices => "Push tokens and devices of contacts",
            Self::Orders => "Orders, with the contact that each was given to",
            Self::OrderItems => "Items of orders",
            Self::Events => "Events, with the contact or the visitor that left each",
            Self::ContactMerges => "Merges of contacts; undone ones have undoneDate",
            Self::Visitors => "Histories behind cookies, and behind other identifiers before a contact held them",
            Self::PageViews => "Events that are page views",
        }
    }

    /// All its columns. A new column is appended: exports keep the columns that they were made with.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Contacts => &contacts::COLUMNS,
            Self::Identifiers => &identifiers::COLUMNS,
            Self::Devices => &devices::COLUMNS,
            Self::Orders => &orders::COLUMNS,
            Self::OrderItems => &orders::ITEM_COLUMNS,
            Self::Events => &events::COLUMNS,
            Self::ContactMerges => &merges::COLUMNS,
            Self::Visitors => &visitors::COLUMNS,
            Self::PageViews => &page_views::COLUMNS,
        }
    }

    /// The names of the columns of its primary key.
    pub fn key(self) -> &'static [&'static str] {
        match self {
            Self::Contacts => &["contactId"],
            Self::Identifiers | Self::Devices => &["rowId"],
            Self::Orders => &["orderId"],
            Self::OrderItems => &["orderId", "itemIndex"],
            Self::Events | Self::PageViews => &["eventId"],
            Self::ContactMerges => &["mergeId"],
            Self::Visitors => &["visitorId"],
        }
    }

    /// The columns by which rows are deleted when the owner changes or is erased. They are always in the table, even if other columns are left out.
    pub fn owners(self) -> &'static [&'static str] {
        match self {
            Self::Contacts | Self::Identifiers | Self::Devices => &["contactId"],
            Self::Orders | Self::OrderItems => &["contactId", "orderId"],
            Self::Events | Self::PageViews => &["contactId", "visitorId", "eventId"],
            Self::ContactMerges => &["contactId", "survivorId"],
            Self::Visitors => &["contactId", "visitorId"],
        }
    }

    /// A column by its name.
    pub fn column(self, name: &str) -> Option<&'static Column> {
        self.columns().iter().find(|column| column.name == name)
    }
}
