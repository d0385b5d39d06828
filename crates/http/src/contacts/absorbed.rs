//! An absorbed contact in an export. Members without a value are left out, as in a contact.

use super::response::{Address, FieldBody};
use chrono::{DateTime, Utc};
use selfsame_application::ports::ContactGroup;
use selfsame_domain::{AttributeKey, Contact};
use serde::Serialize;
use utoipa::ToSchema;

/// What an absorbed contact had itself: what undoing its merge brings back. Its identifiers are among those of `identity`, where `broughtBy`
/// has its number.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AbsorbedContact)]
pub(crate) struct AbsorbedBody {
    /// Its number.
    #[schema(example = 564_407_321)]
    id: i64,
    /// The contact that absorbed it.
    #[schema(example = 564_407_320)]
    merged_into: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Anna")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
    /// Custom fields.
    fields: Vec<FieldBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_key: Option<String>,
    /// Language tag (RFC 5646).
    #[serde(skip_serializing_if = "Option::is_none")]
    language_code: Option<String>,
    /// Name of the time zone database.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    /// Numbers of the static segments that it was in; also of those that its survivor was taken out of since.
    groups: Vec<i64>,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When a request last changed something about it that can be observed.
    updated_at: DateTime<Utc>,
}

impl AbsorbedBody {
    /// The absorbed contacts of a group, by number.
    pub(crate) fn all(group: &ContactGroup) -> Vec<Self> {
        let survivor = &group.details.contact;
        group
            .absorbed
            .iter()
            .map(|absorbed| Self::of(absorbed, survivor))
            .collect()
    }

    fn of(absorbed: &Contact, survivor: &Contact) -> Self {
        let text = |key| absorbed.attributes.text(key).map(str::to_owned);
        let brought = survivor.memberships.iter().filter(|member| member.home == absorbed.id);
        Self {
            id: absorbed.id.0,
            merged_into: absorbed.merged_into.map(|id| id.0),
            first_name: text(AttributeKey::FirstName),
            last_name: text(AttributeKey::LastName),
            address: Address::of(absorbed),
            fields: FieldBody::all(absorbed),
            contact_key: text(AttributeKey::ContactKey),
            language_code: text(AttributeKey::Language),
            time_zone: text(AttributeKey::TimeZone),
            groups: brought.map(|member| member.segment.0).collect(),
            created_at: absorbed.created_at,
            updated_at: absorbed.updated_at,
        }
    }
}
