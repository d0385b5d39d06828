//! `DELETE connectors/{id}`.

use super::connector_id;
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::ApiPath;
use crate::refusals::ChangeRefused;
use crate::state::HttpState;
use axum::extract::State;
use http::StatusCode;

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
    ApiPath(id): ApiPath<String>,
) -> Result<StatusCode, ApiError> {
    state.app.delete_connector(auth.workspace(), connector_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
