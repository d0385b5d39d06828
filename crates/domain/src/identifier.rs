//! Identifiers of contacts.

use crate::FieldId;
use crate::values::{AppId, ContactKey, Cookie, DeviceId, Email, ExternalId, FieldValue, Phone, Token};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// The kinds of identifiers (identity rules, table of kinds). The contact ID is not among them: it is the contact itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// The customer's own, permanent identifier. One owner.
    ExternalId,
    /// An email address. May be shared.
    Email,
    /// A phone number, of the channels `sms` and `viber`. May be shared.
    Phone,
    /// A mobile push token, qualified by its app. One owner.
    MobilePush,
    /// A web push token, qualified by its app. One owner.
    WebPush,
    /// A Telegram token, qualified by its app. One owner.
    Telegram,
    /// A device. One owner.
    DeviceId,
    /// A web visitor's cookie (`sc`). One owner.
    Cookie,
    /// A custom field that the workspace declared as identifying. May be shared; evidence for bulk calls only.
    Field,
    /// The contact key of the wire protocol. May be shared; evidence for events only (wire fact).
    ContactKey,
}

/// How long an identifier stays with a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stability {
    /// Leads every search; never given to a second contact.
    Permanent,
    /// Received at a registration: email, phone.
    ConditionallyPermanent,
    /// Belongs to the contact that claimed it last: tokens, devices, cookies.
    Changeable,
    /// Declared by the workspace: custom fields, contact keys.
    Declared,
}

impl IdentifierKind {
    /// Every kind, in the order in which keys are locked.
    pub const ALL: [Self; 10] = [
        Self::ExternalId,
        Self::Email,
        Self::Phone,
        Self::MobilePush,
        Self::WebPush,
        Self::Telegram,
        Self::DeviceId,
        Self::Cookie,
        Self::Field,
        Self::ContactKey,
    ];

    /// The stable text of the kind, as stored and as written in our own API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ExternalId => "external_id",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::MobilePush => "mobile_push",
            Self::WebPush => "web_push",
            Self::Telegram => "telegram",
            Self::DeviceId => "device_id",
            Self::Cookie => "cookie",
            Self::Field => "field",
            Self::ContactKey => "contact_key",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The number of the kind in storage: its place in [`Self::ALL`], from 1. Never renumbered.
    pub fn code(self) -> i16 {
        match self {
            Self::ExternalId => 1,
            Self::Email => 2,
            Self::Phone => 3,
            Self::MobilePush => 4,
            Self::WebPush => 5,
            Self::Telegram => 6,
            Self::DeviceId => 7,
            Self::Cookie => 8,
            Self::Field => 9,
            Self::ContactKey => 10,
        }
    }

    /// Reads what [`Self::code`] wrote.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// How long identifiers of this kind stay with a person.
    pub fn stability(self) -> Stability {
        match self {
            Self::ExternalId => Stability::Permanent,
            Self::Email | Self::Phone => Stability::ConditionallyPermanent,
            Self::MobilePush | Self::WebPush | Self::Telegram | Self::DeviceId | Self::Cookie => Stability::Changeable,
            Self::Field | Self::ContactKey => Stability::Declared,
        }
    }

    /// Whether it is changeable and no cookie. Its events belong to its owner; events of a cookie belong to a visitor (identity rules 4 and 7).
    pub fn is_token_or_device(self) -> bool {
        self.stability() == Stability::Changeable && self != Self::Cookie
    }

    /// Whether a value of this kind has at most one owner at a time.
    pub fn is_exclusive(self) -> bool {
        matches!(self.stability(), Stability::Permanent | Stability::Changeable)
    }
}

impl fmt::Display for IdentifierKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The longest matching form that is stored as it is, in bytes: databases refuse to index much longer ones.
const MAX_KEY: usize = 1_000;

/// A matching form as it is, or for a longer one `sha256:` and its digest in hexadecimal.
fn bounded(value: String) -> String {
    if value.len() <= MAX_KEY {
        return value;
    }
    let digest = Sha256::digest(value.as_bytes());
    digest
        .iter()
        .fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// An identifier in the form in which it is compared, stored and locked: its kind and its matching form.
///
/// Tokens are qualified by their app: `app/token`, values of custom fields by the field's number: `7:value`. A form of more than 1,000 bytes is represented by its SHA-256. Keys order by kind, then value: the one order in which they are locked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IdentifierKey {
    /// What kind of identifier it is.
    pub kind: IdentifierKind,
    /// Its matching form.
    pub value: String,
}

impl IdentifierKey {
    /// The custom field that it is a value of; none for other kinds.
    pub fn field(&self) -> Option<FieldId> {
        let (id, _) = self
            .value
            .split_once(':')
            .filter(|_| self.kind == IdentifierKind::Field)?;
        id.parse().ok().map(FieldId)
    }
}

/// An identifier as a request names it: the key by which it matches, and the text as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identifier {
    /// Kind and matching form.
    pub key: IdentifierKey,
    /// As typed; what clients read back.
    pub typed: String,
}

impl Identifier {
    fn new(kind: IdentifierKind, value: String, typed: &str) -> Self {
        let value = bounded(value);
        Self {
            key: IdentifierKey { kind, value },
            typed: typed.to_owned(),
        }
    }

