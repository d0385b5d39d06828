//! The difference between a snapshot and what the batch made of it.

use super::working_copy::{WorkingCopy, waiting_visitors};
use crate::segments::Formula;
use crate::values::EventTypeKey;
use crate::{
    ChangeSet, Contact, ContactId, ContactRow, DeletedSegment, Event, EventCount, HeldIdentifier, IdentifierKey,
    Membership, Order, Segment, SegmentId, Snapshot, StoredEvent, Visitor,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Computes the rows to be written, each in its final form and at most once.
pub(super) fn between(before: &Snapshot, after: WorkingCopy<'_>) -> ChangeSet {
    let mut changes = ChangeSet {
        erased: after.erased.iter().copied().collect(),
        segments_emptied: after.segments_emptied,
        repointed: after.repointed,
        visitors_returned: after.visitors_returned,
        policy: after.new_policy,
        creating: after.new_creating.into_iter().collect(),
        events_uncounted: uncounted(&after.events_deleted),
        events_deleted: after.events_deleted,
        event_counts: counts(&after.events),
        sent_events: after
            .events
            .iter()
            .filter(|event| after.sent.contains(&event.id))
            .map(|event| event.id)
            .collect(),
        events: after.events,
        log: after.log,
        ..ChangeSet::default()
    };
    changes.active_contacts = active(&after.contacts) - active(&before.contacts);
    for contact in after.contacts.values() {
        add_contact(&mut changes, before.contacts.get(&contact.id), contact);
    }
    add_held(&mut changes, before, &after.contacts);
    changes.keys = after
        .keys
        .into_iter()
        .filter(|(key, record)| after.freed.contains(key) || before.keys.get(key) != Some(record))
        .collect();
    changes.visitors = changed_visitors(before, after.visitors.into_values());
    add_segments(&mut changes, before, after.segments, after.formulas);
    // A segment that the batch itself made is not stored yet.
    let is_stored = |gone: &DeletedSegment| before.segments.iter().any(|row| row.id == gone.segment.id);
    changes.segments_removed = after.segments_removed.into_iter().filter(is_stored).collect();
    changes.categories = new_rows(&before.categories, after.categories.into_values(), |category| {
        category.id
    });
    changes.fields = new_rows(&before.fields, after.fields.into_iter(), |field| field.id);
    // The orders of the erased go with them.
    let is_kept = |order: &Order| {
        let answering = before.canonical.get(&order.contact).unwrap_or(&order.contact);
        after.orders.contains_key(&order.key) || [answering, &order.contact].iter().any(|id| after.erased.contains(*id))
    };
    let gone = before.orders.values().filter(|order| !is_kept(order));
    changes.orders_deleted = gone.map(|order| order.key.clone()).collect();
    let ordered = after
        .orders
        .into_values()
        .filter(|order| before.orders.get(&order.key) != Some(order));
    (changes.orders, changes.orders_made) = ordered.partition(|order| before.orders.contains_key(&order.key));
    changes.merges = after
        .merges
        .into_iter()
        .filter(|(id, merge)| before.merges.get(id) != Some(merge))
        .map(|(_, merge)| merge)
        .collect();
    if !changes.is_empty() {
        changes.touched = touched(before, &changes);
    }
    changes
}

fn add_segments(
    changes: &mut ChangeSet,
    before: &Snapshot,
    segments: BTreeMap<SegmentId, Segment>,
    formulas: BTreeMap<SegmentId, Formula>,
) {
    changes.segments = new_rows(&before.segments, segments.into_values(), |segment| segment.id);
    changes.formulas = formulas
        .into_iter()
        .filter(|(id, formula)| before.formulas.get(id) != Some(formula))
        .collect();
}

/// The contacts that own what changes, before or after, without those whose rows are written anyway and those that are deleted.
fn touched(before: &Snapshot, changes: &ChangeSet) -> BTreeSet<ContactId> {
    let held = before.contacts.values().flat_map(|contact| &contact.identifiers);
    let owners: HashMap<_, _> = held.map(|held| ((held.key(), held.home), held.owner)).collect();
    let members = before.contacts.values().flat_map(|contact| &contact.memberships);
    let members: HashMap<_, _> = members
        .map(|member| ((member.segment, member.home), member.owner))
        .collect();
    let visitors: HashMap<_, _> = before.visitors.iter().map(|row| (row.id, row.owner)).collect();
    let mut touched: BTreeSet<ContactId> = changes.attributes.iter().map(|(id, _)| *id).collect();
    for held in &changes.identifiers {
        touched.insert(held.owner);
        touched.extend(owners.get(&(held.key(), held.home)));
    }
    for (key, record) in &changes.keys {
        let known = before.keys.get(key).and_then(|known| known.unsubscribed_at);
        if known != record.unsubscribed_at {
            let showing = owners.iter().filter(|((held, _), _)| *held == key);
            touched.extend(showing.map(|(_, owner)| *owner));
        }
    }
    let removed = changes.identifiers_removed.iter();
    touched.extend(removed.filter_map(|(key, home)| owners.get(&(key, *home))));
    for member in &changes.memberships {
        touched.insert(member.owner);
        touched.extend(members.get(&(member.segment, member.home)));
    }
    touched.extend(changes.memberships_removed.iter().filter_map(|key| members.get(key)));
    for visitor in &changes.visitors {
        touched.extend(visitor.owner);
        touched.extend(visitors.get(&visitor.id).copied().flatten());
    }
    for row in &changes.contacts {
        touched.insert(row.canonical);
        touched.extend(before.contacts.get(&row.id).map(|contact| contact.canonical));
    }
    touched.extend(changes.repointed.iter().flat_map(|(from, to)| [*from, *to]));
    touched.extend(changes.visitors_returned.iter().map(|(_, to)| *to));
    for row in &changes.contacts {
        touched.remove(&row.id);
    }
    for erased in &changes.erased {
        touched.remove(erased);
    }
    touched
}

/// What the contacts hold and belong to, without the rows that are deleted as a whole: those of the erased and of emptied segments.
fn add_held(changes: &mut ChangeSet, before: &Snapshot, after: &BTreeMap<ContactId, Contact>) {
    let erased: BTreeSet<_> = changes.erased.iter().copied().collect();
    let emptied: BTreeSet<_> = changes.segments_emptied.iter().copied().collect();
    let alive = || before.contacts.values().filter(|contact| !erased.contains(&contact.id));
    add_identifiers(
        changes,
        alive().flat_map(|contact| &contact.identifiers),
        after.values().flat_map(|contact| &contact.identifiers),
    );
    add_memberships(
        changes,
        alive()
            .flat_map(|contact| &contact.memberships)
            .filter(|member| !emptied.contains(&member.segment)),
        after.values().flat_map(|contact| &contact.memberships),
    );
}

/// Closed visitors first: the key of a closed one may be an open one's again.
fn changed_visitors(before: &Snapshot, after: impl Iterator<Item = Visitor>) -> Vec<Visitor> {
    let waiting = waiting_visitors(&before.keys);
    let known: HashMap<_, Visitor> = before
        .visitors
        .iter()
        .cloned()
        .chain(waiting)
        .map(|visitor| (visitor.id, visitor))
        .collect();
    let mut changed: Vec<_> = after
        .filter(|visitor| known.get(&visitor.id) != Some(visitor))
        .collect();
    changed.sort_by_key(|visitor| (visitor.closed_at.is_none(), visitor.id));
    changed
}

fn new_rows<T: PartialEq, K: Ord>(before: &[T], after: impl Iterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let before: BTreeMap<K, &T> = before.iter().map(|row| (key(row), row)).collect();
    after.filter(|row| before.get(&key(row)) != Some(&row)).collect()
}

fn row(contact: &Contact) -> ContactRow {
    ContactRow {
        id: contact.id,
        state: contact.state,
        canonical: contact.canonical,
        merged_into: contact.merged_into,
        source: contact.source,
        created_at: contact.created_at,
        updated_at: contact.updated_at,
    }
}

/// How many of the contacts are active.
fn active(contacts: &BTreeMap<ContactId, Contact>) -> i64 {
    contacts.values().filter(|contact| contact.is_active()).map(|_| 1).sum()
}

fn add_contact(changes: &mut ChangeSet, before: Option<&Contact>, after: &Contact) {
    if before.map(row) != Some(row(after)) {
        changes.contacts.push(row(after));
    }
    if before.map(|contact| &contact.attributes) != Some(&after.attributes) {
        changes.attributes.push((after.id, after.attributes.clone()));
    }
}

fn add_identifiers<'a>(
    changes: &mut ChangeSet,
    before: impl Iterator<Item = &'a HeldIdentifier>,
    after: impl Iterator<Item = &'a HeldIdentifier>,
) {
    let mut old: BTreeMap<(&IdentifierKey, ContactId), &HeldIdentifier> =
        before.map(|held| ((held.key(), held.home), held)).collect();
    for held in after {
        if old.remove(&(held.key(), held.home)) != Some(held) {
            changes.identifiers.push(held.clone());
        }
    }
    changes.identifiers_removed = old.into_keys().map(|(key, home)| (key.clone(), home)).collect();
}

