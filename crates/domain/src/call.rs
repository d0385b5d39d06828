//! What each call searches by, and what it may do: the table of the identity rules, "Deciding".

use crate::{FieldId, IdentifierKey, IdentifierKind};
use serde::{Deserialize, Serialize};

/// The calls that name a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Add or update one contact.
    Upsert,
    /// Subscribe one contact.
    Subscribe,
    /// Update one contact by its contact ID.
    Update,
    /// Change one contact by its contact ID, also by clearing what it has. Unlike [`Self::Update`] it restores no removed contact,
    /// and is refused if a custom field cannot take its value.
    Patch,
    /// One contact of a bulk call.
    Bulk {
        /// By what contacts that exist are found.
        dedupe_on: DedupeOn,
        /// Whether a removed match is restored; if not, the contact is skipped.
        restore: bool,
    },
    /// The customer of an order.
    Order,
    /// The contact of an event.
    Event {
        /// Whether the event type creates contacts.
        creates: bool,
    },
    /// The owner of an app token.
    AppToken,
}

/// By what a bulk call finds contacts that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DedupeOn {
    /// Email.
    Email,
    /// Phone.
    Sms,
    /// Phone, then email.
    EmailOrSms,
    /// Mobile push token.
    MobilePush,
    /// Web push token.
    WebPush,
    /// Contact ID.
    Id,
    /// External ID alone.
    ExternalCustomerId,
    /// A custom field that the workspace declared as identifying.
    Field(FieldId),
}

/// One step of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The contact ID.
    ContactId,
    /// Identifiers of one kind.
    Kind(IdentifierKind),
    /// Push and Telegram tokens.
    Token,
}

impl Step {
    /// Whether identifiers of the kind are looked at in this step.
    pub fn covers(self, kind: IdentifierKind) -> bool {
        match self {
            Self::ContactId => false,
            Self::Kind(own) => own == kind,
            Self::Token => {
                matches!(
                    kind,
                    IdentifierKind::MobilePush | IdentifierKind::WebPush | IdentifierKind::Telegram
                )
            }
        }
    }
}

/// What a call does to the channels of a contact that it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelMode {
    /// Sets the value of each type that is sent, keeps types that are not sent, appends tokens.
    Set,
    /// Adds types that the contact lacks, never changes one that exists.
    AddMissing,
    /// Leaves them all.
    Keep,
}

/// What a call may do with the contact that it found, or did not find.
// Each power is granted by itself; an enum of their combinations would hide the table below.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Powers {
    /// Creates a contact when none is found.
    pub creates: bool,
    /// Restores a removed contact that the call names by its external ID or its contact ID (identity rule 2).
    pub restores: bool,
    /// Writes the attributes and segments of a contact that was found.
    pub writes: bool,
    /// What it does to the email and phone channels of a contact that was found. Changeable identifiers are claimed by
    /// every call (identity rule 4), an unknown external ID is adopted by every call (identity rule 3).
    pub channels: ChannelMode,
    /// Merges unclaimed contacts that hold the request's email or phone (identity rule 6).
    pub absorbs_unclaimed: bool,
}

use IdentifierKind::{ContactKey, Cookie, DeviceId, Email, ExternalId, Field, MobilePush, Phone, WebPush};
use Step::{ContactId, Kind, Token};

impl Call {
    /// The steps of the search, first to last.
    pub fn order(self) -> &'static [Step] {
        match self {
            Self::Upsert => &[
                Kind(ExternalId),
                Kind(Email),
                Kind(Phone),
                Token,
                Kind(DeviceId),
                Kind(Cookie),
            ],
            Self::Subscribe => &[Kind(ExternalId), Kind(Email), Kind(Phone)],
            Self::Update | Self::Patch => &[ContactId],
            Self::Order => &[Kind(ExternalId), Kind(Phone), Kind(Email)],
            Self::Event { .. } => &[
                ContactId,
                Kind(ExternalId),
                Kind(Email),
                Kind(Phone),
                Token,
                Kind(DeviceId),
                Kind(Cookie),
                Kind(ContactKey),
            ],
            Self::AppToken => &[ContactId, Kind(ExternalId), Kind(Phone), Kind(Email)],
            Self::Bulk { dedupe_on, .. } => match dedupe_on {
                DedupeOn::Email => &[Kind(ExternalId), Kind(Email)],
                DedupeOn::Sms => &[Kind(ExternalId), Kind(Phone)],
                DedupeOn::EmailOrSms => &[Kind(ExternalId), Kind(Phone), Kind(Email)],
                DedupeOn::MobilePush => &[Kind(ExternalId), Kind(MobilePush)],
                DedupeOn::WebPush => &[Kind(ExternalId), Kind(WebPush)],
                DedupeOn::Id => &[Kind(ExternalId), ContactId],
                DedupeOn::ExternalCustomerId => &[Kind(ExternalId)],
                DedupeOn::Field(_) => &[Kind(ExternalId), Kind(Field)],
            },
        }
    }

    /// What the call may do.
    pub fn powers(self) -> Powers {
        let full = Powers {
            creates: true,
            restores: true,
            writes: true,
            channels: ChannelMode::Set,
            absorbs_unclaimed: true,
        };
        let touch_nothing = Powers {
            creates: true,
            restores: true,
            writes: false,
            channels: ChannelMode::Keep,
            absorbs_unclaimed: false,
        };
        match self {
            Self::Upsert => full,
            Self::Subscribe => Powers {
                channels: ChannelMode::AddMissing,
                ..full
            },
            Self::Update => Powers { creates: false, ..full },
            Self::Patch => Powers {
                creates: false,
                restores: false,
                ..full
            },
            Self::Bulk { restore, .. } => Powers {
                restores: restore,
                ..full
            },
            Self::Order | Self::AppToken => touch_nothing,
            Self::Event { creates } => Powers {
                creates,
                restores: false,
                ..touch_nothing
            },
        }
    }

    /// Whether the call names its contact by contact ID alone. Only such a call replaces an external ID.
    pub fn is_by_contact_id(self) -> bool {
        self.order() == [ContactId]
    }

    /// The custom field that the call dedupes by.
    pub fn dedupe_field(self) -> Option<FieldId> {
        match self {
            Self::Bulk {
                dedupe_on: DedupeOn::Field(field),
                ..
            } => Some(field),
            _ => None,
        }
    }

    /// Whether an identifier of the key names a contact in this call. A value of a custom field does so only where the call dedupes by
    /// that field (identity rules, table of kinds), a contact key only in events (wire fact).
    pub fn names_by(self, key: &IdentifierKey) -> bool {
        match key.kind {
            Field => key.field().is_some() && key.field() == self.dedupe_field(),
            ContactKey => matches!(self, Self::Event { .. }),
            _ => true,
        }
    }

    /// The stable text of the call, for logs, metrics and the identity log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upsert => "upsert",
            Self::Subscribe => "subscribe",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Bulk { .. } => "bulk",
            Self::Order => "order",
            Self::Event { .. } => "event",
            Self::AppToken => "app_token",
        }
    }
}
