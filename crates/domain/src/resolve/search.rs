//! Which contact a request is about (identity rules, the table of "Deciding", and rules 1 to 3).

use super::draft::Draft;
use super::evidence::{self, Evidence};
use super::late;
use super::world::World;
use crate::{
    Apart, Call, ContactId, ContactRequest, Effect, Identifier, IdentifierKind, Rejection, Rule, Stability, Step,
};
use std::collections::BTreeSet;

/// Where a search ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// This contact; it is removed when the rule is [`Rule::Restore`].
    Contact(ContactId),
    /// No contact; one may be made.
    Nobody,
    /// A removed contact that the call leaves alone.
    Removed,
    /// The command cannot be carried out.
    Refused(Rejection),
}

/// Finds the contact, and writes rule and matched identifier to the draft. `naming` are the request's identifiers that name a contact
/// in this call.
pub(super) fn search(
    world: &World<'_>,
    draft: &mut Draft,
    call: Call,
    request: &ContactRequest,
    naming: &[&Identifier],
) -> Found {
    let powers = call.powers();
    let order = call.order();
    if order.first() == Some(&Step::ContactId)
        && let Some(found) = by_contact_id(world, draft, call, request)
    {
        return found;
    }
    let external_id = usable_external_id(world, request);
    if let Some(id) = external_id
        && let Some(holder) = world.holder(&id.key)
    {
        draft.matched_by = Some(id.key.clone());
        return match (world.is_active(holder), powers.restores) {
            (true, _) => {
                draft.rule = Rule::ExternalId;
                Found::Contact(holder)
            }
            (false, true) => {
                draft.rule = Rule::Restore;
                Found::Contact(holder)
            }
            (false, false) => Found::Removed,
        };
    }
    // The only call that looks at the contact ID later is a bulk call; rule 3 holds for what it finds.
    if order.iter().skip(1).any(|step| *step == Step::ContactId)
        && (external_id.is_none() || !names_a_claimed_contact(world, request))
        && let Some(found) = by_contact_id(world, draft, call, request)
    {
        return found;
    }
    by_other(world, draft, call, naming, external_id.is_some())
}

/// The identifiers of a request in the order of a call's search.
pub(super) fn in_order(call: Call, request: &ContactRequest) -> impl Iterator<Item = &Identifier> {
    let steps = call.order().iter();
    steps.flat_map(|step| request.identifiers().filter(|id| step.covers(id.kind())))
}

/// Whether the contact ID of the request is that of a contact that holds an external ID.
fn names_a_claimed_contact(world: &World<'_>, request: &ContactRequest) -> bool {
    let named = request.contact_id.and_then(|id| world.answering(id));
    named.is_some_and(|id| world.contacts[&id].has_external_id())
}

/// The request's external ID, unless it is blocked: `null` and the like are no ID.
pub(super) fn usable_external_id<'r>(world: &World<'_>, request: &'r ContactRequest) -> Option<&'r Identifier> {
    request
        .external_id
        .as_ref()
        .filter(|id| evidence::of(world, id) == Evidence::Matches)
}

fn by_contact_id(world: &World<'_>, draft: &mut Draft, call: Call, request: &ContactRequest) -> Option<Found> {
    let named = request.contact_id?;
    let Some(id) = world.answering(named) else {
        if call.is_by_contact_id() {
            return Some(Found::Refused(Rejection::ContactNotFound));
        }
        draft.skip("contactId", "no contact has this number");
        return None;
    };
    if call == Call::AppToken && !world.is_active(id) {
        draft.skip("contactId", "the contact is removed");
        return None;
    }
    if call == Call::Patch && !world.is_active(id) {
        draft.rule = Rule::ContactId;
        draft.touched.insert(id);
        return Some(Found::Refused(Rejection::ContactNotFound));
    }
    let held_by_other = usable_external_id(world, request)
        .and_then(|external| world.holder(&external.key).map(|holder| (external, holder)))
        .filter(|(_, holder)| *holder != id);
    if let Some((external, holder)) = held_by_other {
        let (identifier, why) = (external.clone(), Apart::HeldByOther);
        draft.effects.push(Effect::KeptApart {
            identifier,
            contact: Some(holder),
            why,
        });
        if call.is_by_contact_id() {
            draft.rule = Rule::ContactId;
            draft.about = Some(id);
            draft.touched.extend([id, holder]);
            return Some(Found::Refused(Rejection::ExternalIdHeld { holder }));
        }
    }
    if world.is_active(id) {
        draft.rule = Rule::ContactId;
    } else if call.powers().restores {
        draft.rule = Rule::Restore;
    } else {
        return Some(Found::Removed);
    }
    Some(Found::Contact(id))
}

