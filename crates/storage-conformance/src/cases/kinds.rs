//! Values for tables over the kinds of identifiers.

use crate::{RequestBuilder, api_call, identifier};
use selfsame_domain::{Identifier, IdentifierKind};

/// Four values of a kind.
pub(super) fn values(kind: IdentifierKind) -> [&'static str; 4] {
    match kind {
        IdentifierKind::Email => [
            "One@Example.com",
            "two@example.com",
            "three@example.com",
            "four@example.com",
        ],
        IdentifierKind::Phone => ["+380501234567", "+380671234567", "+380931234567", "+380631234567"],
        _ => ["One", "two", "three", "four"],
    }
}

/// The first of the values, as an identifier.
pub(super) fn sample(kind: IdentifierKind) -> Identifier {
    identifier(kind, values(kind)[0])
}

/// A request with only the value, if that creates a contact. A cookie needs a device beside it.
pub(super) fn alone(kind: IdentifierKind, value: &str) -> RequestBuilder {
    beside(kind, value, "beside")
}

/// As [`alone`], with the name of the device beside a cookie.
pub(super) fn beside(kind: IdentifierKind, value: &str, device: &str) -> RequestBuilder {
    let builder = api_call().with(kind, value);
    if kind == IdentifierKind::Cookie {
        builder.device(device)
    } else {
        builder
    }
}

/// A request with the value and another external ID; an external ID comes with a device.
pub(super) fn with_other(kind: IdentifierKind, value: &str, other: &str) -> RequestBuilder {
    let builder = api_call().with(kind, value);
    if kind == IdentifierKind::ExternalId {
        builder.device(other)
    } else {
        builder.external(other)
    }
}

/// Whether several contacts may hold the value.
pub(super) fn may_be_shared(kind: IdentifierKind) -> bool {
    !kind.is_exclusive()
}
