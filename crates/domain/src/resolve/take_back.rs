//! Taking back what a row of an import changed.

use super::context::Context;
use super::decision_builder::{Decided, Verdict};
use super::evidence::Evidence;
use super::working_copy::WorkingCopy;
use super::{history, undo};
use crate::{
    Attribute, AttributeKey, Change, ContactId, ContactState, ContactUndo, Effect, HeldIdentifier, IdentifierKey,
    IdentifierKind, Invariant, Merge, ObservableContact, Outcome, Rule, SegmentId, Stability,
};
use std::collections::BTreeSet;

/// Why something is not taken back.
const CHANGED: &str = "was changed since";

/// Identifiers that are still as the row left them, each with the contact that brought it.
type Unchanged = BTreeSet<(ContactId, IdentifierKey)>;

/// The part of a row that is about one contact.
#[derive(Debug, Clone, Copy)]
struct Part<'r> {
    /// The contact that owns what the row changed.
    owner: ContactId,
    undo: &'r ContactUndo,
    unchanged: &'r Unchanged,
}

impl Part<'_> {
    fn home(&self) -> ContactId {
        self.undo.contact
    }

    /// The identifier of the home, as its owner holds it.
    fn held<'s>(&self, state: &'s WorkingCopy<'_>, key: &IdentifierKey) -> Option<&'s HeldIdentifier> {
        held(state, self.owner, self.home(), key)
    }
}

fn held<'s>(
    state: &'s WorkingCopy<'_>,
    owner: ContactId,
    home: ContactId,
    key: &IdentifierKey,
) -> Option<&'s HeldIdentifier> {
    let mut rows = state.contacts.get(&owner)?.identifiers.iter();
    rows.find(|held| held.home == home && held.key() == key)
}

/// Takes back what a row of an import changed. It undoes the row's merges, the last one first, and restores each part of the contacts that is
/// still as the row left it. What was changed since stays, and the decision lists it.
///
/// A contact that the row made is removed if nothing else is left of it. If it got more since, it keeps its identifiers.
pub(super) fn take_back(cx: &mut Context<'_>, about: Option<ContactId>, undos: &[ContactUndo]) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    let about = about.and_then(|id| cx.state.canonical(id));
    let observe = |cx: &Context<'_>| {
        about
            .and_then(|id| cx.state.contacts.get(&id))
            .map(ObservableContact::of)
    };
    let is_active = |cx: &Context<'_>| about.is_some_and(|id| cx.state.is_active(id));
    let (before, was_active) = (observe(cx), is_active(cx));
    let unchanged = unchanged(&cx.state, undos);
    for merge in undos.iter().flat_map(|undo| &undo.merges).rev() {
        let stands = |merge: &&Merge| merge.undone_at.is_none() && cx.state.contacts.contains_key(&merge.absorbed);
        if let Some(merge) = cx.state.merges.get(merge).filter(stands).cloned() {
            undo::separate(cx, &merge)?;
        }
    }
    // What a contact gained goes before what another one lost: an exclusive identifier has one owner.
    let (gains, losses): (Vec<_>, Vec<_>) = undos.iter().partition(|undo| gains(undo));
    let mut is_changed = false;
    for undo in gains.into_iter().chain(losses) {
        is_changed |= revert(cx, undo, &unchanged)?;
    }
    let outcome = match before {
        None => Outcome::Unmatched,
        Some(before) if Some(&before) == observe(cx).as_ref() && !is_changed => Outcome::Unchanged,
        Some(_) if was_active && !is_active(cx) => Outcome::Removed,
        Some(_) => Outcome::Updated,
    };
    Ok(Decided {
        outcome,
        contact: about,
    })
}

/// The identifiers that are still as the row left them. Undoing a merge may take them away later, which is no change by others.
fn unchanged(state: &WorkingCopy<'_>, undos: &[ContactUndo]) -> Unchanged {
    let mut unchanged = Unchanged::new();
    for undo in undos {
        let owner = state.canonical(undo.contact).unwrap_or(undo.contact);
        let changes = undo.identifiers.iter();
        let stand = changes.filter(|change| change.stands(held(state, owner, undo.contact, &change.key)));
        unchanged.extend(stand.map(|change| (undo.contact, change.key.clone())));
    }
    unchanged
}

/// Whether the contact got an identifier.
fn gains(undo: &ContactUndo) -> bool {
    undo.identifiers.iter().any(|change| change.before.is_none())
}

