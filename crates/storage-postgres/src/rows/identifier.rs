//! Identifiers, records of values, memberships, visitors.

use super::records::{Fields, Record};
use super::{corrupt, json, to_json};
use selfsame_application::ports::StorageError;
use selfsame_domain::values::{ChannelType, Source};
use selfsame_domain::{
    ChannelDetails, ContactId, HeldIdentifier, Identifier, IdentifierKey, IdentifierKind, IdentifierState, KeyRecord,
    Membership, SegmentId, Timestamp, Visitor, VisitorId, Waiting,
};
use sqlx::error::BoxDynError;
use uuid::Uuid;

/// A row of `identifiers`.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "identifier_v1")]
pub(crate) struct IdentifierRecord {
    home_id: i64,
    owner_id: i64,
    first_seen: Timestamp,
    last_seen: Timestamp,
    hidden_by: Option<i64>,
    kind: i16,
    state: i16,
    channels: i16,
    source: i16,
    confirmed: bool,
    value: String,
    /// None where it equals the value.
    typed: Option<String>,
    details: Option<String>,
    /// The external ID that the value was seen with, if the record of the value contains nothing else.
    seen_with: Option<Uuid>,
}

impl IdentifierRecord {
    /// A row to write.
    pub(crate) fn new(held: &HeldIdentifier, seen_with: Option<Uuid>) -> Result<Self, StorageError> {
        let (key, typed) = (held.key(), &held.identifier.typed);
        let details = (!held.details.is_empty()).then(|| to_json(&held.details));
        Ok(Self {
            home_id: held.home.0,
            owner_id: held.owner.0,
            first_seen: held.first_seen,
            last_seen: held.last_seen,
            hidden_by: held.hidden_by.map(|id| id.0),
            kind: key.kind.code(),
            state: held.state.code(),
            channels: ChannelType::bits(&held.channels),
            source: held.source.code(),
            confirmed: held.confirmed,
            value: key.value.clone(),
            typed: (*typed != key.value).then(|| typed.clone()),
            details: details.transpose()?,
            seen_with,
        })
    }
}

impl Record for IdentifierRecord {
    fn read(fields: &mut Fields<'_>) -> Result<Self, BoxDynError> {
        Ok(Self {
            home_id: fields.get()?,
            owner_id: fields.get()?,
            first_seen: fields.get()?,
            last_seen: fields.get()?,
            hidden_by: fields.optional()?,
            kind: fields.get()?,
            state: fields.get()?,
            channels: fields.get()?,
            source: fields.get()?,
            confirmed: fields.get()?,
            value: fields.get()?,
            typed: fields.optional()?,
            details: fields.optional()?,
            seen_with: fields.optional()?,
        })
    }
}

impl TryFrom<IdentifierRecord> for HeldIdentifier {
    type Error = StorageError;

    fn try_from(record: IdentifierRecord) -> Result<Self, StorageError> {
        // Errors name the home contact, never the value.
        let home = record.home_id;
        let wrong = |column| move || corrupt("identifiers", column, &home);
        let details = match record.details {
            Some(text) => json(&text, "identifiers", "details", &home)?,
            None => ChannelDetails::default(),
        };
        let typed = record.typed.unwrap_or_else(|| record.value.clone());
        Ok(Self {
            identifier: Identifier {
                key: IdentifierKey {
                    kind: IdentifierKind::from_code(record.kind).ok_or_else(wrong("kind"))?,
                    value: record.value,
                },
                typed,
            },
            home: ContactId(home),
            owner: ContactId(record.owner_id),
            state: IdentifierState::from_code(record.state).ok_or_else(wrong("state"))?,
            hidden_by: record.hidden_by.map(ContactId),
            channels: ChannelType::from_bits(record.channels).ok_or_else(wrong("channels"))?,
            details,
            confirmed: record.confirmed,
            source: Source::from_code(record.source).ok_or_else(wrong("source"))?,
            first_seen: record.first_seen,
            last_seen: record.last_seen,
        })
    }
}

/// Reads a kind and a value.
pub(crate) fn identifier_key(kind: i16, value: String) -> Result<IdentifierKey, StorageError> {
    let kind = IdentifierKind::from_code(kind).ok_or_else(|| corrupt("identifier_values", "kind", &kind))?;
    Ok(IdentifierKey { kind, value })
}

/// A row of `identifier_values`.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "value_v1")]
pub(crate) struct ValueRecord {
    kind: i16,
    value: String,
    /// None when empty.
    seen_with: Option<Vec<Uuid>>,
    unsubscribed_at: Option<Timestamp>,
    waiting: Option<Uuid>,
    waiting_since: Option<Timestamp>,
}

impl Record for ValueRecord {
    fn read(fields: &mut Fields<'_>) -> Result<Self, BoxDynError> {
        Ok(Self {
            kind: fields.get()?,
            value: fields.get()?,
            seen_with: fields.optional()?,
            unsubscribed_at: fields.optional()?,
            waiting: fields.optional()?,
            waiting_since: fields.optional()?,
        })
    }
}

impl From<&(IdentifierKey, KeyRecord)> for ValueRecord {
    fn from((key, record): &(IdentifierKey, KeyRecord)) -> Self {
        let seen_with: Vec<Uuid> = record.seen_with.iter().copied().collect();
        Self {
            kind: key.kind.code(),
            value: key.value.clone(),
            seen_with: (!seen_with.is_empty()).then_some(seen_with),
            unsubscribed_at: record.unsubscribed_at,
            waiting: record.waiting.map(|waiting| waiting.visitor.0),
            waiting_since: record.waiting.map(|waiting| waiting.since),
        }
    }
}

