//! What rows look like between the database and the domain.
//!
//! Statements that return rows of several tables return each table's as an array of records, so that one round trip is enough. A macro
//! per table says the columns of its record, and a type of the same shape says how it is read.

use selfsame_application::ports::StorageError;
use selfsame_domain::values::{
    CategoryKey, CategoryName, ChannelType, EventKeyValue, EventTypeKey, FieldType, SegmentName, Source,
};
use selfsame_domain::{
    Attributes, Category, CategoryId, ChannelDetails, Contact, ContactId, ContactState, CustomField, DecisionId, Event,
    EventId, EventParams, FieldId, HeldIdentifier, Identifier, IdentifierKey, IdentifierKind, IdentifierState,
    KeyRecord, Membership, Merge, MergeId, MergeRule, Origin, Segment, SegmentId, Subject, Timestamp, Visitor,
    VisitorId, Waiting,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use uuid::Uuid;

/// A row of `contacts c` and its `profiles p`.
macro_rules! contact_record {
    () => {
        "ROW(c.contact_id, c.state, c.canonical_id, c.merged_into, c.source, c.created_at, c.updated_at, p.attributes::text)"
    };
}

/// Who answers for the number `$2`, active or removed, and its whole group: `root` and `members`.
macro_rules! group {
    () => {
        "root AS MATERIALIZED (
            SELECT c.*
            FROM contacts asked
            JOIN contacts c ON c.workspace_id = $1 AND c.contact_id = asked.canonical_id
            WHERE asked.workspace_id = $1 AND asked.contact_id = $2
        ),
        members AS MATERIALIZED (
            SELECT contact_id FROM root
            UNION ALL
            SELECT c.contact_id
            FROM root
            JOIN contacts c ON c.workspace_id = $1 AND c.canonical_id = root.contact_id AND c.state = 'merged'
        )"
    };
}

/// A row of `identifiers i`.
macro_rules! identifier_record {
    () => {
        "ROW(ROW(i.kind, i.value, i.home_id, i.owner_id, i.typed, i.state, i.hidden_by, i.channels),
             ROW(i.details::text, i.confirmed, i.source, i.first_seen, i.last_seen))"
    };
}

/// A row of `segment_members m`.
macro_rules! membership_record {
    () => {
        "ROW(m.segment_id, m.home_id, m.owner_id, m.hidden_by, m.since)"
    };
}

/// A row of `identifier_keys k`.
macro_rules! key_record {
    () => {
        "ROW(k.kind, k.value, k.seen_with, k.unsubscribed_at, k.waiting, k.waiting_since)"
    };
}

/// A row of `visitors v`.
macro_rules! visitor_record {
    () => {
        "ROW(v.visitor_id, v.kind, v.value, v.home_id, v.owner_id, v.since, v.closed_at, v.follows)"
    };
}

/// A row of `merges g`.
macro_rules! merge_record {
    () => {
        "ROW(ROW(g.merge_id, g.survivor_id, g.absorbed_id, g.rule, g.evidence_kind, g.evidence_value),
             ROW(g.forced, g.decision_id, g.merged_at, g.moved::text, g.undone_at))"
    };
}

/// A row of `segments s`.
macro_rules! segment_record {
    () => {
        "ROW(s.segment_id, s.name, s.created_at)"
    };
}

/// A row of `categories y`.
macro_rules! category_record {
    () => {
        "ROW(y.category_id, y.key, y.name, y.segment_id, y.created_at, y.updated_at, y.archived)"
    };
}

/// A row of `custom_fields f`.
macro_rules! field_record {
    () => {
        "ROW(f.field_id, f.profile_key, f.field_key, f.name, f.field_type, f.allowed::text, f.required, f.identifying,
             f.archived)"
    };
}

/// A row of `events e`.
macro_rules! event_record {
    () => {
        "ROW(ROW(e.event_id, e.decision_id, e.type_key, e.key_value, e.contact_id, e.visitor_id),
             ROW(e.occurred_at, e.received_at, e.origin, e.params::text))"
    };
}

pub(crate) use {
    category_record, contact_record, event_record, field_record, group, identifier_record, key_record,
    membership_record, merge_record, segment_record, visitor_record,
};

pub(crate) type ContactRecord = (
    i64,
    String,
    i64,
    Option<i64>,
    String,
    Timestamp,
    Timestamp,
    Option<String>,
);
pub(crate) type IdentifierRecord = (
    (i16, String, i64, i64, String, String, Option<i64>, String),
    (Option<String>, bool, String, Timestamp, Timestamp),
);
pub(crate) type MembershipRecord = (i64, i64, i64, Option<i64>, Timestamp);
pub(crate) type KeyRecordRow = (
    i16,
    String,
    Vec<Uuid>,
    Option<Timestamp>,
    Option<Uuid>,
    Option<Timestamp>,
);
pub(crate) type VisitorRecord = (
    Uuid,
    i16,
    String,
    Option<i64>,
    Option<i64>,
    Timestamp,
    Option<Timestamp>,
    bool,
);
pub(crate) type EventRecord = (
    (Uuid, Uuid, String, Option<String>, Option<i64>, Option<Uuid>),
    (Timestamp, Timestamp, String, String),
);
pub(crate) type MergeRecord = (
    (Uuid, i64, i64, String, Option<i16>, Option<String>),
    (bool, Uuid, Timestamp, String, Option<Timestamp>),
);
pub(crate) type SegmentRecord = (i64, String, Timestamp);
pub(crate) type CategoryRecord = (i64, String, String, i64, Timestamp, Timestamp, bool);
pub(crate) type FieldRecord = (i64, String, String, String, String, String, bool, bool, bool);

