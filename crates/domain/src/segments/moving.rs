//! When the members of a segment have to be evaluated again.

use super::{Definitions, Edge, Formula, Plan, Span, Test};
use crate::SegmentId;
use std::collections::BTreeSet;

impl Plan {
    /// Whether it asks for nothing but the contact itself: its fields, identifiers and lists.
    pub fn asks_contact_only(&self) -> bool {
        !self.needs_orders() && self.needs_events() == (false, false)
    }

    /// Whether members can enter or leave although nothing was written: time passes, or events expire.
    pub fn moves_by_itself(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::moves_by_itself),
            Self::Not(part) => part.moves_by_itself(),
            Self::Dynamic { plan, .. } => plan.moves_by_itself(),
            Self::List { .. } => false,
            Self::Leaf(leaf) => leaf.test.moves(),
            Self::Event(_) => true,
            Self::Orders(leaf) => leaf.test.moves() || leaf.filters.iter().any(|(_, test)| test.moves()),
        }
    }
}

impl Test {
    fn moves(&self) -> bool {
        match self {
            Self::Anniversary(_) => true,
            Self::Spans(spans) => spans.iter().flat_map(Span::edges).find_map(Edge::days).is_some(),
            _ => false,
        }
    }
}

impl Definitions {
    /// The given segments, and all whose formulas name one of them, at any depth.
    pub fn with_dependents(&self, changed: &BTreeSet<SegmentId>) -> BTreeSet<SegmentId> {
        let mut found = changed.clone();
        loop {
            let names_one = |formula: &Formula| formula.segments().iter().any(|id| found.contains(id));
            let more: Vec<SegmentId> = self
                .formulas
                .iter()
                .filter(|(id, formula)| !found.contains(id) && names_one(formula))
                .map(|(id, _)| *id)
                .collect();
            if more.is_empty() {
                return found;
            }
            found.extend(more);
        }
    }
}
