//! The rows of one workspace, and the indexes that reading needs.

use super::memberships::{Period, Progress};
use super::revisions::Revisions;
use selfsame_application::ports::{Deleted, Recorded};
use selfsame_domain::segments::Formula;
use selfsame_domain::values::EventTypeKey;
use selfsame_domain::{
    Attributes, Category, CategoryId, Contact, ContactId, ContactRow, ContactState, CustomField, DecisionId,
    DeletedSegment, Event, EventId, EventType, FieldId, HeldIdentifier, IdentifierKey, KeyRecord, LogEntry, Membership,
    Merge, MergeId, Order, OrderKey, Revision, Segment, SegmentId, Timestamp, Visitor, VisitorId,
};
use std::collections::{BTreeMap, BTreeSet};

/// The rows of one workspace.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Space {
    pub(super) contacts: BTreeMap<ContactId, ContactRow>,
    pub(super) attributes: BTreeMap<ContactId, Attributes>,
    /// By key and home.
    pub(super) identifiers: BTreeMap<(IdentifierKey, ContactId), HeldIdentifier>,
    /// Keys of [`Self::identifiers`] by owner.
    pub(super) owned: BTreeMap<ContactId, BTreeSet<(IdentifierKey, ContactId)>>,
    pub(super) keys: BTreeMap<IdentifierKey, KeyRecord>,
    pub(super) visitors: BTreeMap<VisitorId, Visitor>,
    pub(super) segments: BTreeMap<SegmentId, Segment>,
    /// The formulas of dynamic segments.
    pub(super) formulas: BTreeMap<SegmentId, Formula>,
    /// By segment and home.
    pub(super) memberships: BTreeMap<(SegmentId, ContactId), Membership>,
    /// Keys of [`Self::memberships`] by owner.
    pub(super) joined: BTreeMap<ContactId, BTreeSet<(SegmentId, ContactId)>>,
    pub(super) categories: BTreeMap<CategoryId, Category>,
    pub(super) fields: BTreeMap<FieldId, CustomField>,
    pub(super) merges: BTreeMap<MergeId, Merge>,
    pub(super) log: BTreeMap<(ContactId, DecisionId), LogEntry>,
    pub(super) replies: BTreeMap<String, Recorded>,
    pub(super) events: BTreeMap<EventId, Event>,
    /// Event IDs of senders, with the time of arrival.
    pub(super) sent_events: BTreeMap<EventId, Timestamp>,
    pub(super) event_types: BTreeMap<EventTypeKey, EventType>,
    pub(super) orders: BTreeMap<OrderKey, Order>,
    /// Segments that were deleted, each with the commit that did it.
    pub(super) deleted_segments: BTreeMap<SegmentId, (Revision, DeletedSegment)>,
    /// Erased and deleted items, by commit.
    pub(super) deleted: BTreeSet<(Revision, Deleted)>,
    /// When contacts were in segments: by segment, contact and the commit that recorded the entry.
    pub(super) periods: BTreeMap<(SegmentId, ContactId, Revision), Period>,
    /// When contacts have to be evaluated again for segments.
    pub(super) due: BTreeMap<(SegmentId, ContactId), Timestamp>,
    /// How far the periods are recorded; none before the first recording.
    pub(super) progress: Option<Progress>,
    /// Up to which commit erasures are forgotten.
    pub(super) feed_begins: Revision,
    pub(super) last: Numbers,
    pub(super) revisions: Revisions,
}

/// The highest numbers that were assigned and used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) contact: i64,
    pub(super) segment: i64,
    pub(super) category: i64,
    pub(super) field: i64,
}

