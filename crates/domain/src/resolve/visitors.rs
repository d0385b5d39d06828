//! Whose the history behind an identifier is (identity rules 4 and 7).

use super::draft::Draft;
use super::evidence::{self, Evidence};
use super::world::World;
use crate::{
    ContactId, Effect, HeldIdentifier, Identifier, IdentifierKey, IdentifierKind, IdentifierState, Visitor, VisitorId,
};
use std::collections::BTreeSet;

/// Rule 7, for events that named an identifier while it found nobody: nobody held it, whoever did was removed, or it was quarantined or
/// blocked. Their history becomes that of the contact which shows it now. What is to come goes to the contact itself. `named` are the
/// identifiers of the request; of a contact that came back, all that it holds count.
pub(super) fn adopt_waiting(
    world: &mut World<'_>,
    draft: &mut Draft,
    id: ContactId,
    named: &[&Identifier],
    restored: bool,
) {
    let Some(contact) = world.contacts.get(&id) else { return };
    let named: BTreeSet<&IdentifierKey> = named.iter().map(|identifier| &identifier.key).collect();
    let counts = |held: &&HeldIdentifier| {
        held.is_visible()
            && held.state == IdentifierState::Active
            && held.kind() != IdentifierKind::Cookie
            && (restored || named.contains(held.key()))
    };
    let held: Vec<(Identifier, ContactId)> = contact
        .identifiers
        .iter()
        .filter(counts)
        .map(|held| (held.identifier.clone(), held.home))
        .collect();
    for (identifier, home) in held {
        // By the token without its app, too.
        let named = std::iter::once(identifier.key.clone()).chain(identifier.also_named());
        for key in named {
            adopt_one(world, draft, (id, home), &identifier, &key);
        }
    }
}

fn adopt_one(
    world: &mut World<'_>,
    draft: &mut Draft,
    (id, home): (ContactId, ContactId),
    identifier: &Identifier,
    key: &IdentifierKey,
) {
    if evidence::of(world, identifier) != Evidence::Matches {
        return;
    }
    let Some(waiting) = world.keys.get_mut(key).and_then(|record| record.waiting.take()) else {
        return;
    };
    if let Some(visitor) = world.visitors.get_mut(&waiting.visitor) {
        visitor.home = Some(home);
        visitor.owner = Some(id);
        visitor.closed_at = Some(draft.at);
    }
    draft.effects.push(Effect::VisitorAdopted {
        visitor: waiting.visitor,
    });
}

/// Rule 7: the history behind the cookie becomes the contact's. Each owner of a cookie has a visitor of their own, so that
/// history made before a move stays with the former owner (rule 4).
pub(super) fn adopt(world: &mut World<'_>, draft: &mut Draft, id: ContactId, cookie: &Identifier, evidence: Evidence) {
    let mut follows = false;
    if let Some(visitor) = world.open_visitor_mut(&cookie.key) {
        if visitor.owner == Some(id) {
            return;
        }
        if visitor.owner.is_none() && evidence == Evidence::Matches {
            visitor.home = Some(id);
            visitor.owner = Some(id);
            draft.effects.push(Effect::VisitorAdopted { visitor: visitor.id });
            return;
        }
        visitor.closed_at = Some(draft.at);
        follows = true;
    }
    let opened = from_now_on(draft, &cookie.key, id, follows);
    draft.effects.push(Effect::VisitorAdopted { visitor: opened.id });
    world.open(opened);
}

/// Rule 4, for tokens and devices: what happened while the former owner had the identifier, and comes after it moved, is the former
/// owner's. So each owner has a visitor for their time, as behind a cookie, but only from the first move on: most never move, and who has
/// had such a one all the time is known without. `former` is what the identifier was where it was taken from; none if nobody held it.
pub(super) fn moved(
    world: &mut World<'_>,
    draft: &mut Draft,
    id: ContactId,
    key: &IdentifierKey,
    former: Option<&HeldIdentifier>,
) {
    if key.kind == IdentifierKind::Cookie {
        return;
    }
    if let Some(held) = former {
        leave_waiting(world, draft, held);
    }
    let open = world.open_visitor(key);
    // Only one can be open, and the history that waits needs it.
    let waits = open.is_some_and(|open| open.owner.is_none());
    match (open.filter(|_| !waits), former) {
        (None, None) => return,
        // Its device named another one for a while, and names it again.
        (Some(open), None) if (open.home, open.owner) == (Some(id), Some(id)) => return,
        (Some(_), _) => {
            if let Some(open) = world.open_visitor_mut(key) {
                open.closed_at = Some(draft.at);
            }
        }
        (None, Some(held)) => had(world, draft, held),
    }
    if !waits {
        let has = from_now_on(draft, key, id, true);
        world.open(has);
    }
}

/// A visitor for the time that somebody had what they have no more. Of a token that a device replaces it is not known whether it moved before:
/// then it has a visitor of the same owner's already, and this one says the same.
pub(super) fn had(world: &mut World<'_>, draft: &mut Draft, held: &HeldIdentifier) {
    let had = Visitor {
        home: Some(held.home),
        owner: Some(held.owner),
        since: held.first_seen,
        closed_at: Some(draft.at),
        ..from_now_on(draft, held.key(), held.owner, false)
    };
    world.open(had);
}

/// What waits behind an identifier that the former owner held, quarantined or removed as it was, stays with the former owner.
fn leave_waiting(world: &mut World<'_>, draft: &Draft, held: &HeldIdentifier) {
    let named = std::iter::once(held.key().clone()).chain(held.identifier.also_named());
    for key in named {
        let waiting = world.keys.get_mut(&key).and_then(|record| record.waiting.take());
        let visitor = waiting.and_then(|waiting| world.visitors.get_mut(&waiting.visitor));
        if let Some(visitor) = visitor {
            visitor.home = Some(held.home);
            visitor.owner = Some(held.owner);
            visitor.closed_at = Some(draft.at);
        }
    }
}

/// A visitor that the contact has from now on.
fn from_now_on(draft: &mut Draft, key: &IdentifierKey, id: ContactId, follows: bool) -> Visitor {
    let visitor = VisitorId::of(draft.id, draft.visitors);
    draft.visitors += 1;
    Visitor {
        id: visitor,
        key: key.clone(),
        home: Some(id),
        owner: Some(id),
        since: draft.at,
        closed_at: None,
        follows,
    }
}
