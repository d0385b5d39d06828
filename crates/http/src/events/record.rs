//! `POST event`, in three versions.

use super::request::{self, Form};
use crate::auth::{EventRecognised, Recognised};
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::reply::{Decided, submit_read};
use crate::state::HttpState;
use axum::extract::{Request, State};
use selfsame_domain::{Action, Command, Origin};
use serde_json::Value;
use utoipa::ToSchema;

/// The most bytes of an event (wire fact: 20 KB).
const MAX_BYTES: usize = 20 * 1024;

/// An event. Its contact is named by the parameters `contactId`, `externalCustomerId`, `email`, `phone`,
/// `pushToken` or `contactKey`, of which the first in this order that finds a contact counts.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what super::request reads")]
#[schema(rename_all = "camelCase")]
pub(crate) struct EventInput {
    /// What sort of event it is. Without angle brackets, quotes, slashes, and `; | ^ ? ! ,`.
    #[schema(max_length = 100, example = "wishlistAdded")]
    event_type_key: String,
    /// What it is about. Needed where no parameter says who did it.
    #[schema(max_length = 300)]
    key_value: Option<String>,
    /// An identity of your own: an event with the same one is stored once.
    #[schema(max_length = 100)]
    event_id: Option<String>,
    /// A list of names and values. Of a name that comes twice the last value counts.
    #[schema(max_items = 500)]
    params: Option<Vec<ParamInput>>,
    /// The device that it happened on.
    #[schema(max_length = 250)]
    device_id: Option<String>,
    /// The web visitor's cookie.
    #[schema(value_type = Option<crate::docs::CookiesInput>)]
    cookies: Option<Value>,
}

/// A parameter of an event.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what super::request reads")]
pub(crate) struct ParamInput {
    /// Compared without regard to case where it says who it was.
    name: String,
    /// Any JSON value; a text in the first version.
    value: Option<Value>,
}

/// An event whose parameters are an object.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what super::request reads")]
#[schema(rename_all = "camelCase")]
pub(crate) struct EventObjectInput {
    #[schema(max_length = 100, example = "wishlistAdded")]
    event_type_key: String,
    #[schema(max_length = 300)]
    key_value: Option<String>,
    #[schema(max_length = 100)]
    event_id: Option<String>,
    /// Names with values.
    #[schema(value_type = Option<Object>)]
    params: Option<Value>,
    #[schema(max_length = 250)]
    device_id: Option<String>,
    #[schema(value_type = Option<crate::docs::CookiesInput>)]
    cookies: Option<Value>,
}

/// Record an event.
///
/// It is kept with the contact that it names. Where no contact is found it is kept with the identifier, and joins the contact that
/// gets it later; if its type creates contacts, one is made (see `PATCH event-types/{key}`). Answered with an empty body.
#[utoipa::path(
    post,
    path = "/api/v1/event",
    operation_id = "recordEvent",
    tag = "events",
    params(crate::docs::IdempotencyKey),
    request_body(content = EventInput, content_type = "application/json", example = json!({
        "eventTypeKey": "wishlistAdded",
        "params": [{"name": "email", "value": "ann@example.com"}, {"name": "product", "value": "4711"}]
    })),
    responses(
        (status = 200, description = "It is stored; the body is empty"),
        crate::docs::WriteErrors,
        (status = 404, description = "`contactId` is no contact's", content_type = "text/plain", body = String,
            example = json!("contact not found")),
    )
)]
pub(crate) async fn v1(
    State(state): State<HttpState>,
    EventRecognised(caller): EventRecognised,
    request: Request,
) -> Result<Decided<()>, ApiError> {
    record(&state, &caller, Form::Pairs, request).await
}

/// Record an event, with parameters of any JSON value.
///
/// As `POST /api/v1/event`.
#[utoipa::path(
    post,
    path = "/api/v2/event",
    operation_id = "recordEventV2",
    tag = "events",
    params(crate::docs::IdempotencyKey),
    request_body(content = EventInput, content_type = "application/json", example = json!({
        "eventTypeKey": "cartChanged",
        "params": [{"name": "externalCustomerId", "value": "C-1001"}, {"name": "items", "value": [{"id": 7, "quantity": 2}]}]
    })),
    responses(
        (status = 200, description = "It is stored; the body is empty"),
        crate::docs::WriteErrors,
        (status = 404, description = "`contactId` is no contact's", content_type = "text/plain", body = String,
            example = json!("contact not found")),
    )
)]
pub(crate) async fn v2(
    State(state): State<HttpState>,
    EventRecognised(caller): EventRecognised,
    request: Request,
) -> Result<Decided<()>, ApiError> {
    record(&state, &caller, Form::Pairs, request).await
}

/// Record an event, with its parameters as an object.
///
/// As `POST /api/v1/event`.
#[utoipa::path(
    post,
    path = "/api/v3/event",
    operation_id = "recordEventV3",
    tag = "events",
    params(crate::docs::IdempotencyKey),
    request_body(content = EventObjectInput, content_type = "application/json", example = json!({
        "eventTypeKey": "cartChanged",
        "params": {"externalCustomerId": "C-1001", "items": [{"id": 7, "quantity": 2}]}
    })),
    responses(
        (status = 200, description = "It is stored; the body is empty"),
        crate::docs::WriteErrors,
        (status = 404, description = "`contactId` is no contact's", content_type = "text/plain", body = String,
            example = json!("contact not found")),
    )
)]
pub(crate) async fn v3(
    State(state): State<HttpState>,
    EventRecognised(caller): EventRecognised,
    request: Request,
) -> Result<Decided<()>, ApiError> {
    record(&state, &caller, Form::Object, request).await
}

/// Records an event. Every version takes both forms of parameters, because clients mix them.
async fn record(state: &HttpState, caller: &Recognised, form: Form, request: Request) -> Result<Decided<()>, ApiError> {
    let incoming = Incoming::read(request, MAX_BYTES).await?;
    let decision = submit_read(state, caller, &incoming, |auth| {
        auth.allow(Action::Events)?;
        let body = incoming.object()?;
        let mut problems = Problems::default();
        let read = request::read(
            &body.fields(),
            form,
            Origin::Api,
            &auth.0.workspace.policy,
            &mut problems,
        );
        problems.finish()?;
        let event = read.ok_or(ApiError::Internal("an event without problems that cannot be read"))?;
        Ok((Command::Event(Box::new(event)), None))
    });
    Ok(Decided(decision.await?, ()))
}
