//! Where the values of a column go.

use crate::sheet::ColumnRole;
use crate::{BulkMember, CustomField, DedupeOn, FieldId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The member of a contact that the values of a column go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// The external ID.
    ExternalId,
    /// The contact ID.
    Id,
    /// An email address.
    Email,
    /// A phone number (`sms` on the wire).
    Phone,
    /// A phone number in Viber.
    Viber,
    /// A mobile push token.
    MobilePush,
    /// A web push token.
    WebPush,
    /// A Telegram token.
    Telegram,
    /// The ID of a device.
    DeviceId,
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// The contact key.
    ContactKey,
    /// The language code.
    Language,
    /// The time zone.
    TimeZone,
    /// The region of the address.
    Region,
    /// The town of the address.
    Town,
    /// The street address.
    Address,
    /// The postcode.
    Postcode,
    /// Names of segments (`groups` on the wire).
    Groups,
    /// A custom field.
    Field(FieldId),
}

/// What is said of a `uniqueBy` that is missing or unknown.
pub const UNKNOWN_UNIQUE_BY: &str = "must be one of externalCustomerId, email, sms, email_or_sms, id, mobilepush, webpush, or field: with the number of a custom field that identifies";

/// Why contacts cannot be recognised by a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UniqueByProblem {
    /// It is no member by which contacts are recognised.
    #[error("{}", UNKNOWN_UNIQUE_BY)]
    Unknown,
    /// The custom field does not identify.
    #[error("must be a custom field that identifies")]
    NotIdentifying,
}

