//! Keeping orders (identity rules, "orders").

use super::contact;
use super::draft::Draft;
use super::event;
use super::search;
use super::world::World;
use crate::values::{EventKeyValue, EventTypeKey};
use crate::{
    Call, ContactId, Decision, DecisionId, Effect, Event, EventId, EventParams, Identifier, IdentifierKind, Order,
    OrderContent, OrderKey, OrderRequest, Origin, Outcome, Rejection, Rule, Subject, Timestamp, is_dated_ahead,
};
use std::borrow::Cow;

/// Keeps an order under its number and shop with the contact that it names, and tells of a status that it did not have before.
///
/// An order that is known stays with its contact, unless the request names another one by its external ID: an email that was mistyped at
/// first makes no second customer. A request that is older by its date than what is stored comes late: it fills in what the order lacks
/// and changes nothing else, and its status is told at its own date.
pub(super) fn keep(world: &mut World<'_>, mut draft: Draft, request: &OrderRequest) -> Decision {
    let (decision, at) = (draft.id, draft.at);
    if is_dated_ahead(request.date, at) {
        return draft.reject(world, Rejection::DatedAhead);
    }
    let stored = match find(world, &request.key) {
        Ok(found) => found.and_then(|key| world.orders.get(&key)).cloned(),
        Err(rejection) => return draft.reject(world, rejection),
    };
    let is_late = stored.as_ref().is_some_and(|order| request.date < order.date);
    if is_late {
        draft.skip("status", "the order is stored with a later date");
    }
    let tells = tells(world, &mut draft, stored.as_ref(), request);
    let owner = stored.as_ref().and_then(|order| world.answering(order.contact));
    let keeper = owner.filter(|id| world.is_active(*id));
    let external = search::usable_external_id(world, &request.contact);
    let is_another_s = external.is_some_and(|id| world.holder(&id.key) != owner);
    let describes = |owner: ContactId| describes(world, request, owner, is_late);
    let is_of_another = !owner.is_some_and(describes);
    let decided = match keeper.filter(|_| is_late || external.is_none()) {
        Some(id) => {
            draft.rule = Rule::ContactId;
            tell_left_out(&mut draft, request, is_another_s, is_of_another);
            draft.finish(world, Outcome::Unchanged, Some(id))
        }
        None => contact::decide(world, draft, Call::Order, &request.contact),
    };
    let Some(contact) = decided.contact else {
        return decided;
    };
    let becomes_another_s = owner != Some(contact);
    let mut request = Cow::Borrowed(request);
    if is_of_another && !becomes_another_s {
        request.to_mut().content.details.forget_customer();
    }
    let order = match stored.clone() {
        None => new(&request, contact, (decision, at)),
        Some(mut stored) => {
            if becomes_another_s {
                stored.content.details.forget_customer();
            }
            // What an absorbed contact was given stays with it, so that an undo gives it back.
            let keeps = keeper == Some(contact);
            let contact = if keeps { stored.contact } else { contact };
            let change = if is_late { fill } else { update };
            Order {
                contact,
                ..change(stored, &request)
            }
        }
    };
    if tells {
        // What comes late is told as it was then.
        let content = if is_late { &request.content } else { &order.content };
        tell(world, &request, content, contact, (decision, at));
    }
    if stored.as_ref() != Some(&order) {
        replace(world, stored.as_ref(), order, (decision, at));
    }
    decided
}

/// Keeps an order that changed. It may have got a shop, and is another row then.
fn replace(world: &mut World<'_>, stored: Option<&Order>, order: Order, (decision, at): (DecisionId, Timestamp)) {
    if let Some(stored) = stored {
        world.orders.remove(&stored.key);
    }
    let order = Order {
        decision,
        updated_at: at,
        ..order
    };
    world.orders.insert(order.key.clone(), order);
}

/// Deletes an order (wire fact: only where the workspace allows it).
pub(super) fn delete(world: &mut World<'_>, mut draft: Draft, key: &OrderKey) -> Decision {
    draft.rule = Rule::Explicit;
    if !world.policy.delete_orders {
        return draft.reject(world, Rejection::OrdersAreKept);
    }
    let found = find(world, key).and_then(|key| key.ok_or(Rejection::OrderNotFound));
    let order = found.and_then(|key| world.orders.remove(&key).ok_or(Rejection::OrderNotFound));
    let order = match order {
        Ok(order) => order,
        Err(rejection) => return draft.reject(world, rejection),
    };
    draft.effects.push(Effect::OrderDeleted {
        external_id: order.key.external_id,
        store_id: order.key.store_id,
    });
    let contact = world.answering(order.contact);
    draft.finish(world, Outcome::Updated, contact)
}

/// The stored order that a request is about. Orders of different shops are different; one of no shop is the only one of its number, whether
/// the request names none or the stored order has none.
fn find(world: &World<'_>, key: &OrderKey) -> Result<Option<OrderKey>, Rejection> {
    if world.orders.contains_key(key) {
        return Ok(Some(key.clone()));
    }
    let first = OrderKey {
        store_id: None,
        ..key.clone()
    };
    let known = world.orders.range(first..).map(|(known, _)| known);
    let mut of_number = known.take_while(|known| known.external_id == key.external_id);
    match (of_number.next(), of_number.next()) {
        (Some(only), None) if key.store_id.is_none() || only.store_id.is_none() => Ok(Some(only.clone())),
        (Some(_), Some(_)) if key.store_id.is_none() => Err(Rejection::OrderAmbiguous),
        _ => Ok(None),
    }
}

