//! What must be read to resolve a batch of commands, and what resolving it changes.

use crate::segments::Formula;
use crate::values::{CategoryKey, EventTypeKey, ExternalOrderId, SegmentName, Source};
use crate::{
    Attributes, Category, CategoryId, Contact, ContactId, ContactState, CustomField, Decision, DeletedSegment, Event,
    EventCount, EventId, EventPeriod, FieldId, HeldIdentifier, IdentifierKey, IdentifierKind, Membership, Merge,
    MergeId, Order, OrderKey, Policy, Segment, SegmentId, StoredEvent, Timestamp, Visitor, Waiting,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What a batch needs: the storage reads exactly this.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is needed by itself")]
pub struct Footprint {
    /// Identifiers. The value says whether the contacts that hold it are needed.
    pub keys: BTreeMap<IdentifierKey, bool>,
    /// Tokens, devices and cookies of [`Self::keys`], each with the past time of a late event that names it. A token without an app also stands
    /// for the held token of any app.
    pub late: BTreeSet<(IdentifierKey, Timestamp)>,
    /// Contacts named by contact ID.
    pub contacts: BTreeSet<ContactId>,
    /// Merges. Each brings the contacts of its group, and all merges among them.
    pub merges: BTreeSet<MergeId>,
    /// Segments named by ID.
    pub segments: BTreeSet<SegmentId>,
    /// Segments named by name. Categories of the same name are read as well.
    pub segment_names: BTreeSet<SegmentName>,
    /// Whether all segments are needed.
    pub all_segments: bool,
    /// Categories named by key.
    pub category_keys: BTreeSet<CategoryKey>,
    /// Categories named by ID.
    pub categories: BTreeSet<CategoryId>,
    /// Whether all categories are needed.
    pub all_categories: bool,
    /// Custom fields named by ID.
    pub fields: BTreeSet<FieldId>,
    /// Custom fields named by `(profile_key, field_key)`.
    pub field_keys: BTreeSet<(String, String)>,
    /// Types of events.
    pub event_types: BTreeSet<EventTypeKey>,
    /// Events to which their senders gave an ID.
    pub events: BTreeSet<EventId>,
    /// The period of which events are deleted.
    pub deleting: Option<EventPeriod>,
    /// IDs of orders: the orders of all shops are needed. Each order brings the canonical contact of its contact.
    pub orders: BTreeSet<ExternalOrderId>,
    /// How many new IDs the batch may need.
    pub fresh: FreshCount,
    /// Whether the batch may restore removed contacts that it names. Nothing is read for it; [`Snapshot::expand_footprint`] uses it.
    pub restores: bool,
    /// Whether the batch removes contacts, which it may restore as well.
    pub removes: bool,
    /// Whether the batch erases contacts.
    pub erases: bool,
}

impl Footprint {
    /// Whether it needs anything that the workspace defines, or new IDs for definitions.
    pub fn names_definitions(&self) -> bool {
        let counts = self.fresh;
        let needed = [
            self.segments.len(),
            self.segment_names.len(),
            self.category_keys.len(),
            self.categories.len(),
            self.fields.len(),
            self.field_keys.len(),
            self.event_types.len(),
            counts.segments + counts.categories + counts.fields,
        ];
        self.all_categories || self.all_segments || needed.iter().any(|count| *count > 0)
    }
}

/// How many new IDs a batch may need.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FreshCount {
    /// Contacts.
    pub contacts: usize,
    /// Segments that need one for certain. Unknown [`Footprint::segment_names`] need one more each.
    pub segments: usize,
    /// Categories.
    pub categories: usize,
    /// Custom fields.
    pub fields: usize,
}

/// New IDs, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fresh {
    /// For contacts; as many as [`FreshCount::contacts`].
    pub contacts: Vec<ContactId>,
    /// For segments; as many as [`FreshCount::segments`], and one for each unknown segment name.
    pub segments: Vec<SegmentId>,
    /// For categories.
    pub categories: Vec<CategoryId>,
    /// For custom fields.
    pub fields: Vec<FieldId>,
}

