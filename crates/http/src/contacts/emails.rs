//! `GET contacts/email`.

use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::{MAX_ROWS, Params, contact_id};
use crate::reply::OneOrMany;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::ContactId;
use serde::Serialize;
use utoipa::ToSchema;

/// Emails of contacts.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ContactEmails {
    /// One entry for every contact that has an email, in the order of the request; an object for a single one.
    results: OneOrMany<ContactEmail>,
}

/// The email of a contact.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactEmail {
    /// The requested number, as it was sent.
    #[schema(example = 564_407_320)]
    contact_id: i64,
    /// As it was sent.
    #[schema(example = "ann@example.com")]
    email: String,
}

/// Emails of several contacts.
#[utoipa::path(
    get,
    path = "/api/v1/contacts/email",
    operation_id = "getContactEmails",
    tag = "contacts",
    params(("ids" = String, Query, description = "Numbers of at most 500 contacts, separated by commas", example = "1,2")),
    responses(
        (status = 200, description = "The emails", body = ContactEmails,
            example = json!({"results": {"contactId": 564_407_320, "email": "ann@example.com"}})),
        crate::docs::ReadErrors,
    )
)]
pub(crate) async fn emails(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    params: Params,
) -> Result<Json<ContactEmails>, ApiError> {
    let ids = read(&params)?;
    let found = state.app.store().emails(auth.workspace(), &ids).await?;
    let emails = found.into_iter().map(|(id, email)| ContactEmail {
        contact_id: id.0,
        email,
    });
    let results = emails.collect::<Vec<_>>().into();
    Ok(Json(ContactEmails { results }))
}

fn read(params: &Params) -> Result<Vec<ContactId>, ApiError> {
    let text = params
        .text("ids")
        .ok_or_else(|| ApiError::invalid("ids", "must be sent"))?;
    let texts: Vec<&str> = text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect();
    if texts.len() as u64 > MAX_ROWS {
        return Err(ApiError::invalid(
            "ids",
            format!("must have at most {MAX_ROWS} entries, not {}", texts.len()),
        ));
    }
    texts.into_iter().map(|text| contact_id("ids", text)).collect()
}
