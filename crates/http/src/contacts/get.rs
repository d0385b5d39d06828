//! `GET contact/{id}`.

use super::condition::entity_tag;
use super::response::ContactBody;
use crate::auth::{Authenticated, May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::ETAG;
use selfsame_application::ports::ContactDetails;
use selfsame_domain::ContactId;

/// Read one contact by its number. The number of a merged contact is answered by the one that absorbed it.
#[utoipa::path(
    get,
    path = "/api/v1/contact/{id}",
    operation_id = "getContact",
    tag = "contacts",
    params(("id" = i64, Path, description = "The contact's number")),
    responses(
        (status = 200, description = "The contact", body = ContactBody, headers(("ETag" = String, description = "The revision of the contact, for `If-Match`")), example = json!({
            "firstName": "Ann",
            "channels": [{"type": "email", "value": "ann@example.com"}],
            "fields": [{"id": 3, "value": "blue"}],
            "addressBookId": 1,
            "id": 564_407_320,
            "externalCustomerId": "C-1001",
            "groups": [{"id": 7, "name": "Newsletter", "type": "Static"}]
        })),
        crate::docs::ReadErrors,
        (status = 404, description = "There is no such contact", body = String, content_type = "text/plain", example = json!("contact not found")),
    )
)]
pub(crate) async fn get(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Id(id): Id<ContactId>,
) -> Result<impl IntoResponse, ApiError> {
    let details = find(&state, &auth, id).await?;
    let tag = entity_tag(details.contact.revision)?;
    Ok(([(ETAG, tag)], Json(ContactBody::from(&details))))
}

/// The contact that answers for a contact ID: the contact itself or, after a merge, its survivor.
pub(crate) async fn find(state: &HttpState, auth: &Authenticated, id: ContactId) -> Result<ContactDetails, ApiError> {
    let found = state.app.store().contact(auth.workspace(), id).await?;
    found.ok_or(ApiError::NotFound("contact"))
}