impl Target {
    /// Every one but custom fields, with its name.
    pub const NAMES: [(Self, &'static str); 19] = [
        (Self::ExternalId, "externalCustomerId"),
        (Self::Id, "id"),
        (Self::Email, "email"),
        (Self::Phone, "sms"),
        (Self::Viber, "viber"),
        (Self::MobilePush, "mobilepush"),
        (Self::WebPush, "webpush"),
        (Self::Telegram, "telegram"),
        (Self::DeviceId, "deviceId"),
        (Self::FirstName, "firstName"),
        (Self::LastName, "lastName"),
        (Self::ContactKey, "contactKey"),
        (Self::Language, "languageCode"),
        (Self::TimeZone, "timeZone"),
        (Self::Region, "region"),
        (Self::Town, "town"),
        (Self::Address, "address"),
        (Self::Postcode, "postcode"),
        (Self::Groups, "groups"),
    ];

    /// Reads the name of a target: that of a member of a contact, `field:12`, or `GROUP.KEY` of a custom field. Letter case does not matter.
    pub fn parse(text: &str, fields: &[CustomField]) -> Option<Self> {
        let text = text.trim();
        if let Some(target) = Self::of_name(text) {
            return Some(target);
        }
        let named = |field: &&CustomField| {
            let key = format!("{}.{}", field.profile_key, field.field_key);
            !field.archived && key.eq_ignore_ascii_case(text)
        };
        fields.iter().find(named).map(|field| Self::Field(field.id))
    }

    fn of_name(text: &str) -> Option<Self> {
        let aliases = [
            ("phone", Self::Phone),
            ("contactId", Self::Id),
            ("push", Self::MobilePush),
        ];
        let known = Self::NAMES.iter().map(|(target, name)| (*name, *target)).chain(aliases);
        let mut known = known.filter(|(name, _)| name.eq_ignore_ascii_case(text));
        if let Some((_, target)) = known.next() {
            return Some(target);
        }
        let number = text.strip_prefix("field:")?.trim().parse().ok()?;
        Some(Self::Field(FieldId(number)))
    }

    /// Reads what contacts are recognised by; `None` for phone, then email (`email_or_sms`).
    pub fn unique_by(text: &str, fields: &[CustomField]) -> Result<Option<Self>, UniqueByProblem> {
        if text.eq_ignore_ascii_case("email_or_sms") {
            return Ok(None);
        }
        let target = Self::parse(text, fields).filter(|target| target.dedupe_on().is_some());
        match target.ok_or(UniqueByProblem::Unknown)? {
            Self::Field(id) if !fields.iter().any(|field| field.id == id && field.identifying) => {
                Err(UniqueByProblem::NotIdentifying)
            }
            target => Ok(Some(target)),
        }
    }

    /// The names, for people.
    pub fn known() -> String {
        let names: Vec<&str> = Self::NAMES.iter().map(|(_, name)| *name).collect();
        format!("{}, or field: with the number of a custom field", names.join(", "))
    }

    /// How contacts are recognised by it, if they can be.
    pub fn dedupe_on(self) -> Option<DedupeOn> {
        match self {
            Self::ExternalId => Some(DedupeOn::ExternalCustomerId),
            Self::Id => Some(DedupeOn::Id),
            Self::Email => Some(DedupeOn::Email),
            Self::Phone => Some(DedupeOn::Sms),
            Self::MobilePush => Some(DedupeOn::MobilePush),
            Self::WebPush => Some(DedupeOn::WebPush),
            Self::Field(id) => Some(DedupeOn::Field(id)),
            _ => None,
        }
    }

    /// The targets of which a call that recognises contacts so needs one.
    pub fn of_dedupe(dedupe_on: DedupeOn) -> Vec<Self> {
        match dedupe_on {
            DedupeOn::Email => vec![Self::Email],
            DedupeOn::Sms => vec![Self::Phone],
            DedupeOn::EmailOrSms => vec![Self::Phone, Self::Email],
            DedupeOn::MobilePush => vec![Self::MobilePush],
            DedupeOn::WebPush => vec![Self::WebPush],
            DedupeOn::Id => vec![Self::Id],
            DedupeOn::ExternalCustomerId => vec![Self::ExternalId],
            DedupeOn::Field(id) => vec![Self::Field(id)],
        }
    }

    /// What a call recognises contacts by; none for phone, then email.
    pub fn of_call(dedupe_on: DedupeOn) -> Option<Self> {
        Self::of_dedupe(dedupe_on)
            .into_iter()
            .next()
            .filter(|_| dedupe_on != DedupeOn::EmailOrSms)
    }

    /// What its columns hold, as far as damage depends on it.
    pub fn role(self, fields: &[CustomField]) -> ColumnRole {
        match self {
            Self::Phone | Self::Viber => ColumnRole::Phone,
            Self::Email => ColumnRole::Email,
            Self::ExternalId | Self::Id | Self::MobilePush | Self::WebPush | Self::Telegram | Self::DeviceId => {
                ColumnRole::Code
            }
            Self::Field(id) if fields.iter().any(|field| field.id == id && field.identifying) => ColumnRole::Code,
            _ => ColumnRole::Text,
        }
    }

    /// How many columns may go there: a contact has so many channels of a type.
    pub fn most(self) -> usize {
        match self {
            Self::Email | Self::Phone | Self::Viber | Self::MobilePush | Self::WebPush => 2,
            Self::Groups => usize::MAX,
            _ => 1,
        }
    }

    /// The member of a bulk call that it is.
    pub fn member(self) -> Option<BulkMember> {
        match self {
            Self::Email => Some(BulkMember::Email),
            Self::Phone => Some(BulkMember::Sms),
            Self::FirstName => Some(BulkMember::FirstName),
            Self::LastName => Some(BulkMember::LastName),
            Self::ContactKey => Some(BulkMember::ContactKey),
            Self::Language => Some(BulkMember::LanguageCode),
            Self::TimeZone => Some(BulkMember::TimeZone),
            Self::Region => Some(BulkMember::Region),
            Self::Town => Some(BulkMember::Town),
            Self::Address => Some(BulkMember::Address),
            Self::Postcode => Some(BulkMember::Postcode),
            _ => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Field(id) = self {
            return write!(f, "field:{id}");
        }
        let name = Self::NAMES.iter().find(|(target, _)| target == self);
        f.write_str(name.map_or("", |(_, name)| *name))
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

impl TryFrom<String> for Target {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::of_name(&text).ok_or("an unknown target")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for (target, _) in Target::NAMES {
            assert_eq!(Target::of_name(&target.to_string().to_uppercase()), Some(target));
        }
        let field = Target::Field(FieldId(12));
        assert_eq!(Target::of_name(&field.to_string()), Some(field));
        assert_eq!(Target::of_name("Phone"), Some(Target::Phone));
        assert_eq!(Target::of_name("nonsense"), None);
    }
}
