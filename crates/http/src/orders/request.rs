//! From the JSON of an order to a domain request.

use super::exact::Exact;
use super::items::Members;
use crate::contacts::request;
use crate::fields::{Fields, Problems, Sent, name_of};
use crate::named::{Parts, email, phone};
use crate::times;
use selfsame_domain::values::{Currency, ExternalOrderId, OrderText, Source};
use selfsame_domain::{
    ContactRequest, OrderContent, OrderCustomer, OrderDetails, OrderRequest, OrderSource, OrderStatus, Policy,
};

/// How many orders one request may have (wire fact).
pub(crate) const MAX_ORDERS: usize = 1000;

/// Reads an order. Notes in `problems` what refuses it; without problems there is one.
///
/// The names of the customer are those of a contact that may be made of them, where they are fit for it; the order keeps them as they
/// were sent. Cookies and a device may be named as in a contact.
pub(crate) fn read(
    fields: &Fields<'_>,
    exact: &Exact,
    policy: &Policy,
    problems: &mut Problems,
) -> Option<OrderRequest> {
    let contact = customer(fields, policy, problems);
    let mut members = Members {
        fields,
        exact,
        problems,
    };
    let external_id = members.required("externalOrderId", |order| {
        let pointer = order.fields.pointer("externalOrderId");
        let text = order.fields.raw("externalOrderId").value().and_then(name_of);
        order.value(&pointer, text, "must be a text", ExternalOrderId::parse)
    });
    let status = members.required("status", |order| {
        let known = "INITIALIZED, IN_PROGRESS, DELIVERED, CANCELLED, ABANDONED_SHOPPING_CART";
        order.word("status", known, |word| {
            OrderStatus::from_text(&word.to_ascii_uppercase())
        })
    });
    let date = members.required("date", |order| {
        let read = order.fields.raw("date").value().and_then(name_of);
        let at = read.and_then(|text| times::parse(&text)).ok_or(times::REASON);
        order.problems.check(&order.fields.pointer("date"), at)
    });
    let content = content(&mut members);
    Some(OrderRequest {
        contact,
        external_id: external_id?,
        status: status?,
        date: date?,
        content: content?,
    })
}

fn customer(fields: &Fields<'_>, policy: &Policy, problems: &mut Problems) -> ContactRequest {
    let is_sent = |name: &&str| matches!(fields.raw(name), Sent::Value(_));
    if !["externalCustomerId", "email", "phone"].iter().any(is_sent) {
        problems.add(fields.here(), "must have externalCustomerId, email or phone");
    }
    let mut request = request::read(fields, Source::Order, policy, problems);
    let mut parts = Parts {
        policy,
        problems,
        request: &mut request,
    };
    phone(&mut parts, &fields.pointer("phone"), fields.raw("phone").value());
    email(&mut parts, &fields.pointer("email"), fields.raw("email").value());
    request
}

fn content(order: &mut Members<'_, '_>) -> Option<OrderContent> {
    let total_cost = order.required("totalCost", |order| order.amount("totalCost"));
    let currency = order.required("currency", |order| {
        let pointer = order.fields.pointer("currency");
        let text = order.fields.raw("currency").value().and_then(name_of);
        order.value(&pointer, text, "must be a text", Currency::parse)
    });
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
        store_id: order.text("storeId"),
        source: order.word("source", "online, offline", |word| {
            OrderSource::from_text(&word.to_ascii_lowercase())
        }),
        delivery_method: order.text("deliveryMethod"),
        payment_method: order.text("paymentMethod"),
        delivery_address: order.text("deliveryAddress"),
        additional_info: order.info(),
    }
}

impl Members<'_, '_> {
    /// A text that was checked elsewhere: what is wrong with it has been said.
    fn as_sent(&mut self, name: &str) -> Option<OrderText> {
        let mut members = Members {
            problems: &mut Problems::default(),
            ..*self
        };
        members.text(name)
    }

    /// One of several words.
    fn word<T>(&mut self, name: &str, known: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = self.fields.raw(name).value()?;
        let found = value.as_str().and_then(|word| read(word.trim()));
        if found.is_none() {
            self.problems
                .add(self.fields.pointer(name), format!("must be one of {known}"));
        }
        found
    }
}
