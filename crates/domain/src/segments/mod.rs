//! Dynamic segments: a formula of conditions that says which contacts are members.
//!
//! A [`Formula`] is the tree as it was sent. [`Formula::read`] takes its JSON form, [`Formula::to_json`] writes it; [`print`] writes the
//! one-line form for people and [`parse`] reads it. [`Plan::of`] checks a formula against what the workspace defines. Storage adapters
//! compile a plan to SQL; [`Plan::evaluate`] decides for one contact, and both MUST agree.

mod calendar;
mod choices;
mod cycle;
mod definitions;
mod evaluate;
mod explain;
mod field;
mod formula;
mod happened;
mod history;
mod json;
mod moving;
mod parse;
mod plan;
mod read_literal;
mod readable;
mod sample;
mod span;
mod split;
mod stored_facts;
#[cfg(test)]
mod tests;

pub use calendar::{Anniversary, month_day};
pub use choices::{FieldChoice, field_choices};
pub use cycle::cycle;
pub use definitions::Definitions;
pub use evaluate::{ContactFacts, Membership};
pub use field::{Field, FieldType};
pub use formula::{
    Aggregate, Arity, Condition, EventCondition, EventDateCondition, EventPlace, EventTimes, Formula, Literal,
    Operator, OrdersCondition, Within,
};
pub use history::{EventLeaf, ItemField, OrderField, OrdersLeaf};
pub use parse::{ParseError, parse};
pub use plan::{EMAIL_STATUSES, Leaf, Operand, Plan, Test, TextTest};
pub use read_literal::{add_decimals, compare_decimals, multiply_decimal};
pub use readable::print;
pub use sample::{Estimate, sample};
pub use span::{Edge, Span};
pub use split::split;
pub use stored_facts::{Needs, StoredFacts};

/// What is wrong with a part of a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where in the formula, as a JSON pointer (RFC 6901) from its root: `/all/0/op`; empty for the root.
    pub pointer: String,
    /// What is wrong, so that it can follow the name of the part.
    pub reason: String,
}

impl Problem {
    fn new(pointer: &str, reason: impl Into<String>) -> Self {
        Self {
            pointer: pointer.to_owned(),
            reason: reason.into(),
        }
    }
}