/// Says what is left out of a request about an order that stays with its contact.
fn tell_left_out(draft: &mut Draft, request: &OrderRequest, is_another_s: bool, is_of_another: bool) {
    if is_another_s {
        let reason = "the order stays with its contact, of whom a later date tells";
        draft.skip("externalCustomerId", reason);
    } else if is_of_another && request.content.details.has_customer() {
        let mut named = request.contact.identifiers();
        let by_email = named.any(|id| id.kind() == IdentifierKind::Email);
        let reason = "it is not the order's contact's, so nothing is taken of what describes the customer";
        draft.skip(if by_email { "email" } else { "phone" }, reason);
    }
    let left_out = request.contact.left_out().cloned();
    draft.effects.extend(left_out.map(Effect::Skipped));
}

fn new(request: &OrderRequest, contact: ContactId, (decision, at): (DecisionId, Timestamp)) -> Order {
    Order {
        key: request.key.clone(),
        contact,
        status: request.status,
        date: request.date,
        content: request.content.clone(),
        decision,
        created_at: at,
        updated_at: at,
    }
}

/// Whether what a request says of whoever ordered may be of the order's contact: nothing that it names is another's alone. One that comes
/// late, and perhaps tells of whoever had the order before, names something that the contact holds.
fn describes(world: &World<'_>, request: &OrderRequest, owner: ContactId, is_late: bool) -> bool {
    let contact = world.contacts.get(&owner);
    let is_theirs = |id: &Identifier| contact.is_some_and(|contact| contact.holds(&id.key));
    let is_others = |id: &Identifier| !world.matching(&id.key).is_empty();
    let named = || request.contact.identifiers();
    named().any(is_theirs) || (!is_late && !named().any(is_others))
}

/// The description of a status that the order does not have any more, or had before, is not that of the one that it has.
fn fill(stored: Order, request: &OrderRequest) -> Order {
    let mut missing = request.content.clone();
    if request.status != stored.status {
        missing.details.status_description = None;
    }
    Order {
        key: named(stored.key, &request.key),
        content: stored.content.or(missing),
        ..stored
    }
}

fn update(stored: Order, request: &OrderRequest) -> Order {
    let mut known = stored.content;
    if request.status != stored.status {
        known.details.status_description = None;
    }
    Order {
        key: named(stored.key, &request.key),
        status: request.status,
        date: request.date,
        content: request.content.clone().or(known),
        ..stored
    }
}

/// The key of a stored order, with the shop that a request names where it has none.
fn named(stored: OrderKey, sent: &OrderKey) -> OrderKey {
    OrderKey {
        store_id: stored.store_id.or_else(|| sent.store_id.clone()),
        ..stored
    }
}

/// Whether the status of a request is told: it is one that the order did not have before, and not too long ago. One that comes late is,
/// unless the order has it now, or was known to have had it: at a second date it is more likely told twice than had twice.
fn tells(world: &World<'_>, draft: &mut Draft, stored: Option<&Order>, request: &OrderRequest) -> bool {
    let is_new = stored.is_none_or(|stored| {
        let [first, _] = request.told_as();
        let is_late = request.date < stored.date;
        request.status != stored.status && !(is_late && world.has_event(first))
    });
    let is_too_old = is_new && event::is_too_old(world, request.date, draft.at);
    if is_too_old {
        let reason = "it is too long ago for an event: this workspace keeps none that old";
        draft.skip("date", reason);
    }
    is_new && !is_too_old
}

/// Tells of a status (wire fact): an event `order<STATUS>`, at the date that the request gives to it.
fn tell(
    world: &mut World<'_>,
    request: &OrderRequest,
    content: &OrderContent,
    contact: ContactId,
    (decision, received_at): (DecisionId, Timestamp),
) {
    let status = request.status.as_str();
    let type_key = EventTypeKey::parse(&format!("order{status}"));
    let params = [
        ("externalOrderId", request.key.external_id.to_string()),
        ("status", status.to_owned()),
        ("date", request.date.to_rfc3339()),
        ("totalCost", content.total_cost.to_string()),
        ("currency", content.currency.to_string()),
    ];
    let amounts = [
        ("shipping", content.shipping),
        ("discount", content.discount),
        ("taxes", content.taxes),
    ];
    let amounts = amounts
        .into_iter()
        .filter_map(|(name, amount)| Some((name, amount?.to_string())));
    let source = content.details.source.as_ref();
    let source = source.map(|source| ("source", source.to_string()));
    let store = request.key.store_id.as_ref();
    let store = store.map(|store| ("storeId", store.to_string()));
    // Together they are shorter than the parameters of an event may be.
    let (Ok(type_key), Ok(params)) = (
        type_key,
        EventParams::of(params.into_iter().chain(amounts).chain(source).chain(store)),
    ) else {
        return;
    };
    let mut free = request.told_as().into_iter().filter(|id| !world.has_event(*id));
    let id = free.next();
    world.sent.extend(id);
    world.events.push(Event {
        // Both are taken when an order is sent anew that was deleted, or erased with its contact.
        id: id.unwrap_or_else(|| EventId::of(decision, 0)),
        decision,
        type_key,
        key_value: EventKeyValue::parse(request.key.external_id.as_str()).ok(),
        subject: Some(Subject::Contact(contact)),
        occurred_at: request.date,
        received_at,
        origin: Origin::Selfsame,
        params,
    });
}
