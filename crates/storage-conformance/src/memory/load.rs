//! Loading a footprint.

use super::space::{Numbers, Space};
use selfsame_domain::{
    CategoryId, ContactId, ContactState, Event, EventPeriod, FieldId, Footprint, Fresh, HeldIdentifier, IdentifierKey,
    IdentifierKind, KeyRecord, Merge, Order, SegmentId, Snapshot, Stability, StoredEvent, Visitor,
};
use std::collections::{BTreeMap, BTreeSet};

impl Space {
    /// The snapshot of a footprint, by the contract of [`Snapshot`].
    pub(super) fn load(&self, footprint: &Footprint) -> Snapshot {
        let mut snapshot = Snapshot::default();
        self.load_holders(footprint, &mut snapshot);
        self.load_late(footprint, &mut snapshot);
        self.load_named(footprint, &mut snapshot);
        self.load_orders(footprint, &mut snapshot);
        self.load_groups(footprint, &mut snapshot);
        self.load_undone_pairs(&mut snapshot);
        self.load_catalog(footprint, &mut snapshot);
        snapshot.creating = footprint
            .event_types
            .iter()
            .filter(|key| self.event_types.get(*key).is_some_and(|row| row.creates_contacts))
            .cloned()
            .collect();
        snapshot.deletable = footprint
            .deleting
            .map(|period| self.deletable(period))
            .unwrap_or_default();
        snapshot.stored_events = footprint
            .events
            .iter()
            .filter(|id| self.sent_events.contains_key(id))
            .copied()
            .collect();
        let unknown_names = footprint
            .segment_names
            .iter()
            .filter(|name| !self.segments.values().any(|segment| segment.name == **name));
        snapshot.fresh = self.last.fresh(footprint, unknown_names.count());
        snapshot
    }

    fn deletable(&self, EventPeriod { from, until }: EventPeriod) -> Vec<StoredEvent> {
        let events = self.events.values();
        let events = events.filter(|event| event.occurred_at >= from && event.occurred_at < until);
        let stored = |event: &Event| StoredEvent {
            occurred_at: event.occurred_at,
            id: event.id,
            type_key: event.type_key.clone(),
        };
        let mut found: Vec<StoredEvent> = events.map(stored).collect();
        found.sort();
        found.truncate(EventPeriod::MOST_AT_ONCE + 1);
        found
    }

    fn load_holders(&self, footprint: &Footprint, snapshot: &mut Snapshot) {
        for (key, holders) in &footprint.keys {
            if let Some(record) = self.keys.get(key).filter(|record| **record != KeyRecord::default()) {
                snapshot.keys.insert(key.clone(), record.clone());
            }
            self.load_open(key, snapshot);
            if !holders {
                continue;
            }
            for held in self.tokens_of(key) {
                if !footprint.keys.contains_key(held.key()) {
                    self.load_open(held.key(), snapshot);
                }
                let record = self
                    .keys
                    .get(held.key())
                    .filter(|record| **record != KeyRecord::default());
                snapshot
                    .keys
                    .extend(record.map(|record| (held.key().clone(), record.clone())));
                let owner = self.contacts.get(&held.owner);
                let wanted = owner.is_some_and(|row| row.state != ContactState::Merged);
                self.include_contact(held.owner, wanted, snapshot);
            }
            for held in self.rows_of(key) {
                let owner = self.contacts.get(&held.owner);
                let wanted = owner.is_some_and(|row| match row.state {
                    ContactState::Active => true,
                    ContactState::Removed => key.kind.is_exclusive(),
                    ContactState::Merged => false,
                });
                self.include_contact(held.owner, wanted, snapshot);
            }
        }
    }

    /// Loads the open visitors of a changeable key, with their owners. Waiting visitors of other keys come with the record of the key.
    fn load_open(&self, key: &IdentifierKey, snapshot: &mut Snapshot) {
        if key.kind.stability() != Stability::Changeable {
            return;
        }
        let behind = self.visitors.values().filter(|visitor| visitor.key == *key);
        let open = behind.filter(|visitor| visitor.closed_at.is_none());
        for visitor in open.filter(|visitor| key.kind == IdentifierKind::Cookie || visitor.owner.is_some()) {
            if let Some(owner) = visitor.owner {
                self.include_contact(owner, true, snapshot);
            }
            snapshot.visitors.push(visitor.clone());
        }
    }

    fn load_late(&self, footprint: &Footprint, snapshot: &mut Snapshot) {
        let mut found = BTreeMap::new();
        let named = footprint.late.iter().flat_map(|(key, time)| {
            let held = self.tokens_of(key).map(HeldIdentifier::key);
            [key].into_iter().chain(held).map(move |key| (key, time))
        });
        for (key, time) in named {
            let visitor = Visitor::at(self.visitors.values().filter(|visitor| visitor.key == *key), *time);
            let closed = visitor.filter(|visitor| visitor.closed_at.is_some());
            found.extend(closed.map(|visitor| (visitor.id, visitor.clone())));
        }
        for visitor in found.into_values() {
            if let Some(owner) = visitor.owner {
                self.include_contact(owner, true, snapshot);
            }
            snapshot.visitors.push(visitor);
        }
    }

