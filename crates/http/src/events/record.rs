//! `POST event`, in three versions.

use super::request::{self, Form};
use crate::auth::{EventRecognised, Recognised};
use crate::body::{Incoming, members};
use crate::docs::CookiesInput;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::reply::{Decided, submit_read};
use crate::state::HttpState;
use axum::extract::{Request, State};
use selfsame_domain::{Action, Command, Origin};

/// The most bytes of an event (wire fact: 20 KB).
const MAX_BYTES: usize = 20 * 1024;

members! {
    /// An event. Its contact is named by the parameters `contactId`, `externalCustomerId`, `email`, `phone`,
    /// `pushToken` or `contactKey`, of which the first in this order that finds a contact counts.
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
        cookies: Option<CookiesInput>,
    }
}

members! {
    /// A parameter of an event.
    pub(crate) struct ParamInput {
        /// Compared without regard to case where it says who it was.
        name: String,
        /// Any JSON value; a text in the first version.
        value: Option<Value>,
    }
}

members! {
    /// An event whose parameters are an object.
    pub(crate) struct EventObjectInput {
        #[schema(max_length = 100, example = "wishlistAdded")]
        event_type_key: String,
        #[schema(max_length = 300)]
        key_value: Option<String>,
        #[schema(max_length = 100)]
        event_id: Option<String>,
        /// Names with values.
        params: Option<Object>,
        #[schema(max_length = 250)]
        device_id: Option<String>,
        cookies: Option<CookiesInput>,
    }
}

impl<'a> From<EventObjectInput<'a>> for EventInput<'a> {
    fn from(sent: EventObjectInput<'a>) -> Self {
        Self {
            event_type_key: sent.event_type_key,
            key_value: sent.key_value,
            event_id: sent.event_id,
            params: sent.params,
            device_id: sent.device_id,
            cookies: sent.cookies,
        }
    }
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
        let fields = body.fields();
        let sent = match form {
            Form::Pairs => EventInput::of(&fields),
            Form::Object => EventObjectInput::of(&fields).into(),
        };
        let mut problems = Problems::default();
        let place = (fields.here(), form);
        let read = request::read(sent, place, Origin::Api, &auth.0.workspace.policy, &mut problems);
        problems.finish()?;
        let event = read.ok_or(ApiError::Internal("an event without problems that cannot be read"))?;
        Ok((Command::Event(Box::new(event)), None))
    });
    Ok(Decided(decision.await?, ()))
}
