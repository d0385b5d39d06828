//! Orders (identity rules, "orders").

use super::context::Context;
use super::decision_builder::{Decided, Verdict};
use super::working_copy::WorkingCopy;
use super::{contact, naming, recorded_events};
use crate::{
    Call, ContactId, Effect, Identifier, IdentifierKind, Order, OrderKey, OrderRequest, Outcome, Rejection, Rule,
    is_dated_ahead,
};
use std::borrow::Cow;

/// What is known of a request before its contact is decided.
struct Known {
    /// The order as it is stored, if it is.
    stored: Option<Order>,
    /// The contact of the stored order.
    owner: Option<ContactId>,
    /// Whether the request is older than the stored order.
    is_late: bool,
    /// Whether the request has the external ID of a contact that is not the owner.
    names_other: bool,
    /// Whether what the request says of the customer may be about the owner.
    describes_owner: bool,
}

/// Keeps an order under its number and shop with the contact that it names, and records a status that it did not have before.
///
/// A known order stays with its contact, unless the request names another one by its external ID: a mistyped email of the first request makes no
/// second customer. A request with an older date than the stored order is late. It fills in what the order lacks and changes nothing else; its
/// status is recorded at its own date.
pub(super) fn keep(cx: &mut Context<'_>, request: &OrderRequest) -> Verdict {
    if is_dated_ahead(request.date, cx.decision.at) {
        return Err(Rejection::DatedAhead.into());
    }
    let known = known(&cx.state, request)?;
    if known.is_late {
        let reason = "the order is stored with a later date";
        cx.decision.skip("status", reason);
    }
    let has_new_status = has_new_status(cx, known.stored.as_ref(), request);
    let keeper = known.owner.filter(|id| cx.state.is_active(*id));
    let names_no_contact = naming::usable_external_id(&cx.state, &request.contact).is_none();
    let decided = match keeper.filter(|_| known.is_late || names_no_contact) {
        Some(keeper) => {
            cx.decision.rule = Rule::ContactId;
            report_left_out(cx, request, &known);
            Decided::about(keeper, Outcome::Unchanged)
        }
        None => contact::decide(cx, Call::Order, &request.contact)?,
    };
    let Some(contact) = decided.contact else {
        return Ok(decided);
    };
    let gets_other_contact = known.owner != Some(contact);
    let mut request = Cow::Borrowed(request);
    if !known.describes_owner && !gets_other_contact {
        request.to_mut().content.details.forget_customer();
    }
    let order = match known.stored.clone() {
        None => new(cx, &request, contact),
        Some(mut stored) => {
            if gets_other_contact {
                stored.content.details.forget_customer();
            }
            // An order of an absorbed contact stays with it, so that an undo gives it back.
            let is_kept = keeper == Some(contact);
            let contact = if is_kept { stored.contact } else { contact };
            let change = if known.is_late { fill } else { update };
            Order {
                contact,
                ..change(stored, &request)
            }
        }
    };
    if has_new_status {
        // A late status is recorded with the content that it came with.
        let content = if known.is_late {
            &request.content
        } else {
            &order.content
        };
        recorded_events::record_order_status(cx, &request, content, contact)?;
    }
    if known.stored.as_ref() != Some(&order) {
        replace(cx, known.stored.as_ref(), order);
    }
    Ok(decided)
}

fn known(state: &WorkingCopy<'_>, request: &OrderRequest) -> Result<Known, Rejection> {
    let key = find(state, &request.key)?;
    let stored = key.and_then(|key| state.orders.get(&key)).cloned();
    let owner = stored.as_ref().and_then(|order| state.canonical(order.contact));
    let is_late = stored.as_ref().is_some_and(|order| request.date < order.date);
    let external_id = naming::usable_external_id(state, &request.contact);
    Ok(Known {
        names_other: external_id.is_some_and(|id| state.holder(&id.key) != owner),
        describes_owner: owner.is_some_and(|owner| describes(state, request, owner, is_late)),
        stored,
        owner,
        is_late,
    })
}

/// The stored order that a request is about. Orders of different shops are different. If the request or the stored order names no shop, it is
/// the only order of the number.
fn find(state: &WorkingCopy<'_>, key: &OrderKey) -> Result<Option<OrderKey>, Rejection> {
    if state.orders.contains_key(key) {
        return Ok(Some(key.clone()));
    }
    let first = OrderKey {
        store_id: None,
        ..key.clone()
    };
    let stored = state.orders.range(first..).map(|(stored, _)| stored);
    let mut of_number = stored.take_while(|stored| stored.external_id == key.external_id);
    match (of_number.next(), of_number.next()) {
        (Some(only), None) if key.store_id.is_none() || only.store_id.is_none() => Ok(Some(only.clone())),
        (Some(_), Some(_)) if key.store_id.is_none() => Err(Rejection::OrderAmbiguous),
        _ => Ok(None),
    }
}

