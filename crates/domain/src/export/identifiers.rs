//! Identifiers as rows.

use super::cell::{Cell, Row};
use super::column::{Column, ColumnType};
use crate::{Contact, HeldIdentifier};
use uuid::Uuid;

use ColumnType::{BigInteger, Flag, Text, Time};

/// The columns of the dataset `identifiers`.
pub(super) static COLUMNS: [Column; 11] = [
    Column::new("rowId", Text(Some(36)), "The identity of the row"),
    Column::new("contactId", BigInteger, "The contact that shows the identifier"),
    Column::new(
        "homeContactId",
        BigInteger,
        "The contact that brought it; another one after a merge",
    ),
    Column::new(
        "kind",
        Text(Some(20)),
        "external_id, email, phone, mobile_push, web_push, telegram, device_id, cookie, field or contact_key",
    ),
    Column::new("value", Text(None), "The form that is compared"),
    Column::new("typed", Text(None), "The form that was typed last"),
    Column::new("state", Text(Some(20)), "active, quarantined or blocked"),
    Column::new("confirmed", Flag, "Whether an email address is confirmed"),
    Column::new("source", Text(Some(50)), "Its first source"),
    Column::new("firstSeen", Time, "When it was first seen, UTC"),
    Column::new(
        "lastSeen",
        Time,
        "When it was last named together with the contact, UTC",
    ),
];

/// The rows of a contact's identifiers; none of an absorbed one: its survivor shows its identifiers.
pub fn identifier_rows(contact: &Contact) -> Vec<Row> {
    let visible = contact.identifiers.iter().filter(|held| held.is_visible());
    visible.map(|held| row(contact, held)).collect()
}

fn row(contact: &Contact, held: &HeldIdentifier) -> Row {
    vec![
        Cell::Text(row_id(held).to_string()),
        Cell::Integer(contact.id.0),
        Cell::Integer(held.home.0),
        Cell::Text(held.kind().as_str().to_owned()),
        Cell::Text(held.key().value.clone()),
        Cell::Text(held.identifier.typed.clone()),
        Cell::Text(held.state.as_str().to_owned()),
        Cell::Flag(held.confirmed),
        Cell::Text(held.source.as_str().to_owned()),
        Cell::Time(held.first_seen),
        Cell::Time(held.last_seen),
    ]
}

/// Derived from what the identifier is one by, so that it is the same in every run. A value itself may be too long for an index.
pub(super) fn row_id(held: &HeldIdentifier) -> Uuid {
    let name = format!("{}\n{}\n{}", held.kind().as_str(), held.home.0, held.key().value);
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}
