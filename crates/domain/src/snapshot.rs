//! What a batch of commands must know before it is resolved, and what resolving it changes.

use crate::segments::Formula;
use crate::values::{CategoryKey, EventTypeKey, ExternalOrderId, SegmentName, Source};
use crate::{
    Attributes, Category, CategoryId, Contact, ContactId, ContactState, CustomField, Decision, Event, EventCount,
    EventId, EventPeriod, FieldId, HeldIdentifier, IdentifierKey, IdentifierKind, Membership, Merge, MergeId, Order,
    OrderKey, Policy, Segment, SegmentId, StoredEvent, Timestamp, Visitor, Waiting,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What a batch touches: the storage reads exactly this.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
pub struct Footprint {
    /// Identifiers. The value says whether the contacts that hold it are needed.
    pub keys: BTreeMap<IdentifierKey, bool>,
    /// Tokens, devices and cookies of [`Self::keys`], each with a time in the past at which something happened behind it. One without an
    /// app stands for the token that somebody holds of whatever app, too.
    pub late: BTreeSet<(IdentifierKey, Timestamp)>,
    /// Contacts named by number.
    pub contacts: BTreeSet<ContactId>,
    /// Merges named by identity. Each brings the contacts of its group, and all merges among them.
    pub merges: BTreeSet<MergeId>,
    /// Segments named by number.
    pub segments: BTreeSet<SegmentId>,
    /// Segments named by name. Categories of the same name come along.
    pub segment_names: BTreeSet<SegmentName>,
    /// Whether all segments are needed.
    pub all_segments: bool,
    /// Categories named by key.
    pub category_keys: BTreeSet<CategoryKey>,
    /// Categories named by number.
    pub categories: BTreeSet<CategoryId>,
    /// Whether all categories are needed.
    pub all_categories: bool,
    /// Custom fields named by number.
    pub fields: BTreeSet<FieldId>,
    /// Custom fields named by `(profile_key, field_key)`.
    pub field_keys: BTreeSet<(String, String)>,
    /// Types of events.
    pub event_types: BTreeSet<EventTypeKey>,
    /// Events whose senders gave them an identity.
    pub events: BTreeSet<EventId>,
    /// The time whose events are to be deleted.
    pub deleting: Option<EventPeriod>,
    /// Numbers of orders: those of every shop are needed. Each order brings the contact that answers for the one that it was given to, as if
    /// that one were named by number.
    pub orders: BTreeSet<ExternalOrderId>,
    /// How many new numbers the batch may need.
    pub fresh: FreshCount,
    /// Whether the batch may bring back removed contacts that it names. Nothing to load; [`Snapshot::expand_footprint`] asks.
    pub restores: bool,
    /// Whether the batch removes contacts, which it may bring back, too.
    pub removes: bool,
    /// Whether the batch erases contacts.
    pub erases: bool,
}

impl Footprint {
    /// Whether it asks for anything that the workspace defines, or for numbers of what is to be defined.
    pub fn names_definitions(&self) -> bool {
        let counts = self.fresh;
        let asked = [
            self.segments.len(),
            self.segment_names.len(),
            self.category_keys.len(),
            self.categories.len(),
            self.fields.len(),
            self.field_keys.len(),
            self.event_types.len(),
            counts.segments + counts.categories + counts.fields,
        ];
        self.all_categories || self.all_segments || asked.iter().any(|count| *count > 0)
    }
}

/// How many new numbers a batch may need.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FreshCount {
    /// Contacts.
    pub contacts: usize,
    /// Segments that certainly need one; those for unknown [`Footprint::segment_names`] come on top.
    pub segments: usize,
    /// Categories.
    pub categories: usize,
    /// Custom fields.
    pub fields: usize,
}

/// New numbers, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fresh {
    /// For contacts; as many as [`FreshCount::contacts`] asks for.
    pub contacts: Vec<ContactId>,
    /// For segments; as many as [`FreshCount::segments`] asks for, and one for every unknown segment name.
    pub segments: Vec<SegmentId>,
    /// For categories.
    pub categories: Vec<CategoryId>,
    /// For custom fields.
    pub fields: Vec<FieldId>,
}

/// What is known about an identifier apart from who holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// Digests of the external IDs that it has been seen with (identity rule 8); no more of them than made it shared.
    pub seen_with: BTreeSet<Uuid>,
    /// For an email: since when it is unsubscribed.
    pub unsubscribed_at: Option<Timestamp>,
    /// The history that waits for somebody to hold it; never for a cookie.
    pub waiting: Option<Waiting>,
}

