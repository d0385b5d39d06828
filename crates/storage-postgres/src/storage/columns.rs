//! Rows as columns: what set-based statements bind.

use super::known::Touched;
use crate::rows::{array_text, channels_text, to_json};
use selfsame_application::ports::StorageError;
use selfsame_domain::{
    AttributeKey, Attributes, ChangeSet, ContactId, ContactRow, HeldIdentifier, IdentifierKey, KeyRecord, LogEntry,
    Membership, Merge, Timestamp, Visitor,
};
use uuid::Uuid;

/// Rows of `contacts`, by number.
#[derive(Debug, Default)]
pub(super) struct ContactColumns {
    pub(super) ids: Vec<i64>,
    pub(super) states: Vec<&'static str>,
    pub(super) canonical: Vec<i64>,
    pub(super) merged_into: Vec<Option<i64>>,
    pub(super) sources: Vec<&'static str>,
    pub(super) created_at: Vec<Timestamp>,
    pub(super) updated_at: Vec<Timestamp>,
}

impl ContactColumns {
    pub(super) fn of(changes: &ChangeSet, touched: &Touched) -> Self {
        let mut rows: Vec<&ContactRow> = changes.contacts.iter().chain(&touched.contacts).collect();
        rows.sort_by_key(|row| row.id);
        let mut columns = Self::default();
        for row in rows {
            columns.ids.push(row.id.0);
            columns.states.push(row.state.as_str());
            columns.canonical.push(row.canonical.0);
            columns.merged_into.push(row.merged_into.map(|id| id.0));
            columns.sources.push(row.source.as_str());
            columns.created_at.push(row.created_at);
            columns.updated_at.push(row.updated_at);
        }
        columns
    }
}

/// Rows of `profiles`, by contact.
#[derive(Debug, Default)]
pub(super) struct ProfileColumns {
    pub(super) contacts: Vec<i64>,
    pub(super) attributes: Vec<String>,
    pub(super) first_names: Vec<Option<String>>,
    pub(super) last_names: Vec<Option<String>>,
}

impl ProfileColumns {
    pub(super) fn of(attributes: &[(ContactId, Attributes)]) -> Result<Self, StorageError> {
        let mut rows: Vec<&(ContactId, Attributes)> = attributes.iter().collect();
        rows.sort_by_key(|(contact, _)| *contact);
        let mut columns = Self::default();
        for (contact, attributes) in rows {
            let lower = |key| attributes.text(key).map(str::to_lowercase);
            columns.contacts.push(contact.0);
            columns.attributes.push(to_json(attributes)?);
            columns.first_names.push(lower(AttributeKey::FirstName));
            columns.last_names.push(lower(AttributeKey::LastName));
        }
        Ok(columns)
    }
}

/// Rows of `identifiers`, by key and home.
#[derive(Debug, Default)]
pub(super) struct IdentifierColumns<'a> {
    pub(super) kinds: Vec<i16>,
    pub(super) values: Vec<&'a str>,
    pub(super) homes: Vec<i64>,
    pub(super) owners: Vec<i64>,
    pub(super) typed: Vec<&'a str>,
    pub(super) states: Vec<&'static str>,
    pub(super) hidden_by: Vec<Option<i64>>,
    pub(super) channels: Vec<String>,
    pub(super) details: Vec<Option<String>>,
    pub(super) confirmed: Vec<bool>,
    pub(super) sources: Vec<&'static str>,
    pub(super) first_seen: Vec<Timestamp>,
    pub(super) last_seen: Vec<Timestamp>,
}

impl<'a> IdentifierColumns<'a> {
    pub(super) fn of(identifiers: &'a [HeldIdentifier]) -> Result<Self, StorageError> {
        let mut rows: Vec<&HeldIdentifier> = identifiers.iter().collect();
        rows.sort_by(|a, b| (a.key(), a.home).cmp(&(b.key(), b.home)));
        let mut columns = Self::default();
        for held in rows {
            let details = if held.details.is_empty() {
                None
            } else {
                Some(to_json(&held.details)?)
            };
            columns.kinds.push(held.kind().code());
            columns.values.push(&held.key().value);
            columns.homes.push(held.home.0);
            columns.owners.push(held.owner.0);
            columns.typed.push(&held.identifier.typed);
            columns.states.push(held.state.as_str());
            columns.hidden_by.push(held.hidden_by.map(|id| id.0));
            columns.channels.push(channels_text(&held.channels));
            columns.details.push(details);
            columns.confirmed.push(held.confirmed);
            columns.sources.push(held.source.as_str());
            columns.first_seen.push(held.first_seen);
            columns.last_seen.push(held.last_seen);
        }
        Ok(columns)
    }
}

/// Rows of `identifier_keys`, by key.
#[derive(Debug, Default)]
pub(super) struct KeyColumns<'a> {
    pub(super) kinds: Vec<i16>,
    pub(super) values: Vec<&'a str>,
    pub(super) seen_with: Vec<String>,
    pub(super) unsubscribed_at: Vec<Option<Timestamp>>,
    pub(super) waiting: Vec<Option<Uuid>>,
    pub(super) waiting_since: Vec<Option<Timestamp>>,
}

