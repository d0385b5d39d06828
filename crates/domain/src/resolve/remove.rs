//! Removing a contact, and erasing it.

use super::context::Context;
use super::decision_builder::{Decided, Verdict};
use super::working_copy::WorkingCopy;
use crate::{ContactId, ContactRef, ContactState, DecisionId, Effect, Outcome, Rejection, Rule, Subject};
use std::collections::BTreeSet;

/// Removes a contact. A removed contact keeps what it holds, so that it can be restored (identity rule 2). An erased contact leaves nothing, nor
/// do those that it absorbed. A contact that is removed already can still be erased.
pub(super) fn remove(cx: &mut Context<'_>, named: &ContactRef, erase: bool) -> Verdict {
    cx.decision.rule = match named {
        ContactRef::Id(_) => Rule::ContactId,
        ContactRef::ExternalId(_) => Rule::ExternalId,
        ContactRef::Unreadable(_) => Rule::NoMatch,
    };
    let named = cx.state.find(named);
    let Some(id) = named.filter(|id| erase || cx.state.is_active(*id)) else {
        cx.decision.affected.extend(named);
        return Err(Rejection::ContactNotFound.into());
    };
    if erase {
        forget(&mut cx.state, id);
        return Ok(Decided::about(id, Outcome::Erased));
    }
    let contact = cx.state.contact_mut(id)?;
    contact.state = ContactState::Removed;
    contact.updated_at = cx.decision.at;
    Ok(Decided::about(id, Outcome::Removed))
}

/// Deletes a contact, and those that it absorbed, from all that the batch has decided so far: what came before the erasure in the same batch must
/// not be written after it.
fn forget(state: &mut WorkingCopy<'_>, id: ContactId) {
    let absorbed = state.contacts.values().filter(|contact| contact.canonical == id);
    let gone: BTreeSet<ContactId> = absorbed.map(|contact| contact.id).collect();
    let names = |contact: Option<ContactId>| contact.is_some_and(|contact| gone.contains(&contact));
    for id in &gone {
        let held = state.contacts.remove(id).map(|contact| contact.identifiers);
        for held in held.iter().flatten() {
            state.forget_key(held.key());
            for key in held.identifier.alias_keys() {
                state.forget_key(&key);
            }
        }
    }
    redact_log(state, &gone);
    state
        .merges
        .retain(|_, merge| !gone.contains(&merge.survivor) && !gone.contains(&merge.absorbed));
    let freed = &state.freed;
    for merge in state.merges.values_mut() {
        merge.redact(|key| !freed.contains(key));
    }
    state
        .visitors
        .retain(|_, visitor| !names(visitor.home) && !names(visitor.owner));
    let visitors = &state.visitors;
    state.events.retain(|event| match event.subject {
        Some(Subject::Contact(id)) => !gone.contains(&id),
        Some(Subject::Visitor(id)) => visitors.contains_key(&id),
        None => true,
    });
    state.orders.retain(|_, order| !gone.contains(&order.contact));
    state.repointed.retain(|(_, to)| !gone.contains(to));
    state.visitors_returned.retain(|(home, _)| !gone.contains(home));
    state.erased.extend(gone);
}

/// Redacts what the batch has logged so far: it is not stored yet, so the storage does not redact it.
fn redact_log(state: &mut WorkingCopy<'_>, gone: &BTreeSet<ContactId>) {
    let (own, mut log): (Vec<_>, Vec<_>) = std::mem::take(&mut state.log)
        .into_iter()
        .partition(|entry| gone.contains(&entry.contact));
    let shared: BTreeSet<DecisionId> = own.iter().map(|entry| entry.decision.id).collect();
    let effects = own.iter().flat_map(|entry| &entry.decision.effects);
    for identifier in effects.filter_map(Effect::identifier) {
        state.forget_sightings(&identifier.key);
    }
    for entry in &mut log {
        if shared.contains(&entry.decision.id) || !entry.mentions.is_disjoint(gone) {
            entry.decision.redact(gone, |key| state.is_held(key));
            entry.mentions.retain(|contact| !gone.contains(contact));
        }
    }
    state.log = log;
}
