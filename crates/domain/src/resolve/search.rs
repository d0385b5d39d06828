//! Which contact a request is about (identity rules, the table of "Deciding", and rules 1 to 3).

use super::context::{Context, Query};
use super::decision_builder::Stop;
use super::evidence::{self, Evidence};
use super::naming;
use super::ownership;
use super::working_copy::WorkingCopy;
use crate::{
    Call, ContactId, Identifier, IdentifierKind, Invariant, NotLinkedReason, Rejection, Rule, Stability, Step,
};
use std::collections::BTreeSet;

/// The result of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// This contact; it is removed if the rule is [`Rule::Restore`].
    Contact(ContactId),
    /// No contact; one may be made.
    Nothing,
    /// A removed contact that the call does not restore.
    Removed,
}

/// Finds the contact, and writes the rule and the matched identifier to the decision.
pub(super) fn search(cx: &mut Context<'_>, query: &Query<'_>) -> Result<Found, Stop> {
    let powers = query.call.powers();
    let order = query.call.order();
    if order.first() == Some(&Step::ContactId)
        && let Some(found) = by_contact_id(cx, query)?
    {
        return Ok(found);
    }
    let external_id = naming::usable_external_id(&cx.state, query.request);
    if let Some(id) = external_id
        && let Some(holder) = cx.state.holder(&id.key)
    {
        cx.decision.matched_by = Some(id.key.clone());
        return Ok(match (cx.state.is_active(holder), powers.restores) {
            (true, _) => {
                cx.decision.rule = Rule::ExternalId;
                Found::Contact(holder)
            }
            (false, true) => {
                cx.decision.rule = Rule::Restore;
                Found::Contact(holder)
            }
            (false, false) => Found::Removed,
        });
    }
    // Only a bulk call searches by the contact ID at a later step. Rule 3 holds for what it finds.
    if order.iter().skip(1).any(|step| *step == Step::ContactId)
        && (external_id.is_none() || !names_a_claimed_contact(cx, query)?)
        && let Some(found) = by_contact_id(cx, query)?
    {
        return Ok(found);
    }
    by_other(cx, query, external_id.is_some())
}

/// Whether the contact ID of the request is that of a contact that holds an external ID.
fn names_a_claimed_contact(cx: &Context<'_>, query: &Query<'_>) -> Result<bool, Stop> {
    match query.request.contact_id.and_then(|id| cx.state.canonical(id)) {
        Some(id) => Ok(cx.state.contact(id)?.has_external_id()),
        None => Ok(false),
    }
}

fn by_contact_id(cx: &mut Context<'_>, query: &Query<'_>) -> Result<Option<Found>, Stop> {
    let call = query.call;
    let Some(named) = query.request.contact_id else {
        return Ok(None);
    };
    let Some(id) = cx.state.canonical(named) else {
        if call.is_by_contact_id() {
            return Err(Rejection::ContactNotFound.into());
        }
        cx.decision.skip("contactId", "no contact has this number");
        return Ok(None);
    };
    let is_active = cx.state.is_active(id);
    if call == Call::AppToken && !is_active {
        cx.decision.skip("contactId", "the contact is removed");
        return Ok(None);
    }
    if call == Call::Patch && !is_active {
        cx.decision.rule = Rule::ContactId;
        cx.decision.affected.insert(id);
        return Err(Rejection::ContactNotFound.into());
    }
    let external_id = naming::usable_external_id(&cx.state, query.request);
    let other = external_id
        .and_then(|external_id| Some((external_id, cx.state.holder(&external_id.key)?)))
        .filter(|(_, holder)| *holder != id);
    if let Some((external_id, holder)) = other {
        cx.decision
            .not_linked(external_id, Some(holder), NotLinkedReason::HeldByOther);
        if call.is_by_contact_id() {
            cx.decision.rule = Rule::ContactId;
            cx.decision.refused_about = Some(id);
            cx.decision.affected.extend([id, holder]);
            return Err(Rejection::ExternalIdHeld { holder }.into());
        }
    }
    if is_active {
        cx.decision.rule = Rule::ContactId;
    } else if call.powers().restores {
        cx.decision.rule = Rule::Restore;
    } else {
        return Ok(Some(Found::Removed));
    }
    Ok(Some(Found::Contact(id)))
}

