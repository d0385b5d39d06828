//! Events that Selfsame records by itself: subscriptions, imported contacts, statuses of orders (wire facts).

use super::context::Context;
use crate::values::{EventKeyValue, EventTypeKey};
use crate::{
    ContactId, ContactRequest, Event, EventId, EventParams, IdentifierKind, Invariant, OrderContent, OrderRequest,
    Origin, Subject, Timestamp,
};

/// What an event of Selfsame says.
struct NewEvent {
    id: EventId,
    contact: ContactId,
    type_key: EventTypeKey,
    key_value: Option<EventKeyValue>,
    occurred_at: Timestamp,
    params: EventParams,
}

fn record(cx: &mut Context<'_>, event: NewEvent) {
    cx.state.events.push(Event {
        id: event.id,
        decision: cx.decision.id,
        type_key: event.type_key,
        key_value: event.key_value,
        subject: Some(Subject::Contact(event.contact)),
        occurred_at: event.occurred_at,
        received_at: cx.decision.at,
        origin: Origin::Selfsame,
        params: event.params,
    });
}

/// Records a subscription: `subscribeFromApi` of a new contact, `subscribeUpdateFromApi` of one that existed, each with `-` and the form if
/// the request names one.
pub(super) fn record_subscription(
    cx: &mut Context<'_>,
    request: &ContactRequest,
    contact: ContactId,
    is_new: bool,
) -> Result<(), Invariant> {
    let name = if is_new {
        "subscribeFromApi"
    } else {
        "subscribeUpdateFromApi"
    };
    let form = request.form_type.iter().map(|form| format!("-{form}"));
    let type_key = form.fold(name.to_owned(), |name, form| name + &form);
    let email = request.identifiers().find(|id| id.kind() == IdentifierKind::Email);
    let number = contact.to_string();
    let params = [("ContactId", number.clone())]
        .into_iter()
        .chain(email.map(|email| ("EmailAddress", email.typed.clone())));
    let event = NewEvent {
        id: EventId::of(cx.decision.id, 0),
        contact,
        type_key: type_key_of(&type_key)?,
        key_value: EventKeyValue::parse(&number).ok(),
        occurred_at: cx.decision.at,
        params: params_of(params)?,
    };
    record(cx, event);
    Ok(())
}

/// Records that a bulk call made a contact. The key is its email, else its phone; a missing parameter is an empty text.
pub(super) fn record_import(
    cx: &mut Context<'_>,
    request: &ContactRequest,
    type_key: &EventTypeKey,
    contact: ContactId,
) -> Result<(), Invariant> {
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
    let event = NewEvent {
        id: EventId::of(cx.decision.id, 0),
        contact,
        type_key: type_key.clone(),
        key_value,
        occurred_at: cx.decision.at,
        params: params_of(params)?,
    };
    record(cx, event);
    Ok(())
}

/// Records the status of an order: an event `order<STATUS>`, at the date that the request gives to it.
pub(super) fn record_order_status(
    cx: &mut Context<'_>,
    request: &OrderRequest,
    content: &OrderContent,
    contact: ContactId,
) -> Result<(), Invariant> {
    let status = request.status.as_str();
    let params = [
        ("externalOrderId", request.key.external_id.to_string()),
        ("status", status.to_owned()),
        ("date", request.date.to_rfc3339()),
        ("totalCost", content.total_cost.to_string()),
        ("currency", content.currency.to_string()),
    ];
    let optional = [
        ("shipping", content.shipping.map(|amount| amount.to_string())),
        ("discount", content.discount.map(|amount| amount.to_string())),
        ("taxes", content.taxes.map(|amount| amount.to_string())),
        ("source", content.details.source.as_ref().map(ToString::to_string)),
        ("storeId", request.key.store_id.as_ref().map(ToString::to_string)),
    ];
    let optional = optional.into_iter().filter_map(|(name, text)| Some((name, text?)));
    let mut unused = request
        .status_event_ids()
        .into_iter()
        .filter(|id| !cx.state.has_event(*id));
    let id = unused.next();
    let event = NewEvent {
        // Both IDs are used if an order is sent again that was deleted, or was erased with its contact.
        id: id.unwrap_or_else(|| EventId::of(cx.decision.id, 0)),
        contact,
        type_key: type_key_of(&format!("order{status}"))?,
        key_value: EventKeyValue::parse(request.key.external_id.as_str()).ok(),
        occurred_at: request.date,
        params: params_of(params.into_iter().chain(optional))?,
    };
    cx.state.sent.extend(id);
    record(cx, event);
    Ok(())
}

/// The limits of the texts in a type leave room for its name.
fn type_key_of(text: &str) -> Result<EventTypeKey, Invariant> {
    EventTypeKey::parse(text).map_err(|_| Invariant::EventTooLarge)
}

/// The limits of the values of a request together are below that of parameters.
fn params_of<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> Result<EventParams, Invariant> {
    EventParams::of(pairs).map_err(|_| Invariant::EventTooLarge)
}
