//! `POST identity/resolve`: explains what a call would do, without writing.

use super::decision::{DecisionBody, EffectBody};
use super::names::OutcomeName;
use super::resolve_body::{CallName, duplicate_digest, read_commands};
use crate::auth::{May, right};
use crate::body::{Body, body};
use crate::error::ApiError;
use crate::orders::Exact;
use crate::refusals::BodyRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_domain::{ContactId, Decision};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

body! {
    /// A call to be explained.
    #[schema(as = ResolveRequest)]
    pub(crate) struct ResolveBody {
        /// Which call: `contact` (without this member), `subscribe`, `update`, `patch`, `bulk`, `order`, `event` or `apptoken`.
        #[schema(value_type = Option<String>, example = "contact")]
        pub(super) call: Option<CallName>,
        /// For `update` and `patch`: the contact ID in its path.
        #[schema(value_type = Option<i64>, example = json!(null))]
        pub(super) contact_id: Option<ContactId>,
        /// For `apptoken`: the app in its path.
        #[schema(example = json!(null))]
        pub(super) app: Option<String>,
        /// The body of the call, as it would be sent. `bulk` takes up to 500 contacts.
        #[schema(value_type = Object, example = json!({
            "externalCustomerId": "C-1001",
            "channels": [{"type": "email", "value": "anna@example.com"}],
            "cookies": {"sc": "7f1c2d9e"}
        }))]
        pub(super) body: Value,
    }
}

/// What the call would do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ResolveAnswer)]
pub(crate) struct ResolveAnswer {
    /// One decision for each contact of the body, in its order. A contact that would be created has no number yet; numbers of segments that
    /// would be made, and the identities of the decisions, are not kept.
    decisions: Vec<DecisionBody>,
}

/// Explain what a call would do now.
///
/// The same function that decides real calls, on what is stored now; nothing is written, so that repeating it is always safe. A call
/// that would be refused is answered with its decision too.
#[utoipa::path(
    post,
    path = "/api/v1/identity/resolve",
    operation_id = "explainCall",
    tag = "identity",
    request_body(content = ResolveBody, example = json!({
        "call": "contact",
        "body": {"externalCustomerId": "C-1001", "channels": [{"type": "email", "value": "ann@example.com"}]}
    })),
    responses((status = 200, description = "What it would do.", body = ResolveAnswer), BodyRefused),
)]
pub(crate) async fn resolve(
    State(state): State<HttpState>,
    auth: May<right::Read>,
    Body(call, incoming): Body<ResolveBody>,
) -> Result<Json<ResolveAnswer>, ApiError> {
    let commands = read_commands(&call, &Exact::of(&incoming.bytes, ""), &auth.0.workspace.policy)?;
    let repeated = duplicate_digest(&call);
    let decisions = state.app.dry_run(auth.workspace(), commands, repeated).await?;
    Ok(Json(ResolveAnswer {
        decisions: decisions.iter().map(explained).collect(),
    }))
}

/// A decision that was not carried out.
pub(crate) fn explained(decision: &Decision) -> DecisionBody {
    let mut body = DecisionBody::from(decision);
    if body.outcome == OutcomeName::Created {
        // The number of a new contact is provisional: another contact may get it.
        body.contact_id = None;
    }
    if let Some(rejection) = &mut body.rejection
        && let Some(within) = rejection.message.strip_prefix("body.")
    {
        rejection.message = within.to_owned();
    }
    for effect in &mut body.effects {
        // The real call has no envelope around its body.
        if let EffectBody::Skipped { field, .. } = effect
            && let Some(within) = field.strip_prefix("body.")
        {
            *field = within.to_owned();
        }
    }
    body
}
