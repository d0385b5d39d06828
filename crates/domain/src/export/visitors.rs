//! Visitors as rows.

use super::cell::{Cell, Row};
use super::column::{Column, ColumnType};
use crate::Visitor;

use ColumnType::{BigInteger, Text, Time};

/// The columns of the dataset `visitors`.
pub(super) static COLUMNS: [Column; 7] = [
    Column::new(
        "visitorId",
        Text(Some(36)),
        "The identity of the visitor, as events have it",
    ),
    Column::new(
        "contactId",
        BigInteger,
        "The contact that has the visitor now; empty while none is known",
    ),
    Column::new(
        "homeContactId",
        BigInteger,
        "The contact that adopted it; another one after a merge",
    ),
    Column::new(
        "kind",
        Text(Some(20)),
        "The kind of the identifier behind which the history is: cookie, email, mobile_push ...",
    ),
    Column::new("value", Text(None), "That identifier, in the form that is compared"),
    Column::new("sinceDate", Time, "When its history begins, UTC"),
    Column::new(
        "closedDate",
        Time,
        "When its history ended; empty while it goes on, UTC",
    ),
];

/// The row of a visitor.
pub fn visitor_row(visitor: &Visitor) -> Row {
    vec![
        Cell::Text(visitor.id.0.to_string()),
        Cell::integer(visitor.owner.map(|id| id.0)),
        Cell::integer(visitor.home.map(|id| id.0)),
        Cell::Text(visitor.key.kind.as_str().to_owned()),
        Cell::Text(visitor.key.value.clone()),
        Cell::Time(visitor.since),
        Cell::time(visitor.closed_at),
    ]
}
