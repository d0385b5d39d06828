//! An event that arrives late: it belongs to the one that had the token, the device or the cookie when it happened (identity rule 4).

use super::context::Context;
use super::decision_builder::Decided;
use super::evidence::{self, Evidence};
use super::naming;
use super::ownership::{self, Owner, OwnershipAt};
use super::working_copy::WorkingCopy;
use crate::{
    Call, ContactId, ContactRequest, Effect, EventRequest, Identifier, IdentifierKey, IdentifierKind, Invariant,
    NotLinkedReason, Outcome, Rule, Subject, Timestamp, VisitorId,
};

/// To which history a late event belongs.
#[derive(Debug)]
pub(super) enum HistoryOwner {
    /// That of a visitor.
    Visitor(VisitorId, IdentifierKey),
    /// That of the contact that had the identifier then, and holds it now.
    Contact(ContactId, IdentifierKey),
    /// That of a contact that was erased since.
    Erased(Identifier),
}

/// To which history a late event belongs by the tokens, devices and cookies that it names. None if it is not late, if it names a person as
/// well, or if it goes to the same contact as an event of now.
///
/// The strongest identifier with a known owner at that time decides; without one, the earliest known owner of any of them.
pub(super) fn history_owner(state: &WorkingCopy<'_>, request: &EventRequest, now: Timestamp) -> Option<HistoryOwner> {
    let time = request.past(now)?;
    let call = Call::Event { creates: false };
    let contact = naming::as_held(state, call, &request.contact);
    if names_person(state, &contact) {
        return None;
    }
    let named: Vec<&Identifier> = naming::in_order(call, &contact)
        .filter(|id| naming::is_changeable(id) && evidence::of(state, id) != Evidence::Blocked)
        .collect();
    let mut first: Option<(Timestamp, &Identifier, Owner<'_>)> = None;
    for identifier in &named {
        match ownership::ownership_at(state, &identifier.key, time) {
            OwnershipAt::Owned(owner) => return owner_by(state, &named, identifier, owner),
            OwnershipAt::FirstOwned(since, owner) if first.is_none_or(|(earliest, ..)| since < earliest) => {
                first = Some((since, identifier, owner));
            }
            OwnershipAt::FirstOwned(..) | OwnershipAt::Unknown => {}
        }
    }
    let (_, identifier, owner) = first?;
    owner_by(state, &named, identifier, owner)
}

/// Whether the event names its subject by something that does not move: a known contact, or an external ID, also one that no contact holds yet.
/// A contact key does not count: the search comes to it after tokens, devices and cookies.
fn names_person(state: &WorkingCopy<'_>, contact: &ContactRequest) -> bool {
    let is_known = contact.contact_id.is_some_and(|id| state.canonical(id).is_some());
    let comes_first = |id: &Identifier| !naming::is_changeable(id) && id.kind() != IdentifierKind::ContactKey;
    let is_lasting = |id: &&Identifier| comes_first(id) && evidence::of(state, id) == Evidence::Matches;
    let names = |id: &Identifier| id.kind() == IdentifierKind::ExternalId || !state.matching(&id.key).is_empty();
    is_known || contact.identifiers().filter(is_lasting).any(names)
}

fn owner_by(state: &WorkingCopy<'_>, named: &[&Identifier], by: &Identifier, owner: Owner<'_>) -> Option<HistoryOwner> {
    match owner {
        Owner::Former(visitor) => Some(HistoryOwner::Visitor(visitor.id, by.key.clone())),
        Owner::Erased => Some(HistoryOwner::Erased(by.clone())),
        Owner::Present => present_owner(state, named, by),
    }
}

/// The present holder gets the event like an event of now, which may claim identifiers. It must not claim those that another contact got since:
/// then the event is decided as a late one.
fn present_owner(state: &WorkingCopy<'_>, named: &[&Identifier], by: &Identifier) -> Option<HistoryOwner> {
    let owner = ownership::present(state, &by.key)?.owner;
    let is_of_other = |id: &&Identifier| state.holder(&id.key).is_some_and(|holder| holder != owner);
    if state.is_active(owner) && !named.iter().any(is_of_other) {
        return None;
    }
    let is_cookie = by.kind() == IdentifierKind::Cookie;
    let visitor = state.open_visitor(&by.key).filter(|_| is_cookie);
    Some(match visitor {
        Some(visitor) => HistoryOwner::Visitor(visitor.id, by.key.clone()),
        None => HistoryOwner::Contact(owner, by.key.clone()),
    })
}

/// Decides a late event. It claims no identifier and restores no contact. Returns the subject of the event with the decision.
pub(super) fn decide(
    cx: &mut Context<'_>,
    request: &EventRequest,
    owner: HistoryOwner,
) -> Result<(Decided, Option<Subject>), Invariant> {
    let unmatched = Decided::without_contact(Outcome::Unmatched);
    cx.decision.skip_all(request.contact.left_out());
    let named: Vec<&Identifier> = request.contact.identifiers().collect();
    evidence::report(cx, &named);
    let (subject, contact, key) = match owner {
        HistoryOwner::Contact(contact, key) => (Subject::Contact(contact), Some(contact), key),
        HistoryOwner::Visitor(id, key) => {
            let visitor = cx.state.visitors.get(&id);
            let visitor = visitor.ok_or(Invariant::MissingVisitor(id))?;
            (Subject::Visitor(id), visitor.owner, key)
        }
        HistoryOwner::Erased(identifier) => {
            // Not a part that was left out: pages and apps read those, and must not learn that a contact had the identifier.
            cx.decision.not_linked(&identifier, None, NotLinkedReason::Forgotten);
            return Ok((unmatched, None));
        }
    };
    let Some(contact) = contact.filter(|contact| cx.state.is_active(*contact)) else {
        if let Subject::Visitor(visitor) = subject {
            cx.decision.report(Effect::EventWaits { visitor });
        }
        return Ok((unmatched, Some(subject)));
    };
    evidence::report_only_names(cx, contact, &named)?;
    cx.decision.rule = Rule::Search;
    cx.decision.matched_by = Some(key);
    Ok((Decided::about(contact, Outcome::Unchanged), Some(subject)))
}
