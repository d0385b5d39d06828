//! What is stored about a contact outside of it, as far as formulas ask.

use crate::values::EventTypeKey;
use crate::{Event, IdentifierKey, Order};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What is stored about a contact outside of it, as far as formulas ask.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoredFacts {
    /// Events of the contact, of contacts that it absorbed and of its visitors, in any order.
    pub events: Vec<Event>,
    /// Orders of the contact and of contacts that it absorbed, in any order.
    pub orders: Vec<Order>,
    /// Whether events or orders are missing, because there are too many.
    pub is_cut: bool,
    /// How many contacts it has absorbed, at any depth.
    pub absorbed: usize,
    /// Which of the identifiers that it shows are shared (identity rule 8).
    pub shared: BTreeSet<IdentifierKey>,
    /// The imports that changed it or a contact that it absorbed.
    pub imports: BTreeSet<Uuid>,
}

impl StoredFacts {
    /// The facts of a contact of which nothing is stored.
    pub const NONE: Self = Self {
        events: Vec::new(),
        orders: Vec::new(),
        is_cut: false,
        absorbed: 0,
        shared: BTreeSet::new(),
        imports: BTreeSet::new(),
    };
}

/// Which of the [`StoredFacts`] formulas need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Events of these types.
    pub events: BTreeSet<EventTypeKey>,
    /// Orders.
    pub orders: bool,
    /// The number of absorbed contacts.
    pub absorbed: bool,
    /// Shared identifiers: those that were seen with so many different external IDs.
    pub shared: Option<u32>,
    /// Imports.
    pub imports: bool,
}

impl Needs {
    /// Whether events or orders are needed, of which a contact may have too many to be read.
    pub fn history(&self) -> bool {
        self.orders || !self.events.is_empty()
    }

    /// Adds the needs of another formula.
    pub fn extend(&mut self, other: Self) {
        self.events.extend(other.events);
        self.orders |= other.orders;
        self.absorbed |= other.absorbed;
        self.shared = self.shared.or(other.shared);
        self.imports |= other.imports;
    }
}
