//! Writing a change set, in the order of its members.

use super::contract::ContractError;
use super::space::Space;
use selfsame_application::ports::{Commit, Deleted, Recorded};
use selfsame_domain::export::order_id;
use selfsame_domain::values::EventTypeKey;
use selfsame_domain::{
    ChangeSet, ContactId, DecisionId, Effect, EventCount, EventId, EventType, HeldIdentifier, IdentifierKey, KeyRecord,
    Subject,
};
use std::collections::{BTreeMap, BTreeSet};

impl Space {
    /// Writes everything but the policy, which is not a row of the workspace's data.
    pub(super) fn apply(&mut self, commit: Commit<'_>) -> Result<(), ContractError> {
        let Commit { changes, records, .. } = commit;
        check_once(changes, records)?;
        self.revisions.note(commit);
        for contact in &changes.erased {
            self.erase(*contact);
        }
        for row in &changes.contacts {
            self.contacts.insert(row.id, row.clone());
        }
        self.repoint(changes);
        for (contact, attributes) in &changes.attributes {
            self.attributes.insert(*contact, attributes.clone());
        }
        self.apply_identifiers(changes)?;
        self.apply_visitors(changes)?;
        self.apply_segments(changes)?;
        self.apply_catalog(changes)?;
        self.merges
            .extend(changes.merges.iter().map(|merge| (merge.id, merge.clone())));
        for entry in &changes.log {
            self.log.insert((entry.contact, entry.decision.id), entry.clone());
        }
        self.replies
            .extend(records.iter().map(|record| (record.key.clone(), record.clone())));
        self.apply_orders(changes)?;
        self.apply_events(changes)?;
        self.count(changes);
        Ok(())
    }

    fn apply_orders(&mut self, changes: &ChangeSet) -> Result<(), ContractError> {
        for key in &changes.orders_deleted {
            require(self.orders.remove(key).is_some(), "orders")?;
            self.note_deleted(Deleted::Order(order_id(key)));
        }
        for order in &changes.orders_made {
            if self.orders.insert(order.key.clone(), order.clone()).is_some() {
                return Err(ContractError::Taken { table: "orders" });
            }
        }
        for order in &changes.orders {
            let old = self.orders.insert(order.key.clone(), order.clone());
            require(old.is_some(), "orders")?;
        }
        Ok(())
    }

    fn apply_events(&mut self, changes: &ChangeSet) -> Result<(), ContractError> {
        for event in &changes.events_deleted {
            require(self.events.remove(&event.id).is_some(), "events")?;
            self.sent_events.remove(&event.id);
            self.note_deleted(Deleted::Event(event.id));
        }
        for (key, count) in &changes.events_uncounted {
            let row = self.event_type(key);
            row.count = row.count.saturating_sub(*count);
            if row.count == 0 {
                (row.first_seen, row.last_seen) = (None, None);
            }
        }
        let sent: BTreeSet<EventId> = changes.sent_events.iter().copied().collect();
        for event in changes.events.iter().filter(|event| sent.contains(&event.id)) {
            if self.sent_events.insert(event.id, event.received_at).is_some() {
                return Err(ContractError::Taken { table: "sent_events" });
            }
        }
        self.events
            .extend(changes.events.iter().map(|event| (event.id, event.clone())));
        for EventCount {
            key,
            added,
            first,
            last,
        } in &changes.event_counts
        {
            let row = self.event_type(key);
            row.count += added;
            row.first_seen = Some(row.first_seen.map_or(*first, |old| old.min(*first)));
            row.last_seen = Some(row.last_seen.map_or(*last, |old| old.max(*last)));
        }
        for (key, creating) in &changes.creating {
            self.event_type(key).creates_contacts = *creating;
        }
        Ok(())
    }

    fn note_deleted(&mut self, deleted: Deleted) {
        self.deleted.insert((self.revisions.latest, deleted));
    }

    fn event_type(&mut self, key: &EventTypeKey) -> &mut EventType {
        self.event_types.entry(key.clone()).or_insert_with(|| EventType {
            key: key.clone(),
            creates_contacts: false,
            first_seen: None,
            last_seen: None,
            count: 0,
        })
    }