/// What is recorded about an identifier, besides its holders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// Digests of the external IDs that it has been seen with (identity rule 8); no more of them than made it shared.
    pub seen_with: BTreeSet<Uuid>,
    /// For an email: since when it is unsubscribed.
    pub unsubscribed_at: Option<Timestamp>,
    /// The history that waits behind it; never for a cookie.
    pub waiting: Option<Waiting>,
}

impl KeyRecord {
    /// Whether the identifier has been seen with too many external IDs and is no evidence any more (identity rule 8). The policy's number also
    /// applies to what was seen before the policy was set.
    pub fn is_shared(&self, policy: &Policy) -> bool {
        self.seen_with.len() >= policy.shared_threshold as usize
    }

    /// What is left of it when its holder is erased: that the address is unsubscribed.
    pub fn after_erasure(self) -> Option<Self> {
        let unsubscribed_at = Some(self.unsubscribed_at?);
        Some(Self {
            unsubscribed_at,
            ..Self::default()
        })
    }

    /// Whether it records sightings and nothing else. It is deleted with an erased contact that named the identifier, unless a contact holds it.
    pub fn is_sighting(&self) -> bool {
        self.unsubscribed_at.is_none() && self.waiting.is_none()
    }
}

/// What the storage has read for a footprint.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// Canonical contacts: those that hold a key of the footprint (removed ones only by an exclusive identifier), those named by contact ID, or of
    /// which an absorbed one is, and the owners of [`Self::visitors`]. With merges in the footprint also every absorbed contact of their groups.
    pub contacts: BTreeMap<ContactId, Contact>,
    /// For absorbed contacts named by contact ID, and those of [`Self::undone_pairs`]: their canonical contact.
    pub canonical: BTreeMap<ContactId, ContactId>,
    /// The record of every key of the footprint that has one other than the default.
    pub keys: BTreeMap<IdentifierKey, KeyRecord>,
    /// The open visitors of the footprint's cookies, adopted or not. Of its tokens and devices, and of the tokens that it names without an app,
    /// the open ownership periods: waiting history is in [`Self::keys`]. For each entry of [`Footprint::late`] also the visitor that
    /// [`Visitor::at`] finds, if it is closed.
    pub visitors: Vec<Visitor>,
    /// The merges of the footprint, and all others among the contacts of their groups, undone ones included.
    pub merges: BTreeMap<MergeId, Merge>,
    /// Survivor and absorbed contact of each undone merge whose contacts are now two of [`Self::contacts`], themselves or by their canonical
    /// contacts, at least one of which is [`Self::absorbable`]. They do not merge by themselves again.
    pub undone_pairs: BTreeSet<(ContactId, ContactId)>,
    /// The segments of the footprint, and those of its categories.
    pub segments: Vec<Segment>,
    /// The formulas of those of [`Self::segments`] that are dynamic.
    pub formulas: BTreeMap<SegmentId, Formula>,
    /// The categories of the footprint.
    pub categories: Vec<Category>,
    /// The custom fields of the footprint, archived ones included.
    pub fields: Vec<CustomField>,
    /// The event types of the footprint that create contacts.
    pub creating: BTreeSet<EventTypeKey>,
    /// The events of the footprint that are stored.
    pub stored_events: BTreeSet<EventId>,
    /// The earliest events of the footprint's period, ordered by time: one more than are deleted at once, if there are as many.
    pub deletable: Vec<StoredEvent>,
    /// The orders of the footprint that are stored.
    pub orders: BTreeMap<OrderKey, Order>,
    /// New IDs. Those that the changes do not use may be assigned again.
    pub fresh: Fresh,
}

impl Snapshot {
    /// The contacts that rules 5 and 6 may merge into another one of the snapshot: those without an external ID of their own (one that a merge
    /// brought may return by an undo in the same batch). None if the snapshot has no other contact: then undone merges need not be read.
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