/// Searches by the other identifiers, step by step. Rule 3: a request with an external ID that no contact holds finds only contacts that hold
/// none.
fn by_other(cx: &mut Context<'_>, query: &Query<'_>, names_external_id: bool) -> Result<Found, Stop> {
    let is_usable = |id: &Identifier| evidence::of(&cx.state, id) != Evidence::Blocked;
    let is_lasting = |id: &Identifier| id.kind().stability() != Stability::Changeable;
    let mut searched = query.searched.iter();
    let names_person = names_external_id || searched.any(|id| is_usable(id) && is_lasting(id));
    let mut claimed: BTreeSet<(Identifier, ContactId)> = BTreeSet::new();
    for step in query.call.order() {
        let mut best: Option<(&Identifier, ContactId)> = None;
        // The external ID was searched before.
        let is_searched = |id: &&Identifier| id.kind() != IdentifierKind::ExternalId && step.covers(id.kind());
        for identifier in query.searched.iter().copied().filter(is_searched) {
            for contact in cx.state.matching(&identifier.key) {
                if !finds(&cx.state, query.call, (identifier, contact), names_person)? {
                    continue;
                }
                // A contact gets a new external ID only if it certainly had the identifier when the event happened.
                let late_event_time = cx.decision.late_event_time.filter(|_| names_external_id);
                if late_event_time.is_some_and(|time| !ownership::is_unmoved_since(&cx.state, identifier, time)) {
                    cx.decision.not_linked_once(identifier, contact, NotLinkedReason::Past);
                    continue;
                }
                if names_external_id && cx.state.contact(contact)?.has_external_id() {
                    claimed.insert((identifier.clone(), contact));
                } else if match best {
                    Some((_, other)) => is_better(&cx.state, contact, other)?,
                    None => true,
                } {
                    best = Some((identifier, contact));
                }
            }
        }
        if let Some((identifier, contact)) = best {
            cx.decision.rule = if names_external_id { Rule::Adopt } else { Rule::Search };
            cx.decision.matched_by = Some(identifier.key.clone());
            report_claimed(cx, &claimed);
            return Ok(Found::Contact(contact));
        }
    }
    report_claimed(cx, &claimed);
    cx.decision.rule = Rule::NoMatch;
    Ok(Found::Nothing)
}

/// Whether the identifier finds the contact in the call. A shared token, device or cookie belongs to the contact that used it last (rule 4): it
/// finds that contact for an event. It finds an anonymous contact for a call that names no person, which would create one more each time
/// otherwise.
fn finds(
    state: &WorkingCopy<'_>,
    call: Call,
    (identifier, contact): (&Identifier, ContactId),
    names_person: bool,
) -> Result<bool, Invariant> {
    Ok(match evidence::of(state, identifier) {
        Evidence::Matches => true,
        Evidence::Shared if naming::is_changeable(identifier) => {
            matches!(call, Call::Event { .. }) || (!names_person && state.contact(contact)?.is_anonymous())
        }
        Evidence::Shared | Evidence::Blocked => false,
    })
}

/// Reports the contacts that were found and passed over, because they hold another external ID.
fn report_claimed(cx: &mut Context<'_>, claimed: &BTreeSet<(Identifier, ContactId)>) {
    for (identifier, contact) in claimed {
        cx.decision
            .not_linked(identifier, Some(*contact), NotLinkedReason::HoldsExternalId);
    }
}

/// The contact that was updated last is better; between equals the younger one, so that the choice is certain.
fn is_better(state: &WorkingCopy<'_>, contact: ContactId, than: ContactId) -> Result<bool, Invariant> {
    let rank = |id: ContactId| Ok((state.contact(id)?.updated_at, id));
    Ok(rank(contact)? > rank(than)?)
}
