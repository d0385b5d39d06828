//! Contacts as rows.

use super::cell::{Cell, Row};
use super::column::{Column, ColumnType};
use crate::values::ChannelType;
use crate::{AttributeKey, Contact, ContactState};

use ColumnType::{BigInteger, Integer, Text, Time};

/// The columns of the dataset `contacts` (wire fact); the last two are ours.
pub(super) static COLUMNS: [Column; 21] = [
    Column::new("contactId", BigInteger, "The contact's number, never used again"),
    Column::new("contactSource", Text(Some(50)), "Which way the contact was created"),
    Column::new("createdDate", Time, "When it was created, UTC"),
    Column::new("email", Text(Some(50)), "Its first email address, as typed"),
    Column::new("emailDomain", Text(Some(100)), "The domain of the email address"),
    Column::new(
        "emailStatus",
        Text(Some(50)),
        "CONFIRMED, NEED_CONFIRMATION or UNSUBSCRIBED",
    ),
    Column::new("externalCustomerId", Text(Some(100)), "The external ID"),
    Column::new("firstName", Text(Some(50)), "First name"),
    Column::new("languageCode", Text(Some(20)), "Language, BCP 47"),
    Column::new("lastClickedDate", Time, "Empty: no messages are sent"),
    Column::new("lastReceivedDate", Time, "Empty: no messages are sent"),
    Column::new("lastSentDate", Time, "Empty: no messages are sent"),
    Column::new("lastViewedDate", Time, "Empty: no messages are sent"),
    Column::new("lastName", Text(Some(50)), "Last name"),
    Column::new("sms", Text(Some(50)), "Its first phone number, as typed"),
    Column::new("totalClicked", Integer, "Empty: no messages are sent"),
    Column::new("totalReceived", Integer, "Empty: no messages are sent"),
    Column::new("totalSent", Integer, "Empty: no messages are sent"),
    Column::new("totalViewed", Integer, "Empty: no messages are sent"),
    Column::new(
        "deletedDate",
        Time,
        "When the contact was removed; empty for one that is not, UTC",
    ),
    Column::new(
        "mergedInto",
        BigInteger,
        "The canonical contact of an absorbed one; empty for others",
    ),
];

/// What is known of a contact's email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailStatus {
    /// The address is confirmed.
    Confirmed,
    /// The address is not confirmed.
    NeedConfirmation,
    /// Its owner wants no messages.
    Unsubscribed,
}

impl EmailStatus {
    /// The text of the status, as exported.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "CONFIRMED",
            Self::NeedConfirmation => "NEED_CONFIRMATION",
            Self::Unsubscribed => "UNSUBSCRIBED",
        }
    }
}

/// The row of a contact: active, removed or absorbed. `is_unsubscribed` says it of the email that is its first one.
pub fn contact_row(contact: &Contact, is_unsubscribed: impl Fn(&crate::IdentifierKey) -> bool) -> Row {
    let channels = contact.channels();
    let first = |wanted: ChannelType| {
        let mut of = channels.iter().filter(|(channel, _)| *channel == wanted);
        of.next().map(|(_, held)| *held)
    };
    let email = first(ChannelType::Email);
    let status = email.map(|held| match (is_unsubscribed(held.key()), held.confirmed) {
        (true, _) => EmailStatus::Unsubscribed,
        (false, true) => EmailStatus::Confirmed,
        (false, false) => EmailStatus::NeedConfirmation,
    });
    let domain = email.and_then(|held| held.key().value.rsplit_once('@'));
    let text = |key| Cell::text(contact.attributes.text(key));
    let removed = (contact.state == ContactState::Removed).then_some(contact.updated_at);
    let answering = (contact.state == ContactState::Merged).then_some(contact.canonical.0);
    vec![
        Cell::Integer(contact.id.0),
        Cell::Text(contact.source.as_str().to_owned()),
        Cell::Time(contact.created_at),
        Cell::text(email.map(|held| held.identifier.typed.as_str())),
        Cell::text(domain.map(|(_, domain)| domain)),
        Cell::text(status.map(EmailStatus::as_str)),
        Cell::text(contact.external_id()),
        text(AttributeKey::FirstName),
        text(AttributeKey::Language),
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        text(AttributeKey::LastName),
        Cell::text(first(ChannelType::Sms).map(|held| held.identifier.typed.as_str())),
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::time(removed),
        Cell::integer(answering),
    ]
}
