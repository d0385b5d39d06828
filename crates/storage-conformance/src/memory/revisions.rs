//! The revisions of rows, and the check whether the snapshot of a batch is still valid.

use super::space::Space;
use selfsame_application::ports::{Basis, Commit};
use selfsame_domain::values::ExternalOrderId;
use selfsame_domain::{
    ChangeSet, ContactId, DecisionId, EventId, HeldIdentifier, IdentifierKey, MergeId, OrderKey, Revision, SegmentId,
    VisitorId,
};
use std::collections::BTreeMap;

/// The last commit of each row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Revisions {
    pub(super) latest: Revision,
    pub(super) policy: Revision,
    pub(super) definitions: Revision,
    /// Formulas of segments.
    pub(super) formulas: BTreeMap<SegmentId, Revision>,
    deleted: Revision,
    contacts: BTreeMap<ContactId, Revision>,
    /// The holders of a value.
    held: BTreeMap<IdentifierKey, Revision>,
    /// The record of a value, and the visitors behind it.
    keys: BTreeMap<IdentifierKey, Revision>,
    merges: BTreeMap<MergeId, Revision>,
    orders: BTreeMap<ExternalOrderId, Revision>,
    /// Events with an event ID of their sender.
    events: BTreeMap<EventId, Revision>,
    /// All events.
    kept: BTreeMap<EventId, Revision>,
    visitors: BTreeMap<VisitorId, Revision>,
    orders_whole: BTreeMap<OrderKey, Revision>,
    replies: BTreeMap<String, Revision>,
    /// Decisions of the identity log.
    decisions: BTreeMap<DecisionId, Revision>,
}

impl Revisions {
    pub(super) fn contact(&self, id: ContactId) -> Revision {
        self.contacts.get(&id).copied().unwrap_or_default()
    }

    pub(super) fn note_contact(&mut self, id: ContactId) {
        self.contacts.insert(id, self.latest);
    }

    /// The commit that last wrote an order.
    pub(super) fn order(&self, key: &OrderKey) -> Revision {
        self.orders_whole.get(key).copied().unwrap_or_default()
    }

    /// The commit that wrote an event.
    pub(super) fn event(&self, id: EventId) -> Revision {
        self.kept.get(&id).copied().unwrap_or_default()
    }

    /// The commit that logged a decision.
    pub(super) fn decision(&self, id: DecisionId) -> Revision {
        self.decisions.get(&id).copied().unwrap_or_default()
    }

    /// The commit that last wrote a visitor.
    pub(super) fn visitor(&self, id: VisitorId) -> Revision {
        self.visitors.get(&id).copied().unwrap_or_default()
    }

    pub(super) fn note_visitor(&mut self, visitor: VisitorId, key: &IdentifierKey) {
        self.keys.insert(key.clone(), self.latest);
        self.visitors.insert(visitor, self.latest);
    }

    /// Raises the revision, and records it for the rows of the commit.
    pub(super) fn note(&mut self, Commit { changes, records, .. }: Commit<'_>) {
        self.latest = self.latest.next();
        let latest = self.latest;
        self.note_contacts(changes);
        let held = changes.identifiers.iter().map(HeldIdentifier::key);
        let removed = changes.identifiers_removed.iter().map(|(key, _)| key);
        self.held.extend(held.chain(removed).map(|key| (key.clone(), latest)));
        let keys = changes.keys.iter().map(|(key, _)| key);
        let keys = keys.chain(changes.visitors.iter().map(|visitor| &visitor.key));
        self.keys.extend(keys.map(|key| (key.clone(), latest)));
        self.merges
            .extend(changes.merges.iter().map(|merge| (merge.id, latest)));
        let orders = changes.orders_made.iter().chain(&changes.orders);
        self.orders
            .extend(orders.map(|order| (order.key.external_id.clone(), latest)));
        let orders = changes.orders_made.iter().chain(&changes.orders);
        self.orders_whole
            .extend(orders.map(|order| (order.key.clone(), latest)));
        self.kept.extend(changes.events.iter().map(|event| (event.id, latest)));
        let visitors = changes.visitors.iter().map(|visitor| (visitor.id, latest));
        self.visitors.extend(visitors);
        self.events.extend(changes.sent_events.iter().map(|id| (*id, latest)));
        self.replies
            .extend(records.iter().map(|record| (record.key.clone(), latest)));
        let decisions = changes.log.iter().map(|entry| (entry.decision.id, latest));
        self.decisions.extend(decisions);
        if changes.policy.is_some() {
            self.policy = latest;
        }
        self.formulas
            .extend(changes.formulas.iter().map(|(id, _)| (*id, latest)));
        if changes.changes_definitions() {
            self.definitions = latest;
        }
        if changes.deletes() {
            self.deleted = latest;
        }
    }

    fn note_contacts(&mut self, changes: &ChangeSet) {
        for id in &changes.erased {
            self.contacts.remove(id);
        }
        let written = changes.contacts.iter().map(|row| row.id);
        let written: Vec<ContactId> = written.chain(changes.touched.iter().copied()).collect();
        for id in written {
            self.note_contact(id);
        }
    }
}

impl Space {
    /// Whether no row that was read has been written since.
    pub(super) fn is_true(&self, basis: &Basis) -> bool {
        let revisions = &self.revisions;
        let later = |found: Option<&Revision>| found.is_some_and(|revision| *revision > basis.revision);
        if !later(Some(&revisions.latest)) {
            return true;
        }
        let read = &basis.read;
        let everywhere = read.everything || later(Some(&revisions.policy)) || later(Some(&revisions.deleted));
        if everywhere || (read.definitions && later(Some(&revisions.definitions))) {
            return false;
        }
        let mut owners = read
            .held
            .iter()
            .flat_map(|key| self.rows_of(key).chain(self.tokens_of(key)));
        let held =
            owners.any(|held| later(revisions.held.get(held.key())) || later(revisions.contacts.get(&held.owner)));
        let written = held
            || read.held.iter().any(|key| later(revisions.held.get(key)))
            || read.keys.iter().any(|key| later(revisions.keys.get(key)))
            || read.contacts.iter().any(|id| later(revisions.contacts.get(id)))
            || read.merges.iter().any(|id| later(revisions.merges.get(id)))
            || read.orders.iter().any(|id| later(revisions.orders.get(id)))
            || read.events.iter().any(|id| later(revisions.events.get(id)))
            || basis.reply_keys.iter().any(|key| later(revisions.replies.get(key)));
        !written
    }
}
