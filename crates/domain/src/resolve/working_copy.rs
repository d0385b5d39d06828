//! The working copy of a snapshot.

use crate::segments::Formula;
use crate::values::{CategoryKey, EventTypeKey, SegmentName};
use crate::{
    Category, CategoryId, Contact, ContactId, ContactRef, ContactState, CustomField, DeletedSegment, Event, EventId,
    Fresh, HeldIdentifier, Identifier, IdentifierKey, IdentifierState, Invariant, KeyRecord, LogEntry, Merge, MergeId,
    Order, OrderKey, Policy, Revision, Segment, SegmentId, Snapshot, StoredEvent, Timestamp, Visitor, VisitorId,
};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// The state that the commands of a batch read and change, one after the other.
#[derive(Debug)]
pub(super) struct WorkingCopy<'a> {
    pub(super) policy: Policy,
    /// Whether the policy blocks the identifiers of the batch, as far as it is known.
    blocked: RefCell<HashMap<Identifier, bool>>,
    pub(super) new_policy: Option<Policy>,
    pub(super) contacts: BTreeMap<ContactId, Contact>,
    /// The contacts as they were before the batch.
    stored: &'a BTreeMap<ContactId, Contact>,
    canonical: &'a BTreeMap<ContactId, ContactId>,
    pub(super) keys: BTreeMap<IdentifierKey, KeyRecord>,
    /// Contacts that got a key at some time. Entries are never removed, so each contact must be checked for whether it still holds the key.
    holders: HashMap<IdentifierKey, BTreeSet<ContactId>>,
    /// Tokens that a contact got at some time, by their keys without an app. Entries are never removed.
    tokens: HashMap<IdentifierKey, BTreeSet<Identifier>>,
    creating: &'a BTreeSet<EventTypeKey>,
    pub(super) new_creating: BTreeMap<EventTypeKey, bool>,
    stored_events: &'a BTreeSet<EventId>,
    pub(super) deletable: &'a [StoredEvent],
    pub(super) events_deleted: Vec<StoredEvent>,
    /// IDs of the batch's events that their senders gave.
    pub(super) sent: BTreeSet<EventId>,
    pub(super) events: Vec<Event>,
    pub(super) orders: BTreeMap<OrderKey, Order>,
    /// The visitors of the snapshot, and those that the batch adds.
    pub(super) visitors: BTreeMap<VisitorId, Visitor>,
    /// The visitors of each identifier. Entries are never removed.
    visitors_of: HashMap<IdentifierKey, Vec<VisitorId>>,
    pub(super) visitors_returned: Vec<(ContactId, ContactId)>,
    pub(super) segments: BTreeMap<SegmentId, Segment>,
    segment_names: HashMap<SegmentName, SegmentId>,
    /// The formulas of dynamic segments.
    pub(super) formulas: BTreeMap<SegmentId, Formula>,
    pub(super) categories: BTreeMap<CategoryId, Category>,
    category_keys: HashMap<CategoryKey, CategoryId>,
    pub(super) fields: Vec<CustomField>,
    pub(super) merges: BTreeMap<MergeId, Merge>,
    /// Pairs of contacts whose merge was undone before the batch.
    undone_pairs: &'a BTreeSet<(ContactId, ContactId)>,
    pub(super) repointed: Vec<(ContactId, ContactId)>,
    pub(super) erased: BTreeSet<ContactId>,
    /// Keys that no loaded contact holds after an erasure: the storage deletes what is recorded about them.
    pub(super) freed: BTreeSet<IdentifierKey>,
    pub(super) segments_emptied: Vec<SegmentId>,
    /// Segments that were deleted.
    pub(super) segments_removed: Vec<DeletedSegment>,
    pub(super) log: Vec<LogEntry>,
    pub(super) fresh: Fresh,
}

fn keyed<T, M: FromIterator<E>, E>(rows: &[T], entry: impl Fn(&T) -> E) -> M {
    rows.iter().map(entry).collect()
}