    /// Repoints contacts and visitors that the batch did not load.
    fn repoint(&mut self, changes: &ChangeSet) {
        for (from, to) in &changes.repointed {
            for row in self
                .contacts
                .values_mut()
                .filter(|row| row.id != *from && row.canonical == *from)
            {
                row.canonical = *to;
                self.revisions.note_contact(row.id);
            }
            for visitor in self
                .visitors
                .values_mut()
                .filter(|visitor| visitor.owner == Some(*from))
            {
                visitor.owner = Some(*to);
                self.revisions.note_visitor(visitor.id, &visitor.key);
            }
        }
        for (home, to) in &changes.visitors_returned {
            for visitor in self.visitors.values_mut().filter(|visitor| visitor.home == Some(*home)) {
                visitor.owner = Some(*to);
                self.revisions.note_visitor(visitor.id, &visitor.key);
            }
        }
    }

    fn apply_identifiers(&mut self, changes: &ChangeSet) -> Result<(), ContractError> {
        for key in &changes.identifiers_removed {
            require(self.take_identifier(key), "identifiers")?;
        }
        for held in &changes.identifiers {
            if held.kind().is_exclusive() && self.rows_of(held.key()).any(|row| row.home != held.home) {
                return Err(ContractError::Taken { table: "identifiers" });
            }
            self.put_identifier(held);
        }
        self.keys.extend(changes.keys.iter().cloned());
        Ok(())
    }

    fn apply_visitors(&mut self, changes: &ChangeSet) -> Result<(), ContractError> {
        for visitor in &changes.visitors {
            self.visitors.insert(visitor.id, visitor.clone());
            let open = self
                .visitors
                .values()
                .filter(|row| row.key == visitor.key && row.closed_at.is_none());
            if open.count() > 1 {
                return Err(ContractError::Taken { table: "visitors" });
            }
        }
        Ok(())
    }

    fn apply_segments(&mut self, changes: &ChangeSet) -> Result<(), ContractError> {
        for segment in &changes.segments {
            self.segments.insert(segment.id, segment.clone());
            unique(
                self.segments.values().filter(|row| row.name == segment.name),
                "segments",
            )?;
        }
        for segment in &changes.segments_emptied {
            let members = self.memberships.values().filter(|row| row.segment == *segment);
            let members: Vec<_> = members.map(|row| (row.home, row.owner)).collect();
            for (home, owner) in members {
                self.take_membership((*segment, home));
                self.revisions.note_contact(owner);
            }
        }
        for (segment, formula) in &changes.formulas {
            require(self.segments.contains_key(segment), "segments")?;
            self.formulas.insert(*segment, formula.clone());
        }
        for gone in &changes.segments_removed {
            let segment = gone.segment.id;
            self.formulas.remove(&segment);
            self.revisions.formulas.remove(&segment);
            self.periods.retain(|(of, ..), _| *of != segment);
            require(self.segments.remove(&segment).is_some(), "segments")?;
            self.deleted_segments
                .insert(segment, (self.revisions.latest, gone.clone()));
        }
        for key in &changes.memberships_removed {
            require(self.take_membership(*key), "segment_members")?;
        }
        for member in &changes.memberships {
            self.put_membership(member);
        }
        Ok(())
    }

    fn apply_catalog(&mut self, changes: &ChangeSet) -> Result<(), ContractError> {
        for category in &changes.categories {
            self.categories.insert(category.id, category.clone());
            let same = |row: &&_| {
                let row: &selfsame_domain::Category = row;
                row.key == category.key || row.segment == category.segment
            };
            unique(self.categories.values().filter(same), "categories")?;
        }
        for field in &changes.fields {
            self.fields.insert(field.id, field.clone());
            let key = (&field.profile_key, &field.field_key);
            let same = self
                .fields
                .values()
                .filter(|row| (&row.profile_key, &row.field_key) == key);
            unique(same, "custom_fields")?;
        }
        Ok(())
    }

