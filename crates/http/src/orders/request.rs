//! From the JSON of an order to a domain request.

use super::add::OrderInput;
use super::exact::Exact;
use super::items::Members;
use crate::body::Member;
use crate::contacts::request::{self, skipped};
use crate::fields::{Fields, NOT_A_TEXT, Problems, Sent, why};
use crate::named::{Parts, email, phone};
use crate::times;
use selfsame_domain::values::{Currency, ExternalOrderId, OrderText, Source, StoreId, ValueError};
use selfsame_domain::{
    Call, ContactRequest, Order, OrderContent, OrderCustomer, OrderDetails, OrderKey, OrderRequest, OrderStatus, Policy,
};

/// The greatest number of orders in a request (wire fact).
pub(crate) const MAX_ORDERS: usize = 1000;

/// Reads an order. Errors that refuse it are added to `problems`: number, status, date, currency and total must be readable, and one of external
/// ID, email and phone. Without problems there is an order. Any other member that cannot be stored as sent is left out, cut or stored as text, and
/// reported with the contact's [`ContactRequest::skipped`].
///
/// A contact that is created from the order gets the customer's names if they are valid; the order keeps them as they
/// were sent. Cookies and a device may be sent as in a contact.
pub(crate) fn read(
    fields: &Fields<'_>,
    exact: &Exact,
    policy: &Policy,
    problems: &mut Problems,
) -> Option<OrderRequest> {
    let sent = OrderInput::of(fields);
    let mut contact = customer(fields, &sent, policy, problems);
    let mut notes = Vec::new();
    let mut members = Members {
        exact,
        problems,
        notes: &mut notes,
    };
    let key = key(&mut members, sent.external_order_id, sent.store_id);
    let status = members.required(sent.status, |order| {
        let word = order.sent(sent.status);
        let read = word.and_then(|word| OrderStatus::from_text(&word.trim().to_ascii_uppercase()));
        let known = "must be one of INITIALIZED, IN_PROGRESS, DELIVERED, CANCELLED, ABANDONED_SHOPPING_CART";
        sent.status.check(order.problems, read.ok_or(known))
    });
    let date = members.required(sent.date, |order| {
        let at = order.sent(sent.date).and_then(|text| times::parse(&text));
        sent.date.check(order.problems, at.ok_or(times::REASON))
    });
    let content = content(&mut members, &sent);
    contact.skipped.extend(notes);
    Some(OrderRequest {
        contact,
        key: key?,
        status: status?,
        date: date?,
        content: content?,
    })
}

/// Reads the key of an order: its number and its shop. A shop name that is too long is reported.
pub(super) fn key(order: &mut Members<'_>, number: Member<'_>, store: Member<'_>) -> Option<OrderKey> {
    let external_id = order.required(number, |order| order.value(number, ExternalOrderId::parse));
    let store_id = order.text(store).and_then(|text| match StoreId::parse(text.as_str()) {
        Ok(store) => Some(store),
        Err(error) => {
            order.note(&store.pointer(), format!("{error}, and is cut"));
            StoreId::fitted(text.as_str()).ok()
        }
    });
    Some(OrderKey {
        external_id: external_id?,
        store_id,
    })
}

fn customer(fields: &Fields<'_>, sent: &OrderInput<'_>, policy: &Policy, problems: &mut Problems) -> ContactRequest {
    let identifiers = [sent.external_customer_id, sent.email, sent.phone];
    if !identifiers.iter().any(|member| matches!(member.sent(), Sent::Value(_))) {
        problems.add(fields.here(), "must have externalCustomerId, email or phone");
    }
    let mut ignored = Problems::default();
    let mut request = request::read(fields, Source::Order, policy, &mut ignored);
    let mut parts = Parts {
        policy,
        request: &mut request,
    };
    phone(&mut parts, &sent.phone.pointer(), sent.phone.sent().value());
    email(&mut parts, &sent.email.pointer(), sent.email.sent().value());
    for problem in ignored.all() {
        // A list that is too long.
        request.skipped.push(skipped(&problem.pointer, problem.reason));
    }
    request::refuse_unreadable(&request, Call::Order, policy, problems);
    request
}

fn content(order: &mut Members<'_>, sent: &OrderInput<'_>) -> Option<OrderContent> {
    let total_cost = order.required_amount(sent.total_cost);
    let currency = order.required(sent.currency, |order| order.value(sent.currency, Currency::parse));
    let (shipping, discount, taxes) = (
        order.amount(sent.shipping),
        order.signed(sent.discount),
        order.amount(sent.taxes),
    );
    let details = details(order, sent);
    let items = order.items(sent.items);
    Some(OrderContent {
        total_cost: total_cost?,
        currency: currency?,
        shipping,
        discount,
        taxes,
        details,
        items,
    })
}

fn details(order: &mut Members<'_>, sent: &OrderInput<'_>) -> OrderDetails {
    OrderDetails {
        customer: OrderCustomer {
            external_id: order.as_sent(sent.external_customer_id),
            email: order.as_sent(sent.email),
            phone: order.as_sent(sent.phone),
            first_name: order.as_sent(sent.first_name),
            last_name: order.as_sent(sent.last_name),
        },
        restore_url: order.text(sent.restore_url),
        status_description: order.text(sent.status_description),
        source: source(order, sent.source),
        delivery_method: order.text(sent.delivery_method),
        payment_method: order.text(sent.payment_method),
        delivery_address: order.text(sent.delivery_address),
        additional_info: order.info(sent.additional_info),
    }
}

/// The source of the order. Other texts than the protocol's are kept, because shops name their own sources.
fn source(order: &mut Members<'_>, member: Member<'_>) -> Option<OrderText> {
    let source = order.text(member)?;
    let is_sent = |known: &&&str| source.as_str().eq_ignore_ascii_case(known);
    if let Some(known) = Order::SOURCES.iter().find(is_sent) {
        return OrderText::parse(known).ok();
    }
    let known = Order::SOURCES.join(" or ");
    order.note(&member.pointer(), format!("is not {known}, and is kept as a text"));
    Some(source)
}

impl Members<'_> {
    /// A text that was read as a member of the contact, which reported its errors.
    fn as_sent(&mut self, member: Member<'_>) -> Option<OrderText> {
        let mut members = Members {
            notes: &mut Vec::new(),
            problems: &mut *self.problems,
            exact: self.exact,
        };
        members.text(member)
    }

    /// A value from a text or a whole number; an invalid one is added to the problems.
    fn value<T>(&mut self, member: Member<'_>, parse: impl FnOnce(&str) -> Result<T, ValueError>) -> Option<T> {
        let value = member.sent().value()?;
        let read = self.sent(member).ok_or_else(|| why(value, NOT_A_TEXT).to_owned());
        let read = read.and_then(|text| parse(&text).map_err(|error| error.to_string()));
        member.check(self.problems, read)
    }
}
