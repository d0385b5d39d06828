//! The one-line form of a formula for people.

use super::field::{BUILT_IN, CUSTOM};
use super::formula::Arity;
use super::formula::{EventCondition, EventDateCondition, EventTimes, OrdersCondition, Within};
use super::{Condition, Definitions, Formula, Literal, Operator};
use crate::SegmentId;

/// Writes the one-line form: `(External ID is empty or Email is empty) and not in “Staff”`. [`super::parse`] reads it.
pub fn print(formula: &Formula, definitions: &Definitions) -> String {
    let mut text = String::new();
    write(&mut text, formula, Words(definitions), false);
    text
}

/// What the names of segments are looked up in.
#[derive(Clone, Copy)]
pub(super) struct Words<'d>(pub(super) &'d Definitions);

impl Words<'_> {
    /// That a contact is in a segment.
    pub(super) fn segment(self, id: SegmentId) -> String {
        match self.0.names.get(&id) {
            Some(name) => format!("in {}", quoted(name.as_str())),
            None => format!("in segment {id}"),
        }
    }
}

fn write(text: &mut String, formula: &Formula, words: Words<'_>, inside: bool) {
    match formula {
        Formula::All(parts) => join(text, parts, " and ", words, inside),
        Formula::Any(parts) => join(text, parts, " or ", words, inside),
        Formula::Not(part) => {
            text.push_str("not ");
            write(text, part, words, true);
        }
        Formula::Segment(id) => text.push_str(&words.segment(*id)),
        Formula::Condition(condition) => text.push_str(&write_condition(condition)),
        Formula::Event(condition) => text.push_str(&write_event(condition)),
        Formula::EventDate(condition) => text.push_str(&write_event_date(condition)),
        Formula::Orders(condition) => text.push_str(&write_orders(condition)),
    }
}

fn join(text: &mut String, parts: &[Formula], joint: &str, words: Words<'_>, inside: bool) {
    if let [part] = parts {
        write(text, part, words, inside);
        return;
    }
    if inside {
        text.push('(');
    }
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            text.push_str(joint);
        }
        write(text, part, words, true);
    }
    if inside {
        text.push(')');
    }
}

/// A condition in words.
pub(super) fn write_condition(condition: &Condition) -> String {
    let Condition {
        field,
        operator,
        values,
    } = condition;
    let label = match field.strip_prefix(CUSTOM) {
        Some(custom) => format!("field {}", quoted(custom)),
        None => BUILT_IN.iter().find(|(name, _, _)| name == field).map_or_else(
            || format!("field {}", quoted(field)),
            |(_, label, _)| (*label).to_owned(),
        ),
    };
    write_test(&label, *operator, values)
}

/// A condition on events in words.
pub(super) fn write_event(condition: &EventCondition) -> String {
    let (least_or_most, times) = match condition.count {
        EventTimes::AtLeast(least) => ("least", least),
        EventTimes::AtMost(most) => ("most", most),
    };
    let event = quoted(&condition.event);
    let within = condition.within.as_ref().map(write_within).unwrap_or_default();
    let filters = write_filters(&condition.filters);
    format!("event {event} at {least_or_most} {times} times{within}{filters}")
}

/// A condition on the time of the first or the last event in words.
pub(super) fn write_event_date(condition: &EventDateCondition) -> String {
    let label = format!("{} event {}", condition.place.as_str(), quoted(&condition.event));
    write_test(&label, condition.operator, &condition.values) + &write_filters(&condition.filters)
}

fn write_within(within: &Within) -> String {
    match within {
        Within::LastDays(days) => format!(" in the last {} days", literal(days)),
        Within::Between { from, to } => {
            let end = |word: &str, end: &Option<Literal>| end.as_ref().map(|end| format!(" {word} {}", literal(end)));
            [end("from", from), end("to", to)].into_iter().flatten().collect()
        }
    }
}

/// A condition on orders in words.
pub(super) fn write_orders(condition: &OrdersCondition) -> String {
    write_test(condition.aggregate.words(), condition.operator, &condition.values) + &write_filters(&condition.filters)
}

fn write_filters(filters: &[Condition]) -> String {
    if filters.is_empty() {
        return String::new();
    }
    let filters = filters.iter();
    let filters = filters.map(|filter| write_test(&quoted(&filter.field), filter.operator, &filter.values));
    format!(" where ({})", filters.collect::<Vec<_>>().join(", "))
}

fn write_test(label: &str, operator: Operator, values: &[Literal]) -> String {
    let values: Vec<String> = values.iter().map(literal).collect();
    let words = operator.words();
    match (operator.arity(), values.as_slice()) {
        (Arity::Two, [least, greatest]) => format!("{label} {words} {least} and {greatest}"),
        (Arity::Many, values) => format!("{label} {words} ({})", values.join(", ")),
        (Arity::Days, [days]) => match operator {
            Operator::AnniversaryWithinDays => format!("{label} {words} {days} days of today"),
            _ => format!("{label} {words} {days} days"),
        },
        (_, values) => {
            let values: Vec<&str> = [label, words]
                .into_iter()
                .chain(values.iter().map(String::as_str))
                .collect();
            values.join(" ")
        }
    }
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Number(number) => number.clone(),
        Literal::Text(text) => quoted(text),
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("“");
    for character in text.chars() {
        match character {
            '“' | '”' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            other => quoted.push(other),
        }
    }
    quoted.push('”');
    quoted
}
