//! Events and their types.

use super::corrupt;
use selfsame_application::ports::StorageError;
use selfsame_domain::values::{EventKeyValue, EventTypeKey};
use selfsame_domain::{
    ContactId, DecisionId, Event, EventCount, EventId, EventParams, Origin, StoredEvent, Subject, Timestamp, VisitorId,
};
use std::fmt::Display;
use uuid::Uuid;

/// A row of `events`.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "event_v1")]
pub(crate) struct EventRecord {
    event_id: Uuid,
    decision_id: Uuid,
    occurred_at: Timestamp,
    received_at: Timestamp,
    contact_id: Option<i64>,
    visitor_id: Option<Uuid>,
    origin: i16,
    type_key: String,
    key_value: Option<String>,
    params: String,
}

impl From<&Event> for EventRecord {
    fn from(event: &Event) -> Self {
        let (contact_id, visitor_id) = match event.subject {
            Some(Subject::Contact(id)) => (Some(id.0), None),
            Some(Subject::Visitor(id)) => (None, Some(id.0)),
            None => (None, None),
        };
        Self {
            event_id: event.id.0,
            decision_id: event.decision.0,
            occurred_at: event.occurred_at,
            received_at: event.received_at,
            contact_id,
            visitor_id,
            origin: event.origin.code(),
            type_key: event.type_key.as_str().to_owned(),
            key_value: event.key_value.as_ref().map(|value| value.as_str().to_owned()),
            params: event.params.as_json().to_owned(),
        }
    }
}

impl TryFrom<EventRecord> for Event {
    type Error = StorageError;

    fn try_from(record: EventRecord) -> Result<Self, StorageError> {
        let id = record.event_id;
        let wrong = |column| move || corrupt("events", column, &id);
        let contact = record.contact_id.map(|id| Subject::Contact(ContactId(id)));
        let visitor = record.visitor_id.map(|id| Subject::Visitor(VisitorId(id)));
        let key_value = record.key_value.map(|text| EventKeyValue::parse(&text));
        Ok(Self {
            id: EventId(id),
            decision: DecisionId(record.decision_id),
            type_key: event_type(&record.type_key, "events", "type_key", &id)?,
            key_value: key_value.transpose().map_err(|_| wrong("key_value")())?,
            subject: contact.or(visitor),
            occurred_at: record.occurred_at,
            received_at: record.received_at,
            origin: Origin::from_code(record.origin).ok_or_else(wrong("origin"))?,
            params: EventParams::parse(&record.params).map_err(|_| wrong("params")())?,
        })
    }
}

/// The columns of `events` that a deletion needs.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "stored_event_v1")]
pub(crate) struct StoredEventRecord {
    occurred_at: Timestamp,
    event_id: Uuid,
    type_key: String,
}

impl From<&StoredEvent> for StoredEventRecord {
    fn from(event: &StoredEvent) -> Self {
        Self {
            occurred_at: event.occurred_at,
            event_id: event.id.0,
            type_key: event.type_key.as_str().to_owned(),
        }
    }
}

impl TryFrom<StoredEventRecord> for StoredEvent {
    type Error = StorageError;

    fn try_from(record: StoredEventRecord) -> Result<Self, StorageError> {
        Ok(Self {
            occurred_at: record.occurred_at,
            id: EventId(record.event_id),
            type_key: event_type(&record.type_key, "events", "type_key", &record.event_id)?,
        })
    }
}

/// The change of a row of `event_types` by a batch.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "event_count_v1")]
pub(crate) struct EventCountRecord {
    key: String,
    first_seen: Option<Timestamp>,
    last_seen: Option<Timestamp>,
    count: i64,
}

impl From<&EventCount> for EventCountRecord {
    fn from(count: &EventCount) -> Self {
        Self {
            key: count.key.as_str().to_owned(),
            first_seen: Some(count.first),
            last_seen: Some(count.last),
            count: count.added.cast_signed(),
        }
    }
}

impl From<&(EventTypeKey, u64)> for EventCountRecord {
    fn from((key, count): &(EventTypeKey, u64)) -> Self {
        Self {
            key: key.as_str().to_owned(),
            first_seen: None,
            last_seen: None,
            count: count.cast_signed(),
        }
    }
}

/// Whether events of a type create contacts.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "creating_v1")]
pub(crate) struct CreatingRecord {
    key: String,
    creates_contacts: bool,
}

impl From<&(EventTypeKey, bool)> for CreatingRecord {
    fn from((key, creates_contacts): &(EventTypeKey, bool)) -> Self {
        Self {
            key: key.as_str().to_owned(),
            creates_contacts: *creates_contacts,
        }
    }
}

/// Reads the key of a type.
pub(crate) fn event_type(
    text: &str,
    table: &'static str,
    column: &'static str,
    key: &dyn Display,
) -> Result<EventTypeKey, StorageError> {
    EventTypeKey::parse(text).map_err(|_| corrupt(table, column, key))
}
