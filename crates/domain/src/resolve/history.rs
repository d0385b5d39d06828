//! To which contact the history behind an identifier belongs (identity rules 4 and 7).
//!
//! A web visitor is a [`Visitor`] behind a cookie. The same record is used for pending history of another identifier, and for the period
//! in which a contact owned a token or a device that has moved (an *ownership period*).

use super::context::Context;
use super::evidence::{self, Evidence};
use crate::{
    ContactId, Effect, HeldIdentifier, Identifier, IdentifierKey, IdentifierKind, IdentifierState, Invariant, Visitor,
};
use std::collections::BTreeSet;

/// Rule 7: gives the contact the history of events that named its identifiers before it could be found by them: no contact held them, or their
/// holder was removed, or they were quarantined or blocked. Later events go to the contact itself.
///
/// `named` are the identifiers of the request; none for a restored contact, for which all that it holds count.
pub(super) fn adopt_waiting(
    cx: &mut Context<'_>,
    id: ContactId,
    named: Option<&[&Identifier]>,
) -> Result<(), Invariant> {
    let named: Option<BTreeSet<_>> = named.map(|all| all.iter().map(|identifier| &identifier.key).collect());
    let counts = |held: &&HeldIdentifier| {
        held.is_visible()
            && held.state == IdentifierState::Active
            && held.kind() != IdentifierKind::Cookie
            && named.as_ref().is_none_or(|named| named.contains(held.key()))
    };
    // Most identifiers have none.
    let has_waiting = |held: &&HeldIdentifier| {
        cx.state.is_waited_behind(held.key()) || held.identifier.alias_keys().any(|key| cx.state.is_waited_behind(&key))
    };
    let held: Vec<HeldIdentifier> = cx
        .state
        .contact(id)?
        .identifiers
        .iter()
        .filter(counts)
        .filter(has_waiting)
        .cloned()
        .collect();
    for held in held {
        if evidence::of(&cx.state, &held.identifier) != Evidence::Matches {
            continue;
        }
        for key in names_of(&held) {
            if let Some(visitor) = take_waiting(cx, &key, id, held.home)? {
                cx.decision.report(Effect::VisitorAdopted { visitor });
            }
        }
    }
    Ok(())
}

/// The key of an identifier, and of a token the keys by which events name it.
fn names_of(held: &HeldIdentifier) -> impl Iterator<Item = IdentifierKey> + use<> {
    std::iter::once(held.key().clone()).chain(held.identifier.alias_keys())
}

/// Gives the history that waits behind a key to a contact.
fn take_waiting(
    cx: &mut Context<'_>,
    key: &IdentifierKey,
    owner: ContactId,
    home: ContactId,
) -> Result<Option<crate::VisitorId>, Invariant> {
    let record = cx.state.keys.get_mut(key);
    let Some(waiting) = record.and_then(|record| record.waiting.take()) else {
        return Ok(None);
    };
    let visitor = cx.state.visitors.get_mut(&waiting.visitor);
    let visitor = visitor.ok_or(Invariant::MissingVisitor(waiting.visitor))?;
    visitor.home = Some(home);
    visitor.owner = Some(owner);
    visitor.closed_at = Some(cx.decision.at);
    Ok(Some(visitor.id))
}

/// Rule 7: gives the contact the history behind the cookie. Each owner of a cookie has a visitor of their own, so that the history from before
/// a move stays with the former owner (rule 4).
pub(super) fn adopt_visitor(cx: &mut Context<'_>, id: ContactId, cookie: &Identifier, evidence: Evidence) {
    let at = cx.decision.at;
    let mut follows = false;
    if let Some(visitor) = cx.state.open_visitor_mut(&cookie.key) {
        if visitor.owner == Some(id) {
            return;
        }
        if visitor.owner.is_none() && evidence == Evidence::Matches {
            visitor.home = Some(id);
            visitor.owner = Some(id);
            let visitor = visitor.id;
            cx.decision.report(Effect::VisitorAdopted { visitor });
            return;
        }
        visitor.closed_at = Some(at);
        follows = true;
    }
    let opened = new_visitor(cx, &cookie.key, id, follows);
    cx.decision.report(Effect::VisitorAdopted { visitor: opened.id });
    cx.state.add_visitor(opened);
}

/// Rule 4, for tokens and devices: an event that arrives after a move, and happened before, belongs to the former owner. So each owner gets an
/// ownership period, from the first move on; most tokens never move and have none.
///
/// `former` is the identifier as the former owner held it; none if no contact held it.
pub(super) fn record_move(
    cx: &mut Context<'_>,
    id: ContactId,
    key: &IdentifierKey,
    former: Option<&HeldIdentifier>,
) -> Result<(), Invariant> {
    if key.kind == IdentifierKind::Cookie {
        return Ok(());
    }
    if let Some(held) = former {
        // The former owner held it quarantined, or was removed: the history that waits is that owner's.
        for key in names_of(held) {
            take_waiting(cx, &key, held.owner, held.home)?;
        }
    }
    let open = cx.state.open_visitor(key);
    // One visitor at most can be open, and waiting history needs it.
    let is_waiting = open.is_some_and(|open| open.owner.is_none());
    match (open.filter(|_| !is_waiting), former) {
        (None, None) => return Ok(()),
        // Its device replaced the token by another one, and names it again.
        (Some(open), None) if (open.home, open.owner) == (Some(id), Some(id)) => return Ok(()),
        (Some(_), _) => {
            let at = cx.decision.at;
            if let Some(open) = cx.state.open_visitor_mut(key) {
                open.closed_at = Some(at);
            }
        }
        (None, Some(held)) => record_past_ownership(cx, held),
    }
    if !is_waiting {
        let period = new_visitor(cx, key, id, true);
        cx.state.add_visitor(period);
    }
    Ok(())
}

/// Adds the ownership period of a contact that has an identifier no more. A token that a device replaces may have moved before, and have an
/// open period of the same owner already; this one says the same.
pub(super) fn record_past_ownership(cx: &mut Context<'_>, held: &HeldIdentifier) {
    let period = Visitor {
        home: Some(held.home),
        owner: Some(held.owner),
        since: held.first_seen,
        closed_at: Some(cx.decision.at),
        ..new_visitor(cx, held.key(), held.owner, false)
    };
    cx.state.add_visitor(period);
}

/// A visitor that the contact owns from now on.
fn new_visitor(cx: &mut Context<'_>, key: &IdentifierKey, id: ContactId, follows: bool) -> Visitor {
    Visitor {
        id: cx.decision.next_visitor_id(),
        key: key.clone(),
        home: Some(id),
        owner: Some(id),
        since: cx.decision.at,
        closed_at: None,
        follows,
    }
}
