//! The response form of a contact. Members without a value are left out: clients take `null` for a value (wire fact).

use crate::render::WIRE_JSON;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use selfsame_application::SegmentView;
use selfsame_application::ports::ContactDetails;
use selfsame_domain::values::{ChannelType, Device, WebPushSubscription};
use selfsame_domain::{AttributeKey, Contact, ContactId, HeldIdentifier, Segment};
use serde::Serialize;
use utoipa::ToSchema;

/// The number of the one address book (set of custom fields) that every workspace has.
pub(crate) const ADDRESS_BOOK_ID: i32 = 1;

/// The header with the number of all items, of which a list is one page.
pub(crate) const TOTAL_COUNT: HeaderName = HeaderName::from_static("totalcount");

/// A contact.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Contact)]
pub(crate) struct ContactBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Ann")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Smith")]
    last_name: Option<String>,
    channels: Vec<Channel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
    /// Custom fields.
    fields: Vec<FieldBody>,
    #[schema(example = 1)]
    address_book_id: i32,
    /// The contact's number.
    #[schema(example = 564_407_320)]
    id: i64,
    /// The customer's own ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "C-1001")]
    external_customer_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_key: Option<String>,
    /// Static segments.
    groups: Vec<Group>,
    /// Language tag (RFC 5646).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "uk")]
    language_code: Option<String>,
    /// Name of the time zone database.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/Kyiv")]
    time_zone: Option<String>,
}

/// A contact as a search lists it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BaseContact {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Ann")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Smith")]
    last_name: Option<String>,
    channels: Vec<Channel>,
    /// Custom fields.
    fields: Vec<FieldBody>,
    #[schema(example = 1)]
    address_book_id: i32,
    /// The contact's number.
    #[schema(example = 564_407_320)]
    id: i64,
}

/// A channel through which the contact is reached.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Channel {
    /// `email`, `sms`, `viber`, `mobilepush`, `webpush` or `telegram`.
    #[serde(rename = "type")]
    #[schema(example = "email")]
    kind: &'static str,
    /// As it was sent.
    #[schema(example = "ann@example.com")]
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<DeviceBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_push_subscription: Option<WebPushBody>,
}

/// The device of a mobile push token.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Device)]
pub(crate) struct DeviceBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    os: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_version: Option<String>,
    /// Whether the token takes messages.
    active: bool,
}

/// The subscription of a web push token.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebPushSubscription)]
pub(crate) struct WebPushBody {
    /// A number where it was sent as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    app_id: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    os: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_page: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sw_active_version: Option<String>,
}

/// A postal address: all four members, or no address at all (wire fact).
#[allow(clippy::struct_field_names, reason = "the wire protocol names it so")]
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Address {
    region: String,
    town: String,
    address: String,
    postcode: String,
}

/// The value of a custom field.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ContactField)]
pub(crate) struct FieldBody {
    /// The number of the field, as `addressbooks` lists it.
    id: i64,
    value: String,
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Group {
    #[schema(example = 7)]
    id: i64,
    #[schema(example = "Newsletter")]
    name: String,
    /// `Static` or `Dynamic`; a contact lists static ones alone.
    #[serde(rename = "type")]
    #[schema(example = "Static")]
    kind: &'static str,
}

/// The number of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct ContactIdBody {
    #[schema(example = 564_407_320)]
    pub(crate) id: i64,
}

impl From<&ContactDetails> for ContactBody {
    fn from(details: &ContactDetails) -> Self {
        let attributes = &details.contact.attributes;
        let text = |key| attributes.text(key).map(str::to_owned);
        let BaseContact {
            first_name,
            last_name,
            channels,
            fields,
            address_book_id,
            id,
        } = BaseContact::from(&details.contact);
        Self {
            first_name,
            last_name,
            channels,
            address: Address::of(&details.contact),
            fields,
            address_book_id,
            id,
            external_customer_id: details.contact.external_id().map(str::to_owned),
            contact_key: text(AttributeKey::ContactKey),
            groups: details.segments.iter().map(Group::from).collect(),
            language_code: text(AttributeKey::Language),
            time_zone: text(AttributeKey::TimeZone),
        }
    }
}

