//! Keeping orders (identity rules, "orders").

use super::contact;
use super::draft::Draft;
use super::event;
use super::search;
use super::world::World;
use crate::values::{EventKeyValue, EventTypeKey};
use crate::{
    Call, ContactId, Decision, DecisionId, Effect, Event, EventId, EventParams, Order, OrderRequest, Origin, Outcome,
    Rule, Subject, Timestamp,
};

/// Keeps an order under its external ID with the contact that it names, and tells of a status that it did not have before.
///
/// An order that is known stays with its contact, unless the request names another one by its external ID: an email that was mistyped at
/// first makes no second customer. A request that is older by its date than what is stored comes late: it fills in what the order lacks
/// and changes nothing else.
pub(super) fn keep(world: &mut World<'_>, mut draft: Draft, request: &OrderRequest) -> Decision {
    let (decision, at) = (draft.id, draft.at);
    let stored = world.orders.get(&request.external_id).cloned();
    let is_late = stored.as_ref().is_some_and(|order| request.date < order.date);
    if is_late {
        draft.skip("status", "the order is stored with a later date");
    }
    let mut told_at = tells_at(stored.as_ref(), request, at);
    if told_at.is_some_and(|told| event::is_too_old(world, told, at)) {
        told_at = None;
        draft.skip(
            "date",
            "it is too long ago for an event: this workspace keeps none that old",
        );
    }
    let keeper = stored
        .as_ref()
        .and_then(|order| world.answering(order.contact))
        .filter(|id| world.is_active(*id));
    let names_somebody = search::usable_external_id(world, &request.contact).is_some();
    let decided = match keeper.filter(|_| is_late || !names_somebody) {
        Some(id) => {
            draft.rule = Rule::ContactId;
            let skipped = request.contact.skipped.iter().cloned();
            draft.effects.extend(skipped.map(Effect::Skipped));
            draft.finish(world, Outcome::Unchanged, Some(id))
        }
        None => contact::decide(world, draft, Call::Order, &request.contact),
    };
    let Some(contact) = decided.contact else {
        return decided;
    };
    let order = match stored.clone() {
        None => new(request, contact, at),
        Some(stored) => Order {
            // What an absorbed contact was given stays with it, so that an undo gives it back.
            contact: if keeper == Some(contact) {
                stored.contact
            } else {
                contact
            },
            ..if is_late {
                fill(stored, request)
            } else {
                update(stored, request)
            }
        },
    };
    if let Some(told_at) = told_at {
        tell(world, &order, contact, decision, (told_at, at));
    }
    if stored.as_ref() != Some(&order) {
        world.orders.insert(
            order.external_id.clone(),
            Order {
                updated_at: at,
                ..order
            },
        );
    }
    decided
}

fn new(request: &OrderRequest, contact: ContactId, at: Timestamp) -> Order {
    Order {
        external_id: request.external_id.clone(),
        contact,
        status: request.status,
        date: request.date,
        content: request.content.clone(),
        created_at: at,
        updated_at: at,
    }
}

fn fill(stored: Order, request: &OrderRequest) -> Order {
    Order {
        content: stored.content.or(request.content.clone()),
        ..stored
    }
}

fn update(stored: Order, request: &OrderRequest) -> Order {
    Order {
        status: request.status,
        date: request.date,
        content: request.content.clone().or(stored.content),
        ..stored
    }
}

/// When the status of a request happened, if it is one that the order did not have before: at the date of the order; when the status
/// changed and the date did not, now.
fn tells_at(stored: Option<&Order>, request: &OrderRequest, at: Timestamp) -> Option<Timestamp> {
    let Some(stored) = stored else {
        return Some(request.date);
    };
    let moved = stored.date < request.date;
    let is_told = request.date >= stored.date && request.status != stored.status;
    is_told.then_some(if moved { request.date } else { at })
}

/// Tells of a status (wire fact): an event `order<STATUS>`, given when it happened and when it came.
fn tell(
    world: &mut World<'_>,
    order: &Order,
    contact: ContactId,
    decision: DecisionId,
    (occurred_at, received_at): (Timestamp, Timestamp),
) {
    let type_key = EventTypeKey::parse(&format!("order{}", order.status.as_str()));
    let content = &order.content;
    let params = [
        ("externalOrderId", order.external_id.to_string()),
        ("status", order.status.as_str().to_owned()),
        ("date", order.date.to_rfc3339()),
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
    let source = content
        .details
        .source
        .map(|source| ("source", source.as_str().to_owned()));
    // All of them are short.
    let (Ok(type_key), Ok(params)) = (
        type_key,
        EventParams::of(params.into_iter().chain(amounts).chain(source)),
    ) else {
        return;
    };
    world.events.push(Event {
        id: EventId::of(decision, 0),
        type_key,
        key_value: EventKeyValue::parse(order.external_id.as_str()).ok(),
        subject: Some(Subject::Contact(contact)),
        occurred_at,
        received_at,
        origin: Origin::Selfsame,
        params,
    });
}
