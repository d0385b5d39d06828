//! Recording what a row of an import changes, and taking it back.

use super::draft::Draft;
use super::evidence::Evidence;
use super::world::World;
use super::{undo, visitors};
use crate::{
    Attribute, AttributeKey, Attributes, Change, Contact, ContactId, ContactState, ContactUndo, Decision, Effect, Face,
    HeldIdentifier, Identifier, IdentifierKey, IdentifierKind, MergeId, Outcome, Rule, SegmentId, Stability, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// Why something is not taken back.
const CHANGED: &str = "was changed since";

/// Contacts as they were before a command: the one that it is about, and those that it may take identifiers from.
pub(super) type Before = BTreeMap<ContactId, Contact>;

/// Identifiers, each with the contact that brought it.
type Standing = BTreeSet<(ContactId, IdentifierKey)>;

/// Copies the contacts that a command may change; `found` is the one that it is about, if it makes none.
pub(super) fn before(world: &World<'_>, found: Option<ContactId>, identifiers: &[&Identifier]) -> Before {
    let exclusive = identifiers.iter().filter(|identifier| identifier.kind().is_exclusive());
    let holders = exclusive.filter_map(|identifier| world.holder(&identifier.key));
    let all = holders.chain(found);
    all.filter_map(|id| Some((id, world.contacts.get(&id)?.clone())))
        .collect()
}

/// What a command changed of the contacts, without what the merges that it made brought: undoing these takes that back.
pub(super) fn record(world: &World<'_>, before: &Before, effects: &[Effect], id: ContactId) -> Vec<ContactUndo> {
    let absorbed: BTreeSet<ContactId> = effects.iter().filter_map(|effect| Some(merge(effect)?.1)).collect();
    let mut parts = BTreeMap::new();
    let contacts = before.keys().copied().chain([id]).collect::<BTreeSet<_>>();
    for contact in contacts.into_iter().filter(|contact| !absorbed.contains(contact)) {
        if let Some(after) = world.contacts.get(&contact) {
            compare(&mut parts, before.get(&contact), after, &absorbed);
        }
    }
    if let Some(part) = parts.get_mut(&id) {
        part.made = !before.contains_key(&id);
        part.restored = before
            .get(&id)
            .is_some_and(|contact| contact.state == ContactState::Removed);
        part.merges = effects.iter().filter_map(|effect| Some(merge(effect)?.0)).collect();
    }
    parts.into_values().filter(|part| !part.is_empty()).collect()
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

/// Takes back what a row of an import changed: undoes its merges, the last first, and brings every part of its contacts back that is still what the
/// row made of it. What was changed since stays, and the decision lists it. A contact that the row made is removed when nothing else is left of
/// it; one that others gave something keeps the identifiers that it has.
pub(super) fn take_back(
    world: &mut World<'_>,
    mut draft: Draft,
    about: Option<ContactId>,
    parts: &[ContactUndo],
) -> Decision {
    draft.rule = Rule::Explicit;
    let about = about.and_then(|id| world.answering(id));
    let face = |world: &World<'_>| about.and_then(|id| world.contacts.get(&id)).map(Face::of);
    let is_active = |world: &World<'_>| about.is_some_and(|id| world.is_active(id));
    let (before, was_active) = (face(world), is_active(world));
    let standing = standing(world, parts);
    let merges = parts.iter().flat_map(|part| &part.merges);
    for merge in merges.rev() {
        undo::take_apart(world, &mut draft, *merge);
    }
    let mut changed = false;
    // What a contact gained goes before what another one lost: an exclusive identifier has one owner.
    let (gains, losses): (Vec<_>, Vec<_>) = parts.iter().partition(|part| gains(part));
    for part in gains.into_iter().chain(losses) {
        changed |= revert(world, &mut draft, part, &standing);
    }
    let outcome = match before {
        None => Outcome::Unmatched,
        Some(before) if Some(&before) == face(world).as_ref() && !changed => Outcome::Unchanged,
        Some(_) if was_active && !is_active(world) => Outcome::Removed,
        Some(_) => Outcome::Updated,
    };
    draft.finish(world, outcome, about)
}

/// The identifiers that are still what the row made of them. The undo of a merge may take them away, which is no change by others.
fn standing(world: &World<'_>, parts: &[ContactUndo]) -> Standing {
    let all = parts
        .iter()
        .flat_map(|part| part.identifiers.iter().map(move |change| (part, change)));
    let stands = all.filter(|(part, change)| {
        let id = world.answering(part.contact).unwrap_or(part.contact);
        change.stands(held(world, id, part.contact, &change.key))
    });
    stands
        .map(|(part, change)| (part.contact, change.key.clone()))
        .collect()
}

/// Whether the contact got an identifier.
fn gains(part: &ContactUndo) -> bool {
    part.identifiers.iter().any(|change| change.before.is_none())
}

/// Takes back what was done to one contact. Says whether anything changed.
fn revert(world: &mut World<'_>, draft: &mut Draft, part: &ContactUndo, standing: &Standing) -> bool {
    let Some(id) = world.answering(part.contact) else {
        // It was erased since.
        return false;
    };
    if id != part.owner {
        draft.skip(
            "contact",
            format!("the contact with id={} was merged or taken apart since", part.contact),
        );
        return false;
    }
    let before = world.contacts.get(&id).cloned();
    let kept = draft.effects.len();
    if part.restored
        && before
            .as_ref()
            .is_some_and(|contact| contact.updated_at != part.updated_after)
    {
        draft.skip("contact", "the contact was changed since: it is not removed again");
    }
    let keeps_identifiers = part.made && has_more(world, id, part);
    let kept_attributes = attributes(world, draft, id, part);
    memberships(world, draft, id, part);
    if keeps_identifiers {
        draft.skip("contact", "the contact was changed since: it keeps its identifiers");
    } else {
        identifiers(world, draft, id, part, &kept_attributes, standing);
    }
    let is_kept = draft.effects[kept..]
        .iter()
        .any(|effect| matches!(effect, Effect::Skipped(_)));
    let Some(contact) = world.contacts.get_mut(&id) else {
        return false;
    };
    if (part.made || part.restored) && !is_kept && contact.is_active() && part.contact == id {
        contact.state = ContactState::Removed;
    }
    if before.as_ref() == Some(contact) {
        return false;
    }
    // Like the undo of a merge this is no update: rule 3 chooses as if the import had not been.
    if part.contact == id && contact.updated_at == part.updated_after {
        contact.updated_at = part.updated_before.unwrap_or(contact.updated_at);
    }
    draft.touched.insert(id);
    true
}

/// Whether the contact has anything that the row did not give it, or gave it otherwise.
fn has_more(world: &World<'_>, id: ContactId, part: &ContactUndo) -> bool {
    let Some(contact) = world.contacts.get(&id) else {
        return false;
    };
    let attributes = contact
        .attributes
        .0
        .iter()
        .filter(|(_, attribute)| attribute.value.is_some());
    let more_attributes = attributes.into_iter().any(|(key, attribute)| {
        let given = part.attributes.iter().find(|change| change.key == *key);
        given.is_none_or(|given| given.after.as_ref() != Some(attribute))
    });
    let more_identifiers = contact.identifiers.iter().any(|held| {
        let given = part.identifiers.iter().find(|change| change.key == *held.key());
        held.home != part.contact || given.is_none_or(|given| !given.stands(Some(held)))
    });
    let more_memberships = contact.memberships.iter().any(|member| {
        let given = part.memberships.iter().find(|change| change.key == member.segment);
        given.is_none_or(|given| given.after.as_ref() != Some(member))
    });
    more_attributes || more_identifiers || more_memberships
}

/// Brings attributes back; returns those that were changed since.
fn attributes(world: &mut World<'_>, draft: &mut Draft, id: ContactId, part: &ContactUndo) -> BTreeSet<AttributeKey> {
    let (mut changed, mut kept) = (Vec::new(), BTreeSet::new());
    for change in &part.attributes {
        let now = world
            .contacts
            .get(&id)
            .and_then(|contact| contact.attributes.0.get(&change.key));
        if now == change.before.as_ref() {
            continue;
        }
        if now != change.after.as_ref() {
            draft.skip(&change.key.to_text(), CHANGED);
            kept.insert(change.key);
            continue;
        }
        // What a merge had filled in goes with that merge.
        let filled = |attribute: &Attribute| {
            attribute
                .filled_from
                .is_some_and(|from| world.answering(from) != Some(id))
        };
        let before = change.before.clone().filter(|attribute| !filled(attribute));
        let Some(contact) = world.contacts.get_mut(&id) else {
            break;
        };
        match before {
            Some(before) => contact.attributes.0.insert(change.key, before),
            None => contact.attributes.0.remove(&change.key),
        };
        changed.push(change.key);
    }
    if !changed.is_empty() {
        draft.effects.push(Effect::Changed { attributes: changed });
    }
    kept
}

fn memberships(world: &mut World<'_>, draft: &mut Draft, id: ContactId, part: &ContactUndo) {
    for change in &part.memberships {
        let Some(contact) = world.contacts.get_mut(&id) else {
            return;
        };
        let is_it = |home: ContactId, segment: SegmentId| home == part.contact && segment == change.key;
        let place = contact
            .memberships
            .iter()
            .position(|member| is_it(member.home, member.segment));
        let now = place.map(|place| &contact.memberships[place]);
        if now == change.before.as_ref() {
            continue;
        }
        if now != change.after.as_ref() {
            draft.skip("groups", format!("the membership of segment {} {CHANGED}", change.key));
            continue;
        }
        let shown = contact.segments().contains(&change.key);
        if let Some(place) = place {
            contact.memberships.remove(place);
        }
        contact.memberships.extend(change.before.clone());
        let segment = change.key;
        match (shown, contact.segments().contains(&segment)) {
            (true, false) => draft.effects.push(Effect::SegmentRemoved { segment }),
            (false, true) => draft.effects.push(Effect::SegmentAdded { segment }),
            _ => {}
        }
    }
}

/// Brings identifiers back: what was gained goes first, so that what it replaced has its place again. Those that are attributes go with these.
fn identifiers(
    world: &mut World<'_>,
    draft: &mut Draft,
    id: ContactId,
    part: &ContactUndo,
    kept_attributes: &BTreeSet<AttributeKey>,
    standing: &Standing,
) {
    let is_kept = |key: &IdentifierKey| match key.kind {
        IdentifierKind::ContactKey => kept_attributes.contains(&AttributeKey::ContactKey),
        _ => key
            .field()
            .is_some_and(|field| kept_attributes.contains(&AttributeKey::Field(field))),
    };
    let changes = part.identifiers.iter().filter(|change| !is_kept(&change.key));
    let (gained, other): (Vec<_>, Vec<_>) = changes.partition(|change| change.before.is_none());
    let mut replaced = BTreeSet::new();
    for change in gained {
        let stood = standing.contains(&(part.contact, change.key.clone()));
        if !stood && !change.key.kind.is_exclusive() {
            draft.skip(change.key.kind.as_str(), CHANGED);
            replaced.insert(change.key.kind);
            continue;
        }
        bring_back(world, draft, id, part.contact, change);
    }
    for change in other {
        // Whoever replaced or cleared the new value since does not want the old one.
        if !replaced.contains(&change.key.kind) {
            bring_back(world, draft, id, part.contact, change);
        }
    }
}

fn held<'w>(world: &'w World<'_>, id: ContactId, home: ContactId, key: &IdentifierKey) -> Option<&'w HeldIdentifier> {
    let held = world.contacts.get(&id)?.identifiers.iter();
    let mut of_key = held.filter(|held| held.home == home && held.key() == key);
    of_key.next()
}

/// Whether the old value of a channel or an attribute has no place any more: another one is there, or the contact's token is another's now.
fn is_taken(world: &World<'_>, id: ContactId, home: ContactId, change: &Change<IdentifierKey, HeldIdentifier>) -> bool {
    let Some(before) = &change.before else { return false };
    if held(world, id, home, &change.key).is_some() {
        return false;
    }
    if change.key.kind.is_exclusive() {
        return world.holder(&change.key).is_some();
    }
    let Some(contact) = world.contacts.get(&id) else {
        return true;
    };
    let is_other = |other: &&HeldIdentifier| {
        other.home == home
            && other.kind() == change.key.kind
            && other.key().field() == change.key.field()
            && (before.channels.is_empty() || !other.channels.is_disjoint(&before.channels))
    };
    contact.identifiers.iter().any(|other| is_other(&other))
}

fn bring_back(
    world: &mut World<'_>,
    draft: &mut Draft,
    id: ContactId,
    home: ContactId,
    change: &Change<IdentifierKey, HeldIdentifier>,
) {
    let now = held(world, id, home, &change.key).cloned();
    if now == change.before {
        return;
    }
    if !change.stands(now.as_ref()) || is_taken(world, id, home, change) {
        draft.skip(change.key.kind.as_str(), CHANGED);
        return;
    }
    let Some(contact) = world.contacts.get_mut(&id) else {
        return;
    };
    let was_held = contact.holds(&change.key);
    let is_it = |held: &HeldIdentifier| held.home == home && *held.key() == change.key;
    contact.identifiers.retain(|held| !is_it(held));
    contact.identifiers.extend(change.before.clone());
    let is_held = contact.holds(&change.key);
    history(world, draft, id, now.as_ref(), change);
    let named = now.or_else(|| change.before.clone()).map(|held| held.identifier);
    let effect = match (named, was_held, is_held) {
        (Some(identifier), true, false) => Effect::Replaced { identifier },
        (Some(identifier), false, true) => Effect::Attached { identifier },
        (Some(identifier), true, true) => Effect::Restated { identifier },
        _ => return,
    };
    draft.effects.push(effect);
}

/// Gives the history from now on behind a token, a device or a cookie to the contact that got the identifier back (rule 4).
fn history(
    world: &mut World<'_>,
    draft: &mut Draft,
    id: ContactId,
    lost: Option<&HeldIdentifier>,
    change: &Change<IdentifierKey, HeldIdentifier>,
) {
    let moves = change.key.kind.stability() == Stability::Changeable;
    let is_cookie = change.key.kind == IdentifierKind::Cookie;
    match (&change.before, lost) {
        (Some(before), None) => {
            world.note_holder(&change.key, id);
            world.note_token(&before.identifier);
            if is_cookie {
                visitors::adopt(world, draft, id, &before.identifier, Evidence::Matches);
            } else if moves {
                visitors::moved(world, draft, id, &change.key, None);
            }
        }
        (None, Some(lost)) if moves && !is_cookie => visitors::had(world, draft, lost),
        _ => {}
    }
}
