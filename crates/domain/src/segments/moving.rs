//! When the members of a segment have to be evaluated again.

use super::{Definitions, Edge, Formula, Needs, Operand, Plan, Span, Test};
use crate::SegmentId;
use std::collections::BTreeSet;

impl Plan {
    /// The stored facts that it needs besides the contact with its fields, identifiers and lists.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        self.for_each_condition(&mut |condition| match condition {
            Self::Event(leaf) => {
                needs.events.insert(leaf.type_key.clone());
            }
            Self::Orders(_) => needs.orders = true,
            Self::Leaf(leaf) => match leaf.operand {
                Operand::AbsorbedCount => needs.absorbed = true,
                Operand::Shared { threshold } => needs.shared = Some(threshold),
                Operand::Import => needs.imports = true,
                _ => {}
            },
            _ => {}
        });
        needs
    }

    /// Whether members can enter or leave because time passes. [`Self::holds_until`] says when.
    pub fn moves_with_time(&self) -> bool {
        self.has_condition(|condition| match condition {
            Self::Leaf(leaf) => leaf.test.moves(),
            Self::Event(leaf) => leaf.within.as_ref().is_some_and(Span::moves),
            Self::Orders(leaf) => leaf.test.moves() || leaf.filters.iter().any(|(_, test)| test.moves()),
            _ => false,
        })
    }

    /// Whether members can enter or leave by what no commit writes about them: imports end and expire, and an identifier becomes shared by what others
    /// hold, or by the policy.
    pub fn changes_beside_commits(&self) -> bool {
        let needs = self.needs();
        needs.imports || needs.shared.is_some()
    }

    fn for_each_condition<'p>(&'p self, visit: &mut dyn FnMut(&'p Self)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.for_each_condition(visit)),
            Self::Not(part) => part.for_each_condition(visit),
            Self::Dynamic { plan, .. } => plan.for_each_condition(visit),
            condition => visit(condition),
        }
    }

    fn has_condition(&self, wanted: impl Fn(&Self) -> bool) -> bool {
        let mut found = false;
        self.for_each_condition(&mut |condition| found |= wanted(condition));
        found
    }
}

impl Span {
    fn moves(&self) -> bool {
        self.edges().find_map(Edge::days).is_some()
    }
}

impl Test {
    fn moves(&self) -> bool {
        match self {
            Self::Anniversary(_) => true,
            Self::Spans(spans) => spans.iter().any(Span::moves),
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
