//! What people did.

use crate::values::{EventKeyValue, EventTypeKey, ValueError};
use crate::{
    ContactId, ContactRequest, DecisionId, EventId, IdentifierKey, OrderKey, OrderStatus, Timestamp, VisitorId,
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The key of the events that are page views (wire fact).
pub const PAGE_VIEW: &str = "PageView";

/// Who left an event. It is set once: when a contact adopts a visitor or is merged, the event stays as it is, and whoever reads a
/// contact's history reads that of its visitors and of those that it absorbed (identity rules 4, 7 and 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A contact that was known.
    Contact(ContactId),
    /// A visitor: somebody behind an identifier that no contact held then.
    Visitor(VisitorId),
}

/// Which way an event came.
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

/// The parameters of an event: a JSON object in compact form, its members ordered by name. Never looked into when deciding.
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

/// An event as it is kept. Never rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its identity.
    pub id: EventId,
    /// The decision that kept it. Of events of one moment the one of the later decision arrived later; a decision keeps one at the most.
    pub decision: DecisionId,
    /// What sort of event it is.
    pub type_key: EventTypeKey,
    /// What it is about, such as an order.
    pub key_value: Option<EventKeyValue>,
    /// Who left it; none when the event named nobody who can be told from others.
    pub subject: Option<Subject>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it came.
    pub received_at: Timestamp,
    /// Which way it came.
    pub origin: Origin,
    /// What else is known about it.
    pub params: EventParams,
}

impl Event {
    /// Its place in a history.
    pub fn place(&self) -> Place {
        (self.occurred_at, self.decision)
    }
}

/// A place in a history: when something happened, then in which order it arrived.
pub type Place = (Timestamp, DecisionId);

/// What is known of the events of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventType {
    /// Its key, compared exactly.
    pub key: EventTypeKey,
    /// Whether an event of this type makes a contact when it names one that is not there (wire fact: segmentation is on).
    pub creates_contacts: bool,
    /// When the first of them came, if one did.
    pub first_seen: Option<Timestamp>,
    /// When the last of them came.
    pub last_seen: Option<Timestamp>,
    /// How many ever came, those that were erased or expired included, without those that were deleted by [`crate::Command::DeleteEvents`].
    pub count: u64,
}

/// How many events of one type a batch adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventCount {
    /// The type.
    pub key: EventTypeKey,
    /// How many more; at least one.
    pub added: u64,
    /// When the first of them came.
    pub first: Timestamp,
    /// When the last of them came.
    pub last: Timestamp,
}

/// The time whose events are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPeriod {
    /// Events that happened at this time or later.
    pub from: Timestamp,
    /// Only those that happened before this time.
    pub until: Timestamp,
}

impl EventPeriod {
    /// How many events a command deletes at the most, so that nobody waits long for it.
    pub const MOST_AT_ONCE: usize = 5_000;
}

/// As much of a stored event as deleting it asks for, in the order of time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredEvent {
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Its identity.
    pub id: EventId,
    /// What sort of event it is.
    pub type_key: EventTypeKey,
}

/// An event as a request tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRequest {
    /// Who it is about: identifiers only.
    pub contact: ContactRequest,
    /// The identity that the sender gave it: an event with the same one is stored once.
    pub id: Option<EventId>,
    /// What sort of event it is.
    pub type_key: EventTypeKey,
    /// What it is about.
    pub key_value: Option<EventKeyValue>,
    /// When it happened; none for now.
    pub occurred_at: Option<Timestamp>,
    /// Which way it came.
    pub origin: Origin,
    /// What else is known about it.
    pub params: EventParams,
}

impl EventRequest {
    /// How much older than its arrival an event must be to be late, in seconds: batches take a while, and so much may the clock of a
    /// browser or a phone be wrong.
    const LATE_SECONDS: i64 = 60;

    /// When it happened, if it comes so late that the tokens, devices and cookies that it names may have been another's then (identity
    /// rule 4).
    pub(crate) fn past(&self, received_at: Timestamp) -> Option<Timestamp> {
        let since = received_at - TimeDelta::seconds(Self::LATE_SECONDS);
        self.occurred_at.filter(|occurred| *occurred < since)
    }
}

/// The history that waits for somebody to hold an identifier. Cookies have [`crate::Visitor`]s of their own, which go on when
/// somebody is found; those that stand for the owners of a token or a device that moved are others, and nothing waits with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The visitor that the history was left by.
    pub visitor: VisitorId,
    /// When it begins.
    pub since: Timestamp,
}

impl Waiting {
    /// The visitor as it is stored while nobody holds the identifier.
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
    /// The identity of the `ordinal`-th event that a decision keeps; derived for the same reason as [`crate::MergeId::of`].
    pub fn of(decision: DecisionId, ordinal: usize) -> Self {
        Self::derived(decision.0, &ordinal.to_string())
    }

    /// The identity of the event that a sender calls so, within its workspace.
    pub fn sent(text: &str) -> Self {
        Self::derived(uuid::Uuid::NAMESPACE_OID, text)
    }

    /// The identities that an event `order<STATUS>` may have: that of the first time that the order has the status, then that of the
    /// status at a date, for an order that comes back to it.
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

/// Whether an event or an order is dated more than a day ahead of the server's time, further than clocks and time zones differ. Such a date
/// would stand before all that happens until then, and no later request could correct an order of it.
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
    fn identities_are_told_apart() {
        let decision = DecisionId(uuid::Uuid::NAMESPACE_OID);
        assert_ne!(EventId::of(decision, 0), EventId::of(decision, 1));
        assert_eq!(EventId::sent("a"), EventId::sent("a"));
        assert_ne!(EventId::sent("0"), EventId::sent("1"));
        for origin in Origin::ALL {
            assert_eq!(Origin::from_text(origin.as_str()), Some(origin));
        }
    }
}
