//! The text form in which storage keeps a [`ContactUndo`].
//!
//! An import stores one for each contact that it changes, so members have short names, and what a new contact has in common is left out: its
//! own ID as home and owner, the time of the row, the source `import`, and the usual channel of an identifier.

use super::{Change, ContactUndo};
use crate::values::{ChannelType, Source};
use crate::{
    Attribute, AttributeKey, ChannelDetails, ContactId, HeldIdentifier, Identifier, IdentifierKey, IdentifierKind,
    IdentifierState, Membership, MergeId, SegmentId, Timestamp,
};
use chrono::serde::{ts_microseconds, ts_microseconds_option};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Either form that may be in storage.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum AnyForm {
    Compact(Compact),
    /// Earlier versions stored every member by its name.
    Full(ContactUndo),
}

impl ContactUndo {
    /// The text to store.
    pub fn to_stored(&self) -> serde_json::Result<String> {
        serde_json::to_string(&Compact::of(self))
    }

    /// Reads what [`Self::to_stored`] wrote, or an earlier version of it.
    pub fn from_stored(text: &str) -> serde_json::Result<Self> {
        Ok(match serde_json::from_str(text)? {
            AnyForm::Compact(compact) => compact.expand(),
            AnyForm::Full(undo) => undo,
        })
    }
}

/// Members as in [`ContactUndo`].
#[derive(Debug, Serialize, Deserialize)]
struct Compact {
    #[serde(rename = "c")]
    contact: ContactId,
    /// None if it is the contact.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    owner: Option<ContactId>,
    #[serde(rename = "n", default, skip_serializing_if = "is_false")]
    made: bool,
    #[serde(rename = "r", default, skip_serializing_if = "is_false")]
    restored: bool,
    #[serde(
        rename = "b",
        default,
        skip_serializing_if = "Option::is_none",
        with = "ts_microseconds_option"
    )]
    updated_before: Option<Timestamp>,
    #[serde(rename = "u", with = "ts_microseconds")]
    updated_after: Timestamp,
    #[serde(rename = "g", default, skip_serializing_if = "Vec::is_empty")]
    merges: Vec<MergeId>,
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<CompactChange<AttributeKey, Attribute>>,
    #[serde(rename = "i", default, skip_serializing_if = "Vec::is_empty")]
    identifiers: Vec<CompactChange<(IdentifierKind, String), CompactIdentifier>>,
    #[serde(rename = "m", default, skip_serializing_if = "Vec::is_empty")]
    memberships: Vec<CompactChange<SegmentId, CompactMembership>>,
}

/// Members as in [`Change`].
#[derive(Debug, Serialize, Deserialize)]
struct CompactChange<K, T> {
    #[serde(rename = "k")]
    key: K,
    #[serde(rename = "b", skip_serializing_if = "Option::is_none")]
    before: Option<T>,
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    after: Option<T>,
}

/// Members as in [`HeldIdentifier`]; its key is that of the change.
#[derive(Debug, Serialize, Deserialize)]
struct CompactIdentifier {
    /// None if it is the matching form.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    typed: Option<String>,
    /// None if it is the contact.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    home: Option<ContactId>,
    /// None if it is the contact.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    owner: Option<ContactId>,
    /// None if it is active.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    state: Option<IdentifierState>,
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    hidden_by: Option<ContactId>,
    /// None if they are [`usual_channels`].
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    channels: Option<BTreeSet<ChannelType>>,
    /// None if there are none.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    details: Option<ChannelDetails>,
    #[serde(rename = "y", default, skip_serializing_if = "is_false")]
    confirmed: bool,
    /// None if it is an import.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    /// None if it is the time of the row.
    #[serde(
        rename = "f",
        default,
        skip_serializing_if = "Option::is_none",
        with = "ts_microseconds_option"
    )]
    first_seen: Option<Timestamp>,
    /// None if it is the time of the row.
    #[serde(
        rename = "l",
        default,
        skip_serializing_if = "Option::is_none",
        with = "ts_microseconds_option"
    )]
    last_seen: Option<Timestamp>,
}

/// Members as in [`Membership`]; its segment is the key of the change.
#[derive(Debug, Serialize, Deserialize)]
struct CompactMembership {
    /// None if it is the contact.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    home: Option<ContactId>,
    /// None if it is the contact.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    owner: Option<ContactId>,
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    hidden_by: Option<ContactId>,
    /// None if it is the time of the row.
    #[serde(
        rename = "f",
        default,
        skip_serializing_if = "Option::is_none",
        with = "ts_microseconds_option"
    )]
    since: Option<Timestamp>,
}

/// What values have in common that the compact form leaves out.
#[derive(Debug, Clone, Copy)]
struct Shared {
    contact: ContactId,
    at: Timestamp,
}

