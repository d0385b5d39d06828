//! The tree of a formula.

use crate::SegmentId;
use std::collections::BTreeSet;

/// A formula: says of every contact whether it is a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Formula {
    /// All of them hold; at least one.
    All(Vec<Formula>),
    /// At least one of them holds; at least one.
    Any(Vec<Formula>),
    /// The exact complement.
    Not(Box<Formula>),
    /// Is a member of another segment, static or dynamic.
    Segment(SegmentId),
    /// A condition on the contact.
    Condition(Condition),
    /// A condition on how often something happened.
    Event(EventCondition),
    /// A condition on when something happened first or last.
    EventDate(EventDateCondition),
    /// A condition on what was ordered.
    Orders(OrdersCondition),
}

/// A condition on a field of the contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The name of the field, as on the wire: `externalCustomerId`, or `custom:PROFILE.KEY`.
    pub field: String,
    /// How it is compared.
    pub operator: Operator,
    /// With what: as many values as [`Operator::arity`] takes.
    pub values: Vec<Literal>,
}

/// That events of a type happened, so often, within a time, with parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventCondition {
    /// The type.
    pub event: String,
    /// How often.
    pub count: EventTimes,
    /// When; at any time without it.
    pub within: Option<Within>,
    /// What the parameters of each must be; all of them.
    pub filters: Vec<Condition>,
}

/// A condition on the time of the first or the last event of a type, with parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventDateCondition {
    /// The type.
    pub event: String,
    /// Of which event the time is.
    pub place: EventPlace,
    /// How it is compared.
    pub operator: Operator,
    /// With what.
    pub values: Vec<Literal>,
    /// What the parameters of the event must be; all of them. Other events do not count.
    pub filters: Vec<Condition>,
}

/// One of several events in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventPlace {
    /// The first.
    First,
    /// The last.
    Last,
}

impl EventPlace {
    /// Every place.
    pub(super) const ALL: [Self; 2] = [Self::First, Self::Last];

    /// The name in JSON, and the word of the readable form.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
        }
    }
}

/// How often something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventTimes {
    /// So often or more often.
    AtLeast(u64),
    /// So often or less often; never counts.
    AtMost(u64),
}

/// A time within which something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Within {
    /// In the last days, as [`Operator::InLastDays`].
    LastDays(Literal),
    /// From the one until the other, both included; at least one of them.
    Between {
        /// The first date or time.
        from: Option<Literal>,
        /// The last date or time.
        to: Option<Literal>,
    },
}

/// A condition on a number that the orders of the contact come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrdersCondition {
    /// Which number.
    pub aggregate: Aggregate,
    /// How it is compared.
    pub operator: Operator,
    /// With what.
    pub values: Vec<Literal>,
    /// Which orders count; all of the conditions must hold.
    pub filters: Vec<Condition>,
}

/// What orders come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// How many there are; 0 without orders.
    Count,
    /// What they cost together, whatever the currency; 0 without orders.
    Sum,
    /// What they cost on average; empty without orders.
    Average,
    /// The date of the latest; empty without orders.
    LastDate,
}

impl Aggregate {
    /// Every aggregate, with its name in JSON and its words.
    pub(super) const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Count, "count", "order count"),
        (Self::Sum, "sum", "order sum"),
        (Self::Average, "average", "order average"),
        (Self::LastDate, "lastDate", "last order date"),
    ];

    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(known, _, _)| *known == self)
            .map_or("", |(_, name, _)| name)
    }

    pub(super) fn words(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(known, _, _)| *known == self)
            .map_or("", |(_, _, words)| words)
    }
}

/// A value as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Literal {
    /// A text.
    Text(String),
    /// A number, as it was written.
    Number(String),
}

impl Literal {
    /// The text of the value, whichever type it was sent as.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text) => text,
        }
    }
}