    /// Deletes all data of a contact, and of those that it absorbed.
    fn erase(&mut self, contact: ContactId) {
        let mut gone = self.group(contact);
        gone.insert(contact);
        let is_gone = |id: ContactId| gone.contains(&id);
        self.periods.retain(|(_, of, _), _| !is_gone(*of));
        self.due.retain(|(_, of), _| !is_gone(*of));
        let held = self.identifiers.values();
        let held = held.filter(|row| is_gone(row.owner) || is_gone(row.home));
        let identifiers: Vec<_> = held.map(|row| (key_of(row), row.identifier.clone())).collect();
        let mut named: BTreeSet<IdentifierKey> = BTreeSet::new();
        for (key, identifier) in identifiers {
            self.take_identifier(&key);
            for key in identifier.alias_keys().chain([key.0]) {
                named.insert(key.clone());
                if self.rows_of(&key).next().is_none() {
                    self.free(contact, key);
                }
            }
        }
        let members: Vec<_> = self
            .memberships
            .values()
            .filter(|row| is_gone(row.owner) || is_gone(row.home))
            .map(|row| (row.segment, row.home))
            .collect();
        for key in members {
            self.take_membership(key);
        }
        self.contacts.retain(|id, _| !is_gone(*id));
        self.attributes.retain(|id, _| !is_gone(*id));
        let left_by = |subject: Subject| match subject {
            Subject::Contact(id) => is_gone(id),
            Subject::Visitor(id) => self
                .visitors
                .get(&id)
                .is_some_and(|row| row.home.is_some_and(is_gone) || row.owner.is_some_and(is_gone)),
        };
        self.events.retain(|_, event| !event.subject.is_some_and(left_by));
        self.orders.retain(|_, order| !is_gone(order.contact));
        let seen = self.visitors.values();
        let seen = seen.filter(|row| row.home.is_some_and(is_gone) || row.owner.is_some_and(is_gone));
        let seen: Vec<Deleted> = seen.map(|row| Deleted::Visitor(row.id)).collect();
        let noted = gone.iter().copied().map(Deleted::Contact).chain(seen);
        for deleted in noted.collect::<Vec<_>>() {
            self.note_deleted(deleted);
        }
        self.visitors
            .retain(|_, row| !row.home.is_some_and(is_gone) && !row.owner.is_some_and(is_gone));
        self.merges
            .retain(|_, row| !is_gone(row.survivor) && !is_gone(row.absorbed));
        self.replies.retain(|_, row| !row.contacts.iter().copied().any(is_gone));
        let log = self.log.values().filter(|entry| is_gone(entry.contact));
        let effects = log.flat_map(|entry| &entry.decision.effects);
        named.extend(
            effects
                .filter_map(Effect::identifier)
                .map(|identifier| identifier.key.clone()),
        );
        self.redact_log(&gone);
    }

    /// Deletes the record of a key that no contact holds any more. The history that waits behind it is deleted with the contact.
    fn free(&mut self, contact: ContactId, key: IdentifierKey) {
        let Some(record) = self.keys.remove(&key) else {
            return;
        };
        let waiting = record
            .waiting
            .and_then(|waiting| self.visitors.get_mut(&waiting.visitor));
        if let Some(visitor) = waiting {
            visitor.owner = Some(contact);
        }
        self.keys.extend(record.after_erasure().map(|left| (key, left)));
    }

