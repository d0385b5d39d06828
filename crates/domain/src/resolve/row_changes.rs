//! What a row of an import changes, recorded so that it can be taken back.

use super::context::Context;
use super::working_copy::WorkingCopy;
use crate::{
    Attribute, AttributeKey, Attributes, Change, Contact, ContactId, ContactState, ContactUndo, Effect, Identifier,
    Invariant, MergeId, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// Contacts as they were before a command: the one that it is about, and those from which it may take identifiers.
pub(super) type Before = BTreeMap<ContactId, Contact>;

/// Copies the contacts that a command may change: `found` is the one that it is about, if it makes none.
pub(super) fn before(state: &WorkingCopy<'_>, found: Option<ContactId>, identifiers: &[&Identifier]) -> Before {
    let exclusive = identifiers.iter().filter(|identifier| identifier.kind().is_exclusive());
    let holders = exclusive.filter_map(|identifier| state.holder(&identifier.key));
    let all = holders.chain(found);
    all.filter_map(|id| Some((id, state.contacts.get(&id)?.clone())))
        .collect()
}

/// Records in the decision what the command changed of the contacts. What its merges brought is left out: undoing the merges takes that back.
pub(super) fn record(cx: &mut Context<'_>, before: &Before, id: ContactId) -> Result<(), Invariant> {
    let merges: Vec<_> = cx.decision.effects.iter().filter_map(merge).collect();
    let absorbed: BTreeSet<ContactId> = merges.iter().map(|(_, absorbed)| *absorbed).collect();
    let mut parts = BTreeMap::new();
    let contacts: BTreeSet<_> = before.keys().copied().chain([id]).collect();
    for contact in contacts.difference(&absorbed) {
        let after = cx.state.contact(*contact)?;
        compare(&mut parts, before.get(contact), after, &absorbed);
    }
    let own = part(&mut parts, id, id);
    let was_removed = |contact: &Contact| contact.state == ContactState::Removed;
    own.made = !before.contains_key(&id);
    own.restored = before.get(&id).is_some_and(was_removed);
    own.merges = merges.iter().map(|(merge, _)| *merge).collect();
    cx.decision.undo = parts.into_values().filter(|part| !part.is_empty()).collect();
    Ok(())
}

fn merge(effect: &Effect) -> Option<(MergeId, ContactId)> {
    match effect {
        Effect::Merged { merge, absorbed, .. } => Some((*merge, *absorbed)),
        _ => None,
    }
}

fn part(parts: &mut BTreeMap<ContactId, ContactUndo>, home: ContactId, owner: ContactId) -> &mut ContactUndo {
    parts.entry(home).or_insert_with(|| ContactUndo {
        contact: home,
        owner,
        made: false,
        restored: false,
        updated_before: None,
        updated_after: Timestamp::default(),
        merges: Vec::new(),
        attributes: Vec::new(),
        identifiers: Vec::new(),
        memberships: Vec::new(),
    })
}

fn compare(
    parts: &mut BTreeMap<ContactId, ContactUndo>,
    before: Option<&Contact>,
    after: &Contact,
    absorbed: &BTreeSet<ContactId>,
) {
    let own = part(parts, after.id, after.id);
    own.updated_before = before.map(|contact| contact.updated_at);
    own.updated_after = after.updated_at;
    let nothing = Attributes::default();
    let was = before.map_or(&nothing, |contact| &contact.attributes);
    let brought = |attribute: &Attribute| attribute.filled_from.is_some_and(|from| absorbed.contains(&from));
    let keys: BTreeSet<AttributeKey> = was.0.keys().chain(after.attributes.0.keys()).copied().collect();
    for key in keys {
        let (before, after) = (was.0.get(&key), after.attributes.0.get(&key));
        if before != after && !after.is_some_and(brought) {
            let (before, after) = (before.cloned(), after.cloned());
            own.attributes.push(Change { key, before, after });
        }
    }
    let held = |contact: &Contact| keyed(&contact.identifiers, |held| (held.home, held.key().clone()));
    for (home, change) in changes(before.map(held), &held(after), after.id) {
        if change.is_change() {
            part(parts, home, after.id).identifiers.push(change);
        }
    }
    let member = |contact: &Contact| keyed(&contact.memberships, |member| (member.home, member.segment));
    for (home, change) in changes(before.map(member), &member(after), after.id) {
        part(parts, home, after.id).memberships.push(change);
    }
}

fn keyed<K: Ord, T: Clone>(rows: &[T], key: impl Fn(&T) -> K) -> BTreeMap<K, T> {
    rows.iter().map(|row| (key(row), row.clone())).collect()
}

/// The rows that differ, each with its home. A row that was not there before is the contact's own, or a merge brought it.
fn changes<K: Ord + Clone, T: PartialEq + Clone>(
    before: Option<BTreeMap<(ContactId, K), T>>,
    after: &BTreeMap<(ContactId, K), T>,
    id: ContactId,
) -> Vec<(ContactId, Change<K, T>)> {
    let before = before.unwrap_or_default();
    let mut keys: BTreeSet<&(ContactId, K)> = before.keys().collect();
    keys.extend(after.keys().filter(|(home, _)| *home == id));
    let differ = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    differ
        .map(|at| {
            let (before, after) = (before.get(at).cloned(), after.get(at).cloned());
            let key = at.1.clone();
            (at.0, Change { key, before, after })
        })
        .collect()
}
