//! `POST connectors/{id}/check`.

use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::RefusedOrMissing;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::ExportError;
use selfsame_application::ports::SinkError;
use selfsame_domain::ConnectorId;
use serde::Serialize;
use utoipa::ToSchema;

/// Whether a connector can be used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectorCheck)]
pub(super) struct CheckBody {
    /// Whether nothing is missing.
    #[schema(example = false)]
    ok: bool,
    /// What is missing, one line; null if nothing is.
    #[schema(example = "the user may not make tables in the schema")]
    problem: Option<String>,
    /// The statement that gives the missing right; null if there is none.
    #[schema(example = "GRANT CREATE ON SCHEMA public TO selfsame")]
    grant: Option<String>,
}

/// Check a connector.
///
/// Connects, and checks the rights that its exports need, or an export to the schema `public` would. Leaves nothing.
#[utoipa::path(
    post,
    path = "/api/v1/connectors/{id}/check",
    operation_id = "checkConnector",
    tag = "exports",
    params(("id" = String, Path, description = "The connector.")),
    responses((status = 200, description = "What is missing, if anything is.", body = CheckBody, example = json!({
        "ok": false, "problem": "the user may not make tables in the schema", "grant": "GRANT CREATE ON SCHEMA public TO selfsame"
    })), RefusedOrMissing),
)]
pub(super) async fn check(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<ConnectorId>,
) -> Result<Json<CheckBody>, ApiError> {
    let checked = state.app.check_connector(auth.workspace(), id).await;
    let (problem, grant) = match checked {
        Ok(Ok(())) => (None, None),
        Ok(Err(error)) => {
            let grant = match &error {
                SinkError::Denied { grant, .. } => grant.clone(),
                _ => None,
            };
            (Some(error.to_string()), grant)
        }
        Err(error @ (ExportError::NoKey | ExportError::OtherKey)) => (Some(error.to_string()), None),
        Err(error) => return Err(error.into()),
    };
    Ok(Json(CheckBody {
        ok: problem.is_none(),
        problem,
        grant,
    }))
}
