//! Why a contact is a member, or is not.

use super::evaluate::ContactFacts;
use super::plan::Plan;
use crate::Timestamp;

impl Plan {
    /// The conditions that decide, in words that read back as a formula: of several that must all hold all of them, or the first that does not.
    pub(super) fn explain(&self, facts: ContactFacts<'_>, now: Timestamp) -> String {
        let holds = self.holds(facts, now);
        let stated = |text: &String| if holds { text.clone() } else { denied(text) };
        let joined = |parts: &[Self]| {
            let texts: Vec<String> = parts.iter().map(|part| part.explain(facts, now)).collect();
            texts.join(" and ")
        };
        let first = |parts: &[Self]| {
            let deciding = parts.iter().find(|part| part.holds(facts, now) == holds);
            deciding.map(|part| part.explain(facts, now)).unwrap_or_default()
        };
        match (self, holds) {
            (Self::All(parts), true) | (Self::Any(parts), false) => joined(parts),
            (Self::All(parts), false) | (Self::Any(parts), true) => first(parts),
            (Self::Not(part), _) => part.explain(facts, now),
            (Self::List { text, .. } | Self::Dynamic { text, .. }, _) => stated(text),
            (Self::Leaf(leaf), _) => stated(&leaf.text),
            (Self::Event(leaf), _) => stated(&leaf.text),
            (Self::Orders(leaf), _) => stated(&leaf.text),
        }
    }
}

/// The words that a condition does not hold. They read back as a formula.
fn denied(text: &str) -> String {
    match text.strip_suffix(" is empty") {
        Some(label) => format!("{label} is not empty"),
        None => format!("not {text}"),
    }
}
