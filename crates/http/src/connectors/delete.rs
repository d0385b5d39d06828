//! `DELETE connectors/{id}`.

use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::ChangeRefused;
use crate::state::HttpState;
use axum::extract::State;
use http::StatusCode;
use selfsame_domain::ConnectorId;

/// Delete a connector.
///
/// One that an export uses stays. Nothing is done at the destination.
#[utoipa::path(
    delete,
    path = "/api/v1/connectors/{id}",
    operation_id = "deleteConnector",
    tag = "exports",
    params(("id" = String, Path, description = "The connector.")),
    responses((status = 204, description = "It is gone, with its credentials."), ChangeRefused),
)]
pub(super) async fn delete(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<ConnectorId>,
) -> Result<StatusCode, ApiError> {
    state.app.delete_connector(auth.workspace(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