/// Takes back what was done to one contact. Returns whether anything changed.
fn revert(cx: &mut Context<'_>, undo: &ContactUndo, unchanged: &Unchanged) -> Result<bool, Invariant> {
    let Some(owner) = cx.state.canonical(undo.contact) else {
        // It was erased since.
        return Ok(false);
    };
    if owner != undo.owner {
        let reason = format!("the contact with id={} was merged or unmerged since", undo.contact);
        cx.decision.skip("contact", reason);
        return Ok(false);
    }
    let part = Part { owner, undo, unchanged };
    let before = cx.state.contact(owner)?.clone();
    let reported = cx.decision.effects.len();
    if undo.restored && before.updated_at != undo.updated_after {
        let reason = "the contact was changed since: it is not removed again";
        cx.decision.skip("contact", reason);
    }
    let keeps_identifiers = undo.made && has_more(&cx.state, &part)?;
    let kept_attributes = attributes(cx, &part)?;
    memberships(cx, &part)?;
    if keeps_identifiers {
        let reason = "the contact was changed since: it keeps its identifiers";
        cx.decision.skip("contact", reason);
    } else {
        identifiers(cx, &part, &kept_attributes)?;
    }
    let is_skip = |effect: &Effect| matches!(effect, Effect::Skipped(_));
    let is_complete = !cx.decision.effects[reported..].iter().any(is_skip);
    let contact = cx.state.contact_mut(owner)?;
    let is_own = undo.contact == owner;
    if (undo.made || undo.restored) && is_complete && contact.is_active() && is_own {
        contact.state = ContactState::Removed;
    }
    if before == *contact {
        return Ok(false);
    }
    // Like the undo of a merge this is no update: rule 3 chooses as if the import had not been.
    if is_own && contact.updated_at == undo.updated_after {
        contact.updated_at = undo.updated_before.unwrap_or(contact.updated_at);
    }
    cx.decision.affected.insert(owner);
    Ok(true)
}

/// Whether the contact has anything that the row did not give it, or has it otherwise than the row gave it.
fn has_more(state: &WorkingCopy<'_>, part: &Part<'_>) -> Result<bool, Invariant> {
    let contact = state.contact(part.owner)?;
    let mut attributes = contact.attributes.0.iter();
    let more_attributes = attributes.any(|(key, attribute)| {
        let given = part.undo.attributes.iter().find(|change| change.key == *key);
        attribute.value.is_some() && given.is_none_or(|given| given.after.as_ref() != Some(attribute))
    });
    let more_identifiers = contact.identifiers.iter().any(|held| {
        let given = part.undo.identifiers.iter().find(|change| change.key == *held.key());
        held.home != part.home() || given.is_none_or(|given| !given.stands(Some(held)))
    });
    let more_memberships = contact.memberships.iter().any(|member| {
        let given = part.undo.memberships.iter().find(|change| change.key == member.segment);
        given.is_none_or(|given| given.after.as_ref() != Some(member))
    });
    Ok(more_attributes || more_identifiers || more_memberships)
}

/// Restores attributes. Returns those that were changed since.
fn attributes(cx: &mut Context<'_>, part: &Part<'_>) -> Result<BTreeSet<AttributeKey>, Invariant> {
    let (mut changed, mut kept) = (Vec::new(), BTreeSet::new());
    for change in &part.undo.attributes {
        let now = cx.state.contact(part.owner)?.attributes.0.get(&change.key);
        if now == change.before.as_ref() {
            continue;
        }
        if now != change.after.as_ref() {
            cx.decision.skip(&change.key.to_text(), CHANGED);
            kept.insert(change.key);
            continue;
        }
        // A value that a merge had filled in goes with that merge.
        let is_gone = |attribute: &Attribute| {
            let from = attribute.filled_from;
            from.is_some_and(|from| cx.state.canonical(from) != Some(part.owner))
        };
        let before = change.before.clone().filter(|attribute| !is_gone(attribute));
        let attributes = &mut cx.state.contact_mut(part.owner)?.attributes.0;
        match before {
            Some(before) => attributes.insert(change.key, before),
            None => attributes.remove(&change.key),
        };
        changed.push(change.key);
    }
    if !changed.is_empty() {
        cx.decision.report(Effect::Changed { attributes: changed });
    }
    Ok(kept)
}

fn memberships(cx: &mut Context<'_>, part: &Part<'_>) -> Result<(), Invariant> {
    for change in &part.undo.memberships {
        let segment = change.key;
        let contact = cx.state.contact_mut(part.owner)?;
        let is_it = |home: ContactId, of: SegmentId| home == part.home() && of == segment;
        let mut rows = contact.memberships.iter();
        let place = rows.position(|member| is_it(member.home, member.segment));
        let now = place.map(|place| &contact.memberships[place]);
        if now == change.before.as_ref() {
            continue;
        }
        if now != change.after.as_ref() {
            let reason = format!("the membership of segment {segment} {CHANGED}");
            cx.decision.skip("groups", reason);
            continue;
        }
        let was_shown = contact.segments().contains(&segment);
        if let Some(place) = place {
            contact.memberships.remove(place);
        }
        contact.memberships.extend(change.before.clone());
        match (was_shown, contact.segments().contains(&segment)) {
            (true, false) => cx.decision.report(Effect::SegmentRemoved { segment }),
            (false, true) => cx.decision.report(Effect::SegmentAdded { segment }),
            _ => {}
        }
    }
    Ok(())
}

