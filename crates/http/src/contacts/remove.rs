//! `DELETE contact/{id}` and `DELETE contact?externalCustomerId=`.

use super::condition::if_match;
use super::response::Sentence;
use crate::auth::{May, right};
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::{Id, Params};
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use axum::extract::State;
use http::HeaderMap;
use selfsame_domain::values::ExternalId;
use selfsame_domain::{Command, ContactId, ContactRef, Identifier};

/// Remove a contact; with `erase` for good.
///
/// A removed contact is hidden until an update by its number or its external ID restores it. An erased one leaves nothing.
#[utoipa::path(
    delete,
    path = "/api/v1/contact/{id}",
    operation_id = "deleteContact",
    tag = "contacts",
    params(
        ("id" = i64, Path, description = "The contact's number"),
        ("erase" = Option<bool>, Query, description = "Delete everything about the contact for good; false by default"),
        crate::docs::IdempotencyKey,
        crate::docs::IfMatch,
    ),
    responses(
        (status = 200, body = String, content_type = "application/json",
            description = "A text, in spite of its content type",
            example = json!("Contact with id='564407320' has been deleted")),
        crate::docs::WriteErrors,
        crate::docs::PreconditionFailed,
        (status = 404, description = "There is no such contact", body = String, content_type = "text/plain", example = json!("contact not found")),
    )
)]
pub(crate) async fn remove(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    Id(id): Id<ContactId>,
    params: Params,
    headers: HeaderMap,
    incoming: Incoming,
) -> Result<Decided<Sentence>, ApiError> {
    let command = Command::Remove {
        contact: ContactRef::Id(id),
        erase: erase(&params)?,
    };
    let command = if_match(&headers, id, command)?;
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    Ok(Decided(decision, Sentence::deleted(id)))
}

/// Remove the contact with an external ID; with `erase` for good.
#[utoipa::path(
    delete,
    path = "/api/v1/contact",
    operation_id = "deleteContactByExternalId",
    tag = "contacts",
    params(
        ("externalCustomerId" = String, Query, description = "The customer's own ID"),
        ("erase" = Option<bool>, Query, description = "Delete everything about the contact for good; false by default"),
        crate::docs::IdempotencyKey,
    ),
    responses(
        (status = 200, body = String, content_type = "application/json",
            description = "A text, in spite of its content type",
            example = json!("Contact with id='564407320' has been deleted")),
        crate::docs::WriteErrors,
        (status = 404, description = "There is no such contact", body = String, content_type = "text/plain", example = json!("contact not found")),
    )
)]
pub(crate) async fn remove_by_external_id(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    params: Params,
    incoming: Incoming,
) -> Result<Decided<Sentence>, ApiError> {
    let name = "externalCustomerId";
    let (text, erase) = match params.text(name) {
        Some(text) => (text.to_owned(), erase(&params)?),
        None => named_in_body(&incoming)?.ok_or_else(|| ApiError::invalid(name, "must be sent"))?,
    };
    let external_id = ExternalId::parse(&text).map_err(|error| ApiError::invalid(name, error))?;
    let contact = ContactRef::ExternalId(Identifier::external_id(&external_id));
    let command = Command::Remove { contact, erase };
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let id = decision
        .contact
        .ok_or(ApiError::Internal("a removal without contact"))?;
    Ok(Decided(decision, Sentence::deleted(id)))
}

/// The external ID and the `erase` flag of the body: a shop plug-in sends both there, without a query (wire fact).
fn named_in_body(incoming: &Incoming) -> Result<Option<(String, bool)>, ApiError> {
    let Ok(body) = incoming.object() else { return Ok(None) };
    let fields = body.fields();
    let mut problems = Problems::default();
    let text = fields.text("externalCustomerId", &mut problems).value();
    let erase = fields.boolean("erase", &mut problems).value().unwrap_or(false);
    problems.finish()?;
    Ok(text.map(|text| (text, erase)))
}

fn erase(params: &Params) -> Result<bool, ApiError> {
    let mut problems = Problems::default();
    let erase = params.flag("erase", false, &mut problems);
    problems.finish().map(|()| erase)
}