/// How many values an operator takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arity {
    /// None.
    None,
    /// One.
    One,
    /// Two: the least and the greatest.
    Two,
    /// One to [`Formula::MOST_VALUES`].
    Many,
    /// A whole number of days.
    Days,
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// The contact has no value.
    IsEmpty,
    /// The contact has a value.
    IsNotEmpty,
    /// The value is this one.
    Equals,
    /// The value is one of these.
    OneOf,
    /// The text contains this one; the list has this entry.
    Contains,
    /// The text begins with this one.
    StartsWith,
    /// The text ends with this one.
    EndsWith,
    /// The number is greater.
    Greater,
    /// The number is less.
    Less,
    /// The number or the time lies between the two, both included.
    Between,
    /// The time is earlier.
    Before,
    /// The time is later.
    After,
    /// The time lies within the last days, now included.
    InLastDays,
    /// The time lies within the next days, now included.
    InNextDays,
    /// Today is at most so many days before or after the anniversary of the date.
    AnniversaryWithinDays,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 15] = [
        Self::IsEmpty,
        Self::IsNotEmpty,
        Self::Equals,
        Self::OneOf,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::Greater,
        Self::Less,
        Self::Between,
        Self::Before,
        Self::After,
        Self::InLastDays,
        Self::InNextDays,
        Self::AnniversaryWithinDays,
    ];

    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IsEmpty => "is_empty",
            Self::IsNotEmpty => "is_not_empty",
            Self::Equals => "equals",
            Self::OneOf => "one_of",
            Self::Contains => "contains",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::Greater => "greater",
            Self::Less => "less",
            Self::Between => "between",
            Self::Before => "before",
            Self::After => "after",
            Self::InLastDays => "in_last_days",
            Self::InNextDays => "in_next_days",
            Self::AnniversaryWithinDays => "anniversary_within_days",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.as_str() == text)
    }

    /// The words of the readable form.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::IsEmpty => "is empty",
            Self::IsNotEmpty => "is not empty",
            Self::Equals => "equals",
            Self::OneOf => "is one of",
            Self::Contains => "contains",
            Self::StartsWith => "starts with",
            Self::EndsWith => "ends with",
            Self::Greater => "is greater than",
            Self::Less => "is less than",
            Self::Between => "is between",
            Self::Before => "is before",
            Self::After => "is after",
            Self::InLastDays => "is in the last",
            Self::InNextDays => "is in the next",
            Self::AnniversaryWithinDays => "has its anniversary within",
        }
    }

    /// How many values it takes.
    pub fn arity(self) -> Arity {
        match self {
            Self::IsEmpty | Self::IsNotEmpty => Arity::None,
            Self::Equals
            | Self::Contains
            | Self::StartsWith
            | Self::EndsWith
            | Self::Greater
            | Self::Less
            | Self::Before
            | Self::After => Arity::One,
            Self::Between => Arity::Two,
            Self::OneOf => Arity::Many,
            Self::InLastDays | Self::InNextDays | Self::AnniversaryWithinDays => Arity::Days,
        }
    }
}

impl Formula {
    /// The most conditions and joins of a formula, and of one with all segments that it names put in their place.
    pub const MOST_NODES: usize = 500;

    /// The deepest nesting.
    pub const DEEPEST: usize = 30;

    /// The most conditions on the parameters of an event, or on an order.
    pub const MOST_FILTERS: usize = 10;

    /// The most times that an event is counted.
    pub const MOST_TIMES: u64 = 1_000_000;

    /// The most values of one condition.
    pub const MOST_VALUES: usize = 500;

    /// The longest value, in characters.
    pub const LONGEST_VALUE: usize = 1_000;

    /// The parts that it joins.
    pub(super) fn parts(&self) -> &[Self] {
        match self {
            Self::All(parts) | Self::Any(parts) => parts,
            Self::Not(part) => std::slice::from_ref(part),
            Self::Segment(_) | Self::Condition(_) | Self::Event(_) | Self::EventDate(_) | Self::Orders(_) => &[],
        }
    }

    /// The segments that it names.
    pub fn segments(&self) -> BTreeSet<SegmentId> {
        match self {
            Self::Segment(id) => BTreeSet::from([*id]),
            other => other.parts().iter().flat_map(Self::segments).collect(),
        }
    }
}
