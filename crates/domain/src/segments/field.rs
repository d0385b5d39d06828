//! The fields that conditions compare.

use super::{Definitions, Operator};
use crate::values::FieldType as Declared;
use crate::{AttributeKey, FieldId, IdentifierKind};

/// A field of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The contact's own number.
    ContactId,
    /// Identifiers of a kind that the contact shows; a condition holds when it holds for one of them.
    Identifier(IdentifierKind),
    /// How many different identifiers of a kind the contact shows.
    CountOf(IdentifierKind),
    /// The domains of the emails that it shows.
    EmailDomain,
    /// How many different identifiers that it shows are quarantined.
    Quarantined,
    /// How many different identifiers that it shows are shared (identity rule 8).
    Shared,
    /// The operating systems of the devices and browsers behind its tokens.
    DeviceOs,
    /// Whether its emails are subscribed.
    EmailStatus,
    /// How many contacts it has absorbed.
    AbsorbedCount,
    /// The imports that changed it.
    Import,
    /// An attribute that is a text.
    Attribute(AttributeKey),
    /// A custom field.
    Custom(FieldId),
    /// When the contact was made.
    CreatedAt,
    /// When the contact last changed.
    UpdatedAt,
    /// Where the contact came from.
    Source,
}

/// What a field holds, as far as operators care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// A text that is compared to the letter.
    Text,
    /// A name, compared without regard to case.
    Name,
    /// A whole or decimal number.
    Number,
    /// A date without a time.
    Date,
    /// A date and a time of the contact's own clock, in whole minutes.
    Local,
    /// A moment, in microseconds.
    Instant,
    /// A list of texts.
    Choices,
}

impl FieldType {
    /// What the type is called in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text | Self::Name => "a text",
            Self::Number => "a number",
            Self::Date => "a date",
            Self::Local | Self::Instant => "a time",
            Self::Choices => "a list",
        }
    }

    /// The operators that the type takes.
    pub fn operators(self) -> &'static [Operator] {
        use Operator as O;
        match self {
            Self::Text | Self::Name => &[
                O::IsEmpty,
                O::IsNotEmpty,
                O::Equals,
                O::OneOf,
                O::Contains,
                O::StartsWith,
                O::EndsWith,
            ],
            Self::Number => &[
                O::IsEmpty,
                O::IsNotEmpty,
                O::Equals,
                O::OneOf,
                O::Greater,
                O::Less,
                O::Between,
            ],
            Self::Date | Self::Local => &[
                O::IsEmpty,
                O::IsNotEmpty,
                O::Equals,
                O::OneOf,
                O::Between,
                O::Before,
                O::After,
                O::InLastDays,
                O::InNextDays,
                O::AnniversaryWithinDays,
            ],
            Self::Instant => &[
                O::IsEmpty,
                O::IsNotEmpty,
                O::Equals,
                O::OneOf,
                O::Between,
                O::Before,
                O::After,
                O::InLastDays,
                O::InNextDays,
            ],
            Self::Choices => &[O::IsEmpty, O::IsNotEmpty, O::OneOf, O::Contains],
        }
    }
}

/// Before the name of a custom field.
pub(super) const CUSTOM: &str = "custom:";

/// The name of every field that is not a custom one, in JSON and in the readable form.
pub(super) const BUILT_IN: [(&str, &str, Field); 31] = [
    ("contactId", "Contact ID", Field::ContactId),
    (
        "externalCustomerId",
        "External ID",
        Field::Identifier(IdentifierKind::ExternalId),
    ),
    ("email", "Email", Field::Identifier(IdentifierKind::Email)),
    ("phone", "Phone", Field::Identifier(IdentifierKind::Phone)),
    ("deviceId", "Device ID", Field::Identifier(IdentifierKind::DeviceId)),
    ("firstName", "First name", Field::Attribute(AttributeKey::FirstName)),
    ("lastName", "Last name", Field::Attribute(AttributeKey::LastName)),
    ("contactKey", "Contact key", Field::Attribute(AttributeKey::ContactKey)),
    ("languageCode", "Language", Field::Attribute(AttributeKey::Language)),
    ("timeZone", "Time zone", Field::Attribute(AttributeKey::TimeZone)),
    ("region", "Region", Field::Attribute(AttributeKey::Region)),
    ("town", "Town", Field::Attribute(AttributeKey::Town)),
    ("address", "Address", Field::Attribute(AttributeKey::Address)),
    ("postcode", "Postcode", Field::Attribute(AttributeKey::Postcode)),
    ("createdAt", "Created", Field::CreatedAt),
    ("updatedAt", "Updated", Field::UpdatedAt),
    ("source", "Source", Field::Source),
    ("emailDomain", "Email domain", Field::EmailDomain),
    ("deviceOs", "Device OS", Field::DeviceOs),
    (
        "externalCustomerIdCount",
        "Number of external IDs",
        Field::CountOf(IdentifierKind::ExternalId),
    ),
    ("emailCount", "Number of emails", Field::CountOf(IdentifierKind::Email)),
    ("phoneCount", "Number of phones", Field::CountOf(IdentifierKind::Phone)),
    (
        "mobilePushCount",
        "Number of mobile push tokens",
        Field::CountOf(IdentifierKind::MobilePush),
    ),
    (
        "webPushCount",
        "Number of web push tokens",
        Field::CountOf(IdentifierKind::WebPush),
    ),
    (
        "deviceIdCount",
        "Number of device IDs",
        Field::CountOf(IdentifierKind::DeviceId),
    ),
    (
        "telegramCount",
        "Number of Telegram tokens",
        Field::CountOf(IdentifierKind::Telegram),
    ),
    (
        "quarantinedCount",
        "Number of quarantined identifiers",
        Field::Quarantined,
    ),
    ("sharedCount", "Number of shared identifiers", Field::Shared),
    ("emailStatus", "Email status", Field::EmailStatus),
    ("absorbedCount", "Number of absorbed contacts", Field::AbsorbedCount),
    ("importId", "Import", Field::Import),
];

impl Field {
    /// The field of a name in JSON, and its type.
    pub(super) fn named(name: &str, definitions: &Definitions) -> Option<(Self, FieldType)> {
        if let Some(custom) = name.strip_prefix(CUSTOM) {
            let field = definitions.custom(custom)?;
            let held = match field.field_type {
                Declared::TextField | Declared::TextArea | Declared::ComboBox => FieldType::Text,
                Declared::Number | Declared::Decimal => FieldType::Number,
                Declared::Date => FieldType::Date,
                Declared::DateTime => FieldType::Local,
                Declared::CheckboxList | Declared::Tags => FieldType::Choices,
            };
            return Some((Self::Custom(field.id), held));
        }
        let (_, _, field) = BUILT_IN.into_iter().find(|(known, _, _)| *known == name)?;
        let held = match field {
            Self::ContactId | Self::CountOf(_) | Self::Quarantined | Self::Shared | Self::AbsorbedCount => {
                FieldType::Number
            }
            Self::Attribute(AttributeKey::FirstName | AttributeKey::LastName) => FieldType::Name,
            Self::Identifier(_)
            | Self::EmailDomain
            | Self::EmailStatus
            | Self::DeviceOs
            | Self::Attribute(_)
            | Self::Custom(_)
            | Self::Import
            | Self::Source => FieldType::Text,
            Self::CreatedAt | Self::UpdatedAt => FieldType::Instant,
        };
        Some((field, held))
    }

    /// The names of the fields that are not custom ones.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.into_iter().map(|(name, _, _)| name)
    }
}
