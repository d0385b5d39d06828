//! Response forms of the entries of a history.

use crate::error::ApiError;
use crate::identity::DecisionBody;
use crate::orders::OrderBody;
use chrono::{DateTime, Utc};
use selfsame_application::TimelineItem;
use selfsame_domain::{ContactId, Event, Origin, PAGE_VIEW, Subject};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

/// An entry of a timeline. The member `type` says which.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = TimelineItem)]
pub(crate) enum ItemBody {
    /// An event.
    Event(EventBody),
    /// A page view.
    PageView(EventBody),
    /// An order.
    Order(OrderItem),
    /// A decision about the contact's identity.
    Decision(DecisionItem),
}

/// An event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event)]
pub(crate) struct EventBody {
    /// Its identity.
    id: Uuid,
    /// When it happened.
    at: DateTime<Utc>,
    /// When it came.
    received_at: DateTime<Utc>,
    /// What sort of event it is.
    #[schema(example = "wishlistAdded")]
    event_type_key: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_value: Option<String>,
    /// Its source: `api`, `web`, `mobile`, or `selfsame` for one of its own.
    #[schema(example = "api")]
    origin: &'static str,
    /// What else is known about it.
    #[schema(value_type = Object, example = json!({"product": "4711"}))]
    params: Box<RawValue>,
    /// The history that it was in when it happened.
    from: FromBody,
}

/// The history that an entry was in when it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = From)]
pub(crate) enum FromBody {
    /// The contact's own.
    Own,
    /// That of a contact that it absorbed, or of another one.
    #[serde(rename_all = "camelCase")]
    Contact {
        /// Which.
        contact_id: i64,
    },
    /// That of a visitor: no contact was known behind the identifier, it was a cookie's, or it came late, when the token or the device was
    /// another's.
    #[serde(rename_all = "camelCase")]
    Visitor {
        /// Which.
        visitor_id: Uuid,
    },
    /// That of no contact and no visitor.
    Nobody,
}

/// An order in a timeline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TimelineOrder)]
pub(crate) struct OrderItem {
    /// Its date.
    at: DateTime<Utc>,
    /// The order as it is now.
    order: Box<OrderBody>,
    /// To whom it was given.
    from: FromBody,
}

/// A decision in a timeline.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionItem {
    /// When it was made.
    at: DateTime<Utc>,
    /// Whom it touched.
    from: FromBody,
    /// The decision.
    decision: DecisionBody,
}

impl FromBody {
    /// The source of an entry in the history of `contact`: the contact or the visitor that produced it.
    fn of(subject: Option<Subject>, contact: Option<ContactId>) -> Self {
        match subject {
            Some(Subject::Contact(id)) if Some(id) == contact => Self::Own,
            Some(Subject::Contact(id)) => Self::Contact { contact_id: id.0 },
            Some(Subject::Visitor(id)) => Self::Visitor { visitor_id: id.0 },
            None => Self::Nobody,
        }
    }
}

impl EventBody {
    /// The response form of an event, in the history of a contact if one is given.
    pub(super) fn of(event: Event, contact: Option<ContactId>) -> Result<Self, ApiError> {
        let from = FromBody::of(event.subject, contact);
        let params = RawValue::from_string(event.params.as_json().to_owned());
        Ok(Self {
            id: event.id.0,
            at: event.occurred_at,
            received_at: event.received_at,
            event_type_key: event.type_key.into(),
            key_value: event.key_value.map(String::from),
            origin: Origin::as_str(event.origin),
            params: params.map_err(|_| ApiError::Internal("stored parameters that are no JSON"))?,
            from,
        })
    }
}

impl ItemBody {
    pub(super) fn of(item: TimelineItem, contact: ContactId) -> Result<Self, ApiError> {
        Ok(match item {
            TimelineItem::Decision(touched, decision) => Self::Decision(DecisionItem {
                at: decision.at,
                from: FromBody::of(Some(Subject::Contact(touched)), Some(contact)),
                decision: DecisionBody::from(&decision),
            }),
            TimelineItem::Order(order) => Self::Order(OrderItem {
                at: order.date,
                from: FromBody::of(Some(Subject::Contact(order.contact)), Some(contact)),
                order: Box::new(OrderBody::from(*order)),
            }),
            TimelineItem::Event(event) if event.type_key.as_str() == PAGE_VIEW => {
                Self::PageView(EventBody::of(event, Some(contact))?)
            }
            TimelineItem::Event(event) => Self::Event(EventBody::of(event, Some(contact))?),
        })
    }
}