impl Space {
    /// A contact with its identifiers and memberships, in any state.
    pub(super) fn contact(&self, id: ContactId) -> Option<Contact> {
        let row = self.contacts.get(&id)?;
        let held = self.owned.get(&id).into_iter().flatten();
        let joined = self.joined.get(&id).into_iter().flatten();
        Some(Contact {
            id,
            state: row.state,
            canonical: row.canonical,
            merged_into: row.merged_into,
            source: row.source,
            created_at: row.created_at,
            updated_at: row.updated_at,
            revision: self.revisions.contact(id),
            attributes: self.attributes.get(&id).cloned().unwrap_or_default(),
            identifiers: held.filter_map(|key| self.identifiers.get(key)).cloned().collect(),
            memberships: joined.filter_map(|key| self.memberships.get(key)).cloned().collect(),
        })
    }

    /// The number of the contact that answers for a number.
    pub(super) fn canonical(&self, id: ContactId) -> Option<ContactId> {
        self.contacts.get(&id).map(|row| row.canonical)
    }

    /// The contact that answers for a number, active or removed.
    pub(super) fn answering(&self, id: ContactId) -> Option<Contact> {
        self.contact(self.canonical(id)?)
    }

    /// Whether a contact is seen and matched.
    pub(super) fn is_active(&self, id: ContactId) -> bool {
        self.contacts
            .get(&id)
            .is_some_and(|row| row.state == ContactState::Active)
    }

    /// All contacts that a contact answers for, itself included.
    pub(super) fn group(&self, canonical: ContactId) -> BTreeSet<ContactId> {
        self.contacts
            .values()
            .filter(|row| row.canonical == canonical)
            .map(|row| row.id)
            .collect()
    }

    /// All rows of an identifier, by home.
    pub(super) fn rows_of<'a>(&'a self, key: &IdentifierKey) -> impl Iterator<Item = &'a HeldIdentifier> + use<'a> {
        let first = (key.clone(), ContactId(i64::MIN));
        let last = (key.clone(), ContactId(i64::MAX));
        self.identifiers.range(first..=last).map(|(_, held)| held)
    }

    /// The tokens of any app that match a token without its app.
    pub(super) fn tokens_of<'a>(
        &'a self,
        nameless: &IdentifierKey,
    ) -> impl Iterator<Item = &'a HeldIdentifier> + use<'a> {
        let nameless = nameless.clone();
        // Most keys are no such token: scanning all rows for each of them would be most of the work of a large batch.
        let rows = nameless.value.starts_with('/').then(|| self.identifiers.values());
        rows.into_iter().flatten().filter(move |held| {
            held.kind() == nameless.kind && held.identifier.key_without_app().as_ref() == Some(&nameless)
        })
    }

    pub(super) fn put_identifier(&mut self, held: &HeldIdentifier) {
        let key = (held.key().clone(), held.home);
        self.owned.entry(held.owner).or_default().insert(key.clone());
        if let Some(old) = self.identifiers.insert(key.clone(), held.clone())
            && old.owner != held.owner
        {
            forget(&mut self.owned, old.owner, &key);
        }
    }

    /// Says whether it was there.
    pub(super) fn take_identifier(&mut self, key: &(IdentifierKey, ContactId)) -> bool {
        let Some(old) = self.identifiers.remove(key) else {
            return false;
        };
        forget(&mut self.owned, old.owner, key);
        true
    }

    pub(super) fn put_membership(&mut self, member: &Membership) {
        let key = (member.segment, member.home);
        self.joined.entry(member.owner).or_default().insert(key);
        if let Some(old) = self.memberships.insert(key, member.clone())
            && old.owner != member.owner
        {
            forget(&mut self.joined, old.owner, &key);
        }
    }

    /// Says whether it was there.
    pub(super) fn take_membership(&mut self, key: (SegmentId, ContactId)) -> bool {
        let Some(old) = self.memberships.remove(&key) else {
            return false;
        };
        forget(&mut self.joined, old.owner, &key);
        true
    }
}

fn forget<K: Ord>(index: &mut BTreeMap<ContactId, BTreeSet<K>>, owner: ContactId, key: &K) {
    if let Some(keys) = index.get_mut(&owner) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(&owner);
        }
    }
}
