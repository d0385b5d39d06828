//! Undoing a merge, in any order of a chain (identity rule 10).

use super::draft::Draft;
use super::world::World;
use crate::{
    Attributes, ContactId, ContactState, Decision, Effect, HeldIdentifier, Merge, MergeId, Outcome, Rejection, Rule,
};
use std::collections::BTreeSet;

/// Brings both contacts back as they were. What arrived after the merge stays with the survivor, except identifiers and segments that
/// the absorbed contact brought: those go home.
pub(super) fn undo(world: &mut World<'_>, mut draft: Draft, id: MergeId) -> Decision {
    draft.rule = Rule::Explicit;
    let Some(merge) = world.merges.get(&id).cloned() else {
        return draft.reject(world, Rejection::MergeNotFound);
    };
    if merge.undone_at.is_some() {
        let known = [merge.survivor, merge.absorbed].into_iter();
        draft.touched.extend(known.filter(|id| world.contacts.contains_key(id)));
        return draft.reject(world, Rejection::AlreadyUndone);
    }
    let Some(root) = take_apart(world, &mut draft, id) else {
        return draft.reject(world, Rejection::MergeNotFound);
    };
    draft.finish(world, Outcome::Unmerged, Some(root))
}

/// Undoes a merge that was not undone, and returns the contact that answered for both.
pub(super) fn take_apart(world: &mut World<'_>, draft: &mut Draft, id: MergeId) -> Option<ContactId> {
    let merge = world.merges.get(&id).filter(|merge| merge.undone_at.is_none())?.clone();
    let root = world.contacts.get(&merge.absorbed)?.canonical;
    let returning = subtree(world, merge.absorbed);
    if let Some(record) = world.merges.get_mut(&id) {
        record.undone_at = Some(draft.at);
    }
    detach(world, &merge, &returning);
    give_back(world, root, &merge, &returning);
    let home = |visitor: &crate::Visitor| visitor.home.is_some_and(|home| returning.contains(&home));
    for visitor in world.visitors.values_mut().filter(|visitor| home(visitor)) {
        visitor.owner = Some(merge.absorbed);
    }
    world
        .visitors_returned
        .extend(returning.iter().map(|home| (*home, merge.absorbed)));
    refill(world, merge.survivor);
    draft.touched.extend([merge.absorbed, merge.survivor]);
    draft.effects.push(Effect::Unmerged {
        merge: id,
        contact: merge.absorbed,
    });
    Some(root)
}

/// The contact and all that it absorbed, directly or not.
fn subtree(world: &World<'_>, top: ContactId) -> BTreeSet<ContactId> {
    let mut found = BTreeSet::from([top]);
    loop {
        let grown: BTreeSet<ContactId> = world
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

fn detach(world: &mut World<'_>, merge: &Merge, returning: &BTreeSet<ContactId>) {
    for id in returning {
        if let Some(contact) = world.contacts.get_mut(id) {
            contact.canonical = merge.absorbed;
        }
    }
    if let Some(contact) = world.contacts.get_mut(&merge.absorbed) {
        contact.merged_into = None;
        contact.state = ContactState::Active;
    }
}

/// The merge, and those by which its survivor was absorbed in turn.
fn upwards(world: &World<'_>, merge: &Merge) -> Vec<Merge> {
    let mut found = vec![merge.clone()];
    while let Some(next) = found.last().and_then(|link| {
        let stands = |next: &&Merge| next.absorbed == link.survivor && next.undone_at.is_none();
        world.merges.values().find(stands).cloned()
    }) {
        found.push(next);
    }
    found
}

/// Identifiers and segments go back by their home, and identifiers to nobody else: the survivor keeps one that it was given meanwhile only
/// if it held it before. What the survivors replaced meanwhile shows again.
fn give_back(world: &mut World<'_>, root: ContactId, merge: &Merge, returning: &BTreeSet<ContactId>) {
    let to = merge.absorbed;
    let upwards = upwards(world, merge);
    let Some(contact) = world.contacts.get_mut(&root) else {
        return;
    };
    let (mut identifiers, kept) = std::mem::take(&mut contact.identifiers)
        .into_iter()
        .partition::<Vec<_>, _>(|held| returning.contains(&held.home));
    contact.identifiers = kept;
    let goes_home = |held: &HeldIdentifier| identifiers.iter().any(|home| home.key() == held.key());
    contact.identifiers.retain(|held| {
        let link = upwards.iter().find(|link| link.survivor == held.home);
        link.is_none_or(|link| !goes_home(held) || link.moved.shared.contains(held.key()))
    });
    let (mut memberships, kept) = std::mem::take(&mut contact.memberships)
        .into_iter()
        .partition::<Vec<_>, _>(|member| returning.contains(&member.home));
    contact.memberships = kept;
    let shows_again = |hidden_by: Option<ContactId>| hidden_by.filter(|by| returning.contains(by));
    for held in &mut identifiers {
        held.owner = to;
        held.hidden_by = shows_again(held.hidden_by);
    }
    for member in &mut memberships {
        member.owner = to;
        member.hidden_by = shows_again(member.hidden_by);
    }
    for held in &identifiers {
        world.note_holder(held.key(), to);
    }
    if let Some(contact) = world.contacts.get_mut(&to) {
        contact.identifiers.extend(identifiers);
        contact.memberships.extend(memberships);
    }
}

/// Fills the blanks of the former survivor, and of whoever absorbed it, anew from the merges that still stand.
fn refill(world: &mut World<'_>, survivor: ContactId) {
    let mut next = Some(survivor);
    while let Some(id) = next {
        let filled = effective(world, id);
        let Some(contact) = world.contacts.get_mut(&id) else {
            return;
        };
        contact.attributes = filled;
        next = contact.merged_into;
    }
}

/// A contact's own attributes, with blanks filled from the merges that stand, in their order.
fn effective(world: &World<'_>, id: ContactId) -> Attributes {
    let Some(contact) = world.contacts.get(&id) else {
        return Attributes::default();
    };
    let mut attributes = contact.attributes.own();
    let mut standing: Vec<&Merge> = world
        .merges
        .values()
        .filter(|merge| merge.survivor == id && merge.undone_at.is_none())
        .collect();
    standing.sort_by_key(|merge| (merge.at, merge.id));
    for merge in standing {
        attributes.fill_from(merge.absorbed, &effective(world, merge.absorbed), merge.at);
    }
    attributes
}