impl From<&Contact> for BaseContact {
    fn from(contact: &Contact) -> Self {
        let text = |key| contact.attributes.text(key).map(str::to_owned);
        Self {
            first_name: text(AttributeKey::FirstName),
            last_name: text(AttributeKey::LastName),
            channels: contact
                .channels()
                .into_iter()
                .map(|(channel, held)| Channel::of(channel, held))
                .collect(),
            fields: FieldBody::all(contact),
            address_book_id: ADDRESS_BOOK_ID,
            id: contact.id.0,
        }
    }
}

impl FieldBody {
    pub(super) fn all(contact: &Contact) -> Vec<Self> {
        let fields = contact.attributes.fields().map(|(id, value)| Self {
            id: id.0,
            value: value.to_wire(),
        });
        fields.collect()
    }
}

impl Address {
    pub(super) fn of(contact: &Contact) -> Option<Self> {
        let part = |key| contact.attributes.text(key).unwrap_or_default().to_owned();
        let address = Self {
            region: part(AttributeKey::Region),
            town: part(AttributeKey::Town),
            address: part(AttributeKey::Address),
            postcode: part(AttributeKey::Postcode),
        };
        let parts = [&address.region, &address.town, &address.address, &address.postcode];
        let any = parts.iter().any(|part| !part.is_empty());
        any.then_some(address)
    }
}

impl Channel {
    fn of(channel: ChannelType, held: &HeldIdentifier) -> Self {
        Self {
            kind: channel.as_wire(),
            value: held.identifier.typed.clone(),
            device: held.details.device.clone().map(DeviceBody::from),
            web_push_subscription: held.details.web_push.clone().map(WebPushBody::from),
        }
    }
}

impl From<Device> for DeviceBody {
    fn from(device: Device) -> Self {
        Self {
            app_id: device.app_id.map(String::from),
            device_model: device.device_model,
            os: device.os,
            locale: device.locale,
            client_version: device.client_version,
            app_version: device.app_version,
            active: device.active,
        }
    }
}

impl From<WebPushSubscription> for WebPushBody {
    fn from(web_push: WebPushSubscription) -> Self {
        let app_id = web_push.app_id.map(String::from);
        Self {
            app_id: app_id.map(|id| id.parse::<i32>().map_or(serde_json::Value::String(id), Into::into)),
            user_agent: web_push.user_agent,
            user_agent_version: web_push.user_agent_version,
            user_agent_language: web_push.user_agent_language,
            os: web_push.os,
            ip: web_push.ip,
            subscription_page: web_push.subscription_page,
            sw_active_version: web_push.sw_active_version,
        }
    }
}

impl From<&SegmentView> for Group {
    fn from(view: &SegmentView) -> Self {
        Self {
            id: view.id.0,
            name: view.name.as_str().to_owned(),
            kind: if view.formula.is_some() { "Dynamic" } else { "Static" },
        }
    }
}

impl From<&Segment> for Group {
    fn from(segment: &Segment) -> Self {
        Self {
            id: segment.id.0,
            name: segment.name.as_str().to_owned(),
            kind: "Static",
        }
    }
}

/// The answer to a change of a contact: a text that clients compare character by character, with the content type of JSON
/// (wire fact).
#[derive(Debug, Clone)]
pub(crate) struct Sentence(pub(crate) String);

impl Sentence {
    pub(crate) fn updated(id: ContactId) -> Self {
        Self(format!("Contact with id='{id}' has been updated"))
    }

    pub(crate) fn deleted(id: ContactId) -> Self {
        Self(format!("Contact with id='{id}' has been deleted"))
    }
}

impl IntoResponse for Sentence {
    fn into_response(self) -> Response {
        (StatusCode::OK, [(header::CONTENT_TYPE, WIRE_JSON)], self.0).into_response()
    }
}

/// The bare array of a page, and the number of all in a header (wire fact).
#[derive(Debug, Clone)]
pub(crate) struct Listed<T> {
    pub(crate) items: Vec<T>,
    pub(crate) total: u64,
}

impl<T: Serialize> IntoResponse for Listed<T> {
    fn into_response(self) -> Response {
        ([(TOTAL_COUNT, HeaderValue::from(self.total))], axum::Json(self.items)).into_response()
    }
}