impl TryFrom<ValueRecord> for (IdentifierKey, KeyRecord) {
    type Error = StorageError;

    fn try_from(row: ValueRecord) -> Result<Self, StorageError> {
        let waiting = row.waiting.zip(row.waiting_since).map(|(visitor, since)| Waiting {
            visitor: VisitorId(visitor),
            since,
        });
        let record = KeyRecord {
            seen_with: row.seen_with.unwrap_or_default().into_iter().collect(),
            unsubscribed_at: row.unsubscribed_at,
            waiting,
        };
        Ok((identifier_key(row.kind, row.value)?, record))
    }
}

/// The external ID that a value was seen with, if its record contains nothing else.
pub(crate) fn single_sighting(record: &KeyRecord) -> Option<Uuid> {
    let mut seen = record.seen_with.iter();
    let (first, more) = (seen.next(), seen.next());
    let nothing_else = record.unsubscribed_at.is_none() && record.waiting.is_none() && more.is_none();
    first.copied().filter(|_| nothing_else)
}

/// A row of `segment_members`.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "membership_v1")]
pub(crate) struct MembershipRecord {
    segment_id: i64,
    home_id: i64,
    owner_id: i64,
    hidden_by: Option<i64>,
    since: Timestamp,
}

impl Record for MembershipRecord {
    fn read(fields: &mut Fields<'_>) -> Result<Self, BoxDynError> {
        Ok(Self {
            segment_id: fields.get()?,
            home_id: fields.get()?,
            owner_id: fields.get()?,
            hidden_by: fields.optional()?,
            since: fields.get()?,
        })
    }
}

impl From<&Membership> for MembershipRecord {
    fn from(member: &Membership) -> Self {
        Self {
            segment_id: member.segment.0,
            home_id: member.home.0,
            owner_id: member.owner.0,
            hidden_by: member.hidden_by.map(|id| id.0),
            since: member.since,
        }
    }
}

impl From<MembershipRecord> for Membership {
    fn from(record: MembershipRecord) -> Self {
        Self {
            segment: SegmentId(record.segment_id),
            home: ContactId(record.home_id),
            owner: ContactId(record.owner_id),
            hidden_by: record.hidden_by.map(ContactId),
            since: record.since,
        }
    }
}

/// A row of `visitors`.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "visitor_v1")]
pub(crate) struct VisitorRecord {
    visitor_id: Uuid,
    home_id: Option<i64>,
    owner_id: Option<i64>,
    since: Timestamp,
    closed_at: Option<Timestamp>,
    kind: i16,
    follows: bool,
    value: String,
}

impl From<&Visitor> for VisitorRecord {
    fn from(visitor: &Visitor) -> Self {
        Self {
            visitor_id: visitor.id.0,
            home_id: visitor.home.map(|id| id.0),
            owner_id: visitor.owner.map(|id| id.0),
            since: visitor.since,
            closed_at: visitor.closed_at,
            kind: visitor.key.kind.code(),
            follows: visitor.follows,
            value: visitor.key.value.clone(),
        }
    }
}

impl TryFrom<VisitorRecord> for Visitor {
    type Error = StorageError;

    fn try_from(record: VisitorRecord) -> Result<Self, StorageError> {
        Ok(Self {
            id: VisitorId(record.visitor_id),
            key: identifier_key(record.kind, record.value)?,
            home: record.home_id.map(ContactId),
            owner: record.owner_id.map(ContactId),
            since: record.since,
            closed_at: record.closed_at,
            follows: record.follows,
        })
    }
}

/// A value, and whether its holders are requested.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "asked_key_v1")]
pub(crate) struct RequestedKeyRecord {
    kind: i16,
    value: String,
    held: bool,
}

impl RequestedKeyRecord {
    pub(crate) fn new(key: &IdentifierKey, held: bool) -> Self {
        Self {
            kind: key.kind.code(),
            value: key.value.clone(),
            held,
        }
    }
}

/// A value, and a time in the past.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "late_key_v1")]
pub(crate) struct LateKeyRecord {
    kind: i16,
    value: String,
    at: Timestamp,
}

impl From<&(IdentifierKey, Timestamp)> for LateKeyRecord {
    fn from((key, at): &(IdentifierKey, Timestamp)) -> Self {
        Self {
            kind: key.kind.code(),
            value: key.value.clone(),
            at: *at,
        }
    }
}

/// An identifier to delete.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "held_key_v1")]
pub(crate) struct HeldKeyRecord {
    kind: i16,
    value: String,
    home_id: i64,
}

impl From<&(IdentifierKey, ContactId)> for HeldKeyRecord {
    fn from((key, home): &(IdentifierKey, ContactId)) -> Self {
        Self {
            kind: key.kind.code(),
            value: key.value.clone(),
            home_id: home.0,
        }
    }
}

/// A membership to delete.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "member_key_v1")]
pub(crate) struct MemberKeyRecord {
    segment_id: i64,
    home_id: i64,
}

impl From<&(SegmentId, ContactId)> for MemberKeyRecord {
    fn from((segment, home): &(SegmentId, ContactId)) -> Self {
        Self {
            segment_id: segment.0,
            home_id: home.0,
        }
    }
}
