//! `GET` and `PUT identity/policy`.

use super::decision::DecisionBody;
use super::policy_body::PolicyBody;
use crate::auth::{May, right};
use crate::body::Body;
use crate::error::ApiError;
use crate::refusals::{Refused, SetRefused};
use crate::reply::{Decided, Repeated, submit};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use selfsame_domain::Command;
use serde::Serialize;
use utoipa::ToSchema;

/// The policy as it is now, and the decision that made it so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PolicyChange {
    /// The policy.
    policy: PolicyBody,
    /// What was decided.
    decision: DecisionBody,
}

/// The identity policy of the workspace.
#[utoipa::path(
    get,
    path = "/api/v1/identity/policy",
    operation_id = "getPolicy",
    tag = "identity",
    responses((status = 200, description = "The policy.", body = PolicyBody), Refused),
)]
pub(crate) async fn read(auth: May<right::Read>) -> Result<Json<PolicyBody>, ApiError> {
    // The credentials include the workspace as it was at the beginning of this request.
    Ok(Json(PolicyBody::from(&auth.0.workspace.policy)))
}

/// Replace the identity policy of the workspace.
///
/// The whole policy: what `GET` answered, with the changes. A member that is missing and one that is unknown are refused. It decides requests
/// that come after it; contacts are not looked at again.
#[utoipa::path(
    put,
    path = "/api/v1/identity/policy",
    operation_id = "replacePolicy",
    tag = "identity",
    params(crate::docs::IdempotencyKey),
    request_body(content = PolicyBody, example = json!({
        "defaultPhoneRegion": "UA",
        "mergeUnclaimed": true,
        "blocked": [{"kind": null, "exact": "null"}, {"kind": "email", "pattern": "noreply@.+"}],
        "sharedThreshold": 3,
        "limits": {
            "email": 5, "phone": 5, "mobilePush": 50, "webPush": 50, "telegram": 10, "deviceId": 50, "cookie": 100, "field": 10
        },
        "duplicateWindowSeconds": 0,
        "deletePastEvents": false,
        "lastSeenSeconds": 3600,
        "deleteOrders": false,
        "eventRetentionDays": null,
        "strictIdentifiers": false
    })),
    responses((status = 200, description = "The policy as it is now.", body = PolicyChange), SetRefused),
)]
pub(crate) async fn replace(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Body(policy, incoming): Body<PolicyBody>,
) -> Result<impl IntoResponse, ApiError> {
    let body = policy.clone();
    let command = Command::SetPolicy(Box::new(policy.into()));
    let decision = submit(&state, &auth, &incoming, command, Repeated::Accepted).await?;
    let body = PolicyChange {
        policy: body,
        decision: DecisionBody::from(&decision),
    };
    Ok(Decided(decision, Json(body)))
}