/// Whether what a request says of the customer may be about the order's contact: it names no identifier of another contact alone. A late
/// request may be about a former contact of the order, so it must name an identifier of the present one.
fn describes(state: &WorkingCopy<'_>, request: &OrderRequest, owner: ContactId, is_late: bool) -> bool {
    let contact = state.contacts.get(&owner);
    let is_theirs = |id: &Identifier| contact.is_some_and(|contact| contact.holds(&id.key));
    let is_held = |id: &Identifier| !state.matching(&id.key).is_empty();
    let named = || request.contact.identifiers();
    named().any(is_theirs) || (!is_late && !named().any(is_held))
}

/// Whether the status of a request is recorded: the order did not have it before, and it is not too old for an event. A late status is not
/// recorded if the order has it now, or is known to have had it: at a second date it was more likely sent twice than reached twice.
fn has_new_status(cx: &mut Context<'_>, stored: Option<&Order>, request: &OrderRequest) -> bool {
    let is_new = stored.is_none_or(|stored| {
        let [first, _] = request.status_event_ids();
        let is_late = request.date < stored.date;
        request.status != stored.status && !(is_late && cx.state.has_event(first))
    });
    let is_too_old = is_new && cx.state.is_too_old(request.date, cx.decision.at);
    if is_too_old {
        let reason = "it is too long ago for an event: this workspace keeps none that old";
        cx.decision.skip("date", reason);
    }
    is_new && !is_too_old
}

/// Reports what is left out of a request about an order that stays with its contact.
fn report_left_out(cx: &mut Context<'_>, request: &OrderRequest, known: &Known) {
    if known.names_other {
        let reason = "the order stays with its contact, which a request with a later date names";
        cx.decision.skip("externalCustomerId", reason);
    } else if !known.describes_owner && request.content.details.has_customer() {
        let mut named = request.contact.identifiers();
        let by_email = named.any(|id| id.kind() == IdentifierKind::Email);
        let reason = "the order's contact does not hold it, so what describes the customer is left out";
        cx.decision.skip(if by_email { "email" } else { "phone" }, reason);
    }
    cx.decision.skip_all(request.contact.left_out());
}

fn new(cx: &Context<'_>, request: &OrderRequest, contact: ContactId) -> Order {
    Order {
        key: request.key.clone(),
        contact,
        status: request.status,
        date: request.date,
        content: request.content.clone(),
        decision: cx.decision.id,
        created_at: cx.decision.at,
        updated_at: cx.decision.at,
    }
}

/// Fills in what the stored order lacks. A description of a status that the order has no more, or had before, is not that of its present status.
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

/// The key of a stored order, with the shop of the request if it has none.
fn named(stored: OrderKey, sent: &OrderKey) -> OrderKey {
    OrderKey {
        store_id: stored.store_id.or_else(|| sent.store_id.clone()),
        ..stored
    }
}

/// Writes an order that changed. If it got a shop, it has another key than before.
fn replace(cx: &mut Context<'_>, stored: Option<&Order>, order: Order) {
    if let Some(stored) = stored {
        cx.state.orders.remove(&stored.key);
    }
    let order = Order {
        decision: cx.decision.id,
        updated_at: cx.decision.at,
        ..order
    };
    cx.state.orders.insert(order.key.clone(), order);
}

/// Deletes an order (wire fact: only where the workspace allows it).
pub(super) fn delete(cx: &mut Context<'_>, key: &OrderKey) -> Verdict {
    cx.decision.rule = Rule::Explicit;
    if !cx.state.policy.delete_orders {
        return Err(Rejection::OrdersAreKept.into());
    }
    let key = find(&cx.state, key)?.ok_or(Rejection::OrderNotFound)?;
    let order = cx.state.orders.remove(&key).ok_or(Rejection::OrderNotFound)?;
    cx.decision.report(Effect::OrderDeleted {
        external_id: order.key.external_id,
        store_id: order.key.store_id,
    });
    let contact = cx.state.canonical(order.contact);
    let outcome = Outcome::Updated;
    Ok(Decided { outcome, contact })
}
