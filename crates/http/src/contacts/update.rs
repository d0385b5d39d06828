//! `PUT contact/{id}`.

use super::condition::if_match;
use super::request;
use super::response::Sentence;
use crate::auth::Recognised;
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::{Fields, Problems, Sent};
use crate::paths::{ApiPath, contact_id};
use crate::reply::{Decided, submit_read};
use crate::state::HttpState;
use axum::extract::State;
use http::HeaderMap;
use selfsame_domain::values::Source;
use selfsame_domain::{Action, Call, Command, ContactId, ContactRequest, Policy};
use serde_json::Value;

/// Update one contact by its number.
///
/// Members that are omitted, `null` or blank are kept; what clears is `PATCH contact/{id}`. A removed contact is restored. An external ID that another contact holds is an error
/// that names the holder. The whole contact may be wrapped in `contact`.
#[utoipa::path(
    put,
    path = "/api/v1/contact/{id}",
    operation_id = "updateContact",
    tag = "contacts",
    params(("id" = i64, Path, description = "The contact's number"), crate::docs::IdempotencyKey, crate::docs::IfMatch),
    request_body(content = crate::docs::ContactInput, content_type = "application/json",
        example = json!({"lastName": "Smith", "timeZone": "Europe/Kyiv"})),
    responses(
        (status = 200, body = String, content_type = "application/json",
            description = "A text, in spite of its content type",
            example = json!("Contact with id='564407320' has been updated")),
        crate::docs::WriteErrors,
        (status = 404, description = "There is no such contact", body = String, content_type = "text/plain", example = json!("contact not found")),
        (status = 409, description = "The same request came within the workspace's window", content_type = "text/plain",
            body = String, example = json!("Duplicated request")),
        crate::docs::PreconditionFailed,
    )
)]
pub(crate) async fn update(
    State(state): State<HttpState>,
    caller: Recognised,
    ApiPath(id): ApiPath<String>,
    headers: HeaderMap,
    incoming: Incoming,
) -> Result<Decided<Sentence>, ApiError> {
    let decision = submit_read(&state, &caller, &incoming, |auth| {
        auth.allow(Action::Write)?;
        let id = contact_id("id", &id)?;
        let body = incoming.object()?;
        let mut problems = Problems::default();
        let request = read(id, &body.fields(), &auth.0.workspace.policy, &mut problems);
        problems.finish()?;
        let command = if_match(&headers, id, Command::Contact(Call::Update, Box::new(request)))?;
        Ok((command, Some(body)))
    });
    let decision = decision.await?;
    Ok(Decided(decision, Sentence::updated(contact_id("id", &id)?)))
}

/// Reads the update. The call changes no segments (wire fact).
pub(crate) fn read(id: ContactId, body: &Fields<'_>, policy: &Policy, problems: &mut Problems) -> ContactRequest {
    let fields = unwrapped(body);
    let mut request = request::read(&fields, Source::Api, policy, problems);
    request.contact_id = Some(id);
    request::refuse_unreadable(&request, Call::Update, policy, problems);
    if let Sent::Value(_) = fields.raw("groups") {
        let reason = "an update changes no segments: send POST contact, or attach the contact to them";
        request
            .skipped
            .push(request::skipped(&fields.pointer("groups"), reason));
    }
    request
}

/// The members of the contact, also if the client wrapped them in `contact` (wire fact).
fn unwrapped<'a>(fields: &Fields<'a>) -> Fields<'a> {
    match fields.raw("contact") {
        Sent::Value(Value::Object(contact)) => Fields::of(Some(contact), fields.pointer("contact")),
        _ => fields.clone(),
    }
}