/// Restores identifiers. Those that the contact gained go first, so that the ones that they replaced have room again. Those that are attributes
/// go with these.
fn identifiers(
    cx: &mut Context<'_>,
    part: &Part<'_>,
    kept_attributes: &BTreeSet<AttributeKey>,
) -> Result<(), Invariant> {
    let is_kept = |key: &IdentifierKey| match (key.kind, key.field()) {
        (IdentifierKind::ContactKey, _) => kept_attributes.contains(&AttributeKey::ContactKey),
        (_, field) => field.is_some_and(|field| kept_attributes.contains(&AttributeKey::Field(field))),
    };
    let changes = part.undo.identifiers.iter().filter(|change| !is_kept(&change.key));
    let (gained, other): (Vec<_>, Vec<_>) = changes.partition(|change| change.before.is_none());
    let mut replaced = BTreeSet::new();
    for change in gained {
        let is_unchanged = part.unchanged.contains(&(part.home(), change.key.clone()));
        if !is_unchanged && !change.key.kind.is_exclusive() {
            cx.decision.skip(change.key.kind.as_str(), CHANGED);
            replaced.insert(change.key.kind);
            continue;
        }
        restore(cx, part, change)?;
    }
    for change in other {
        // If the new value was replaced or cleared since, the old one is not wanted.
        if !replaced.contains(&change.key.kind) {
            restore(cx, part, change)?;
        }
    }
    Ok(())
}

/// Whether there is no room for the old value of a channel or an attribute: another one is there, or another contact holds the token.
fn is_taken(
    state: &WorkingCopy<'_>,
    part: &Part<'_>,
    change: &Change<IdentifierKey, HeldIdentifier>,
) -> Result<bool, Invariant> {
    let key = &change.key;
    let Some(before) = &change.before else {
        return Ok(false);
    };
    if part.held(state, key).is_some() {
        return Ok(false);
    }
    if key.kind.is_exclusive() {
        return Ok(state.holder(key).is_some());
    }
    let is_other = |other: &HeldIdentifier| {
        other.home == part.home()
            && other.kind() == key.kind
            && other.key().field() == key.field()
            && (before.channels.is_empty() || !other.channels.is_disjoint(&before.channels))
    };
    Ok(state.contact(part.owner)?.identifiers.iter().any(is_other))
}

/// Restores one identifier, if it is as the row left it and there is room for its old value.
fn restore(
    cx: &mut Context<'_>,
    part: &Part<'_>,
    change: &Change<IdentifierKey, HeldIdentifier>,
) -> Result<(), Invariant> {
    let key = &change.key;
    let now = part.held(&cx.state, key).cloned();
    if now == change.before {
        return Ok(());
    }
    if !change.stands(now.as_ref()) || is_taken(&cx.state, part, change)? {
        cx.decision.skip(key.kind.as_str(), CHANGED);
        return Ok(());
    }
    let contact = cx.state.contact_mut(part.owner)?;
    let was_held = contact.holds(key);
    let is_it = |held: &HeldIdentifier| held.home == part.home() && held.key() == key;
    contact.identifiers.retain(|held| !is_it(held));
    contact.identifiers.extend(change.before.clone());
    let is_held = contact.holds(key);
    restore_history(cx, part.owner, now.as_ref(), change)?;
    let named = now.or_else(|| change.before.clone()).map(|held| held.identifier);
    let effect = match (named, was_held, is_held) {
        (Some(identifier), true, false) => Effect::Replaced { identifier },
        (Some(identifier), false, true) => Effect::Attached { identifier },
        (Some(identifier), true, true) => Effect::Restated { identifier },
        _ => return Ok(()),
    };
    cx.decision.report(effect);
    Ok(())
}

/// Gives new history behind a token, a device or a cookie to the contact that got the identifier back (rule 4).
fn restore_history(
    cx: &mut Context<'_>,
    id: ContactId,
    lost: Option<&HeldIdentifier>,
    change: &Change<IdentifierKey, HeldIdentifier>,
) -> Result<(), Invariant> {
    let is_changeable = change.key.kind.stability() == Stability::Changeable;
    let is_cookie = change.key.kind == IdentifierKind::Cookie;
    match (&change.before, lost) {
        (Some(before), None) => {
            cx.state.index(&before.identifier, id);
            if is_cookie {
                history::adopt_visitor(cx, id, &before.identifier, Evidence::Matches);
            } else if is_changeable {
                history::record_move(cx, id, &change.key, None)?;
            }
        }
        (None, Some(lost)) if is_changeable && !is_cookie => history::record_past_ownership(cx, lost),
        _ => {}
    }
    Ok(())
}
