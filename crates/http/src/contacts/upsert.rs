//! `POST contact`.

use super::request;
use super::response::ContactIdBody;
use crate::auth::{Authenticated, Recognised};
use crate::body::Incoming;
use crate::docs::ContactInput;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::reply::{Decided, ReadCommand, submit_read};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::values::Source;
use selfsame_domain::{Action, Call, Command, Decision};

/// Add or update one contact.
///
/// Searches by `externalCustomerId` (a removed contact is restored), then email, phone, push and Telegram tokens, device, cookie.
/// What cannot be read is left out and reported by the decision. The request is refused when its external ID cannot be read, or when no
/// usable identifier is left.
#[utoipa::path(
    post,
    path = "/api/v1/contact",
    operation_id = "addContact",
    tag = "contacts",
    params(crate::docs::IdempotencyKey),
    request_body(content = crate::docs::ContactInput, content_type = "application/json", example = json!({
        "firstName": "Ann",
        "channels": [{"type": "email", "value": "ann@example.com"}, {"type": "sms", "value": "+380501234567"}],
        "externalCustomerId": "C-1001",
        "fields": [{"id": 3, "value": "blue"}],
        "cookies": {"sc": "5c1f"}
    })),
    responses(
        (status = 200, description = "The contact's number", body = ContactIdBody,
            example = json!({"id": 564_407_320})),
        crate::docs::WriteErrors,
        (status = 409, description = "The same request came within the workspace's window", content_type = "text/plain",
            body = String, example = json!("Duplicated request")),
    )
)]
pub(crate) async fn upsert(
    State(state): State<HttpState>,
    caller: Recognised,
    incoming: Incoming,
) -> Result<Decided<Json<ContactIdBody>>, ApiError> {
    let decision = submit_read(&state, &caller, &incoming, |auth| read(auth, &incoming)).await?;
    let body = contact_of(&decision)?;
    Ok(Decided(decision, Json(body)))
}

fn read(auth: &Authenticated, incoming: &Incoming) -> Result<ReadCommand, ApiError> {
    auth.allow(Action::Write)?;
    let body = incoming.object()?;
    let mut problems = Problems::default();
    let mut request = request::read(&body.fields(), Source::Api, &auth.0.workspace.policy, &mut problems);
    request::read_groups(ContactInput::of(&body.fields()).groups, &mut request, &mut problems);
    request::refuse_unreadable(&request, Call::Upsert, &auth.0.workspace.policy, &mut problems);
    problems.finish()?;
    Ok((Command::Contact(Call::Upsert, Box::new(request)), Some(body)))
}

/// The contact that a decision is about.
pub(super) fn contact_of(decision: &Decision) -> Result<ContactIdBody, ApiError> {
    let id = decision
        .contact
        .ok_or(ApiError::Internal("a decision without contact"))?;
    Ok(ContactIdBody { id: id.0 })
}
