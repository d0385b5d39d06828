//! `GET account/info`.

use crate::auth::{May, right};
use crate::error::ApiError;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// The account that the key opens.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountInfo {
    /// The email of the account, as set for the server; empty when none is.
    #[schema(example = "owner@example.com")]
    user_email: String,
    /// The name of the organisation, as set for the server, else of the workspace.
    #[schema(example = "Example")]
    organisation_name: String,
    /// The number of the workspace.
    #[schema(example = 1)]
    org_id: i64,
}

/// The account of the key.
#[utoipa::path(
    get,
    path = "/api/v1/account/info",
    operation_id = "getAccountInfo",
    tag = "account",
    responses(
        (status = 200, description = "The account", body = AccountInfo),
        crate::docs::ReadErrors,
    )
)]
pub(crate) async fn info(
    State(state): State<HttpState>,
    auth: May<right::General>,
) -> Result<Json<AccountInfo>, ApiError> {
    let workspace = &auth.0.workspace;
    Ok(Json(AccountInfo {
        user_email: state.settings.account_email.clone().unwrap_or_default(),
        organisation_name: state
            .settings
            .organisation
            .clone()
            .unwrap_or_else(|| workspace.name.clone()),
        org_id: workspace.id.0,
    }))
}
