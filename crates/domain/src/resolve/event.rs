//! Keeping events (identity rules, "events", and rules 4 and 7).

use super::draft::Draft;
use super::evidence::{self, Evidence};
use super::world::World;
use super::{contact, late, search, tokens};
use crate::values::{EventKeyValue, EventTypeKey};
use crate::{
    Call, ContactId, ContactRequest, ContactState, Decision, DecisionId, Effect, Event, EventCount, EventId,
    EventParams, EventPeriod, EventRequest, Identifier, IdentifierKey, IdentifierKind, KeyRecord, Origin, Outcome,
    Rejection, Rule, Stability, StoredEvent, Subject, Timestamp, Visitor, VisitorId, Waiting, is_dated_ahead,
};
use std::collections::BTreeMap;

/// Keeps an event with the contact that it names; with a visitor while nobody holds its identifiers; with nobody when it names none that
/// tells people apart.
pub(super) fn keep(world: &mut World<'_>, mut draft: Draft, request: &EventRequest) -> Decision {
    let (decision, at) = (draft.id, draft.at);
    if request.id.is_some_and(|id| world.has_event(id)) {
        draft.skip("eventId", "an event with this identity is stored already");
        return draft.finish(world, Outcome::Unchanged, None);
    }
    if request.occurred_at.is_some_and(|occurred| is_dated_ahead(occurred, at)) {
        return draft.reject(world, Rejection::DatedAhead);
    }
    if let (Some(days), Some(_)) = (
        world.policy.event_retention_days,
        request.occurred_at.filter(|occurred| is_too_old(world, *occurred, at)),
    ) {
        return draft.reject(world, Rejection::EventTooOld { days });
    }
    let (decided, subject) = match late::whose(world, request, at) {
        Some(whose) => late::decide(world, draft, request, whose),
        None => decide(world, draft, request),
    };
    if decided.outcome == Outcome::Rejected {
        return decided;
    }
    world.sent.extend(request.id);
    world.events.push(Event {
        id: request.id.unwrap_or_else(|| EventId::of(decision, 0)),
        decision,
        type_key: request.type_key.clone(),
        key_value: request.key_value.clone(),
        subject,
        occurred_at: request.occurred_at.unwrap_or(at),
        received_at: at,
        origin: request.origin,
        params: request.params.clone(),
    });
    decided
}

/// Whom the event is about now, and whose history it is.
fn decide(world: &mut World<'_>, mut draft: Draft, request: &EventRequest) -> (Decision, Option<Subject>) {
    let (decision, at) = (draft.id, draft.at);
    let contact = &request.contact;
    let mut decided = if contact.contact_id.is_none() && contact.identifiers().next().is_none() {
        draft.effects.extend(contact.left_out().cloned().map(Effect::Skipped));
        draft.finish(world, Outcome::Unmatched, None)
    } else {
        // Pages make no contacts (wire fact), whatever else events of the type do.
        let may_create = request.origin != Origin::Web && can_be_created(world, contact);
        let creates = may_create && world.creates(&request.type_key);
        contact::decide(world, draft, Call::Event { creates }, contact)
    };
    if decided.outcome == Outcome::Rejected {
        return (decided, None);
    }
    let subject = match decided.contact {
        Some(id) => Some(of_contact(world, contact, &decided, id)),
        None => match removed(world, &decided, contact) {
            Some(id) => Some(Subject::Contact(id)),
            None => of_visitor(world, contact, decision, at),
        },
    };
    match subject {
        Some(Subject::Visitor(visitor)) if decided.contact.is_none() => {
            decided.effects.push(Effect::EventWaits { visitor });
        }
        None if contact.contact_id.is_some() => {
            // Only a wrong number leads here: nobody could ever find the event again.
            decided.outcome = Outcome::Rejected;
            decided.rejection = Some(Rejection::ContactNotFound);
        }
        _ => {}
    }
    (decided, subject)
}

/// Whether the workspace keeps no event of that time.
pub(super) fn is_too_old(world: &World<'_>, occurred_at: Timestamp, now: Timestamp) -> bool {
    let since = world.policy.events_taken_since(now);
    since.is_some_and(|since| occurred_at < since)
}

