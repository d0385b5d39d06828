//! `GET webhooks/{id}/deliveries`.

use crate::auth::{May, right};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paging::Paging;
use crate::paths::{Id, Params};
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use selfsame_application::ports::{Delivery, DeliveryPlace, DeliveryQuery};
use selfsame_domain::webhooks::DeliveryStatus;
use selfsame_domain::{MessageId, Revision, WebhookId};
use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

/// The last answer of an endpoint to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EndpointAnswer)]
pub(super) struct AnswerBody {
    /// The status; null when there was no answer.
    #[schema(example = 500)]
    status: Option<u16>,
    /// The beginning of the body, or why there was no answer.
    #[schema(example = "the database is gone")]
    detail: String,
    at: DateTime<Utc>,
}

/// A message of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryBody {
    /// Its `webhook-id`.
    #[schema(example = "msg_5f2c1a7e0b3d8c4d9e6f7a8b9c0d1e2f")]
    id: String,
    /// The commit of the change.
    #[schema(example = 1205)]
    revision: i64,
    /// The kind of the change.
    #[schema(example = "created")]
    kind: &'static str,
    /// The contact's number.
    #[schema(example = 564_407_320)]
    contact_id: i64,
    /// `pending`, `delivered` or `dead` (ten attempts failed; it is sent again by `replay` alone).
    #[schema(example = "pending")]
    status: &'static str,
    /// How many attempts were made.
    #[schema(example = 1)]
    attempts: u32,
    /// The earliest time of the next attempt; null unless it is pending.
    next_try_at: Option<DateTime<Utc>>,
    /// The last answer; null before the first attempt.
    last_response: Option<AnswerBody>,
}

impl From<&Delivery> for DeliveryBody {
    fn from(delivery: &Delivery) -> Self {
        let state = &delivery.state;
        let is_pending = state.status == DeliveryStatus::Pending;
        Self {
            id: delivery.message.to_header(),
            revision: delivery.revision.0,
            kind: delivery.kind.as_str(),
            contact_id: delivery.contact.0,
            status: state.status.as_str(),
            attempts: state.attempts,
            next_try_at: is_pending.then_some(state.next_try_at),
            last_response: state.last.as_ref().map(|(answer, at)| AnswerBody {
                status: answer.status,
                detail: answer.detail.clone(),
                at: *at,
            }),
        }
    }
}

/// A page of messages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeliveries)]
pub(super) struct Deliveries {
    /// The messages, the latest change first.
    items: Vec<DeliveryBody>,
    /// The `cursor` of the next page; null after the last one.
    next: Option<String>,
}

/// A cursor: `REVISION.PLACE.MESSAGE`.
struct Cursor(DeliveryPlace);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DeliveryPlace {
            revision,
            place,
            message,
        } = self.0;
        write!(f, "{revision}.{place}.{}", message.to_header())
    }
}

impl Cursor {
    fn read(text: &str) -> Option<Self> {
        let (revision, rest) = text.split_once('.')?;
        let (place, message) = rest.split_once('.')?;
        Some(Self(DeliveryPlace {
            revision: Revision(revision.parse().ok()?),
            place: place.parse().ok().filter(|place| i32::try_from(*place).is_ok())?,
            message: MessageId::from_header(message)?,
        }))
    }
}

/// The messages of a webhook.
///
/// Delivered ones of the last day, dead ones of the last 30 days, and all that wait. `status=dead` lists the dead letters.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{id}/deliveries",
    operation_id = "listWebhookDeliveries",
    tag = "changes",
    params(
        ("id" = String, Path, description = "The webhook."),
        ("status" = Option<String>, Query, description = "`pending`, `delivered` or `dead`; all without."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 500; 50 without."),
    ),
    responses((status = 200, description = "A page of messages.", body = Deliveries, example = json!({"items": [{
        "id": "msg_5f2c1a7e0b3d8c4d9e6f7a8b9c0d1e2f", "revision": 1205, "kind": "created", "contactId": 564_407_320, "status": "pending",
        "attempts": 1, "nextTryAt": "2025-01-01T08:00:05Z",
        "lastResponse": {"status": 500, "detail": "the database is gone", "at": "2025-01-01T08:00:00Z"}
    }], "next": null})), RefusedOrMissing),
)]
pub(super) async fn deliveries(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(webhook): Id<WebhookId>,
    params: Params,
) -> Result<Json<Deliveries>, ApiError> {
    let workspace = auth.workspace();
    let mut problems = Problems::default();
    let status = params.text("status").and_then(|text| {
        let known = DeliveryStatus::ALL.map(DeliveryStatus::as_str).join(", ");
        let status = DeliveryStatus::from_text(text).ok_or_else(|| format!("must be one of {known}"));
        problems.check("status", status)
    });
    let paging = Paging::read_with(&params, &mut problems, Cursor::read);
    problems.finish()?;
    let store = state.app.store();
    store
        .webhook(workspace, webhook)
        .await?
        .ok_or(ApiError::NotFound("webhook"))?;
    let query = DeliveryQuery {
        workspace,
        webhook,
        status,
        before: paging.cursor.as_ref().map(|cursor| cursor.0),
        limit: paging.read_limit(),
    };
    let found = store.deliveries(&query).await?;
    let (items, next) = paging.cut(found, |delivery| Cursor(delivery.at()));
    let items = items.iter().map(DeliveryBody::from).collect();
    Ok(Json(Deliveries { items, next }))
}