/// Rule 3: a request with an external ID that nobody holds looks only at contacts that hold none.
fn by_other(
    world: &World<'_>,
    draft: &mut Draft,
    call: Call,
    naming: &[&Identifier],
    names_external_id: bool,
) -> Found {
    let mut apart: BTreeSet<(Identifier, ContactId)> = BTreeSet::new();
    let tells = |id: &&&Identifier| evidence::of(world, id) != Evidence::Blocked;
    let lasting = |id: &&Identifier| id.kind().stability() != Stability::Changeable;
    let names_somebody = names_external_id || naming.iter().filter(tells).any(lasting);
    for step in call.order() {
        let mut best: Option<(&Identifier, ContactId)> = None;
        // The external ID was looked for already.
        let looked_at = |id: &&Identifier| id.kind() != IdentifierKind::ExternalId && step.covers(id.kind());
        for identifier in naming.iter().copied().filter(looked_at) {
            for contact in world.matching(&identifier.key) {
                if !leads(world, call, identifier, contact, names_somebody) {
                    continue;
                }
                // A new external ID is given to nobody of whom it is not certain.
                let past = draft.past.filter(|_| names_external_id);
                if past.is_some_and(|time| !late::had_it_then(world, identifier, time)) {
                    draft.keep_past(identifier, contact);
                    continue;
                }
                if names_external_id && world.contacts[&contact].has_external_id() {
                    apart.insert((identifier.clone(), contact));
                } else if best.is_none_or(|(_, other)| is_better(world, contact, other)) {
                    best = Some((identifier, contact));
                }
            }
        }
        if let Some((identifier, contact)) = best {
            draft.rule = if names_external_id { Rule::Adopt } else { Rule::Search };
            draft.matched_by = Some(identifier.key.clone());
            report_apart(draft, apart);
            return Found::Contact(contact);
        }
    }
    report_apart(draft, apart);
    draft.rule = Rule::NoMatch;
    Found::Nobody
}

/// Whether the identifier leads to the contact in the call. A shared token, device or cookie belongs to whoever used it last all the same
/// (rule 4): what is told of it is their history, and a call that names nobody finds an anonymous contact by it, instead of making one more
/// every time.
fn leads(world: &World<'_>, call: Call, identifier: &Identifier, contact: ContactId, names_somebody: bool) -> bool {
    match evidence::of(world, identifier) {
        Evidence::Matches => true,
        Evidence::Shared if identifier.kind().stability() == Stability::Changeable => {
            matches!(call, Call::Event { .. }) || (!names_somebody && world.contacts[&contact].is_anonymous())
        }
        Evidence::Shared | Evidence::Blocked => false,
    }
}

/// Tells of those who were found and passed over, because they hold another external ID.
fn report_apart(draft: &mut Draft, apart: BTreeSet<(Identifier, ContactId)>) {
    let why = Apart::HoldsExternalId;
    let effects = apart.into_iter().map(|(identifier, contact)| Effect::KeptApart {
        identifier,
        contact: Some(contact),
        why,
    });
    draft.effects.extend(effects);
}

/// The most recently updated one is best; between equals the younger one, so that the choice is certain.
fn is_better(world: &World<'_>, contact: ContactId, than: ContactId) -> bool {
    let rank = |id: ContactId| (world.contacts[&id].updated_at, id);
    rank(contact) > rank(than)
}
