//! The columns of contacts and identifiers in JSON texts.

use crate::rows::{json, micros};
use crate::whole::channels_text;
use selfsame_application::ports::StorageError;
use selfsame_domain::{AttributeKey, Attributes, ContactId, ContactRow, HeldIdentifier};
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

/// The columns of an identifier in the order of its INSERT.
pub(super) fn identifier_row(held: &HeldIdentifier) -> Result<impl Serialize + use<'_>, StorageError> {
    let key = held.key();
    let details = if held.details.is_empty() {
        None
    } else {
        Some(json(&held.details)?)
    };
    Ok((
        key.kind.code(),
        &key.value,
        held.home,
        held.owner,
        &held.identifier.typed,
        held.state.as_str(),
        held.hidden_by,
        channels_text(&held.channels),
        details,
        held.confirmed,
        held.source.as_str(),
        micros(held.first_seen),
        micros(held.last_seen),
    ))
}
