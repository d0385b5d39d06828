//! Events (identity rules, "events", and rules 4 and 7).

use super::context::Context;
use super::decision_builder::{Decided, Stop, Verdict};
use super::evidence::{self, Evidence};
use super::working_copy::WorkingCopy;
use super::{contact, late_event, naming};
use crate::values::EventTypeKey;
use crate::{
    Call, ContactId, ContactRequest, ContactState, Effect, Event, EventId, EventPeriod, EventRequest, Identifier,
    IdentifierKey, IdentifierKind, Invariant, Origin, Outcome, Rejection, Rule, Subject, VisitorId, Waiting,
    is_dated_ahead,
};

/// Keeps an event. It belongs to the contact that it names; to a visitor, if no contact holds its identifiers; and to none, if no identifier
/// of it is evidence of a person.
pub(super) fn keep(cx: &mut Context<'_>, request: &EventRequest) -> Verdict {
    let at = cx.decision.at;
    if request.id.is_some_and(|id| cx.state.has_event(id)) {
        let reason = "an event with this ID is stored already";
        cx.decision.skip("eventId", reason);
        return Ok(Decided::without_contact(Outcome::Unchanged));
    }
    if request.occurred_at.is_some_and(|occurred| is_dated_ahead(occurred, at)) {
        return Err(Rejection::DatedAhead.into());
    }
    if let (Some(days), Some(_)) = (
        cx.state.policy.event_retention_days,
        request
            .occurred_at
            .filter(|occurred| cx.state.is_too_old(*occurred, at)),
    ) {
        return Err(Rejection::EventTooOld { days }.into());
    }
    let (decided, subject) = match late_event::history_owner(&cx.state, request, at) {
        Some(owner) => late_event::decide(cx, request, owner)?,
        None => decide(cx, request)?,
    };
    cx.state.sent.extend(request.id);
    cx.state.events.push(Event {
        id: request.id.unwrap_or_else(|| EventId::of(cx.decision.id, 0)),
        decision: cx.decision.id,
        type_key: request.type_key.clone(),
        key_value: request.key_value.clone(),
        subject,
        occurred_at: request.occurred_at.unwrap_or(at),
        received_at: at,
        origin: request.origin,
        params: request.params.clone(),
    });
    Ok(decided)
}

/// Finds the contact of an event, and the subject to whose history it belongs.
fn decide(cx: &mut Context<'_>, request: &EventRequest) -> Result<(Decided, Option<Subject>), Stop> {
    let contact = &request.contact;
    let decided = if contact.contact_id.is_none() && contact.identifiers().next().is_none() {
        cx.decision.skip_all(contact.left_out());
        Decided::without_contact(Outcome::Unmatched)
    } else {
        // Pages make no contacts (wire fact), even if events of the type do.
        let may_create = request.origin != Origin::Web && has_evidence(&cx.state, contact);
        let creates = may_create && cx.state.creates_contacts(&request.type_key);
        contact::decide(cx, Call::Event { creates }, contact)?
    };
    if let Some(id) = decided.contact {
        return Ok((decided, Some(subject_of(cx, contact, id))));
    }
    if let Some(id) = removed_contact(cx, contact)? {
        return Ok((decided, Some(Subject::Contact(id))));
    }
    let Some(visitor) = visitor_of(cx, contact) else {
        // A contact ID that does not exist: the event would be on no timeline, ever.
        return match contact.contact_id {
            Some(_) => Err(Rejection::ContactNotFound.into()),
            None => Ok((decided, None)),
        };
    };
    cx.decision.report(Effect::EventWaits { visitor });
    Ok((decided, Some(Subject::Visitor(visitor))))
}

/// Sets whether events of a type create contacts (wire fact: segmentation).
pub(super) fn set_creating(cx: &mut Context<'_>, key: &EventTypeKey, creating: bool) -> Decided {
    let is_changed = cx.state.creates_contacts(key) != creating;
    if is_changed {
        cx.state.new_creating.insert(key.clone(), creating);
    }
    Decided::changed(is_changed)
}

