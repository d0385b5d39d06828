//! Datasets: what can be exported, each into a table of its name.

use super::column::Column;
use super::{contacts, custom, devices, events, identifiers, merges, orders, page_views, segments, visitors};
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
    /// A row for every segment, deleted ones included.
    Segments,
    /// A row for every time that a contact was in a segment.
    #[serde(rename = "segment_members")]
    SegmentMembers,
    /// A row for every contact, with a column for each custom field.
    #[serde(rename = "contacts_custom")]
    ContactsCustom,
}

impl Dataset {
    /// Every dataset.
    pub const ALL: [Self; 12] = [
        Self::Contacts,
        Self::Identifiers,
        Self::Devices,
        Self::Orders,
        Self::OrderItems,
        Self::Events,
        Self::ContactMerges,
        Self::Visitors,
        Self::PageViews,
        Self::Segments,
        Self::SegmentMembers,
        Self::ContactsCustom,
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
            Self::Segments => "segments",
            Self::SegmentMembers => "segment_members",
            Self::ContactsCustom => "contacts_custom",
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
            Self::Segments => "Segments, static and dynamic; deleted ones have deletedDate",
            Self::SegmentMembers => "When contacts entered segments and left them, as recorded",
            Self::ContactsCustom => "Custom fields of contacts, one row for each contact",
        }
    }

    /// All its columns; of `contacts_custom` those that do not depend on the custom fields. A new column is appended: exports keep the
    /// columns that they were made with.
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
            Self::Segments => &segments::COLUMNS,
            Self::SegmentMembers => &segments::MEMBER_COLUMNS,
            Self::ContactsCustom => &custom::COLUMNS,
        }
    }

    /// The names of the columns of its primary key.
    pub fn key(self) -> &'static [&'static str] {
        match self {
            Self::Contacts | Self::ContactsCustom => &["contactId"],
            Self::Identifiers | Self::Devices => &["rowId"],
            Self::Orders => &["orderId"],
            Self::OrderItems => &["orderId", "itemIndex"],
            Self::Events | Self::PageViews => &["eventId"],
            Self::ContactMerges => &["mergeId"],
            Self::Visitors => &["visitorId"],
            Self::Segments => &["segmentId"],
            Self::SegmentMembers => &["segmentId", "contactId", "recordedRevision"],
        }
    }

    /// The columns by which rows are deleted when the owner changes or is erased. They are always in the table, even if other columns are left out.
    pub fn owners(self) -> &'static [&'static str] {
        match self {
            Self::Contacts | Self::Identifiers | Self::Devices | Self::ContactsCustom => &["contactId"],
            Self::Orders | Self::OrderItems => &["contactId", "orderId"],
            Self::Events | Self::PageViews => &["contactId", "visitorId", "eventId"],
            Self::ContactMerges => &["contactId", "survivorId"],
            Self::Visitors => &["contactId", "visitorId"],
            Self::Segments => &["segmentId"],
            Self::SegmentMembers => &["contactId", "segmentId"],
        }
    }

    /// A column by its name.
    pub fn column(self, name: &str) -> Option<&'static Column> {
        self.columns().iter().find(|column| column.name == name)
    }
}