fn add_memberships<'a>(
    changes: &mut ChangeSet,
    before: impl Iterator<Item = &'a Membership>,
    after: impl Iterator<Item = &'a Membership>,
) {
    let mut old: BTreeMap<_, &Membership> = before.map(|member| ((member.segment, member.home), member)).collect();
    for member in after {
        if old.remove(&(member.segment, member.home)) != Some(member) {
            changes.memberships.push(member.clone());
        }
    }
    changes.memberships_removed = old.into_keys().collect();
}

/// How many of the deleted events there are of each type.
fn uncounted(deleted: &[StoredEvent]) -> Vec<(EventTypeKey, u64)> {
    let mut counts: BTreeMap<&EventTypeKey, u64> = BTreeMap::new();
    for event in deleted {
        *counts.entry(&event.type_key).or_default() += 1;
    }
    counts.into_iter().map(|(key, count)| (key.clone(), count)).collect()
}

/// What the events add to the counts of their types.
fn counts(events: &[Event]) -> Vec<EventCount> {
    let mut counts: BTreeMap<&EventTypeKey, EventCount> = BTreeMap::new();
    for event in events {
        let at = event.received_at;
        let count = counts.entry(&event.type_key).or_insert_with(|| EventCount {
            key: event.type_key.clone(),
            added: 0,
            first: at,
            last: at,
        });
        count.added += 1;
        count.first = count.first.min(at);
        count.last = count.last.max(at);
    }
    counts.into_values().collect()
}