/// Tells of a subscription (wire fact): `subscribeFromApi` of a new contact, `subscribeUpdateFromApi` of a known one, each with
/// `-` and the form where one is named.
pub(super) fn subscribed(
    world: &mut World<'_>,
    draft: &Draft,
    request: &ContactRequest,
    contact: ContactId,
    created: bool,
) {
    let name = if created {
        "subscribeFromApi"
    } else {
        "subscribeUpdateFromApi"
    };
    let form = request.form_type.iter().map(|form| format!("-{form}"));
    let type_key = EventTypeKey::parse(&form.fold(name.to_owned(), |name, form| name + &form));
    let email = request.identifiers().find(|id| id.kind() == IdentifierKind::Email);
    let number = contact.to_string();
    let params = [("ContactId", number.clone())]
        .into_iter()
        .chain(email.map(|email| ("EmailAddress", email.typed.clone())));
    // The bounds of a form's name and of an email leave room for the rest.
    let (Ok(type_key), Ok(params)) = (type_key, EventParams::of(params)) else {
        return;
    };
    world.events.push(Event {
        id: EventId::of(draft.id, 0),
        decision: draft.id,
        type_key,
        key_value: EventKeyValue::parse(&number).ok(),
        subject: Some(Subject::Contact(contact)),
        occurred_at: draft.at,
        received_at: draft.at,
        origin: Origin::Selfsame,
        params,
    });
}

/// Tells of a contact that a bulk call made (wire fact): the key is its email, else its phone; what is missing is an empty text.
pub(super) fn imported(
    world: &mut World<'_>,
    draft: &Draft,
    request: &ContactRequest,
    type_key: &EventTypeKey,
    contact: ContactId,
) {
    let typed = |kind| {
        let named = request.identifiers().find(|id| id.kind() == kind);
        named.map(|identifier| identifier.typed.clone()).unwrap_or_default()
    };
    let (email, phone) = (typed(IdentifierKind::Email), typed(IdentifierKind::Phone));
    let key_value = [&email, &phone].into_iter().find(|text| !text.is_empty());
    let key_value = key_value.and_then(|text| EventKeyValue::parse(text).ok());
    let params = [
        ("contactId", contact.to_string()),
        ("EmailAddress", email),
        ("SMS", phone),
    ];
    // The bounds of an email and a phone leave room for the rest.
    let Ok(params) = EventParams::of(params) else { return };
    world.events.push(Event {
        id: EventId::of(draft.id, 0),
        type_key: type_key.clone(),
        key_value,
        subject: Some(Subject::Contact(contact)),
        occurred_at: draft.at,
        received_at: draft.at,
        origin: Origin::Selfsame,
        params,
        decision: draft.id,
    });
}

/// Says whether events of a type create contacts (wire fact: segmentation).
pub(super) fn set_creating(world: &mut World<'_>, draft: Draft, key: &EventTypeKey, creating: bool) -> Decision {
    let outcome = if world.creates(key) == creating {
        Outcome::Unchanged
    } else {
        world.new_creating.insert(key.clone(), creating);
        Outcome::Updated
    };
    draft.finish(world, outcome, None)
}

/// Deletes the earliest events of a time (wire fact: only where the workspace allows it).
pub(super) fn delete(world: &mut World<'_>, mut draft: Draft) -> Decision {
    draft.rule = Rule::Explicit;
    if !world.policy.delete_past_events {
        return draft.reject(world, Rejection::EventsAreKept);
    }
    let found = world.deletable;
    let deleted = &found[..found.len().min(EventPeriod::MOST_AT_ONCE)];
    world.events_deleted.extend(deleted.iter().cloned());
    draft.effects.push(Effect::EventsDeleted {
        count: deleted.len(),
        more: deleted.len() < found.len(),
    });
    let outcome = if deleted.is_empty() {
        Outcome::Unchanged
    } else {
        Outcome::Updated
    };
    draft.finish(world, outcome, None)
}

/// How many of the deleted events there are of every type.
pub(super) fn uncounted(deleted: &[StoredEvent]) -> Vec<(EventTypeKey, u64)> {
    let mut counts: BTreeMap<&EventTypeKey, u64> = BTreeMap::new();
    for event in deleted {
        *counts.entry(&event.type_key).or_default() += 1;
    }
    counts.into_iter().map(|(key, count)| (key.clone(), count)).collect()
}

