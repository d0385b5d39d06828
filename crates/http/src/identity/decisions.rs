//! `GET identity/decisions/{id}`.

use super::decision::DecisionBody;
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::ApiPath;
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::DecisionId;
use uuid::Uuid;

/// A decision.
///
/// Any decision that is in the identity log of a contact, refusals included, also while the contact is removed. Decisions that concern no
/// known contact are not kept: a definition, a policy, a request that names no contact.
#[utoipa::path(
    get,
    path = "/api/v1/identity/decisions/{id}",
    operation_id = "getDecision",
    tag = "identity",
    params(("id" = Uuid, Path, description = "Its identity: the header `X-Selfsame-Decision` of the call that it answered.")),
    responses((status = 200, description = "The decision.", body = DecisionBody), RefusedOrMissing),
)]
pub(crate) async fn decision(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<DecisionBody>, ApiError> {
    let id = Uuid::parse_str(&id).map_err(|_| ApiError::invalid("id", "must be a UUID"))?;
    let found = state.app.store().decision(auth.workspace(), DecisionId(id)).await?;
    let decision = found.ok_or(ApiError::NotFound("decision"))?;
    Ok(Json(DecisionBody::from(&decision)))
}