    /// What kind of identifier it is.
    pub fn kind(&self) -> IdentifierKind {
        self.key.kind
    }

    /// The customer's own ID.
    pub fn external_id(id: &ExternalId) -> Self {
        Self::new(IdentifierKind::ExternalId, id.as_str().to_owned(), id.as_str())
    }

    /// An email address.
    pub fn email(email: &Email) -> Self {
        Self::new(IdentifierKind::Email, email.matching().to_owned(), email.as_typed())
    }

    /// A phone number.
    pub fn phone(phone: &Phone) -> Self {
        Self::new(IdentifierKind::Phone, phone.matching().to_owned(), phone.as_typed())
    }

    /// A token of the given kind, qualified by its app, or of no app.
    pub fn token(kind: IdentifierKind, app: Option<&AppId>, token: &Token) -> Self {
        let app = app.map_or("", AppId::as_str);
        Self::new(kind, format!("{app}/{}", token.as_str()), token.as_str())
    }

    /// For a token with an app: the key of the same token without an app. None for other identifiers, and for tokens whose key is a digest.
    /// A request that names a token without an app means the token of any app.
    pub fn key_without_app(&self) -> Option<IdentifierKey> {
        let is_token = matches!(
            self.key.kind,
            IdentifierKind::MobilePush | IdentifierKind::WebPush | IdentifierKind::Telegram
        );
        let value = is_token.then(|| format!("/{}", self.typed))?;
        (value != self.key.value && value.len() <= MAX_KEY).then_some(IdentifierKey {
            kind: self.key.kind,
            value,
        })
    }

    /// The keys by which requests name the token without its app, or without its kind, as events do (wire fact). History may wait behind them.
    /// None for other identifiers.
    pub fn alias_keys(&self) -> impl Iterator<Item = IdentifierKey> + use<> {
        let of_another_kind = matches!(self.key.kind, IdentifierKind::WebPush | IdentifierKind::Telegram);
        let value = of_another_kind.then(|| format!("/{}", self.typed));
        let kindless = value.filter(|value| value.len() <= MAX_KEY).map(|value| IdentifierKey {
            kind: IdentifierKind::MobilePush,
            value,
        });
        self.key_without_app().into_iter().chain(kindless)
    }

    /// For a mobile push token without an app: the same token as one of another kind. None for other identifiers.
    pub fn of_other_kinds(&self) -> impl Iterator<Item = Self> + use<'_> {
        let plain =
            self.key.kind == IdentifierKind::MobilePush && self.key.value.strip_prefix('/') == Some(&self.typed);
        let kinds = [IdentifierKind::WebPush, IdentifierKind::Telegram];
        kinds.into_iter().filter(move |_| plain).map(|kind| Self {
            key: IdentifierKey {
                kind,
                value: self.key.value.clone(),
            },
            typed: self.typed.clone(),
        })
    }

    /// A device.
    pub fn device_id(id: &DeviceId) -> Self {
        Self::new(IdentifierKind::DeviceId, id.as_str().to_owned(), id.as_str())
    }

    /// A web visitor's cookie.
    pub fn cookie(cookie: &Cookie) -> Self {
        Self::new(IdentifierKind::Cookie, cookie.as_str().to_owned(), cookie.as_str())
    }

    /// A contact key.
    pub fn contact_key(key: &ContactKey) -> Self {
        Self::new(IdentifierKind::ContactKey, key.as_str().to_owned(), key.as_str())
    }

    /// The value of an identifying custom field. The ID of the field stands before the value, which may be a digest.
    pub fn field(id: FieldId, value: &FieldValue) -> Self {
        let value_form = bounded(value.matching());
        Self {
            key: IdentifierKey {
                kind: IdentifierKind::Field,
                value: format!("{id}:{value_form}"),
            },
            typed: value.to_wire(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_token_is_matched_by_its_digest_and_kept_as_typed() {
        let long = |last: &str| "a".repeat(2_000) + last;
        let token = |text: &str| Identifier::token(IdentifierKind::WebPush, None, &Token::parse(text).unwrap());
        let (one, same, other) = (token(&long("1")), token(&long("1")), token(&long("2")));
        assert_eq!(one, same);
        assert_ne!(one.key, other.key);
        assert_eq!((one.key.value.len(), one.typed.len()), (71, 2_001));
        assert_eq!(token("short").key.value, "/short");
    }

    #[test]
    fn a_value_of_a_field_includes_its_field_however_long_it_is() {
        for length in [1, 1_000, 1_001, 5_000] {
            let identifier = Identifier::field(FieldId(7), &FieldValue::Text("a".repeat(length)));
            assert_eq!(identifier.key.field(), Some(FieldId(7)), "{length}");
        }
        let other = Identifier::external_id(&ExternalId::parse("7:a").unwrap());
        assert_eq!(other.key.field(), None);
    }

    #[test]
    fn codes_and_texts_of_kinds_read_back() {
        for kind in IdentifierKind::ALL {
            assert_eq!(IdentifierKind::from_code(kind.code()), Some(kind));
            assert_eq!(IdentifierKind::from_text(kind.as_str()), Some(kind));
        }
    }
}