/// What [`Event`]s add to the counts of their types.
pub(super) fn counts(events: &[Event]) -> Vec<EventCount> {
    let mut counts: BTreeMap<&EventTypeKey, EventCount> = BTreeMap::new();
    for event in events {
        let at = event.received_at;
        let count = counts.entry(&event.type_key).or_insert_with(|| EventCount {
            key: event.type_key.clone(),
            added: 0,
            first: at,
            last: at,
        });
        count.added += 1;
        count.first = count.first.min(at);
        count.last = count.last.max(at);
    }
    counts.into_values().collect()
}

/// The visitors that wait for somebody to hold one of the keys.
pub(super) fn waiting(keys: &BTreeMap<IdentifierKey, KeyRecord>) -> impl Iterator<Item = Visitor> {
    keys.iter().filter_map(|(key, record)| Some(record.waiting?.of(key)))
}

/// A cookie alone makes a visitor (rule 7). A value that is no evidence makes nobody (rule 8): it would not find the contact again, and every
/// event would make another.
fn can_be_created(world: &World<'_>, request: &ContactRequest) -> bool {
    let makes = |id: &Identifier| id.kind() != IdentifierKind::Cookie && evidence::of(world, id) == Evidence::Matches;
    request.identifiers().any(makes)
}

/// What was found by its cookie alone stays with the visitor, so that it goes the way of the cookie.
fn of_contact(world: &World<'_>, request: &ContactRequest, decided: &Decision, id: ContactId) -> Subject {
    let by_cookie = |key: &IdentifierKey| key.kind == IdentifierKind::Cookie;
    let alone =
        decided.matched_by.as_ref().is_some_and(by_cookie) && request.identifiers().all(|id| by_cookie(&id.key));
    let visitor = decided
        .matched_by
        .as_ref()
        .filter(|_| alone)
        .and_then(|key| world.open_visitor(key))
        .filter(|visitor| visitor.owner == Some(id));
    visitor.map_or(Subject::Contact(id), |visitor| Subject::Visitor(visitor.id))
}

/// A removed contact that the event names, or whose token or device it names: events do not bring it back, and its history goes on. Behind
/// a cookie its visitor stands.
fn removed(world: &World<'_>, decided: &Decision, request: &ContactRequest) -> Option<ContactId> {
    let named = request.contact_id.and_then(|id| world.answering(id));
    let found = named.or_else(|| world.holder(decided.matched_by.as_ref()?));
    let found = found.or_else(|| {
        let request = tokens::as_held(world, Call::Event { creates: false }, request);
        let strongest = telling(world, &request)?;
        let holder = world.holder(&strongest.key);
        holder.filter(|_| strongest.kind().is_token_or_device())
    })?;
    let contact = world.contacts.get(&found)?;
    (contact.state == ContactState::Removed).then_some(found)
}

/// The identifier by which an event is told of that finds no contact: the first, in the order of the search, that tells people apart, or that is
/// shared and moves and somebody holds: that is whoever used it last (rule 4). Else any shared one, behind which the event waits for nobody,
/// but goes when its only holder is erased.
fn telling<'r>(world: &World<'_>, request: &'r ContactRequest) -> Option<&'r Identifier> {
    let order = || search::in_order(Call::Event { creates: false }, request);
    let moves = |id: &Identifier| id.kind().stability() == Stability::Changeable && world.holder(&id.key).is_some();
    let tells = |id: &&Identifier| match evidence::of(world, id) {
        Evidence::Matches => true,
        Evidence::Shared => moves(id),
        Evidence::Blocked => false,
    };
    let is_shared = |id: &&Identifier| evidence::of(world, id) == Evidence::Shared;
    order().find(tells).or_else(|| order().find(is_shared))
}

/// The visitor behind the identifier by which the event is told of.
fn of_visitor(world: &mut World<'_>, request: &ContactRequest, decision: DecisionId, at: Timestamp) -> Option<Subject> {
    let key = telling(world, request)?.key.clone();
    // Where it stands for the owner of a token or a device, a limit was passed, or its device names another token.
    if let Some(open) = world.open_visitor(&key) {
        return Some(Subject::Visitor(open.id));
    }
    let waiting = Waiting {
        visitor: VisitorId::of(decision, 0),
        since: at,
    };
    world.open(waiting.of(&key));
    if key.kind != IdentifierKind::Cookie {
        let mut record = world.key(&key);
        record.waiting = Some(waiting);
        world.keys.insert(key, record);
    }
    Some(Subject::Visitor(waiting.visitor))
}