impl KeyRecord {
    /// Whether the identifier has been seen with too many external IDs and is no evidence any more (identity rule 8). The policy says how many
    /// that are, of what was seen before the policy as well.
    pub fn is_shared(&self, policy: &Policy) -> bool {
        self.seen_with.len() >= policy.shared_threshold as usize
    }

    /// What is left of it when whoever held the identifier is erased: that nobody may write to the address, if it is unsubscribed.
    pub fn after_erasure(self) -> Option<Self> {
        let unsubscribed_at = Some(self.unsubscribed_at?);
        Some(Self {
            unsubscribed_at,
            ..Self::default()
        })
    }

    /// Whether it tells of nothing but with whom the identifier was seen. It is forgotten with an erased contact that named the identifier,
    /// unless somebody holds it.
    pub fn is_sighting(&self) -> bool {
        self.unsubscribed_at.is_none() && self.waiting.is_none()
    }
}

/// What the storage knows about a footprint.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// Contacts that answer for themselves: those that hold a key of the footprint (removed ones only by their external ID or
    /// an exclusive identifier), those named by number, the canonical ones of absorbed ones named by number, and the owners of
    /// [`Self::visitors`]. With merges in the footprint also every absorbed contact of their groups.
    pub contacts: BTreeMap<ContactId, Contact>,
    /// For absorbed contacts named by number, and those of [`Self::apart`]: the contact that answers for them.
    pub canonical: BTreeMap<ContactId, ContactId>,
    /// The record of every key of the footprint that has one other than the default.
    pub keys: BTreeMap<IdentifierKey, KeyRecord>,
    /// The open visitors of the footprint's cookies, adopted or not. Those of its tokens and devices, and of the tokens that it names
    /// without their apps, only if they are a contact's: what waits is in [`Self::keys`]. For every one of [`Footprint::late`] also the
    /// visitor that [`Visitor::at`] finds, if it is closed.
    pub visitors: Vec<Visitor>,
    /// The merges of the footprint, and all others among the contacts of their groups, undone ones included.
    pub merges: BTreeMap<MergeId, Merge>,
    /// Pairs that a person took apart, as survivor and absorbed: of the merges that were undone those whose two contacts are answered for
    /// by two of [`Self::contacts`]. At least one of the two, or of those who answer for them, is [`Self::absorbable`]. They do not merge
    /// by themselves again.
    pub apart: BTreeSet<(ContactId, ContactId)>,
    /// The segments of the footprint, and those of its categories.
    pub segments: Vec<Segment>,
    /// The formulas of those of [`Self::segments`] that are dynamic.
    pub formulas: BTreeMap<SegmentId, Formula>,
    /// The categories of the footprint.
    pub categories: Vec<Category>,
    /// The custom fields of the footprint, archived ones included.
    pub fields: Vec<CustomField>,
    /// Those of the footprint's types of events that create contacts.
    pub creating: BTreeSet<EventTypeKey>,
    /// Those of the footprint's events that are stored.
    pub stored_events: BTreeSet<EventId>,
    /// The earliest events of the footprint's time, in the order of time: one more than are deleted at once, if there are as many.
    pub deletable: Vec<StoredEvent>,
    /// Those of the footprint's orders that are stored.
    pub orders: BTreeMap<OrderKey, Order>,
    /// New numbers. Those that the changes do not use may be handed out again.
    pub fresh: Fresh,
}

impl Snapshot {
    /// The contacts that rules 5 and 6 may merge into another one of the snapshot: those that brought no external ID (one that a merge
    /// brought may go with an undo in the same batch). None when there is no other, so that most requests need not ask what was undone.
    pub fn absorbable(&self) -> BTreeSet<ContactId> {
        if self.contacts.len() < 2 {
            return BTreeSet::new();
        }
        let brought_one = |contact: &Contact| {
            let mut shown = contact.identifiers.iter().filter(|held| held.is_visible());
            shown.any(|held| held.kind() == IdentifierKind::ExternalId && held.home == contact.id)
        };
        let unclaimed = self.contacts.values().filter(|contact| !brought_one(contact));
        unclaimed.map(|contact| contact.id).collect()
    }