    fn load_named(&self, footprint: &Footprint, snapshot: &mut Snapshot) {
        for id in &footprint.contacts {
            self.name(*id, snapshot);
        }
    }

    fn load_orders(&self, footprint: &Footprint, snapshot: &mut Snapshot) {
        let named = |order: &&Order| footprint.orders.contains(&order.key.external_id);
        for order in self.orders.values().filter(named) {
            self.name(order.contact, snapshot);
            snapshot.orders.insert(order.key.clone(), order.clone());
        }
    }

    fn name(&self, id: ContactId, snapshot: &mut Snapshot) {
        let Some(canonical) = self.canonical(id) else { return };
        if canonical != id {
            snapshot.canonical.insert(id, canonical);
        }
        self.include_contact(canonical, true, snapshot);
    }

    fn load_groups(&self, footprint: &Footprint, snapshot: &mut Snapshot) {
        let named: Vec<&Merge> = footprint.merges.iter().filter_map(|id| self.merges.get(id)).collect();
        let canonical: BTreeSet<ContactId> = named
            .iter()
            .flat_map(|merge| [merge.survivor, merge.absorbed])
            .filter_map(|id| self.canonical(id))
            .collect();
        let group: BTreeSet<ContactId> = canonical.into_iter().flat_map(|id| self.group(id)).collect();
        for id in &group {
            self.include_contact(*id, true, snapshot);
        }
        let among = |merge: &&Merge| group.contains(&merge.survivor) && group.contains(&merge.absorbed);
        let merges = self.merges.values().filter(among).chain(named.iter().copied());
        snapshot.merges.extend(merges.map(|merge| (merge.id, merge.clone())));
    }

    fn load_undone_pairs(&self, snapshot: &mut Snapshot) {
        let absorbable = snapshot.absorbable();
        for merge in self.merges.values().filter(|merge| merge.undone_at.is_some()) {
            let parties = [merge.survivor, merge.absorbed];
            let [Some(one), Some(other)] = parties.map(|id| self.canonical(id)) else {
                continue;
            };
            let both_there = [one, other].iter().all(|id| snapshot.contacts.contains_key(id));
            let any_absorbable = [one, other, merge.survivor, merge.absorbed]
                .iter()
                .any(|id| absorbable.contains(id));
            if one != other && both_there && any_absorbable {
                snapshot.undone_pairs.insert((merge.survivor, merge.absorbed));
                let absorbed = [(merge.survivor, one), (merge.absorbed, other)];
                snapshot
                    .canonical
                    .extend(absorbed.into_iter().filter(|(id, canonical)| id != canonical));
            }
        }
    }

    fn include_contact(&self, id: ContactId, wanted: bool, snapshot: &mut Snapshot) {
        if wanted && !snapshot.contacts.contains_key(&id) {
            snapshot.contacts.extend(self.contact(id).map(|contact| (id, contact)));
        }
    }

    fn load_catalog(&self, footprint: &Footprint, snapshot: &mut Snapshot) {
        let mut segments = footprint.segments.clone();
        let named = self
            .segments
            .values()
            .filter(|segment| footprint.segment_names.contains(&segment.name));
        let named: BTreeSet<SegmentId> = named.map(|segment| segment.id).collect();
        for category in self.categories.values() {
            let wanted = footprint.all_categories
                || footprint.categories.contains(&category.id)
                || footprint.category_keys.contains(&category.key)
                || named.contains(&category.segment);
            if wanted {
                segments.insert(category.segment);
                snapshot.categories.push(category.clone());
            }
        }
        segments.extend(named);
        if footprint.all_segments {
            segments.extend(self.segments.keys());
        }
        let formulas = self.formulas.iter().filter(|(id, _)| segments.contains(id));
        snapshot.formulas = formulas.map(|(id, formula)| (*id, formula.clone())).collect();
        snapshot.segments = segments
            .iter()
            .filter_map(|id| self.segments.get(id))
            .cloned()
            .collect();
        let fields = self.fields.values().filter(|field| {
            let key = (field.profile_key.clone(), field.field_key.clone());
            footprint.fields.contains(&field.id) || footprint.field_keys.contains(&key)
        });
        snapshot.fields = fields.cloned().collect();
    }
}

impl Numbers {
    fn fresh(self, footprint: &Footprint, unknown_names: usize) -> Fresh {
        let count = footprint.fresh;
        Fresh {
            contacts: after(self.contact, count.contacts).map(ContactId).collect(),
            segments: after(self.segment, count.segments + unknown_names)
                .map(SegmentId)
                .collect(),
            categories: after(self.category, count.categories).map(CategoryId).collect(),
            fields: after(self.field, count.fields).map(FieldId).collect(),
        }
    }
}

fn after(last: i64, count: usize) -> impl Iterator<Item = i64> {
    (last + 1..).take(count)
}