/// A value that cannot be read back.
pub(crate) fn corrupt(table: &'static str, column: &'static str, key: &dyn Display) -> StorageError {
    StorageError::Corrupt {
        table,
        column,
        key: key.to_string(),
    }
}

/// Reads JSON that [`to_json`] wrote.
pub(crate) fn json<T: DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
    key: &dyn Display,
) -> Result<T, StorageError> {
    serde_json::from_str(text).map_err(|_| corrupt(table, column, key))
}

/// Writes a value as JSON.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, StorageError> {
    serde_json::to_string(value).map_err(|error| StorageError::Refused(Box::new(error)))
}

/// A list in the text form of arrays, for values that need no quotes: one column of a set of rows holds arrays of different lengths,
/// which an array of arrays cannot.
pub(crate) fn array_text(values: impl IntoIterator<Item = impl Display>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    format!("{{{}}}", values.join(","))
}

pub(crate) fn channels_text(channels: &BTreeSet<ChannelType>) -> String {
    let channels: Vec<&str> = channels.iter().map(|channel| channel.as_wire()).collect();
    channels.join(",")
}

/// Contacts with what they own. The identifiers and memberships are handed to their owners; each list comes ordered by its key.
pub(crate) fn contacts(
    records: Vec<ContactRecord>,
    identifiers: Vec<IdentifierRecord>,
    memberships: Vec<MembershipRecord>,
) -> Result<BTreeMap<ContactId, Contact>, StorageError> {
    let mut contacts = BTreeMap::new();
    for record in records {
        let contact = contact(record)?;
        contacts.insert(contact.id, contact);
    }
    for record in identifiers {
        let held = identifier(record)?;
        if let Some(owner) = contacts.get_mut(&held.owner) {
            owner.identifiers.push(held);
        }
    }
    for record in memberships {
        let member = membership(record);
        if let Some(owner) = contacts.get_mut(&member.owner) {
            owner.memberships.push(member);
        }
    }
    for contact in contacts.values_mut() {
        contact
            .identifiers
            .sort_by(|a, b| (a.key(), a.home).cmp(&(b.key(), b.home)));
        contact.memberships.sort_by_key(|member| (member.segment, member.home));
    }
    Ok(contacts)
}

fn contact(record: ContactRecord) -> Result<Contact, StorageError> {
    let (id, state, canonical, merged_into, source, created_at, updated_at, attributes) = record;
    let attributes = match attributes {
        Some(text) => json(&text, "profiles", "attributes", &id)?,
        None => Attributes::default(),
    };
    Ok(Contact {
        id: ContactId(id),
        state: ContactState::from_text(&state).ok_or_else(|| corrupt("contacts", "state", &id))?,
        canonical: ContactId(canonical),
        merged_into: merged_into.map(ContactId),
        source: Source::from_text(&source).ok_or_else(|| corrupt("contacts", "source", &id))?,
        created_at,
        updated_at,
        attributes,
        identifiers: Vec::new(),
        memberships: Vec::new(),
    })
}

pub(crate) fn identifier(record: IdentifierRecord) -> Result<HeldIdentifier, StorageError> {
    let ((kind, value, home, owner, typed, state, hidden_by, channels), rest) = record;
    let (details, confirmed, source, first_seen, last_seen) = rest;
    // Errors name the home, never the value.
    let wrong = |column| move || corrupt("identifiers", column, &home);
    let channels = channels.split(',').filter(|name| !name.is_empty());
    let details = match details {
        Some(text) => json(&text, "identifiers", "details", &home)?,
        None => ChannelDetails::default(),
    };
    Ok(HeldIdentifier {
        identifier: Identifier {
            key: IdentifierKey {
                kind: IdentifierKind::from_code(kind).ok_or_else(wrong("kind"))?,
                value,
            },
            typed,
        },
        home: ContactId(home),
        owner: ContactId(owner),
        state: IdentifierState::from_text(&state).ok_or_else(wrong("state"))?,
        hidden_by: hidden_by.map(ContactId),
        channels: channels
            .map(|name| ChannelType::from_wire(name).ok_or_else(wrong("channels")))
            .collect::<Result<_, _>>()?,
        details,
        confirmed,
        source: Source::from_text(&source).ok_or_else(wrong("source"))?,
        first_seen,
        last_seen,
    })
}

pub(crate) fn membership((segment, home, owner, hidden_by, since): MembershipRecord) -> Membership {
    Membership {
        segment: SegmentId(segment),
        home: ContactId(home),
        owner: ContactId(owner),
        hidden_by: hidden_by.map(ContactId),
        since,
    }
}