    /// The contacts that hold one of the keys, or a token that one of them names without its app, removed ones included, each with the one
    /// that brought it.
    pub fn holders(&self, keys: &BTreeSet<&IdentifierKey>) -> BTreeSet<ContactId> {
        let held = self.contacts.values().flat_map(|contact| &contact.identifiers);
        let nameless = |held: &HeldIdentifier| held.identifier.key_without_app().is_some_and(|key| keys.contains(&key));
        let held = held.filter(|held| keys.contains(held.key()) || nameless(held));
        held.flat_map(|held| [held.owner, held.home]).collect()
    }

    /// The removed contacts that a command of the footprint may be about.
    pub fn removed(&self, footprint: &Footprint) -> BTreeSet<ContactId> {
        let mut named = self.holders(&footprint.keys.keys().collect());
        named.extend(
            footprint
                .contacts
                .iter()
                .map(|id| *self.canonical.get(id).unwrap_or(id)),
        );
        let removed = |id: &ContactId| {
            self.contacts
                .get(id)
                .is_some_and(|contact| contact.state == ContactState::Removed)
        };
        named.retain(removed);
        named
    }

    /// Notes for [`crate::footprint`] what the batch touches besides. True when something of it was not asked for, so the batch has to be
    /// read again.
    pub fn expand_footprint(&self, footprint: &Footprint, known: &mut FootprintExpansion) -> bool {
        let mut learned = false;
        for field in self.fields.iter().filter(|field| field.identifying) {
            if !known.fields.contains(field) {
                known.fields.retain(|old| old.id != field.id);
                known.fields.push(field.clone());
                learned = true;
            }
        }
        for key in self.restorable(footprint) {
            learned |= !footprint.keys.contains_key(&key);
            known.keys.insert(key);
        }
        learned
    }

    /// The identifiers of removed contacts that the batch may bring back: history may wait behind them.
    fn restorable(&self, footprint: &Footprint) -> BTreeSet<IdentifierKey> {
        let named = |contact: &&Contact| {
            let by_external_id = |held: &HeldIdentifier| {
                held.kind() == IdentifierKind::ExternalId && footprint.keys.contains_key(held.key())
            };
            let by_number = || {
                let mut numbers = footprint.contacts.iter();
                numbers.any(|id| self.canonical.get(id).unwrap_or(id) == &contact.id)
            };
            (contact.state == ContactState::Removed || footprint.removes)
                && (contact.identifiers.iter().any(by_external_id) || by_number())
        };
        let restored = self.contacts.values().filter(|_| footprint.restores).filter(named);
        let held = restored.flat_map(|contact| &contact.identifiers);
        held.filter(|held| held.kind() != IdentifierKind::Cookie)
            .flat_map(|held| std::iter::once(held.key().clone()).chain(held.identifier.alias_keys()))
            .collect()
    }
}

/// What [`crate::footprint`] must know that is learned from a [`Snapshot`] only: see [`Snapshot::expand_footprint`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FootprintExpansion {
    /// The definitions of custom fields that identify.
    pub fields: Vec<CustomField>,
    /// Identifiers of removed contacts that the batch may bring back.
    pub keys: BTreeSet<IdentifierKey>,
}

/// The narrow row of a contact: all of it but what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// See [`Contact::id`].
    pub id: ContactId,
    /// See [`Contact::state`].
    pub state: ContactState,
    /// See [`Contact::canonical`].
    pub canonical: ContactId,
    /// See [`Contact::merged_into`].
    pub merged_into: Option<ContactId>,
    /// See [`Contact::source`].
    pub source: Source,
    /// See [`Contact::created_at`].
    pub created_at: Timestamp,
    /// See [`Contact::updated_at`].
    pub updated_at: Timestamp,
}

