//! `GET connectors`, and `GET` and `DELETE connectors/{id}`.

use super::body::{ConnectorBody, example};
use crate::auth::{May, right};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::{ChangeRefused, Refused, RefusedOrMissing};
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use selfsame_domain::ConnectorId;
use serde::Serialize;
use utoipa::ToSchema;

/// Connectors.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Connectors {
    /// The connectors, in the order in which they were made; at most 500.
    connectors: Vec<ConnectorBody>,
}

/// The connectors of the workspace.
#[utoipa::path(
    get,
    path = "/api/v1/connectors",
    operation_id = "listConnectors",
    tag = "exports",
    responses((status = 200, description = "The connectors, without credentials.", body = Connectors, example = json!({"connectors": [example()]})), Refused),
)]
pub(super) async fn list(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
) -> Result<Json<Connectors>, ApiError> {
    let found = state.app.store().connectors(auth.workspace()).await?;
    let connectors = found.iter().map(ConnectorBody::from).collect();
    Ok(Json(Connectors { connectors }))
}

/// One connector.
#[utoipa::path(
    get,
    path = "/api/v1/connectors/{id}",
    operation_id = "getConnector",
    tag = "exports",
    params(("id" = String, Path, description = "The connector.")),
    responses((status = 200, description = "The connector, without credentials.", body = ConnectorBody, example = json!(example())), RefusedOrMissing),
)]
pub(super) async fn get(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<ConnectorId>,
) -> Result<Json<ConnectorBody>, ApiError> {
    let found = state.app.store().connector(auth.workspace(), id).await?;
    let connector = found.ok_or(ApiError::NotFound("connector"))?;
    Ok(Json(ConnectorBody::from(&connector)))
}

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