/// Deletes the earliest events of a period (wire fact: only where the workspace allows it).
pub(super) fn delete(cx: &mut Context<'_>) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    if !cx.state.policy.delete_past_events {
        return Err(Rejection::EventsAreKept.into());
    }
    let found = cx.state.deletable;
    let deleted = &found[..found.len().min(EventPeriod::MOST_AT_ONCE)];
    cx.state.events_deleted.extend(deleted.iter().cloned());
    cx.decision.report(Effect::EventsDeleted {
        count: deleted.len(),
        more: deleted.len() < found.len(),
    });
    Ok(Decided::changed(!deleted.is_empty()))
}

/// Whether the event can create a contact. A cookie alone makes a visitor (rule 7). A value that is no evidence makes no contact (rule 8): it
/// would not find the contact again, and each event would make another one.
fn has_evidence(state: &WorkingCopy<'_>, request: &ContactRequest) -> bool {
    let is_evidence =
        |id: &Identifier| id.kind() != IdentifierKind::Cookie && evidence::of(state, id) == Evidence::Matches;
    request.identifiers().any(is_evidence)
}

/// The subject of an event of a contact. If a cookie alone found the contact, it is the visitor, so that the event moves with the cookie.
fn subject_of(cx: &Context<'_>, request: &ContactRequest, id: ContactId) -> Subject {
    let is_cookie = |key: &IdentifierKey| key.kind == IdentifierKind::Cookie;
    let matched_by = cx.decision.matched_by.as_ref().filter(|key| is_cookie(key));
    let visitor = matched_by
        .filter(|_| request.identifiers().all(|id| is_cookie(&id.key)))
        .and_then(|key| cx.state.open_visitor(key))
        .filter(|visitor| visitor.owner == Some(id));
    visitor.map_or(Subject::Contact(id), |visitor| Subject::Visitor(visitor.id))
}

/// The removed contact that the event names, or whose token or device it names. The event is added to its history and does not restore it. A
/// cookie leads to its visitor instead.
fn removed_contact(cx: &Context<'_>, request: &ContactRequest) -> Result<Option<ContactId>, Invariant> {
    let state = &cx.state;
    let named = request.contact_id.and_then(|id| state.canonical(id));
    let matched = || state.holder(cx.decision.matched_by.as_ref()?);
    let by_token = || {
        let request = naming::as_held(state, Call::Event { creates: false }, request);
        let strongest = strongest(state, &request)?;
        let holder = state.holder(&strongest.key);
        holder.filter(|_| strongest.kind().is_token_or_device())
    };
    let Some(found) = named.or_else(matched).or_else(by_token) else {
        return Ok(None);
    };
    let is_removed = state.contact(found)?.state == ContactState::Removed;
    Ok(is_removed.then_some(found))
}

/// The identifier to which an event belongs that finds no contact: the first one, in the order of the search, that is evidence, or that is
/// shared, changeable and held: it belongs to the contact that used it last (rule 4). Else the first shared one. History behind a shared value
/// waits for no contact, but it is erased with the only holder of the value.
fn strongest<'r>(state: &WorkingCopy<'_>, request: &'r ContactRequest) -> Option<&'r Identifier> {
    let order = || naming::in_order(Call::Event { creates: false }, request);
    let is_held = |id: &Identifier| naming::is_changeable(id) && state.holder(&id.key).is_some();
    let leads = |id: &&Identifier| match evidence::of(state, id) {
        Evidence::Matches => true,
        Evidence::Shared => is_held(id),
        Evidence::Blocked => false,
    };
    let is_shared = |id: &&Identifier| evidence::of(state, id) == Evidence::Shared;
    order().find(leads).or_else(|| order().find(is_shared))
}

/// The visitor behind the strongest identifier of an event that belongs to no contact. It is made if it is missing.
fn visitor_of(cx: &mut Context<'_>, request: &ContactRequest) -> Option<VisitorId> {
    let key = strongest(&cx.state, request)?.key.clone();
    // The open visitor may also be the ownership period of a token or a device that is quarantined, or that its device replaced.
    if let Some(open) = cx.state.open_visitor(&key) {
        return Some(open.id);
    }
    let waiting = Waiting {
        visitor: cx.decision.next_visitor_id(),
        since: cx.decision.at,
    };
    cx.state.add_visitor(waiting.of(&key));
    if key.kind != IdentifierKind::Cookie {
        let mut record = cx.state.key_record(&key);
        record.waiting = Some(waiting);
        cx.state.keys.insert(key, record);
    }
    Some(waiting.visitor)
}
