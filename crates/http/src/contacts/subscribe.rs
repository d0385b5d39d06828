//! `POST contact/subscribe`.

use super::{request, upsert};
use crate::auth::Recognised;
use crate::body::Incoming;
use crate::docs::{ContactInput, SubscribeInput};
use crate::error::ApiError;
use crate::fields::{Fields, NOT_A_TEXT, Problems, Sent, name_of, why};
use crate::reply::{Decided, submit_read};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::values::{CategoryKey, FormType, Source};
use selfsame_domain::{Action, Call, Command, ContactRequest, Outcome, Policy, SubscribeStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// What became of a subscription.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscribeBody {
    /// The contact's number.
    #[schema(example = 564_407_320)]
    id: i64,
    /// `NEED_CONFIRMATION`, `SUBSCRIBED`, `ALREADY_SUBSCRIBED` or `BLACKLISTED`; missing when the request names no email, or one that the contact
    /// does not show: the decision says why (`kept_apart`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "NEED_CONFIRMATION")]
    email_status: Option<SubscribeStatus>,
    /// Whether the contact was made by this call.
    new: bool,
}

/// Subscribe one contact.
///
/// Searches by `externalCustomerId`, then email, then phone. Changes no channel that exists. A new email is unconfirmed.
/// Groups are names of static segments and are made when they are missing. What cannot be read is left out and reported as in
/// `POST contact`.
#[utoipa::path(
    post,
    path = "/api/v1/contact/subscribe",
    operation_id = "subscribeContact",
    tag = "contacts",
    params(crate::docs::IdempotencyKey),
    request_body(content = crate::docs::SubscribeInput, content_type = "application/json", example = json!({
        "contact": {"channels": [{"type": "email", "value": "ann@example.com"}]},
        "groups": ["Newsletter"],
        "subscriptions": ["news"],
        "formType": "footer"
    })),
    responses(
        (status = 200, description = "What became of the subscription", body = SubscribeBody,
            example = json!({"id": 564_407_320, "emailStatus": "NEED_CONFIRMATION", "new": true})),
        crate::docs::WriteErrors,
        (status = 409, description = "The same request came within the workspace's window", content_type = "text/plain",
            body = String, example = json!("Duplicated request")),
    )
)]
pub(crate) async fn subscribe(
    State(state): State<HttpState>,
    caller: Recognised,
    incoming: Incoming,
) -> Result<Decided<Json<SubscribeBody>>, ApiError> {
    let decision = submit_read(&state, &caller, &incoming, |auth| {
        auth.allow(Action::Write)?;
        let body = incoming.object()?;
        let request = read(&body.fields(), &auth.0.workspace.policy)?;
        Ok((Command::Contact(Call::Subscribe, Box::new(request)), Some(body)))
    });
    let decision = decision.await?;
    let body = SubscribeBody {
        id: upsert::contact_of(&decision)?.id,
        email_status: decision.email_status,
        new: decision.outcome == Outcome::Created,
    };
    Ok(Decided(decision, Json(body)))
}

pub(crate) fn read(fields: &Fields<'_>, policy: &Policy) -> Result<ContactRequest, ApiError> {
    let mut problems = Problems::default();
    let sent = SubscribeInput::of(fields);
    let contact = match sent.contact.object(&mut problems) {
        Sent::Value(contact) => contact,
        Sent::Nothing | Sent::Null => {
            problems.finish()?;
            return Err(ApiError::invalid(sent.contact.pointer(), "must be sent: an object"));
        }
    };
    let mut request = request::read(&contact, Source::Subscription, policy, &mut problems);
    request.confirmed = false;
    request::read_cookies(sent.cookies, policy, &mut problems, &mut request);
    request::read_groups(ContactInput::of(&contact).groups, &mut request, &mut problems);
    request::read_groups(sent.groups, &mut request, &mut problems);
    for (pointer, key) in request::read_texts(sent.subscriptions, &mut request, &mut problems) {
        match CategoryKey::parse(&key) {
            Ok(key) => request.categories.push(key),
            Err(error) => request.skipped.push(request::skipped(&pointer, error)),
        }
    }
    if let Some(value) = sent.form_type.sent().value() {
        let read = name_of(value).ok_or_else(|| why(value, NOT_A_TEXT).to_owned());
        match read.and_then(|text| FormType::parse(&text).map_err(|error| error.to_string())) {
            Ok(form) => request.form_type = Some(form),
            Err(reason) => request
                .skipped
                .push(request::skipped(&sent.form_type.pointer(), reason)),
        }
    }
    request::refuse_unreadable(&request, Call::Subscribe, policy, &mut problems);
    problems.finish()?;
    Ok(request)
}
