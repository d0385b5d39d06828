//! Merges that a request leads to by itself (identity rules 5 and 6).

use super::draft::Draft;
use super::evidence::{self, Evidence};
use super::world::World;
use super::{claim, merge};
use crate::{
    Apart, Contact, ContactId, ContactRequest, Effect, Identifier, IdentifierKey, IdentifierKind, MergeRule, Stability,
};
use std::collections::BTreeSet;

/// Rule 5: merges the former owner of a claimed identifier when it held nothing but changeable ones. Says whether it did.
pub(super) fn anonymous(
    world: &mut World<'_>,
    draft: &mut Draft,
    id: ContactId,
    former: ContactId,
    identifier: &Identifier,
    evidence: Evidence,
) -> bool {
    let is_evidence = evidence == Evidence::Matches && world.matching(&identifier.key).contains(&former);
    let anonymous = world
        .contacts
        .get(&former)
        .is_some_and(|contact| contact.is_active() && contact.is_anonymous());
    if !is_evidence || !anonymous {
        return false;
    }
    let why = if world.taken_apart(id, former) {
        Some(Apart::Undone)
    } else {
        merge::excess(world, id, former).map(|_| Apart::Limit)
    };
    if let Some(why) = why {
        let identifier = identifier.clone();
        draft.effects.push(Effect::KeptApart {
            identifier,
            contact: Some(former),
            why,
        });
        return false;
    }
    merge::merge(
        world,
        draft,
        id,
        former,
        MergeRule::AbsorbAnonymous,
        Some(&identifier.key),
        false,
    );
    true
}

/// Rule 6: merges the other contacts that hold the request's email or phone and no external ID, unless they are somebody else.
pub(super) fn unclaimed(world: &mut World<'_>, draft: &mut Draft, request: &ContactRequest, id: ContactId) {
    let mut seen = BTreeSet::new();
    for identifier in request.identifiers() {
        let lasting = identifier.kind().stability() == Stability::ConditionallyPermanent;
        if !lasting || !seen.insert(&identifier.key) || evidence::of(world, identifier) != Evidence::Matches {
            continue;
        }
        let holders = world.matching(&identifier.key).into_iter().filter(|other| *other != id);
        let (known, mut others): (Vec<ContactId>, Vec<ContactId>) =
            holders.partition(|other| world.contacts[other].has_external_id());
        tell_known(draft, identifier, &known);
        others.sort_by_key(|other| std::cmp::Reverse((world.contacts[other].updated_at, *other)));
        for other in others {
            match apart(world, id, other) {
                None => {
                    merge::merge(
                        world,
                        draft,
                        id,
                        other,
                        MergeRule::AbsorbUnclaimed,
                        Some(&identifier.key),
                        false,
                    );
                }
                Some(why) => {
                    let identifier = identifier.clone();
                    draft.effects.push(Effect::KeptApart {
                        identifier,
                        contact: Some(other),
                        why,
                    });
                }
            }
        }
    }
}

/// Tells, when the contact gets a value, who else holds it and is somebody else by their external ID (rule 1).
fn tell_known(draft: &mut Draft, identifier: &Identifier, known: &[ContactId]) {
    if !draft.gave(&identifier.key) {
        return;
    }
    for other in known {
        let apart = Effect::KeptApart {
            identifier: identifier.clone(),
            contact: Some(*other),
            why: Apart::HoldsExternalId,
        };
        if !draft.effects.contains(&apart) {
            draft.effects.push(apart);
        }
    }
}

/// Why rule 6 does not merge the two, if it does not.
fn apart(world: &World<'_>, id: ContactId, other: ContactId) -> Option<Apart> {
    let (Some(contact), Some(candidate)) = (world.contacts.get(&id), world.contacts.get(&other)) else {
        return Some(Apart::Disagrees);
    };
    if !world.policy.merge_unclaimed {
        Some(Apart::PolicyOff)
    } else if disagrees(contact, candidate, IdentifierKind::Email)
        || disagrees(contact, candidate, IdentifierKind::Phone)
    {
        Some(Apart::Disagrees)
    } else if world.taken_apart(id, other) {
        Some(Apart::Undone)
    } else if merge::excess(world, id, other).is_some() {
        Some(Apart::Limit)
    } else {
        None
    }
}

/// Whether the candidate holds a value of the kind that the contact, which holds some, does not.
fn disagrees(contact: &Contact, candidate: &Contact, kind: IdentifierKind) -> bool {
    let values = |contact: &Contact| -> BTreeSet<IdentifierKey> {
        contact
            .visible(kind)
            .into_iter()
            .map(|held| held.key().clone())
            .collect()
    };
    let own = values(contact);
    !own.is_empty() && !values(candidate).is_subset(&own)
}

/// How many identifiers of a kind would count if both were one. A value that one of them has quarantined counts if it is the other's.
pub(super) fn together(contact: &Contact, other: &Contact, kind: IdentifierKind) -> usize {
    let all = claim::counting(contact, kind).chain(claim::counting(other, kind));
    all.collect::<BTreeSet<_>>().len()
}
