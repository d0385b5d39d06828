//! Random history: events and orders of random contacts.

use super::step::{Happening, POOL};
use crate::{RequestBuilder, event_type, keep, keep_order};
use chrono::TimeDelta;
use selfsame_domain::{Command, EventId, EventPeriod, EventRequest, OrderStatus, Timestamp};

const TYPES: [&str; POOL] = ["seen", "PageView", "Їжак", "wished"];
const STATUSES: [OrderStatus; POOL] = [
    OrderStatus::Initialized,
    OrderStatus::InProgress,
    OrderStatus::Delivered,
    OrderStatus::Cancelled,
];
/// Days ago.
const AGES: [i64; POOL] = [0, 20, 70, 400];

/// The command that records it.
pub(super) fn command(happening: Happening, builder: RequestBuilder, now: Timestamp) -> Command {
    match happening {
        Happening::Event { type_key, age, sent } => keep(EventRequest {
            id: sent.map(|number| EventId::sent(&number.to_string())),
            occurred_at: age.map(|age| ago(now, age)),
            ..builder.happened(TYPES[type_key])
        }),
        Happening::Order { number, status, age } => {
            keep_order(builder.ordered(&number.to_string(), STATUSES[status], ago(now, age)))
        }
    }
}

/// Whether events of a type create contacts.
pub(super) fn creating(type_key: usize, creating: bool) -> Command {
    let key = event_type(TYPES[type_key]);
    Command::SetCreating { key, creating }
}

/// The command that deletes the events between two ages.
pub(super) fn deleted(age: usize, now: Timestamp) -> Command {
    let (from, until) = (ago(now, age), ago(now, age) + TimeDelta::days(100));
    Command::DeleteEvents(EventPeriod { from, until })
}

/// Rounded to the beginning of five minutes, so that several events have one time, and some precede the move of a cookie.
fn ago(now: Timestamp, age: usize) -> Timestamp {
    let begun = now.timestamp() / 300 * 300;
    Timestamp::from_timestamp(begun, 0).unwrap_or(now) - TimeDelta::days(AGES[age])
}
