//! Events.

use crate::values::{EventKeyValue, EventTypeKey, ValueError};
use crate::{
    ContactId, ContactRequest, DecisionId, EventId, Identifier, IdentifierKey, OrderKey, OrderStatus, Timestamp,
    VisitorId,
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// The key of the events that are page views (wire fact).
pub const PAGE_VIEW: &str = "PageView";

/// The subject of an event. It never changes. Reading a contact's history includes its visitors and the contacts that it absorbed, so adoptions
/// and merges leave the event as it is (identity rules 4, 7 and 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A known contact.
    Contact(ContactId),
    /// A visitor: no contact held the identifier then.
    Visitor(VisitorId),
}

/// How an event was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A call with a secret key.
    Api,
    /// A web page.
    Web,
    /// A mobile application.
    Mobile,
    /// Selfsame itself, about a subscription or an order.
    Selfsame,
}

impl Origin {
    /// Every origin.
    pub const ALL: [Self; 4] = [Self::Api, Self::Web, Self::Mobile, Self::Selfsame];

    /// The stable text of the origin, as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Web => "web",
            Self::Mobile => "mobile",
            Self::Selfsame => "selfsame",
        }
    }

    /// The number in storage. Never renumbered.
    pub fn code(self) -> i16 {
        match self {
            Self::Api => 1,
            Self::Web => 2,
            Self::Mobile => 3,
            Self::Selfsame => 4,
        }
    }

    /// Reads what [`Self::code`] wrote.
    pub fn from_code(code: i16) -> Option<Self> {
        [Self::Api, Self::Web, Self::Mobile, Self::Selfsame]
            .into_iter()
            .find(|known| known.code() == code)
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.as_str() == text)
    }
}

/// The parameters of an event: a JSON object in compact form, its members ordered by name. The rules do not read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventParams(String);

impl EventParams {
    /// The most bytes (wire fact: a request of 20 KB).
    pub const MAX_BYTES: usize = 20 * 1024;

    /// Reads a JSON object.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let members: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|_| ValueError::NotAnObject)?;
        Self::bounded(serde_json::to_string(&members).map_err(|_| ValueError::NotAnObject)?)
    }

    /// Makes parameters of names and texts.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> Result<Self, ValueError> {
        let members: BTreeMap<&str, String> = pairs.into_iter().collect();
        Self::bounded(serde_json::to_string(&members).map_err(|_| ValueError::NotAnObject)?)
    }

    fn bounded(text: String) -> Result<Self, ValueError> {
        if text.len() > Self::MAX_BYTES {
            return Err(ValueError::TooManyBytes {
                max: Self::MAX_BYTES,
                actual: text.len(),
            });
        }
        Ok(Self(text))
    }

    /// The object as text.
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

impl Default for EventParams {
    fn default() -> Self {
        Self("{}".to_owned())
    }
}

/// An event as it is stored. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its identity.
    pub id: EventId,
    /// The decision that stored it. Of two events of one moment the one with the later decision arrived later; a decision stores at most one.
    pub decision: DecisionId,
    /// Its type.
    pub type_key: EventTypeKey,
    /// Its key value, such as the ID of an order.
    pub key_value: Option<EventKeyValue>,
    /// Its subject; none if no identifier of the event is evidence of a person.
    pub subject: Option<Subject>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
    /// How it was received.
    pub origin: Origin,
    /// Its parameters.
    pub params: EventParams,
}

impl Event {
    /// Its position in a history.
    pub fn place(&self) -> Place {
        (self.occurred_at, self.decision)
    }
}

/// A position in a history: when something happened, then in which order it arrived.
pub type Place = (Timestamp, DecisionId);

/// The statistics of one event type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventType {
    /// Its key, compared exactly.
    pub key: EventTypeKey,
    /// Whether an event of this type creates the contact that it names if it does not exist (wire fact: segmentation is on).
    pub creates_contacts: bool,
    /// When the first one was received, if there was one.
    pub first_seen: Option<Timestamp>,
    /// When the last one was received.
    pub last_seen: Option<Timestamp>,
    /// How many were received, including those that were erased or expired, without those that [`crate::Command::DeleteEvents`] deleted.
    pub count: u64,
}

/// How many events of one type a batch adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventCount {
    /// The type.
    pub key: EventTypeKey,
    /// How many more; at least one.
    pub added: u64,
    /// When the first one was received.
    pub first: Timestamp,
    /// When the last one was received.
    pub last: Timestamp,
}

/// A period of which events are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPeriod {
    /// Events that happened at this time or later.
    pub from: Timestamp,
    /// Only those that happened before this time.
    pub until: Timestamp,
}

impl EventPeriod {
    /// The most events that one command deletes, so that it does not delay others.
    pub const MOST_AT_ONCE: usize = 5_000;
}

/// The parts of a stored event that its deletion needs; ordered by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredEvent {
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Its identity.
    pub id: EventId,
    /// Its type.
    pub type_key: EventTypeKey,
}

/// An event as a request sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRequest {
    /// The contact: identifiers only.
    pub contact: ContactRequest,
    /// The ID that the sender gave it: of events with the same one only the first is stored.
    pub id: Option<EventId>,
    /// Its type.
    pub type_key: EventTypeKey,
    /// Its key value.
    pub key_value: Option<EventKeyValue>,
    /// When it happened; none for the time of its arrival.
    pub occurred_at: Option<Timestamp>,
    /// How it was received.
    pub origin: Origin,
    /// Its parameters.
    pub params: EventParams,
}