    /// The contacts that hold one of the keys, or a token that one of them names without its app, with the homes of these identifiers. Removed
    /// contacts are included.
    pub fn holders(&self, keys: &BTreeSet<&IdentifierKey>) -> BTreeSet<ContactId> {
        let held = self.contacts.values().flat_map(|contact| &contact.identifiers);
        let is_named = |held: &HeldIdentifier| held.identifier.key_without_app().is_some_and(|key| keys.contains(&key));
        let held = held.filter(|held| keys.contains(held.key()) || is_named(held));
        held.flat_map(|held| [held.owner, held.home]).collect()
    }

    /// The removed contacts that the commands of the footprint may be about.
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

    /// Adds to `known` what the batch needs besides. Returns whether the footprint lacked any of it, so that the batch must be read again.
    pub fn expand_footprint(&self, footprint: &Footprint, known: &mut FootprintExpansion) -> bool {
        let mut is_expanded = false;
        for field in self.fields.iter().filter(|field| field.identifying) {
            if !known.fields.contains(field) {
                known.fields.retain(|old| old.id != field.id);
                known.fields.push(field.clone());
                is_expanded = true;
            }
        }
        for key in self.restorable(footprint) {
            is_expanded |= !footprint.keys.contains_key(&key);
            known.keys.insert(key);
        }
        is_expanded
    }

    /// The identifiers of removed contacts that the batch may restore: history may wait behind them.
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

/// What a footprint needs that only a [`Snapshot`] shows: see [`Snapshot::expand_footprint`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FootprintExpansion {
    /// The definitions of identifying custom fields.
    pub fields: Vec<CustomField>,
    /// Identifiers of removed contacts that the batch may restore.
    pub keys: BTreeSet<IdentifierKey>,
}

/// The row of a contact, without attributes, identifiers and memberships.
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
/// these members, which frees an exclusive identifier before another contact takes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangeSet {
    /// Contacts to be erased, each with all that it absorbed, and with everything that they own: rows of every table, records of keys that no
    /// contact holds any more, merges, recorded replies, and their logs. Decisions in the logs of other contacts are redacted: see
    /// [`Decision::redact`].
    pub erased: Vec<ContactId>,
    /// Contacts that were made or changed.
    pub contacts: Vec<ContactRow>,
    /// How many more contacts are active afterwards; negative if there are fewer. Stores add it to their total.
    pub active_contacts: i64,
    /// Contacts outside [`Self::contacts`] of which identifiers, memberships, attributes, visitors or absorbed contacts change. Only the revision
    /// in their rows rises.
    pub touched: BTreeSet<ContactId>,
    /// For absorbed contacts and visitors that the batch did not load: the canonical contact or owner changes from the first to the second. Each
    /// first contact occurs once. Applied before [`Self::visitors`].
    pub repointed: Vec<(ContactId, ContactId)>,
    /// For visitors that the batch did not load, after the undo of a merge: those with the first contact as home get the second as owner.
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
    /// Segments to be deleted, with their formulas; they have no members any more. The storage keeps what it is given here.
    pub segments_removed: Vec<DeletedSegment>,
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
    /// Events to be deleted, with the IDs that their senders gave.
    pub events_deleted: Vec<StoredEvent>,
    /// How many [`Self::events_deleted`] there are of every type. What is left of a count of zero has no times.
    pub events_uncounted: Vec<(EventTypeKey, u64)>,
    /// Events to be kept.
    pub events: Vec<Event>,
    /// Those of [`Self::events`] to which their senders gave an ID: none of them may be stored already.
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
    /// Log entries, one for each decision and contact that it concerns.
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

    /// Whether it deletes rows that other batches may have read, and leaves nothing of them: see [`crate::ReadSet`].
    pub fn deletes(&self) -> bool {
        !(self.erased.is_empty() && self.events_deleted.is_empty() && self.orders_deleted.is_empty())
    }
}

/// A decision in the identity log of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The contact that the decision concerns, canonical at the time.
    pub contact: ContactId,
    /// What was decided.
    pub decision: Decision,
    /// Contacts that the decision is about without being in their logs. Erasing one of them redacts the decision.
    pub mentions: BTreeSet<ContactId>,
}

/// The result of resolving a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    /// One decision for each command, in their order.
    pub decisions: Vec<Decision>,
    /// What they change together.
    pub changes: ChangeSet,
}
