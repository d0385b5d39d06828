//! Events as rows.

use super::cell::{Cell, Row, cut};
use super::column::{Column, ColumnType};
use crate::{ContactId, Event, EventParams, Subject, VisitorId};
use serde_json::Value;
use std::collections::BTreeMap;

use ColumnType::{BigInteger, Text, Time};

/// How many parameters of an event are exported (wire fact).
const MOST_PARAMS: usize = 50;

/// How many characters of a parameter's value are exported (wire fact).
const MAX_VALUE: usize = 300;

/// The columns of the dataset `events` (wire fact, with the spelling of `occured`); the last one is ours.
pub(super) static COLUMNS: [Column; 7] = [
    Column::new(
        "contactId",
        BigInteger,
        "The contact that the event belongs to, or the owner of its visitor; contacts.mergedInto leads on",
    ),
    Column::new("eventId", Text(Some(36)), "The identity of the event"),
    Column::new("eventTypeKey", Text(Some(100)), "What sort of event it is"),
    Column::new("keyValue", Text(Some(300)), "What it is about"),
    Column::new("occured", Time, "When it happened, UTC"),
    Column::new(
        "paramsJson",
        Text(None),
        "Its first 50 parameters, a JSON object; values have at most 300 characters",
    ),
    Column::new(
        "visitorId",
        Text(Some(36)),
        "The visitor that left it, while no contact was known",
    ),
];

/// The row of an event, and how many values were cut. `owner` is the owner of its visitor.
pub fn event_row(event: &Event, owner: Option<ContactId>) -> (Row, u64) {
    let (contact, visitor) = parties(event, owner);
    let (params, cut) = params(&event.params);
    let row = vec![
        Cell::integer(contact.map(|id| id.0)),
        Cell::Text(event.id.0.to_string()),
        Cell::Text(event.type_key.as_str().to_owned()),
        Cell::text(event.key_value.as_ref().map(crate::values::EventKeyValue::as_str)),
        Cell::Time(event.occurred_at),
        Cell::Text(params),
        Cell::text(visitor.map(|id| id.0.to_string())),
    ];
    (row, cut)
}

/// The contact and the visitor of an event.
pub(super) fn parties(event: &Event, owner: Option<ContactId>) -> (Option<ContactId>, Option<VisitorId>) {
    match event.subject {
        Some(Subject::Contact(id)) => (Some(id), None),
        Some(Subject::Visitor(id)) => (owner, Some(id)),
        None => (None, None),
    }
}

fn params(params: &EventParams) -> (String, u64) {
    let json = params.as_json();
    // No value is longer than the whole, and no member is shorter than five bytes: `"":1,`.
    if json.len() <= MAX_VALUE && json.len() <= 5 * MOST_PARAMS {
        return (json.to_owned(), 0);
    }
    let Ok(members) = serde_json::from_str::<BTreeMap<String, Value>>(json) else {
        return (json.to_owned(), 0);
    };
    let mut count = u64::try_from(members.len().saturating_sub(MOST_PARAMS)).unwrap_or(u64::MAX);
    let mut shorten = |value: Value| {
        let mut text = match value {
            Value::String(text) => text,
            other => {
                let text = other.to_string();
                if text.chars().count() <= MAX_VALUE {
                    return other;
                }
                text
            }
        };
        count += u64::from(cut(&mut text, MAX_VALUE));
        Value::String(text)
    };
    let members = members.into_iter().take(MOST_PARAMS);
    let kept: serde_json::Map<String, Value> = members.map(|(name, value)| (name, shorten(value))).collect();
    (Value::Object(kept).to_string(), count)
}