impl<'a> KeyColumns<'a> {
    pub(super) fn of(changes: &'a ChangeSet, touched: &'a Touched) -> Self {
        let mut rows: Vec<&(IdentifierKey, KeyRecord)> = changes.keys.iter().chain(&touched.keys).collect();
        rows.sort_by_key(|(key, _)| key);
        let mut columns = Self::default();
        for (key, record) in rows {
            columns.kinds.push(key.kind.code());
            columns.values.push(&key.value);
            columns.seen_with.push(array_text(&record.seen_with));
            columns.unsubscribed_at.push(record.unsubscribed_at);
            columns.waiting.push(record.waiting.map(|waiting| waiting.visitor.0));
            columns.waiting_since.push(record.waiting.map(|waiting| waiting.since));
        }
        columns
    }
}

/// Rows of `identity_log`, by contact and decision.
#[derive(Debug, Default)]
pub(super) struct LogColumns {
    pub(super) contacts: Vec<i64>,
    pub(super) decisions: Vec<Uuid>,
    pub(super) bodies: Vec<String>,
    pub(super) mentions: Vec<Option<String>>,
}

impl LogColumns {
    pub(super) fn of(log: &[LogEntry]) -> Result<Self, StorageError> {
        let mut rows: Vec<&LogEntry> = log.iter().collect();
        rows.sort_by_key(|entry| (entry.contact, entry.decision.id));
        let mut columns = Self::default();
        for entry in rows {
            let mentions = &entry.mentions;
            columns.contacts.push(entry.contact.0);
            columns.decisions.push(entry.decision.id.0);
            columns.bodies.push(to_json(&entry.decision)?);
            columns
                .mentions
                .push((!mentions.is_empty()).then(|| array_text(mentions)));
        }
        Ok(columns)
    }
}

/// Rows of `visitors`, in the order of the changes.
#[derive(Debug, Default)]
pub(super) struct VisitorColumns<'a> {
    pub(super) ids: Vec<Uuid>,
    pub(super) kinds: Vec<i16>,
    pub(super) values: Vec<&'a str>,
    pub(super) homes: Vec<Option<i64>>,
    pub(super) owners: Vec<Option<i64>>,
    pub(super) since: Vec<Timestamp>,
    pub(super) closed_at: Vec<Option<Timestamp>>,
    pub(super) follows: Vec<bool>,
}

impl<'a> VisitorColumns<'a> {
    pub(super) fn of(visitors: &'a [Visitor]) -> Self {
        let mut columns = Self::default();
        for visitor in visitors {
            columns.ids.push(visitor.id.0);
            columns.kinds.push(visitor.key.kind.code());
            columns.values.push(&visitor.key.value);
            columns.homes.push(visitor.home.map(|id| id.0));
            columns.owners.push(visitor.owner.map(|id| id.0));
            columns.since.push(visitor.since);
            columns.closed_at.push(visitor.closed_at);
            columns.follows.push(visitor.follows);
        }
        columns
    }
}

/// Rows of `segment_members`, by segment and home.
#[derive(Debug, Default)]
pub(super) struct MemberColumns {
    pub(super) segments: Vec<i64>,
    pub(super) homes: Vec<i64>,
    pub(super) owners: Vec<i64>,
    pub(super) hidden_by: Vec<Option<i64>>,
    pub(super) since: Vec<Timestamp>,
}

impl MemberColumns {
    pub(super) fn of(memberships: &[Membership]) -> Self {
        let mut rows: Vec<&Membership> = memberships.iter().collect();
        rows.sort_by_key(|member| (member.segment, member.home));
        let mut columns = Self::default();
        for member in rows {
            columns.segments.push(member.segment.0);
            columns.homes.push(member.home.0);
            columns.owners.push(member.owner.0);
            columns.hidden_by.push(member.hidden_by.map(|id| id.0));
            columns.since.push(member.since);
        }
        columns
    }
}

/// Rows of `merges`.
#[derive(Debug, Default)]
pub(super) struct MergeColumns<'a> {
    pub(super) ids: Vec<Uuid>,
    pub(super) survivors: Vec<i64>,
    pub(super) absorbed: Vec<i64>,
    pub(super) rules: Vec<&'static str>,
    pub(super) evidence_kinds: Vec<Option<i16>>,
    pub(super) evidence_values: Vec<Option<&'a str>>,
    pub(super) forced: Vec<bool>,
    pub(super) decisions: Vec<Uuid>,
    pub(super) merged_at: Vec<Timestamp>,
    pub(super) moved: Vec<String>,
    pub(super) undone_at: Vec<Option<Timestamp>>,
}

impl<'a> MergeColumns<'a> {
    pub(super) fn of(merges: &'a [Merge]) -> Result<Self, StorageError> {
        let mut columns = Self::default();
        for merge in merges {
            columns.ids.push(merge.id.0);
            columns.survivors.push(merge.survivor.0);
            columns.absorbed.push(merge.absorbed.0);
            columns.rules.push(merge.rule.as_str());
            columns
                .evidence_kinds
                .push(merge.evidence.as_ref().map(|key| key.kind.code()));
            columns
                .evidence_values
                .push(merge.evidence.as_ref().map(|key| key.value.as_str()));
            columns.forced.push(merge.forced);
            columns.decisions.push(merge.decision.0);
            columns.merged_at.push(merge.at);
            columns.moved.push(to_json(&merge.moved)?);
            columns.undone_at.push(merge.undone_at);
        }
        Ok(columns)
    }
}
