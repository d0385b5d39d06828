//! What a contact did, as a list.

use crate::sentences::Sentence;
use crate::texts::{Texts, When};
use chrono::DateTime;
use selfsame_application::{TimelineCursor, TimelineItem, TimelineKind};
use selfsame_domain::{DecisionId, PAGE_VIEW, Place};
use uuid::Uuid;

/// An entry of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) at: When,
    /// What sort of entry it is.
    pub(super) kind: String,
    pub(super) what: String,
    /// What else is known.
    pub(super) details: Vec<String>,
}

impl Entry {
    pub(super) fn of(item: &TimelineItem, texts: Texts) -> Self {
        let at = texts.when(item.at());
        let name = |kind: TimelineKind| texts.get(&format!("timeline-{}", kind.as_str()));
        match item {
            TimelineItem::Event(event) => {
                let is_page_view = event.type_key.as_str() == PAGE_VIEW;
                let kind = if is_page_view {
                    TimelineKind::PageView
                } else {
                    TimelineKind::Event
                };
                let about = event.key_value.as_ref().map(|value| value.as_str().to_owned());
                Self {
                    at,
                    kind: name(kind),
                    what: event.type_key.to_string(),
                    details: about.into_iter().collect(),
                }
            }
            TimelineItem::Order(order) => {
                let items = order.content.items.len() as u64;
                let cost = format!("{} {}", order.content.total_cost, order.content.currency);
                let status = texts.get(&format!("order-{}", order.status.as_str()));
                Self {
                    at,
                    kind: name(TimelineKind::Order),
                    what: texts.with("timeline-order-number", "order", order.key.external_id.as_str()),
                    details: vec![status, cost, texts.count("timeline-order-items", items)],
                }
            }
            TimelineItem::Decision(_, decision) => {
                let sentence = Sentence::of(decision, texts);
                Self {
                    at,
                    kind: name(TimelineKind::Decision),
                    what: sentence.what,
                    details: vec![sentence.why],
                }
            }
        }
    }
}

/// A cursor for the address of the next page: event, decision and order with `_` between them, any of them blank.
pub(super) fn write_cursor(cursor: &TimelineCursor) -> String {
    let place = |(at, id): Place| format!("{}.{}", at.timestamp_micros(), id.0.simple());
    let event = cursor.event.map(place).unwrap_or_default();
    let decision = cursor.decision.map(|id| id.0.simple().to_string()).unwrap_or_default();
    let order = cursor.order.map(place).unwrap_or_default();
    format!("{event}_{decision}_{order}")
}

/// Reads what [`write_cursor`] wrote.
pub(super) fn read_cursor(text: &str) -> Option<TimelineCursor> {
    let mut parts = text.splitn(3, '_');
    let (event, decision, order) = (parts.next()?, parts.next()?, parts.next()?);
    Some(TimelineCursor {
        event: read_part(event, read_place)?,
        decision: read_part(decision, read_decision)?,
        order: read_part(order, read_place)?,
    })
}

/// A blank part says nothing; one that cannot be read makes the whole unreadable.
#[allow(
    clippy::option_option,
    reason = "the outer one says whether it can be read, the inner one whether it says something"
)]
fn read_part<T>(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    if text.is_empty() {
        Some(None)
    } else {
        read(text).map(Some)
    }
}

fn read_decision(text: &str) -> Option<DecisionId> {
    Uuid::parse_str(text).ok().map(DecisionId)
}

fn read_place(text: &str) -> Option<Place> {
    let (micros, id) = text.split_once('.')?;
    let at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
    Some((at, read_decision(id)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back() {
        let at = DateTime::from_timestamp_micros(1_767_000_000_000_001).unwrap_or_default();
        let place = Some((at, DecisionId(Uuid::from_u128(7))));
        for number in 0..8 {
            let cursor = TimelineCursor {
                event: place.filter(|_| number & 1 > 0),
                decision: Some(DecisionId(Uuid::from_u128(8))).filter(|_| number & 2 > 0),
                order: place.filter(|_| number & 4 > 0),
            };
            assert_eq!(read_cursor(&write_cursor(&cursor)), Some(cursor));
        }
        for text in ["", "x", "1_2_3", "x.y__", "__x"] {
            assert_eq!(read_cursor(text), None, "{text}");
        }
    }
}
