//! `POST auth/contact/token`: an identity token of a contact.

use crate::auth::{May, right};
use crate::body::{Body, body};
use crate::contacts::request::refuse_unreadable;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::named::{self, Parts};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::values::{ExternalId, Source};
use selfsame_domain::{Action, Call, ContactRequest, Policy};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

body! {
    /// The contact that the token is for: one of the members.
    pub(crate) struct ContactTokenInput {
        #[schema(value_type = Option<String>, max_length = 100, example = "C-1001")]
        external_customer_id: Option<Value>,
        #[schema(value_type = Option<String>)]
        email: Option<Value>,
        #[schema(value_type = Option<String>)]
        phone: Option<Value>,
    }
}

/// An identity token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContactTokenBody {
    #[schema(example = "v1.Qy0xMDAx.0.3194bedab7a987a43d1b1c044f50840a03c86c3d479aafa00b9355945cc75b97")]
    token: String,
}

/// Make an identity token of a contact.
///
/// For a day it identifies the contact to the workspace's sites: the tracker and the mobile calls accept it. The contact
/// must be there and hold an external ID, which the token names. Of several members the external ID counts before the email, and that before
/// the phone. Naming a contact by email or phone needs the right to read contacts, because the token shows the external ID.
#[utoipa::path(
    post,
    path = "/api/v1/auth/contact/token",
    operation_id = "makeContactToken",
    tag = "contacts",
    request_body(content = ContactTokenInput, content_type = "application/json", example = json!({"externalCustomerId": "C-1001"})),
    responses(
        (status = 200, body = ContactTokenBody, description = "The token",
            example = json!({"token": "v1.Qy0xMDAx.0.3194bedab7a987a43d1b1c044f50840a03c86c3d479aafa00b9355945cc75b97"})),
        crate::docs::BodyErrors,
        (status = 404, description = "There is no such contact", body = String, content_type = "text/plain",
            example = json!("contact not found")),
    )
)]
pub(crate) async fn contact_token(
    State(state): State<HttpState>,
    auth: May<right::Write>,
    Body(named, _): Body<ContactTokenInput>,
) -> Result<Json<ContactTokenBody>, ApiError> {
    let request = read(&named, &auth.0.workspace.policy)?;
    if !request.channels.is_empty() {
        auth.allow(Action::Read)?;
    }
    let contact = state.app.find_contact(auth.workspace(), request).await?;
    let contact = contact.ok_or(ApiError::NotFound("contact"))?;
    let reason = "must be set on the contact first: an identity token names it";
    let id = contact.external_id().and_then(|id| ExternalId::parse(id).ok());
    let id = id.ok_or_else(|| ApiError::invalid("externalCustomerId", reason))?;
    let token = state.app.identity_token(auth.workspace(), &id).await?;
    let token = token.ok_or(ApiError::Internal("a signing secret that signs nothing"))?;
    Ok(Json(ContactTokenBody { token }))
}

fn read(sent: &ContactTokenInput, policy: &Policy) -> Result<ContactRequest, ApiError> {
    let mut problems = Problems::default();
    let mut request = ContactRequest::new(Source::SiteAutomated);
    let mut parts = Parts {
        policy,
        request: &mut request,
    };
    named::external_id(&mut parts, "/externalCustomerId", sent.external_customer_id.as_ref());
    named::email(&mut parts, "/email", sent.email.as_ref());
    named::phone(&mut parts, "/phone", sent.phone.as_ref());
    refuse_unreadable(&request, Call::Event { creates: false }, policy, &mut problems);
    if problems.is_empty() && request.identifiers().next().is_none() {
        problems.add("", "must have externalCustomerId, email or phone");
    }
    problems.finish()?;
    Ok(request)
}
