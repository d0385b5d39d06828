//! From the JSON of an order to a domain request.

use super::exact::Exact;
use super::items::Members;
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
    let mut contact = customer(fields, policy, problems);
    let mut notes = Vec::new();
    let mut members = Members {
        fields,
        exact,
        problems,
        notes: &mut notes,
    };
    let key = key(&mut members);
    let status = members.required("status", |order| {
        let word = order.sent("status");
        let read = word.and_then(|word| OrderStatus::from_text(&word.trim().to_ascii_uppercase()));
        let known = "must be one of INITIALIZED, IN_PROGRESS, DELIVERED, CANCELLED, ABANDONED_SHOPPING_CART";
        order.problems.check(&order.fields.pointer("status"), read.ok_or(known))
    });
    let date = members.required("date", |order| {
        let at = order
            .sent("date")
            .and_then(|text| times::parse(&text))
            .ok_or(times::REASON);
        order.problems.check(&order.fields.pointer("date"), at)
    });
    let content = content(&mut members);
    contact.skipped.extend(notes);
    Some(OrderRequest {
        contact,
        key: key?,
        status: status?,
        date: date?,
        content: content?,
    })
}

/// Reads the key of an order. A shop name that is too long is reported.
pub(super) fn key(order: &mut Members<'_, '_>) -> Option<OrderKey> {
    let external_id = order.required("externalOrderId", |order| {
        order.value("externalOrderId", ExternalOrderId::parse)
    });
    let pointer = order.fields.pointer("storeId");
    let store_id = order
        .text("storeId")
        .and_then(|text| match StoreId::parse(text.as_str()) {
            Ok(store) => Some(store),
            Err(error) => {
                order.note(&pointer, format!("{error}, and is cut"));
                StoreId::fitted(text.as_str()).ok()
            }
        });
    Some(OrderKey {
        external_id: external_id?,
        store_id,
    })
}

fn customer(fields: &Fields<'_>, policy: &Policy, problems: &mut Problems) -> ContactRequest {
    let is_sent = |name: &&str| matches!(fields.raw(name), Sent::Value(_));
    if !["externalCustomerId", "email", "phone"].iter().any(is_sent) {
        problems.add(fields.here(), "must have externalCustomerId, email or phone");
    }
    let mut ignored = Problems::default();
    let mut request = request::read(fields, Source::Order, policy, &mut ignored);
    let mut parts = Parts {
        policy,
        request: &mut request,
    };
    phone(&mut parts, &fields.pointer("phone"), fields.raw("phone").value());
    email(&mut parts, &fields.pointer("email"), fields.raw("email").value());
    for problem in ignored.all() {
        // A list that is too long.
        request.skipped.push(skipped(&problem.pointer, problem.reason));
    }
    request::refuse_unreadable(&request, Call::Order, policy, problems);
    request
}

fn content(order: &mut Members<'_, '_>) -> Option<OrderContent> {
    let total_cost = order.required_amount("totalCost");
    let currency = order.required("currency", |order| order.value("currency", Currency::parse));
    let (shipping, discount, taxes) = (
        order.amount("shipping"),
        order.signed("discount"),
        order.amount("taxes"),
    );
    let details = details(order);
    let items = order.items();
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

fn details(order: &mut Members<'_, '_>) -> OrderDetails {
    OrderDetails {
        customer: OrderCustomer {
            external_id: order.as_sent("externalCustomerId"),
            email: order.as_sent("email"),
            phone: order.as_sent("phone"),
            first_name: order.as_sent("firstName"),
            last_name: order.as_sent("lastName"),
        },
        restore_url: order.text("restoreUrl"),
        status_description: order.text("statusDescription"),
        source: source(order),
        delivery_method: order.text("deliveryMethod"),
        payment_method: order.text("paymentMethod"),
        delivery_address: order.text("deliveryAddress"),
        additional_info: order.info(),
    }
}

/// The source of the order. Other texts than the protocol's are kept, because shops name their own sources.
fn source(order: &mut Members<'_, '_>) -> Option<OrderText> {
    let source = order.text("source")?;
    let is_sent = |known: &&&str| source.as_str().eq_ignore_ascii_case(known);
    if let Some(known) = Order::SOURCES.iter().find(is_sent) {
        return OrderText::parse(known).ok();
    }
    let known = Order::SOURCES.join(" or ");
    order.note(
        &order.fields.pointer("source"),
        format!("is not {known}, and is kept as a text"),
    );
    Some(source)
}

impl Members<'_, '_> {
    /// A text that was read as a member of the contact, which reported its errors.
    fn as_sent(&mut self, name: &str) -> Option<OrderText> {
        let mut members = Members {
            notes: &mut Vec::new(),
            problems: &mut *self.problems,
            ..*self
        };
        members.text(name)
    }

    /// A value from a text or a whole number; an invalid one is added to the problems.
    fn value<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, ValueError>) -> Option<T> {
        let value = self.fields.raw(name).value()?;
        let read = self.sent(name).ok_or_else(|| why(value, NOT_A_TEXT).to_owned());
        let read = read.and_then(|text| parse(&text).map_err(|error| error.to_string()));
        self.problems.check(&self.fields.pointer(name), read)
    }
}
