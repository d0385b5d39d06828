//! Removing a contact, for a time or for good.

use super::draft::Draft;
use super::world::World;
use crate::{ContactId, ContactRef, ContactState, Decision, DecisionId, Effect, Outcome, Rejection, Rule, Subject};
use std::collections::BTreeSet;

/// Removes a contact. A removed one keeps what it holds, so that it can come back (identity rule 2); an erased one leaves
/// nothing, nor do those that it absorbed. A contact that is removed already can still be erased.
pub(super) fn remove(world: &mut World<'_>, mut draft: Draft, named: &ContactRef, erase: bool) -> Decision {
    draft.rule = match named {
        ContactRef::Id(_) => Rule::ContactId,
        ContactRef::ExternalId(_) => Rule::ExternalId,
        ContactRef::Unreadable(_) => Rule::NoMatch,
    };
    let known = world.find(named);
    let Some(id) = known.filter(|id| erase || world.is_active(*id)) else {
        draft.touched.extend(known);
        return draft.reject(world, Rejection::ContactNotFound);
    };
    if erase {
        forget(world, id);
        return draft.finish(world, Outcome::Erased, Some(id));
    }
    if let Some(contact) = world.contacts.get_mut(&id) {
        contact.state = ContactState::Removed;
        contact.updated_at = draft.at;
    }
    draft.finish(world, Outcome::Removed, Some(id))
}

/// Takes a contact, and those that it absorbed, out of all that the batch has decided so far: what came before the erasure in the
/// same batch must not be written after it.
fn forget(world: &mut World<'_>, id: ContactId) {
    let absorbed = world.contacts.values().filter(|contact| contact.canonical == id);
    let gone: BTreeSet<ContactId> = absorbed.map(|contact| contact.id).collect();
    let names = |contact: Option<ContactId>| contact.is_some_and(|contact| gone.contains(&contact));
    for id in &gone {
        let held = world.contacts.remove(id).map(|contact| contact.identifiers);
        for held in held.iter().flatten() {
            world.free(held.key());
            for named in held.identifier.also_named() {
                world.free(&named);
            }
        }
    }
    redact_log(world, &gone);
    world
        .merges
        .retain(|_, merge| !gone.contains(&merge.survivor) && !gone.contains(&merge.absorbed));
    let freed = &world.freed;
    for merge in world.merges.values_mut() {
        merge.redact(|key| !freed.contains(key));
    }
    world
        .visitors
        .retain(|_, visitor| !names(visitor.home) && !names(visitor.owner));
    let visitors = &world.visitors;
    world.events.retain(|event| match event.subject {
        Some(Subject::Contact(id)) => !gone.contains(&id),
        Some(Subject::Visitor(id)) => visitors.contains_key(&id),
        None => true,
    });
    world.orders.retain(|_, order| !gone.contains(&order.contact));
    world.repointed.retain(|(_, to)| !gone.contains(to));
    world.visitors_returned.retain(|(home, _)| !gone.contains(home));
    world.erased.extend(gone);
}

/// What the batch has decided so far is not stored yet, so the storage does not redact it.
fn redact_log(world: &mut World<'_>, gone: &BTreeSet<ContactId>) {
    let (own, mut log): (Vec<_>, Vec<_>) = std::mem::take(&mut world.log)
        .into_iter()
        .partition(|entry| gone.contains(&entry.contact));
    let shared: BTreeSet<DecisionId> = own.iter().map(|entry| entry.decision.id).collect();
    for identifier in own
        .iter()
        .flat_map(|entry| &entry.decision.effects)
        .filter_map(Effect::identifier)
    {
        world.unsee(&identifier.key);
    }
    for entry in &mut log {
        if shared.contains(&entry.decision.id) || !entry.mentions.is_disjoint(gone) {
            entry.decision.redact(gone, |key| world.is_held(key));
            entry.mentions.retain(|contact| !gone.contains(contact));
        }
    }
    world.log = log;
}