/// What resolving a batch changes: rows in their final form, each at most once. The storage applies them in the order of
/// these members, which frees an exclusive identifier before somebody else takes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangeSet {
    /// Contacts to be deleted for good, each with all that it absorbed, and everything that is theirs: rows of every
    /// table, keys that nobody holds any more, merges, recorded replies, and their logs. Decisions that others keep in their logs are
    /// redacted: see [`Decision::redact`].
    pub erased: Vec<ContactId>,
    /// Contacts that were made or changed.
    pub contacts: Vec<ContactRow>,
    /// How many more contacts are active afterwards; negative when there are fewer. Stores add it to the total that they keep.
    pub active_contacts: i64,
    /// Contacts outside [`Self::contacts`] whose identifiers, memberships, attributes, visitors or absorbed contacts change. Their revision
    /// rises, and nothing else in their rows.
    pub touched: BTreeSet<ContactId>,
    /// For absorbed contacts and visitors that the batch did not load: those that the first answered for, the second answers for
    /// now. Each first occurs once. Applied before [`Self::visitors`].
    pub repointed: Vec<(ContactId, ContactId)>,
    /// For visitors that the batch did not load: those that the first brought, the second answers for now (undo of a merge).
    pub visitors_returned: Vec<(ContactId, ContactId)>,
    /// Attributes that were made or changed, whole.
    pub attributes: Vec<(ContactId, Attributes)>,
    /// Identifiers to be deleted, by key and home.
    pub identifiers_removed: Vec<(IdentifierKey, ContactId)>,
    /// Identifiers that were made or changed.
    pub identifiers: Vec<HeldIdentifier>,
    /// Records of keys that changed.
    pub keys: Vec<(IdentifierKey, KeyRecord)>,
    /// Visitors that were made or changed; closed ones come before open ones.
    pub visitors: Vec<Visitor>,
    /// Segments that were made or renamed.
    pub segments: Vec<Segment>,
    /// Formulas that were made or changed.
    pub formulas: Vec<(SegmentId, Formula)>,
    /// Segments to be deleted, with their formulas; they have no members any more.
    pub segments_removed: Vec<SegmentId>,
    /// Segments to be emptied.
    pub segments_emptied: Vec<SegmentId>,
    /// Memberships to be deleted, by segment and home.
    pub memberships_removed: Vec<(SegmentId, ContactId)>,
    /// Memberships that were made or changed.
    pub memberships: Vec<Membership>,
    /// Categories that were made or changed.
    pub categories: Vec<Category>,
    /// Custom fields that were made or changed.
    pub fields: Vec<CustomField>,
    /// Merges that were made or undone.
    pub merges: Vec<Merge>,
    /// Events to be deleted, and with them the identities that their senders gave.
    pub events_deleted: Vec<StoredEvent>,
    /// How many [`Self::events_deleted`] there are of every type. What is left of a count of zero has no times.
    pub events_uncounted: Vec<(EventTypeKey, u64)>,
    /// Events to be kept.
    pub events: Vec<Event>,
    /// Those of [`Self::events`] whose senders gave them an identity: none of them may be stored already.
    pub sent_events: Vec<EventId>,
    /// What [`Self::events`] add to the counts of their types, by type.
    pub event_counts: Vec<EventCount>,
    /// Types of events that begin or cease to create contacts.
    pub creating: Vec<(EventTypeKey, bool)>,
    /// Orders to be deleted.
    pub orders_deleted: Vec<OrderKey>,
    /// Orders that are new: none of them may be stored already.
    pub orders_made: Vec<Order>,
    /// Orders that changed, whole.
    pub orders: Vec<Order>,
    /// The policy, if it changed.
    pub policy: Option<Policy>,
    /// Decisions to be remembered, one entry for every contact that they touched.
    pub log: Vec<LogEntry>,
}

impl ChangeSet {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it changes segments, categories, custom fields or types of events that create contacts: see [`crate::ReadSet`].
    pub fn changes_definitions(&self) -> bool {
        !(self.segments.is_empty() && self.categories.is_empty() && self.fields.is_empty() && self.creating.is_empty())
            || self.changes_formulas()
    }

    /// Whether it changes the formula of a segment or deletes a segment.
    pub fn changes_formulas(&self) -> bool {
        !(self.formulas.is_empty() && self.segments_removed.is_empty())
    }

    /// Whether it deletes rows that other batches may have read and of which nothing is left: see [`crate::ReadSet`].
    pub fn deletes(&self) -> bool {
        !(self.erased.is_empty() && self.events_deleted.is_empty() && self.orders_deleted.is_empty())
    }
}

/// A decision in the identity log of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The contact that was touched, canonical at the time.
    pub contact: ContactId,
    /// What was decided.
    pub decision: Decision,
    /// Contacts that no entry of the decision is of, and that it tells of nevertheless. To erase one of them is to redact the decision.
    pub mentions: BTreeSet<ContactId>,
}

/// What resolving a batch comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    /// One decision for every command, in their order.
    pub decisions: Vec<Decision>,
    /// What they change together.
    pub changes: ChangeSet,
}
