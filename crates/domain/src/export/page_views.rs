//! Page views as rows.

use super::cell::{Cell, Row};
use super::column::{Column, ColumnType};
use super::events::parties;
use crate::{ContactId, Event, PAGE_VIEW};
use serde::Deserialize;
use serde_json::Value;

use ColumnType::{BigInteger, Text, Time};

/// The columns of the dataset `page_views`.
pub(super) static COLUMNS: [Column; 7] = [
    Column::new("eventId", Text(Some(36)), "The identity of the event in `events`"),
    Column::new(
        "contactId",
        BigInteger,
        "The contact that the view belongs to, or the owner of its visitor; contacts.mergedInto leads on",
    ),
    Column::new(
        "visitorId",
        Text(Some(36)),
        "The visitor that left it, while no contact was known",
    ),
    Column::new("viewedDate", Time, "When the page was viewed, UTC"),
    Column::new("url", Text(None), "The address of the page"),
    Column::new("title", Text(Some(300)), "The title of the page"),
    Column::new("referrer", Text(None), "The page before"),
];

/// The parameters of a page view that the web script sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Params {
    url: Value,
    title: Value,
    referrer: Value,
}

/// The row of an event that is a page view; none for others. `owner` is the owner of its visitor.
pub fn page_view_row(event: &Event, owner: Option<ContactId>) -> Option<Row> {
    if event.type_key.as_str() != PAGE_VIEW {
        return None;
    }
    // Parameters of another form are in `events` alone.
    let params: Params = serde_json::from_str(event.params.as_json()).unwrap_or_default();
    let (contact, visitor) = parties(event, owner);
    Some(vec![
        Cell::Text(event.id.0.to_string()),
        Cell::integer(contact.map(|id| id.0)),
        Cell::text(visitor.map(|id| id.0.to_string())),
        Cell::Time(event.occurred_at),
        Cell::text(params.url.as_str()),
        Cell::text(params.title.as_str()),
        Cell::text(params.referrer.as_str()),
    ])
}