impl<'a> WorkingCopy<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, policy: &Policy) -> Self {
        let mut holders: HashMap<IdentifierKey, BTreeSet<ContactId>> = HashMap::new();
        for contact in snapshot.contacts.values() {
            for held in &contact.identifiers {
                holders.entry(held.key().clone()).or_default().insert(contact.id);
            }
        }
        let mut tokens: HashMap<IdentifierKey, BTreeSet<Identifier>> = HashMap::new();
        for held in snapshot.contacts.values().flat_map(|contact| &contact.identifiers) {
            if let Some(nameless) = held.identifier.key_without_app() {
                tokens.entry(nameless).or_default().insert(held.identifier.clone());
            }
        }
        let waiting = waiting_visitors(&snapshot.keys);
        let visitors: Vec<Visitor> = snapshot.visitors.iter().cloned().chain(waiting).collect();
        let mut visitors_of: HashMap<IdentifierKey, Vec<VisitorId>> = HashMap::new();
        for visitor in &visitors {
            visitors_of.entry(visitor.key.clone()).or_default().push(visitor.id);
        }
        let mut fresh = snapshot.fresh.clone();
        // Numbers are popped from the end.
        fresh.contacts.reverse();
        fresh.segments.reverse();
        fresh.categories.reverse();
        fresh.fields.reverse();
        Self {
            policy: policy.clone(),
            blocked: RefCell::default(),
            new_policy: None,
            contacts: snapshot.contacts.clone(),
            stored: &snapshot.contacts,
            canonical: &snapshot.canonical,
            keys: snapshot.keys.clone(),
            holders,
            tokens,
            visitors_of,
            visitors: keyed(&visitors, |visitor| (visitor.id, visitor.clone())),
            creating: &snapshot.creating,
            new_creating: BTreeMap::new(),
            stored_events: &snapshot.stored_events,
            deletable: &snapshot.deletable,
            events_deleted: Vec::new(),
            sent: BTreeSet::new(),
            events: Vec::new(),
            orders: snapshot.orders.clone(),
            visitors_returned: Vec::new(),
            segments: keyed(&snapshot.segments, |segment| (segment.id, segment.clone())),
            segment_names: keyed(&snapshot.segments, |segment| (segment.name.clone(), segment.id)),
            formulas: snapshot.formulas.clone(),
            categories: keyed(&snapshot.categories, |category| (category.id, category.clone())),
            category_keys: keyed(&snapshot.categories, |category| (category.key.clone(), category.id)),
            fields: snapshot.fields.clone(),
            merges: snapshot.merges.clone(),
            undone_pairs: &snapshot.undone_pairs,
            repointed: Vec::new(),
            erased: BTreeSet::new(),
            freed: BTreeSet::new(),
            segments_emptied: Vec::new(),
            segments_removed: Vec::new(),
            log: Vec::new(),
            fresh,
        }
    }

    /// A contact that the command is known to be about.
    pub(super) fn contact(&self, id: ContactId) -> Result<&Contact, Invariant> {
        self.contacts.get(&id).ok_or(Invariant::MissingContact(id))
    }

    /// As [`Self::contact`], to be changed.
    pub(super) fn contact_mut(&mut self, id: ContactId) -> Result<&mut Contact, Invariant> {
        self.contacts.get_mut(&id).ok_or(Invariant::MissingContact(id))
    }

    /// A copy of a contact as it is now, to compare it with what becomes of it.
    pub(super) fn copy(&self, id: ContactId) -> Result<Cow<'a, Contact>, Invariant> {
        let contact = self.contact(id)?;
        let stored = self.stored.get(&id).filter(|stored| *stored == contact);
        Ok(stored.map_or_else(|| Cow::Owned(contact.clone()), Cow::Borrowed))
    }

    /// The canonical contact of a contact ID, removed or not: the contact itself, or the survivor that absorbed it.
    pub(super) fn canonical(&self, id: ContactId) -> Option<ContactId> {
        // A loaded contact is more recent than the snapshot's index: an earlier command of the batch may have undone the merge.
        let loaded = self.contacts.get(&id);
        let contact = loaded.or_else(|| self.contacts.get(self.canonical.get(&id)?))?;
        let canonical = self.contacts.get(&contact.canonical)?;
        (canonical.state != ContactState::Merged).then_some(canonical.id)
    }

    /// Whether a contact has none of these revisions, or was changed by an earlier command of the batch.
    pub(super) fn has_changed(&self, id: ContactId, revisions: &[Revision]) -> bool {
        let (now, stored) = (self.contacts.get(&id), self.stored.get(&id));
        now != stored || now.is_some_and(|contact| !revisions.contains(&contact.revision))
    }

    /// Whether a merge of the two, or of contacts that they absorbed, was undone (rule 10).
    pub(super) fn merge_was_undone(&self, one: ContactId, other: ContactId) -> bool {
        let undone = self.merges.values().filter(|merge| merge.undone_at.is_some());
        let mut pairs = undone
            .map(|merge| (merge.survivor, merge.absorbed))
            .chain(self.undone_pairs.iter().copied());
        pairs.any(|(survivor, absorbed)| {
            let now = [survivor, absorbed].map(|id| self.canonical(id));
            now == [Some(one), Some(other)] || now == [Some(other), Some(one)]
        })
    }

    /// The contact that a command names, removed or not.
    pub(super) fn find(&self, named: &ContactRef) -> Option<ContactId> {
        match named {
            ContactRef::Id(id) => self.canonical(*id),
            ContactRef::ExternalId(id) => self.holder(&id.key),
            ContactRef::Unreadable(_) => None,
        }
    }

    /// The contact that a command names, unless it is removed.
    pub(super) fn find_active(&self, named: &ContactRef) -> Option<ContactId> {
        self.find(named).filter(|id| self.is_active(*id))
    }

    pub(super) fn is_active(&self, id: ContactId) -> bool {
        self.contacts.get(&id).is_some_and(Contact::is_active)
    }

    /// The owner of an exclusive identifier, removed or not.
    pub(super) fn holder(&self, key: &IdentifierKey) -> Option<ContactId> {
        let mut holders = self.holders.get(key)?.iter().copied();
        holders.find(|id| {
            self.contacts
                .get(id)
                .is_some_and(|c| c.state != ContactState::Merged && c.identifiers.iter().any(|held| held.key() == key))
        })
    }

    /// Active contacts that show the identifier and have not quarantined it (identity rule 8). Whether the value is evidence at all is
    /// another question (see `evidence`): it may have been blocked when the contact got it, and be allowed now.
    pub(super) fn matching(&self, key: &IdentifierKey) -> BTreeSet<ContactId> {
        let candidates = self.holders.get(key).into_iter().flatten();
        candidates
            .filter(|id| {
                self.contacts.get(id).is_some_and(|contact| {
                    contact.is_active()
                        && contact.identifiers.iter().any(|held| {
                            held.key() == key && held.is_visible() && held.state != IdentifierState::Quarantined
                        })
                })
            })
            .copied()
            .collect()
    }

    /// Active contacts that show the identifier, whether or not it is evidence.
    pub(super) fn showing(&self, key: &IdentifierKey) -> Vec<ContactId> {
        let holders = self.holders.get(key).into_iter().flatten();
        let shows = |id: &&ContactId| self.contacts.get(id).is_some_and(|c| c.is_active() && c.holds(key));
        holders.filter(shows).copied().collect()
    }

    /// The held tokens of any app that have this key without their app, each as it was named and as it is held.
    pub(super) fn tokens_of_apps(&self, key: &IdentifierKey) -> impl Iterator<Item = (&Identifier, &HeldIdentifier)> {
        let tokens = self.tokens.get(key).into_iter().flatten();
        tokens.filter_map(|token| {
            let holder = self.contacts.get(&self.holder(&token.key)?)?;
            let held = holder.identifiers.iter().find(|held| held.key() == &token.key)?;
            Some((token, held))
        })
    }

    /// Sets when an identifier of the contact was last named. The time moves seldom (identity rule 9). It always moves for a token if the same
    /// token of another app was named more recently: a request without an app means the token that was named last.
    pub(super) fn mark_seen(&mut self, id: ContactId, key: &IdentifierKey, at: Timestamp) -> Result<(), Invariant> {
        let tokens = self.tokens_of_apps(key).map(|(_, held)| held.last_seen);
        let mut held = self.contact(id)?.identifiers.iter().filter(|held| held.key() == key);
        let without_app = held.find_map(|held| held.identifier.key_without_app());
        let siblings = without_app
            .iter()
            .flat_map(|key| self.tokens_of_apps(key))
            .map(|(_, held)| held.last_seen);
        let latest = tokens.chain(siblings).max();
        let policy = &self.policy;
        let moves = |held: &HeldIdentifier| {
            policy.moves_last_seen(held.last_seen, at) || latest.is_some_and(|latest| latest > held.last_seen)
        };
        let contact = self.contacts.get_mut(&id).ok_or(Invariant::MissingContact(id))?;
        for held in contact.identifiers.iter_mut().filter(|held| held.key() == key) {
            if moves(held) {
                held.last_seen = at;
            }
        }
        Ok(())
    }

    /// Indexes an identifier that a contact got.
    pub(super) fn index(&mut self, identifier: &Identifier, holder: ContactId) {
        self.index_holder(&identifier.key, holder);
        if let Some(key) = identifier.key_without_app() {
            self.tokens.entry(key).or_default().insert(identifier.clone());
        }
    }

    /// Indexes a key that a contact got, of an identifier that is indexed already.
    pub(super) fn index_holder(&mut self, key: &IdentifierKey, holder: ContactId) {
        self.holders.entry(key.clone()).or_default().insert(holder);
    }

    /// Whether a loaded contact holds the identifier, hidden or not.
    pub(super) fn is_held(&self, key: &IdentifierKey) -> bool {
        let holders = self.holders.get(key).into_iter().flatten();
        let mut contacts = holders.filter_map(|id| self.contacts.get(id));
        contacts.any(|contact| contact.identifiers.iter().any(|held| held.key() == key))
    }

    /// Deletes what is recorded about a key that an erased contact held, unless another contact holds it.
    pub(super) fn forget_key(&mut self, key: &IdentifierKey) {
        if self.is_held(key) {
            return;
        }
        let record = self.keys.remove(key);
        // The waiting history is the erased contact's.
        if let Some(waiting) = record.as_ref().and_then(|record| record.waiting) {
            self.visitors.remove(&waiting.visitor);
        }
        if let Some(left) = record.and_then(KeyRecord::after_erasure) {
            self.keys.insert(key.clone(), left);
        }
        self.freed.insert(key.clone());
    }

    /// Deletes the external IDs with which a key was seen that an erased contact named, unless a contact holds it.
    pub(super) fn forget_sightings(&mut self, key: &IdentifierKey) {
        if self.key_record(key).is_sighting() {
            self.forget_key(key);
        } else if !self.is_held(key)
            && let Some(record) = self.keys.get_mut(key)
        {
            record.seen_with.clear();
        }
    }

    /// Whether the identifier has been seen with too many external IDs (rule 8).
    pub(super) fn is_shared(&self, key: &IdentifierKey) -> bool {
        let record = self.keys.get(key);
        record.is_some_and(|record| record.is_shared(&self.policy))
    }

    /// Whether history waits behind the identifier.
    pub(super) fn is_waited_behind(&self, key: &IdentifierKey) -> bool {
        self.keys.get(key).is_some_and(|record| record.waiting.is_some())
    }

    /// Whether the policy blocks the identifier (rule 8). Every command asks several times.
    pub(super) fn blocks(&self, identifier: &Identifier) -> bool {
        if let Some(known) = self.blocked.borrow().get(identifier) {
            return *known;
        }
        let key = &identifier.key;
        let blocks = self.policy.blocks(key.kind, &identifier.typed, &key.value);
        self.blocked.borrow_mut().insert(identifier.clone(), blocks);
        blocks
    }

    /// Sets the policy of the commands that follow.
    pub(super) fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
        self.blocked.get_mut().clear();
    }

    /// Whether the identifier has been seen with the external ID of this digest.
    pub(super) fn was_seen_with(&self, key: &IdentifierKey, external_id: Uuid) -> bool {
        let record = self.keys.get(key);
        record.is_some_and(|record| record.seen_with.contains(&external_id))
    }

    pub(super) fn key_record(&self, key: &IdentifierKey) -> KeyRecord {
        self.keys.get(key).cloned().unwrap_or_default()
    }

    /// Whether events of a type create contacts.
    pub(super) fn creates_contacts(&self, key: &EventTypeKey) -> bool {
        let stored = || self.creating.contains(key);
        self.new_creating.get(key).copied().unwrap_or_else(stored)
    }

    /// Whether an event is stored already, or will be by the batch.
    pub(super) fn has_event(&self, id: EventId) -> bool {
        self.stored_events.contains(&id) || self.sent.contains(&id)
    }

    /// Whether the policy keeps no event of that time.
    pub(super) fn is_too_old(&self, occurred_at: Timestamp, now: Timestamp) -> bool {
        let since = self.policy.events_taken_since(now);
        since.is_some_and(|since| occurred_at < since)
    }

    pub(super) fn category(&self, key: &CategoryKey) -> Option<&Category> {
        self.categories.get(self.category_keys.get(key)?)
    }

    pub(super) fn add_category(&mut self, category: Category) {
        self.category_keys.insert(category.key.clone(), category.id);
        self.categories.insert(category.id, category);
    }

    /// The visitor that new history behind an identifier goes to.
    pub(super) fn open_visitor(&self, key: &IdentifierKey) -> Option<&Visitor> {
        self.visitors_of(key).find(|visitor| visitor.closed_at.is_none())
    }

    /// The loaded visitors behind an identifier, in no order.
    pub(super) fn visitors_of(&self, key: &IdentifierKey) -> impl Iterator<Item = &Visitor> + Clone {
        let ids = self.visitors_of.get(key).into_iter().flatten();
        ids.filter_map(|id| self.visitors.get(id))
    }

    pub(super) fn open_visitor_mut(&mut self, key: &IdentifierKey) -> Option<&mut Visitor> {
        let id = self.open_visitor(key)?.id;
        self.visitors.get_mut(&id)
    }

    pub(super) fn add_visitor(&mut self, visitor: Visitor) {
        let key = visitor.key.clone();
        self.visitors_of.entry(key).or_default().push(visitor.id);
        self.visitors.insert(visitor.id, visitor);
    }

    pub(super) fn segment_named(&self, name: &SegmentName) -> Option<SegmentId> {
        self.segment_names.get(name).copied()
    }

    pub(super) fn has_segment(&self, id: SegmentId) -> bool {
        self.segments.contains_key(&id)
    }

    pub(super) fn is_dynamic(&self, id: SegmentId) -> bool {
        self.formulas.contains_key(&id)
    }

    pub(super) fn remove_segment(&mut self, id: SegmentId, at: Timestamp) {
        let is_dynamic = self.formulas.remove(&id).is_some();
        if let Some(segment) = self.segments.remove(&id) {
            self.segment_names.remove(&segment.name);
            self.segments_removed.push(DeletedSegment {
                segment,
                is_dynamic,
                deleted_at: at,
            });
        }
    }

    pub(super) fn create_segment(&mut self, name: &SegmentName, at: Timestamp) -> Result<SegmentId, Invariant> {
        let id = self.fresh.segments.pop().ok_or(Invariant::NoNewId("segment"))?;
        let segment = Segment {
            id,
            name: name.clone(),
            created_at: at,
        };
        self.segments.insert(id, segment);
        self.segment_names.insert(name.clone(), id);
        Ok(id)
    }

    pub(super) fn rename_segment(&mut self, id: SegmentId, name: SegmentName) -> Result<(), Invariant> {
        let segment = self.segments.get_mut(&id).ok_or(Invariant::MissingSegment(id))?;
        self.segment_names.remove(&segment.name);
        segment.name = name.clone();
        self.segment_names.insert(name, id);
        Ok(())
    }
}

/// The visitors of history that waits for a contact to hold one of the keys.
pub(super) fn waiting_visitors(keys: &BTreeMap<IdentifierKey, KeyRecord>) -> impl Iterator<Item = Visitor> {
    keys.iter().filter_map(|(key, record)| Some(record.waiting?.of(key)))
}