impl Compact {
    fn of(undo: &ContactUndo) -> Self {
        let shared = Shared::of(undo.contact, undo.updated_after);
        let identifier = |held: &HeldIdentifier| CompactIdentifier::of(held, shared);
        let membership = |member: &Membership| CompactMembership::of(member, shared);
        Self {
            contact: undo.contact,
            owner: shared.other_contact(undo.owner),
            made: undo.made,
            restored: undo.restored,
            updated_before: undo.updated_before,
            updated_after: undo.updated_after,
            merges: undo.merges.clone(),
            attributes: changes(&undo.attributes, Clone::clone, Clone::clone),
            identifiers: changes(&undo.identifiers, |key| (key.kind, key.value.clone()), identifier),
            memberships: changes(&undo.memberships, Clone::clone, membership),
        }
    }

    fn expand(self) -> ContactUndo {
        let shared = Shared::of(self.contact, self.updated_after);
        let identifiers = self.identifiers.into_iter().map(|change| {
            let (kind, value) = change.key;
            let key = IdentifierKey { kind, value };
            Change {
                before: change.before.map(|held| held.expand(&key, shared)),
                after: change.after.map(|held| held.expand(&key, shared)),
                key,
            }
        });
        let memberships = self.memberships.into_iter().map(|change| Change {
            before: change.before.map(|member| member.expand(change.key, shared)),
            after: change.after.map(|member| member.expand(change.key, shared)),
            key: change.key,
        });
        let attributes = self.attributes.into_iter().map(|change| Change {
            key: change.key,
            before: change.before,
            after: change.after,
        });
        ContactUndo {
            contact: self.contact,
            owner: self.owner.unwrap_or(self.contact),
            made: self.made,
            restored: self.restored,
            updated_before: self.updated_before,
            updated_after: self.updated_after,
            merges: self.merges,
            attributes: attributes.collect(),
            identifiers: identifiers.collect(),
            memberships: memberships.collect(),
        }
    }
}

fn changes<K, T, C, V>(
    changes: &[Change<K, T>],
    key: impl Fn(&K) -> C,
    value: impl Fn(&T) -> V,
) -> Vec<CompactChange<C, V>> {
    let compact = changes.iter().map(|change| CompactChange {
        key: key(&change.key),
        before: change.before.as_ref().map(&value),
        after: change.after.as_ref().map(&value),
    });
    compact.collect()
}

impl CompactIdentifier {
    fn of(held: &HeldIdentifier, shared: Shared) -> Self {
        let key = held.key();
        let is_usual = held.channels == usual_channels(key.kind);
        Self {
            typed: Some(&held.identifier.typed)
                .filter(|typed| **typed != key.value)
                .cloned(),
            home: shared.other_contact(held.home),
            owner: shared.other_contact(held.owner),
            state: Some(held.state).filter(|state| *state != IdentifierState::Active),
            hidden_by: held.hidden_by,
            channels: (!is_usual).then(|| held.channels.clone()),
            details: Some(&held.details)
                .filter(|details| **details != ChannelDetails::default())
                .cloned(),
            confirmed: held.confirmed,
            source: Some(held.source).filter(|source| *source != Source::Import),
            first_seen: shared.other_time(held.first_seen),
            last_seen: shared.other_time(held.last_seen),
        }
    }

    fn expand(self, key: &IdentifierKey, shared: Shared) -> HeldIdentifier {
        HeldIdentifier {
            identifier: Identifier {
                typed: self.typed.unwrap_or_else(|| key.value.clone()),
                key: key.clone(),
            },
            home: self.home.unwrap_or(shared.contact),
            owner: self.owner.unwrap_or(shared.contact),
            state: self.state.unwrap_or(IdentifierState::Active),
            hidden_by: self.hidden_by,
            channels: self.channels.unwrap_or_else(|| usual_channels(key.kind)),
            details: self.details.unwrap_or_default(),
            confirmed: self.confirmed,
            source: self.source.unwrap_or(Source::Import),
            first_seen: self.first_seen.unwrap_or(shared.at),
            last_seen: self.last_seen.unwrap_or(shared.at),
        }
    }
}

impl CompactMembership {
    fn of(member: &Membership, shared: Shared) -> Self {
        Self {
            home: shared.other_contact(member.home),
            owner: shared.other_contact(member.owner),
            hidden_by: member.hidden_by,
            since: shared.other_time(member.since),
        }
    }

    fn expand(self, segment: SegmentId, shared: Shared) -> Membership {
        Membership {
            segment,
            home: self.home.unwrap_or(shared.contact),
            owner: self.owner.unwrap_or(shared.contact),
            hidden_by: self.hidden_by,
            since: self.since.unwrap_or(shared.at),
        }
    }
}

impl Shared {
    fn of(contact: ContactId, at: Timestamp) -> Self {
        Self { contact, at }
    }

    fn other_contact(self, id: ContactId) -> Option<ContactId> {
        Some(id).filter(|id| *id != self.contact)
    }

    fn other_time(self, at: Timestamp) -> Option<Timestamp> {
        Some(at).filter(|at| *at != self.at)
    }
}

/// The channels of most identifiers of a kind. Never changed: stored parts rely on it.
fn usual_channels(kind: IdentifierKind) -> BTreeSet<ChannelType> {
    let channel = match kind {
        IdentifierKind::Email => Some(ChannelType::Email),
        IdentifierKind::Phone => Some(ChannelType::Sms),
        _ => None,
    };
    channel.into_iter().collect()
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !*value
}