    /// Removes the data of erased contacts from other contacts' logs. Runs after the identifiers are deleted, to see which of them other
    /// contacts still hold.
    fn redact_log(&mut self, gone: &BTreeSet<ContactId>) {
        let (own, mut log): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut self.log)
            .into_iter()
            .partition(|((contact, _), _)| gone.contains(contact));
        let shared: BTreeSet<DecisionId> = own.keys().map(|(_, decision)| *decision).collect();
        let named = own.values().flat_map(|entry| &entry.decision.effects);
        for key in named.filter_map(Effect::identifier).map(|identifier| &identifier.key) {
            if self.rows_of(key).next().is_some() {
                continue;
            }
            if self.keys.get(key).is_some_and(KeyRecord::is_sighting) {
                self.keys.remove(key);
            } else if let Some(record) = self.keys.get_mut(key) {
                record.seen_with.clear();
            }
        }
        for entry in log.values_mut() {
            if shared.contains(&entry.decision.id) || !entry.mentions.is_disjoint(gone) {
                for merge in entry.decision.merges() {
                    if let Some(mut record) = self.merges.remove(&merge) {
                        record.redact(|key| self.rows_of(key).next().is_some());
                        self.merges.insert(merge, record);
                    }
                }
                entry.decision.redact(gone, |key| self.rows_of(key).next().is_some());
                entry.mentions.retain(|contact| !gone.contains(contact));
            }
        }
        self.log = log;
    }

    /// Records the used numbers, so that they are never assigned again.
    fn count(&mut self, changes: &ChangeSet) {
        let contacts = changes
            .contacts
            .iter()
            .map(|row| row.id)
            .chain(changes.erased.iter().copied());
        let last = &mut self.last;
        last.contact = contacts.map(|id| id.0).fold(last.contact, i64::max);
        last.segment = changes.segments.iter().map(|row| row.id.0).fold(last.segment, i64::max);
        last.category = changes
            .categories
            .iter()
            .map(|row| row.id.0)
            .fold(last.category, i64::max);
        last.field = changes.fields.iter().map(|row| row.id.0).fold(last.field, i64::max);
    }
}

fn key_of(held: &HeldIdentifier) -> (IdentifierKey, ContactId) {
    (held.key().clone(), held.home)
}

fn require(there: bool, table: &'static str) -> Result<(), ContractError> {
    if there {
        Ok(())
    } else {
        Err(ContractError::Missing { table })
    }
}

fn unique<'a, T: 'a>(mut rows: impl Iterator<Item = &'a T>, table: &'static str) -> Result<(), ContractError> {
    rows.next();
    if rows.next().is_some() {
        Err(ContractError::Taken { table })
    } else {
        Ok(())
    }
}

fn check_once(changes: &ChangeSet, records: &[Recorded]) -> Result<(), ContractError> {
    once("contacts", changes.contacts.iter().map(|row| row.id))?;
    once("contacts", changes.repointed.iter().map(|(from, _)| *from))?;
    once("visitors", changes.visitors_returned.iter().map(|(home, _)| *home))?;
    once("profiles", changes.attributes.iter().map(|(id, _)| *id))?;
    let removed = changes.identifiers_removed.iter().cloned();
    once("identifiers", removed.chain(changes.identifiers.iter().map(key_of)))?;
    once("identifier_keys", changes.keys.iter().map(|(key, _)| key))?;
    once("visitors", changes.visitors.iter().map(|row| row.id))?;
    once("segments", changes.segments.iter().map(|row| row.id))?;
    let removed = changes.memberships_removed.iter().copied();
    once(
        "segment_members",
        removed.chain(changes.memberships.iter().map(|row| (row.segment, row.home))),
    )?;
    once("categories", changes.categories.iter().map(|row| row.id))?;
    once("custom_fields", changes.fields.iter().map(|row| row.id))?;
    once("merges", changes.merges.iter().map(|row| row.id))?;
    once(
        "identity_log",
        changes.log.iter().map(|entry| (entry.contact, entry.decision.id)),
    )?;
    let orders = changes.orders_made.iter().chain(&changes.orders);
    once("orders", orders.map(|order| &order.key).chain(&changes.orders_deleted))?;
    once("events", changes.events.iter().map(|event| event.id))?;
    once("events", changes.events_deleted.iter().map(|event| event.id))?;
    once("event_types", changes.events_uncounted.iter().map(|(key, _)| key))?;
    once("sent_events", changes.sent_events.iter())?;
    once("event_types", changes.event_counts.iter().map(|count| &count.key))?;
    once("event_types", changes.creating.iter().map(|(key, _)| key))?;
    once("recorded_replies", records.iter().map(|record| &record.key))
}

fn once<T: Ord>(table: &'static str, keys: impl Iterator<Item = T>) -> Result<(), ContractError> {
    let mut seen = BTreeSet::new();
    for key in keys {
        if !seen.insert(key) {
            return Err(ContractError::Twice { table });
        }
    }
    Ok(())
}
