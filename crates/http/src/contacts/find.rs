//! `GET contacts/find`.

use crate::auth::{May, right};
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::Params;
use crate::refusals::Refused;
use crate::segments::MemberBody;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::FindQuery;
use selfsame_domain::values::ValueError;
use serde::Serialize;
use utoipa::ToSchema;

/// How many contacts are answered without a limit.
const DEFAULT_LIMIT: u64 = 10;
/// The greatest limit.
const MAX_LIMIT: u64 = 50;

/// The contacts that fit what a person typed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundContacts {
    /// The best first.
    items: Vec<MemberBody>,
    /// Whether more contacts fit, or may fit because the search ended early to answer in time.
    more: bool,
}

/// Find contacts by what a person types at a search box: a name, first and last name, an email, a phone in any notation, the customer's own ID, or a
/// contact ID, whole or the beginning of it. Contacts that contain the words elsewhere follow: each word in a name, an email, a phone or the customer's
/// own ID, ignoring case; at least one word needs three letters. First come whole values, then beginnings, then beginnings of words, then other places.
/// `id:` and `extid:` before the text ask for a contact ID or the customer's own ID alone.
#[utoipa::path(
    get,
    path = "/api/v1/contacts/find",
    operation_id = "findContacts",
    tag = "contacts",
    params(
        ("q" = String, Query, description = "What was typed, up to 254 characters."),
        ("limit" = Option<u32>, Query, description = "How many at the most, up to 50; 10 without."),
    ),
    responses((status = 200, description = "The contacts that fit, the best first.", body = FoundContacts, example = json!({
        "items": [{
            "contactId": 564_407_320, "externalCustomerId": "C-1001", "email": "ann@example.com", "phone": "+380501234567",
            "firstName": "Ann", "lastName": "Smith"
        }],
        "more": false
    })), Refused),
)]
pub(crate) async fn find_contacts(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    params: Params,
) -> Result<Json<FoundContacts>, ApiError> {
    let mut problems = Problems::default();
    let limit = params.number("limit", 1, MAX_LIMIT, DEFAULT_LIMIT, &mut problems);
    let region = auth.0.workspace.policy.default_phone_region.as_ref();
    let typed = params.text("q").ok_or(ValueError::Empty);
    let query = problems.check("q", typed.and_then(|typed| FindQuery::parse(typed, region)));
    problems.finish()?;
    // What has no problems was read.
    let query = query.ok_or(ApiError::Internal("a query without problems was not read"))?;
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let mut found = state
        .app
        .store()
        .find(
            auth.workspace(),
            &query,
            limit.saturating_add(1),
            FindQuery::SUBSTRING_TIME,
        )
        .await?;
    let more = found.is_partial || found.items.len() > limit as usize;
    found.items.truncate(limit as usize);
    Ok(Json(FoundContacts {
        items: found.items.iter().map(MemberBody::from).collect(),
        more,
    }))
}