pub(crate) fn identifier_key((kind, value): (i16, String)) -> Result<IdentifierKey, StorageError> {
    let kind = IdentifierKind::from_code(kind).ok_or_else(|| corrupt("identifier_keys", "kind", &kind))?;
    Ok(IdentifierKey { kind, value })
}

pub(crate) fn key(record: KeyRecordRow) -> Result<(IdentifierKey, KeyRecord), StorageError> {
    let (kind, value, seen_with, unsubscribed_at, waiting, since) = record;
    let waiting = waiting.zip(since).map(|(visitor, since)| Waiting {
        visitor: VisitorId(visitor),
        since,
    });
    let record = KeyRecord {
        seen_with: seen_with.into_iter().collect(),
        unsubscribed_at,
        waiting,
    };
    Ok((identifier_key((kind, value))?, record))
}

pub(crate) fn visitor(record: VisitorRecord) -> Result<Visitor, StorageError> {
    let (id, kind, value, home, owner, since, closed_at, follows) = record;
    let (home, owner) = (home.map(ContactId), owner.map(ContactId));
    Ok(Visitor {
        id: VisitorId(id),
        key: identifier_key((kind, value))?,
        home,
        owner,
        since,
        closed_at,
        follows,
    })
}

pub(crate) fn event_type(
    text: &str,
    table: &'static str,
    column: &'static str,
    key: &dyn Display,
) -> Result<EventTypeKey, StorageError> {
    EventTypeKey::parse(text).map_err(|_| corrupt(table, column, key))
}

pub(crate) fn event(record: EventRecord) -> Result<Event, StorageError> {
    let ((id, decision, type_key, key_value, contact, visitor), (occurred_at, received_at, origin, params)) = record;
    let wrong = |column| move || corrupt("events", column, &id);
    let contact = contact.map(|id| Subject::Contact(ContactId(id)));
    let visitor = visitor.map(|id| Subject::Visitor(VisitorId(id)));
    let key_value = key_value.map(|text| EventKeyValue::parse(&text));
    Ok(Event {
        id: EventId(id),
        decision: DecisionId(decision),
        type_key: event_type(&type_key, "events", "type_key", &id)?,
        key_value: key_value.transpose().map_err(|_| wrong("key_value")())?,
        subject: contact.or(visitor),
        occurred_at,
        received_at,
        origin: Origin::from_text(&origin).ok_or_else(wrong("origin"))?,
        params: EventParams::parse(&params).map_err(|_| wrong("params")())?,
    })
}

pub(crate) fn merge(record: MergeRecord) -> Result<Merge, StorageError> {
    let ((id, survivor, absorbed, rule, kind, value), (forced, decision, at, moved, undone_at)) = record;
    let evidence = match (kind, value) {
        (Some(kind), Some(value)) => {
            let kind = IdentifierKind::from_code(kind).ok_or_else(|| corrupt("merges", "evidence_kind", &id))?;
            Some(IdentifierKey { kind, value })
        }
        (None, None) => None,
        _ => return Err(corrupt("merges", "evidence_value", &id)),
    };
    Ok(Merge {
        id: MergeId(id),
        survivor: ContactId(survivor),
        absorbed: ContactId(absorbed),
        rule: MergeRule::from_text(&rule).ok_or_else(|| corrupt("merges", "rule", &id))?,
        evidence,
        forced,
        decision: DecisionId(decision),
        at,
        moved: json(&moved, "merges", "moved", &id)?,
        undone_at,
    })
}

pub(crate) fn segment((id, name, created_at): SegmentRecord) -> Result<Segment, StorageError> {
    let name = SegmentName::parse(&name).map_err(|_| corrupt("segments", "name", &id))?;
    Ok(Segment {
        id: SegmentId(id),
        name,
        created_at,
    })
}

pub(crate) fn category(record: CategoryRecord) -> Result<Category, StorageError> {
    let (id, key, name, segment, created_at, updated_at, archived) = record;
    Ok(Category {
        id: CategoryId(id),
        key: CategoryKey::parse(&key).map_err(|_| corrupt("categories", "key", &id))?,
        name: CategoryName::parse(&name).map_err(|_| corrupt("categories", "name", &id))?,
        segment: SegmentId(segment),
        created_at,
        updated_at,
        archived,
    })
}

pub(crate) fn field(record: FieldRecord) -> Result<CustomField, StorageError> {
    let (id, profile_key, field_key, name, field_type, allowed, required, identifying, archived) = record;
    Ok(CustomField {
        id: FieldId(id),
        profile_key,
        field_key,
        name,
        field_type: FieldType::from_wire(&field_type).ok_or_else(|| corrupt("custom_fields", "field_type", &id))?,
        allowed: json(&allowed, "custom_fields", "allowed", &id)?,
        required,
        identifying,
        archived,
    })
}

/// Reads a list of records.
pub(crate) fn all<R, T>(records: Vec<R>, read: impl Fn(R) -> Result<T, StorageError>) -> Result<Vec<T>, StorageError> {
    records.into_iter().map(read).collect()
}
