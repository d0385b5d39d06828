//! History that arrives late: it is that of whoever had the token, the device or the cookie then (identity rule 4).

use super::draft::Draft;
use super::evidence::{self, Evidence};
use super::world::World;
use super::{search, tokens};
use crate::{
    Apart, Call, ContactId, ContactRequest, Decision, Effect, EventRequest, HeldIdentifier, Identifier, IdentifierKey,
    IdentifierKind, IdentifierState, Outcome, Rule, Stability, Subject, Timestamp, Visitor, VisitorId,
};

/// Whose the history is that an event belongs to.
#[derive(Debug)]
pub(super) enum Whose {
    /// That of a visitor.
    Visitor(VisitorId, IdentifierKey),
    /// That of the contact that had the identifier then, and holds it now.
    Contact(ContactId, IdentifierKey),
    /// That of somebody who was erased since.
    Forgotten(Identifier),
}

/// What is known of an identifier at a time.
enum Known<'w> {
    /// Whose it was.
    Then(Owner<'w>),
    /// Whose it was first, as far as we know, and since when: later than that time.
    First(Timestamp, Owner<'w>),
    /// Nothing.
    Nothing,
}

/// Who had an identifier for a time.
enum Owner<'w> {
    /// Whoever left the history of a visitor, and has the identifier no more.
    Former(&'w Visitor),
    /// Whoever has it now.
    Present,
    /// Somebody who was erased since.
    Forgotten,
}

/// Whose history the event belongs to by the tokens, devices and cookies that it names; none when it goes where all history of what it names
/// goes now, or when it names somebody besides.
///
/// The strongest identifier decides of which it is known whose it was then. If none is, whoever had one of them first.
pub(super) fn whose(world: &World<'_>, request: &EventRequest, received_at: Timestamp) -> Option<Whose> {
    let time = request.past(received_at)?;
    let call = Call::Event { creates: false };
    let contact = tokens::as_held(world, call, &request.contact);
    if names_somebody(world, &contact) {
        return None;
    }
    let named: Vec<&Identifier> = search::in_order(call, &contact)
        .filter(|id| moves(id) && evidence::of(world, id) != Evidence::Blocked)
        .collect();
    let mut first: Option<(Timestamp, &Identifier, Owner<'_>)> = None;
    for identifier in &named {
        match known(world, &identifier.key, time) {
            Known::Then(owner) => return decided(world, &named, identifier, &owner),
            Known::First(since, owner) if first.as_ref().is_none_or(|(earliest, ..)| since < *earliest) => {
                first = Some((since, identifier, owner));
            }
            Known::First(..) | Known::Nothing => {}
        }
    }
    let (_, identifier, owner) = first?;
    decided(world, &named, identifier, &owner)
}

fn moves(identifier: &Identifier) -> bool {
    identifier.kind().stability() == Stability::Changeable
}

/// Whether the event says whose it is by something that does not move: a contact that is known, or an external ID, also one that nobody
/// holds yet. A contact key comes after tokens, devices and cookies in the order of the search.
fn names_somebody(world: &World<'_>, contact: &ContactRequest) -> bool {
    let known = contact.contact_id.is_some_and(|id| world.answering(id).is_some());
    let comes_first = |id: &Identifier| !moves(id) && id.kind() != IdentifierKind::ContactKey;
    let lasting = |id: &&Identifier| comes_first(id) && evidence::of(world, id) == Evidence::Matches;
    let finds = |id: &Identifier| id.kind() == IdentifierKind::ExternalId || !world.matching(&id.key).is_empty();
    known || contact.identifiers().filter(lasting).any(finds)
}

/// Whether whoever holds the identifier now had it at a time. One that does not move is always theirs.
pub(super) fn had_it_then(world: &World<'_>, identifier: &Identifier, time: Timestamp) -> bool {
    !moves(identifier) || matches!(known(world, &identifier.key, time), Known::Then(Owner::Present))
}

/// Who had a token, a device or a cookie at a time that has passed, if they have it no more.
pub(super) fn former(world: &World<'_>, key: &IdentifierKey, time: Timestamp) -> Option<ContactId> {
    match known(world, key, time) {
        Known::Then(Owner::Former(visitor)) => visitor.owner,
        _ => None,
    }
}

fn known<'w>(world: &'w World<'_>, key: &IdentifierKey, time: Timestamp) -> Known<'w> {
    if let Some(visitor) = Visitor::at(world.visitors_of(key), time) {
        // A token that its device replaced by another is nobody's, and stays open.
        let has_it = visitor.owner.is_none() || visitor.owner == world.holder(key);
        let owner = if visitor.closed_at.is_none() && has_it {
            Owner::Present
        } else {
            Owner::Former(visitor)
        };
        return match (visitor.covers(time), visitor.follows) {
            (true, _) => Known::Then(owner),
            (false, true) => Known::Then(Owner::Forgotten),
            // What nobody else left is from before we knew the identifier.
            (false, false) => Known::First(visitor.since, owner),
        };
    }
    // It never moved, or not since somebody who had it was erased.
    match present(world, key).map(|held| held.first_seen) {
        Some(since) if since <= time => Known::Then(Owner::Present),
        Some(since) => Known::First(since, Owner::Present),
        None => Known::Nothing,
    }
}

/// The identifier with whoever has it now, also a removed contact. Where it is quarantined, its history waits.
fn present<'w>(world: &'w World<'_>, key: &IdentifierKey) -> Option<&'w HeldIdentifier> {
    let contact = world.contacts.get(&world.holder(key)?)?;
    let tells =
        |held: &&HeldIdentifier| held.key() == key && held.is_visible() && held.state != IdentifierState::Quarantined;
    contact.identifiers.iter().find(tells)
}

fn decided(world: &World<'_>, named: &[&Identifier], by: &Identifier, owner: &Owner<'_>) -> Option<Whose> {
    match owner {
        Owner::Former(visitor) => Some(Whose::Visitor(visitor.id, by.key.clone())),
        Owner::Forgotten => Some(Whose::Forgotten(by.clone())),
        Owner::Present => of_present(world, named, by),
    }
}

/// Whoever has the identifier now gets the event as ever, unless another one that it names would be taken from somebody: who got that one
/// since must not lose it by what is past.
fn of_present(world: &World<'_>, named: &[&Identifier], by: &Identifier) -> Option<Whose> {
    let owner = present(world, &by.key)?.owner;
    let is_another_s = |id: &&Identifier| world.holder(&id.key).is_some_and(|holder| holder != owner);
    if world.is_active(owner) && !named.iter().any(is_another_s) {
        return None;
    }
    let visitor = world
        .open_visitor(&by.key)
        .filter(|_| by.kind() == IdentifierKind::Cookie);
    Some(match visitor {
        Some(visitor) => Whose::Visitor(visitor.id, by.key.clone()),
        None => Whose::Contact(owner, by.key.clone()),
    })
}

/// Decides the event: nobody claims anything by it, and it brings nobody back.
pub(super) fn decide(
    world: &mut World<'_>,
    mut draft: Draft,
    request: &EventRequest,
    whose: Whose,
) -> (Decision, Option<Subject>) {
    let left_out = request.contact.left_out().cloned();
    draft.effects.extend(left_out.map(Effect::Skipped));
    let named: Vec<&Identifier> = request.contact.identifiers().collect();
    evidence::report(world, &mut draft, &named);
    let (subject, owner, key) = match whose {
        Whose::Contact(contact, key) => {
            let active = Some(contact).filter(|contact| world.is_active(*contact));
            (Subject::Contact(contact), active, key)
        }
        Whose::Visitor(visitor, key) => {
            let owner = world.visitors.get(&visitor).and_then(|visitor| visitor.owner);
            let active = owner.filter(|owner| world.is_active(*owner));
            if active.is_none() {
                draft.effects.push(Effect::EventWaits { visitor });
            }
            (Subject::Visitor(visitor), active, key)
        }
        Whose::Forgotten(identifier) => {
            // Not among what is left out, which pages and apps read: that somebody had it is nobody's business.
            draft.effects.push(Effect::KeptApart {
                identifier,
                contact: None,
                why: Apart::Forgotten,
            });
            return (draft.finish(world, Outcome::Unmatched, None), None);
        }
    };
    let Some(owner) = owner else {
        return (draft.finish(world, Outcome::Unmatched, None), Some(subject));
    };
    evidence::tell_apart(world, &mut draft, owner, &named);
    draft.rule = Rule::Search;
    draft.matched_by = Some(key);
    (draft.finish(world, Outcome::Unchanged, Some(owner)), Some(subject))
}
