//! Merging two contacts (identity rule 10).

use super::draft::Draft;
use super::world::World;
use super::{absorb, claim};
use crate::{
    Apart, AttributeKey, Contact, ContactId, ContactState, Decision, Effect, HeldIdentifier, Identifier, IdentifierKey,
    IdentifierKind, Merge, MergeId, MergeRule, Moved, Outcome, Rejection, Rule,
};
use std::collections::BTreeSet;

/// A merge by hand. Two different external IDs, or too many identifiers, need force; the record says so.
pub(super) fn explicit(
    world: &mut World<'_>,
    mut draft: Draft,
    survivor: ContactId,
    absorbed: ContactId,
    force: bool,
) -> Decision {
    draft.rule = Rule::Explicit;
    let known = [survivor, absorbed].map(|id| world.answering(id));
    // Whoever is removed reads of it when they are back.
    draft.touched.extend(known.iter().flatten());
    draft.about = known.into_iter().flatten().next();
    let active = known.map(|id| id.filter(|id| world.is_active(*id)));
    let [Some(survivor), Some(absorbed)] = active else {
        return draft.reject(world, Rejection::ContactNotFound);
    };
    if survivor == absorbed {
        return draft.reject(world, Rejection::SameContact);
    }
    let external = |id: ContactId| world.contacts[&id].external_id();
    let two_people = external(survivor).is_some() && external(absorbed).is_some();
    let excess = excess(world, survivor, absorbed);
    let both = (survivor, absorbed);
    if two_people && !force {
        keep_apart(
            world,
            &mut draft,
            both,
            IdentifierKind::ExternalId,
            Apart::HoldsExternalId,
        );
        return draft.reject(world, Rejection::DifferentExternalIds);
    }
    if let Some((kind, limit)) = excess.filter(|_| !force) {
        keep_apart(world, &mut draft, both, kind, Apart::Limit);
        return draft.reject(world, Rejection::TooManyIdentifiers { kind, limit });
    }
    let forced = two_people || excess.is_some();
    merge(world, &mut draft, survivor, absorbed, MergeRule::Explicit, None, forced);
    draft.finish(world, Outcome::Merged, Some(survivor))
}

/// Tells whom a refused merge would have absorbed, and which of its identifiers are why.
fn keep_apart(
    world: &World<'_>,
    draft: &mut Draft,
    (survivor, absorbed): (ContactId, ContactId),
    kind: IdentifierKind,
    why: Apart,
) {
    let (survivor, contact) = (&world.contacts[&survivor], &world.contacts[&absorbed]);
    let own: BTreeSet<&IdentifierKey> = claim::counting(survivor, kind).collect();
    let adds: BTreeSet<&IdentifierKey> = claim::counting(contact, kind).collect();
    let held = contact.visible(kind).into_iter();
    let in_the_way = held.filter(|held| adds.contains(held.key()) && !own.contains(held.key()));
    let in_the_way: BTreeSet<&Identifier> = in_the_way.map(|held| &held.identifier).collect();
    draft
        .effects
        .extend(in_the_way.into_iter().map(|identifier| Effect::KeptApart {
            identifier: identifier.clone(),
            contact: Some(absorbed),
            why,
        }));
}

/// The first kind of which both would hold too many together (rule 8), with its limit. A kind of which the other brings none is
/// never in excess.
pub(super) fn excess(world: &World<'_>, survivor: ContactId, absorbed: ContactId) -> Option<(IdentifierKind, u32)> {
    let (survivor, absorbed) = (world.contacts.get(&survivor)?, world.contacts.get(&absorbed)?);
    IdentifierKind::ALL.into_iter().find_map(|kind| {
        let limit = world.policy.limits.of(kind)?;
        let together = absorb::together(survivor, absorbed, kind);
        let brings = together > claim::counted(survivor, kind);
        (brings && together > limit as usize).then_some((kind, limit))
    })
}

/// Merges one active contact into another: the survivor's values win, its blanks are filled, segments unite, and what the
/// absorbed one owned has a new owner but keeps its home.
pub(super) fn merge(
    world: &mut World<'_>,
    draft: &mut Draft,
    survivor: ContactId,
    absorbed: ContactId,
    rule: MergeRule,
    evidence: Option<&IdentifierKey>,
    forced: bool,
) {
    let Some(mut gone) = world.contacts.remove(&absorbed) else {
        return;
    };
    let Some(stays) = world.contacts.get_mut(&survivor) else {
        world.contacts.insert(absorbed, gone);
        return;
    };
    let moved = give(draft, &mut gone, stays);
    for key in &moved.identifiers {
        world.note_holder(key, survivor);
    }
    gone.state = ContactState::Merged;
    gone.canonical = survivor;
    gone.merged_into = Some(survivor);
    world.contacts.insert(absorbed, gone);
    repoint(world, absorbed, survivor);
    let id = MergeId::of(draft.id, draft.merges);
    draft.merges += 1;
    draft.touched.insert(absorbed);
    draft.effects.push(Effect::Merged {
        merge: id,
        absorbed,
        rule,
        evidence: evidence.cloned(),
    });
    let (evidence, decision, at) = (evidence.cloned(), draft.id, draft.at);
    let record = Merge {
        id,
        survivor,
        absorbed,
        rule,
        evidence,
        forced,
        decision,
        at,
        moved,
        undone_at: None,
    };
    world.merges.insert(id, record);
}

/// Gives the survivor what the absorbed contact has; returns a record of it, in an order that does not depend on that of the rows.
fn give(draft: &Draft, gone: &mut Contact, stays: &mut Contact) -> Moved {
    let before: Vec<AttributeKey> = stays.attributes.0.keys().copied().collect();
    stays.attributes.fill_from(gone.id, &gone.attributes, draft.at);
    let filled = stays
        .attributes
        .0
        .iter()
        .filter(|(key, attribute)| attribute.filled_from == Some(gone.id) && !before.contains(key));
    let mut moved = Moved {
        filled: filled.map(|(key, _)| *key).collect(),
        ..Moved::default()
    };
    for mut held in gone.identifiers.drain(..) {
        held.owner = stays.id;
        let key = held.key();
        let own = |own: &HeldIdentifier| own.key() == key && own.home == stays.id;
        if stays.identifiers.iter().any(own) && !draft.gave(key) {
            moved.shared.push(key.clone());
        }
        moved.identifiers.push(key.clone());
        stays.identifiers.push(held);
    }
    for mut member in gone.memberships.drain(..) {
        member.owner = stays.id;
        moved.segments.push(member.segment);
        stays.memberships.push(member);
    }
    moved.identifiers.sort();
    moved.shared.sort();
    moved.segments.sort();
    moved
}

/// Whoever answered as `from` answers as `to` now.
fn repoint(world: &mut World<'_>, from: ContactId, to: ContactId) {
    for contact in world.contacts.values_mut().filter(|contact| contact.canonical == from) {
        contact.canonical = to;
    }
    for visitor in world
        .visitors
        .values_mut()
        .filter(|visitor| visitor.owner == Some(from))
    {
        visitor.owner = Some(to);
    }
    let ends = world.repointed.iter_mut().chain(&mut world.visitors_returned);
    for (_, end) in ends.filter(|(_, end)| *end == from) {
        *end = to;
    }
    world.repointed.push((from, to));
}