impl EventRequest {
    /// How much older than its arrival an event must be to be late, in seconds: batches take a while, and clocks of browsers and phones may be
    /// wrong by as much.
    const LATE_SECONDS: i64 = 60;

    /// When it happened, if it arrives so late that its tokens, devices and cookies may have had another owner then (identity rule 4).
    pub(crate) fn past(&self, received_at: Timestamp) -> Option<Timestamp> {
        let since = received_at - TimeDelta::seconds(Self::LATE_SECONDS);
        self.occurred_at.filter(|occurred| *occurred < since)
    }
}

/// History that waits behind an identifier, other than a cookie, for a contact that can be found by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The visitor that has the history.
    pub visitor: VisitorId,
    /// When it begins.
    pub since: Timestamp,
}

impl Waiting {
    /// The visitor as it is stored while it waits.
    pub fn of(self, key: &IdentifierKey) -> crate::Visitor {
        crate::Visitor {
            id: self.visitor,
            key: key.clone(),
            home: None,
            owner: None,
            since: self.since,
            closed_at: None,
            follows: false,
        }
    }
}

impl EventId {
    /// The ID of the `ordinal`-th event that a decision stores; derived for the same reason as [`crate::MergeId::of`].
    pub fn of(decision: DecisionId, ordinal: usize) -> Self {
        Self::derived(decision.0, &ordinal.to_string())
    }

    /// The ID of the event to which a sender gave this ID, within its workspace.
    pub fn sent(text: &str) -> Self {
        Self::derived(uuid::Uuid::NAMESPACE_OID, text)
    }

    /// The ID of an event of a page, by the ID that the page gave it. It is unique within the place (a site or a workspace) and the cookie, so
    /// that a sender cannot occupy the IDs of other visitors' events.
    pub fn of_page(place: &str, cookie: Option<&Identifier>, sent: &str) -> Self {
        let cookie = cookie.map_or("", |cookie| cookie.key.value.as_str());
        Self::sent(&format!("{place} {cookie} {sent}"))
    }

    /// The ID of an event of an app, by the ID that the app gave it; unique within the place and the device, for the same reason.
    pub fn of_app(place: &str, device: &Identifier, sent: &str) -> Self {
        Self::sent(&json!([place, device.key.value.as_str(), "sent", sent]).to_string())
    }

    /// The ID of an event of an app that gave it none: an event of the same device, type, time (as it was sent) and parameters is the same event.
    pub fn of_app_content(
        place: &str,
        device: &Identifier,
        type_key: &EventTypeKey,
        occurred: &str,
        params: &EventParams,
    ) -> Self {
        let content = [type_key.as_str(), occurred.trim(), params.as_json()];
        Self::sent(&json!([place, device.key.value.as_str(), "content", content]).to_string())
    }

    /// The IDs that an event `order<STATUS>` may have: one for the first time that the order has the status, and one for the status at a date,
    /// for an order that returns to it.
    pub fn of_order(order: &OrderKey, status: OrderStatus, date: Timestamp) -> [Self; 2] {
        let mut first = format!("{} {}", status.as_str(), order.external_id);
        // A line break is in no number.
        first.extend(order.store_id.iter().map(|store| format!("\n{store}")));
        let again = format!("{} {first}", date.timestamp_micros());
        [first, again].map(|text| Self::derived(uuid::Uuid::NAMESPACE_URL, &text))
    }

    fn derived(space: uuid::Uuid, text: &str) -> Self {
        Self(uuid::Uuid::new_v5(&space, format!("event:{text}").as_bytes()))
    }
}

/// Whether an event or an order is dated more than a day ahead of the server's time: clocks and time zones differ by less. It would be shown
/// before everything that happens until then, and no later request could correct an order with such a date.
pub fn is_dated_ahead(date: Timestamp, now: Timestamp) -> bool {
    const MOST: TimeDelta = TimeDelta::days(1);
    date - now > MOST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_an_object_in_one_form() {
        let params = EventParams::parse(r#"{ "b": [1, {"d": 2, "c": 1.50}], "a": "Їжак" }"#);
        let expected = r#"{"a":"Їжак","b":[1,{"c":1.5,"d":2}]}"#;
        assert_eq!(params.as_ref().map(EventParams::as_json), Ok(expected));
        for text in ["", "[]", "1", "null", "{"] {
            assert_eq!(EventParams::parse(text), Err(ValueError::NotAnObject), "{text}");
        }
        let pairs = EventParams::of([("b", "\"".to_owned()), ("a", String::new())]);
        assert_eq!(pairs.as_ref().map(EventParams::as_json), Ok(r#"{"a":"","b":"\""}"#));
    }

    #[test]
    fn parameters_are_bounded() {
        let object = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8));
        assert!(EventParams::parse(&object(EventParams::MAX_BYTES)).is_ok());
        let error = ValueError::TooManyBytes {
            max: EventParams::MAX_BYTES,
            actual: EventParams::MAX_BYTES + 1,
        };
        assert_eq!(EventParams::parse(&object(EventParams::MAX_BYTES + 1)), Err(error));
    }

    #[test]
    fn event_ids_are_distinct() {
        let decision = DecisionId(uuid::Uuid::NAMESPACE_OID);
        assert_ne!(EventId::of(decision, 0), EventId::of(decision, 1));
        assert_eq!(EventId::sent("a"), EventId::sent("a"));
        assert_ne!(EventId::sent("0"), EventId::sent("1"));
        for origin in Origin::ALL {
            assert_eq!(Origin::from_text(origin.as_str()), Some(origin));
        }
    }
}
