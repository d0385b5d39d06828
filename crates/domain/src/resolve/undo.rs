//! Undoing a merge, in any order of a chain (identity rule 10).

use super::context::Context;
use super::decision_builder::{Decided, Verdict};
use super::working_copy::WorkingCopy;
use crate::{
    Attributes, ContactId, ContactState, Effect, HeldIdentifier, Invariant, Merge, MergeId, Outcome, Rejection, Rule,
};
use std::collections::BTreeSet;

/// Brings both contacts back as they were. What arrived after the merge stays with the survivor, except identifiers and segments that the
/// absorbed contact brought: those go back to it.
pub(super) fn undo(cx: &mut Context<'_>, id: MergeId) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    let merge = cx.state.merges.get(&id).ok_or(Rejection::MergeNotFound)?;
    if merge.undone_at.is_some() {
        let both = [merge.survivor, merge.absorbed].into_iter();
        let loaded = both.filter(|id| cx.state.contacts.contains_key(id));
        cx.decision.affected.extend(loaded);
        return Err(Rejection::AlreadyUndone.into());
    }
    // An erasure deletes the merges of its contacts.
    let is_erased = !cx.state.contacts.contains_key(&merge.absorbed);
    let merge = Some(merge.clone()).filter(|_| !is_erased);
    let root = separate(cx, &merge.ok_or(Rejection::MergeNotFound)?)?;
    Ok(Decided::about(root, Outcome::Unmerged))
}

/// Undoes a merge that stands, and returns the contact that was the canonical one of both.
pub(super) fn separate(cx: &mut Context<'_>, merge: &Merge) -> Result<ContactId, Invariant> {
    let root = cx.state.contact(merge.absorbed)?.canonical;
    let returning = subtree(&cx.state, merge.absorbed);
    if let Some(record) = cx.state.merges.get_mut(&merge.id) {
        record.undone_at = Some(cx.decision.at);
    }
    for id in &returning {
        cx.state.contact_mut(*id)?.canonical = merge.absorbed;
    }
    let absorbed = cx.state.contact_mut(merge.absorbed)?;
    absorbed.merged_into = None;
    absorbed.state = ContactState::Active;
    give_back(&mut cx.state, root, merge, &returning)?;
    let brought = |home: Option<ContactId>| home.is_some_and(|home| returning.contains(&home));
    let visitors = cx.state.visitors.values_mut();
    for visitor in visitors.filter(|visitor| brought(visitor.home)) {
        visitor.owner = Some(merge.absorbed);
    }
    let returned = returning.iter().map(|home| (*home, merge.absorbed));
    cx.state.visitors_returned.extend(returned);
    refill(&mut cx.state, merge.survivor)?;
    cx.decision.affected.extend([merge.absorbed, merge.survivor]);
    cx.decision.report(Effect::Unmerged {
        merge: merge.id,
        contact: merge.absorbed,
    });
    Ok(root)
}

/// The contact and all that it absorbed, directly or not.
fn subtree(state: &WorkingCopy<'_>, top: ContactId) -> BTreeSet<ContactId> {
    let mut found = BTreeSet::from([top]);
    loop {
        let grown: BTreeSet<ContactId> = state
            .contacts
            .values()
            .filter(|contact| contact.merged_into.is_some_and(|into| found.contains(&into)))
            .map(|contact| contact.id)
            .chain(found.iter().copied())
            .collect();
        if grown.len() == found.len() {
            return found;
        }
        found = grown;
    }
}

/// The merge, and those by which its survivor was absorbed in turn.
fn upwards(state: &WorkingCopy<'_>, merge: &Merge) -> Vec<Merge> {
    let mut found = vec![merge.clone()];
    while let Some(next) = found.last().and_then(|link| {
        let stands = |next: &&Merge| next.absorbed == link.survivor && next.undone_at.is_none();
        state.merges.values().find(stands).cloned()
    }) {
        found.push(next);
    }
    found
}

/// Gives identifiers and segments back by their home. The survivor keeps a returned identifier that it was given while the merge stood only if
/// it held it before. What the survivors replaced meanwhile is shown again.
fn give_back(
    state: &mut WorkingCopy<'_>,
    root: ContactId,
    merge: &Merge,
    returning: &BTreeSet<ContactId>,
) -> Result<(), Invariant> {
    let to = merge.absorbed;
    let upwards = upwards(state, merge);
    let contact = state.contact_mut(root)?;
    let (mut identifiers, kept) = std::mem::take(&mut contact.identifiers)
        .into_iter()
        .partition::<Vec<_>, _>(|held| returning.contains(&held.home));
    contact.identifiers = kept;
    let returns = |held: &HeldIdentifier| identifiers.iter().any(|returned| returned.key() == held.key());
    contact.identifiers.retain(|held| {
        let link = upwards.iter().find(|link| link.survivor == held.home);
        link.is_none_or(|link| !returns(held) || link.moved.shared.contains(held.key()))
    });
    let (mut memberships, kept) = std::mem::take(&mut contact.memberships)
        .into_iter()
        .partition::<Vec<_>, _>(|member| returning.contains(&member.home));
    contact.memberships = kept;
    let still_hidden_by = |hidden_by: Option<ContactId>| hidden_by.filter(|by| returning.contains(by));
    for held in &mut identifiers {
        held.owner = to;
        held.hidden_by = still_hidden_by(held.hidden_by);
        state.index_holder(held.key(), to);
    }
    for member in &mut memberships {
        member.owner = to;
        member.hidden_by = still_hidden_by(member.hidden_by);
    }
    let contact = state.contact_mut(to)?;
    contact.identifiers.extend(identifiers);
    contact.memberships.extend(memberships);
    Ok(())
}

/// Fills the blanks of the former survivor, and of the contacts that absorbed it, again from the merges that still stand.
fn refill(state: &mut WorkingCopy<'_>, survivor: ContactId) -> Result<(), Invariant> {
    let mut next = Some(survivor);
    while let Some(id) = next {
        let filled = effective(state, id)?;
        let contact = state.contact_mut(id)?;
        contact.attributes = filled;
        next = contact.merged_into;
    }
    Ok(())
}

/// A contact's own attributes, with blanks filled from the merges that stand, in their order.
fn effective(state: &WorkingCopy<'_>, id: ContactId) -> Result<Attributes, Invariant> {
    let mut attributes = state.contact(id)?.attributes.own();
    let merges = state.merges.values();
    let mut standing: Vec<&Merge> = merges
        .filter(|merge| merge.survivor == id && merge.undone_at.is_none())
        .collect();
    standing.sort_by_key(|merge| (merge.at, merge.id));
    for merge in standing {
        attributes.fill_from(merge.absorbed, &effective(state, merge.absorbed)?, merge.at);
    }
    Ok(attributes)
}
