//! The columns of contacts in JSON texts.

use crate::rows::micros;
use selfsame_domain::{AttributeKey, Attributes, ContactId, ContactRow};
use serde::Serialize;

pub(super) fn contact_row(contact: &ContactRow) -> impl Serialize + use<> {
    (
        contact.id.0,
        contact.state.as_str(),
        contact.canonical.0,
        contact.merged_into.map(|into| into.0),
        contact.source.as_str(),
        micros(contact.created_at),
        micros(contact.updated_at),
    )
}

pub(super) fn attributes_row(id: ContactId, attributes: &Attributes) -> impl Serialize + use<'_> {
    let lower = |key| attributes.text(key).map(str::to_lowercase);
    (
        id,
        attributes,
        lower(AttributeKey::FirstName),
        lower(AttributeKey::LastName),
    )
}
