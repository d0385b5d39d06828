//! `PATCH connectors/{id}`.

use super::bigquery::BigQueryInput;
use super::body::{ConnectorBody, Destination, FileInput, PostgresInput};
use super::refused;
use crate::auth::{May, right};
use crate::body::{Body, Line, body};
use crate::error::ApiError;
use crate::paths::Id;
use crate::refusals::ChangeRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::ConnectorChange;
use selfsame_domain::ConnectorId;
use selfsame_domain::export::MAX_EXPORT_NAME;

body! {
    /// A change of a connector. What is missing stays as it is, also the members of `postgres`, `bigquery` and `file`.
    #[schema(as = ConnectorChange)]
    pub(super) struct ChangeBody {
        /// The new name.
        #[schema(value_type = Option<String>, example = "warehouse")]
        name: Option<Line<MAX_EXPORT_NAME>>,
        /// Of a database: where it leads from now on. A new `password` alone rotates it. Needed again when host, port or user change.
        postgres: Option<PostgresInput>,
        /// Of a dataset of BigQuery: where it leads from now on. A new `serviceAccount` alone rotates it. Needed again when the endpoint changes.
        bigquery: Option<BigQueryInput>,
        /// Of a folder: where it leads from now on.
        file: Option<FileInput>,
    }
}

/// Rename a connector, change where it leads, or rotate its credentials.
#[utoipa::path(
    patch,
    path = "/api/v1/connectors/{id}",
    operation_id = "changeConnector",
    tag = "exports",
    params(("id" = String, Path, description = "The connector.")),
    request_body(content = ChangeBody, example = json!({"name": "warehouse", "postgres": {
        "host": "warehouse.example.com", "database": "marketing", "user": "selfsame", "password": "battery staple"
    }})),
    responses((status = 200, description = "The connector as it is now.", body = ConnectorBody, example = json!({
        "id": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44", "name": "warehouse", "kind": "postgres",
        "postgres": {"host": "warehouse.example.com", "port": 5432, "database": "marketing", "user": "selfsame", "sslMode": "verify-full"},
        "bigquery": null, "file": null, "createdAt": "2025-01-01T08:00:00Z", "updatedAt": "2025-01-02T08:00:00Z"
    })), ChangeRefused),
)]
pub(super) async fn change(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Id(id): Id<ConnectorId>,
    Body(change, _): Body<ChangeBody>,
) -> Result<Json<ConnectorBody>, ApiError> {
    let found = state.app.store().connector(auth.workspace(), id).await?;
    let before = found.ok_or(ApiError::NotFound("connector"))?.settings;
    let destination = Destination {
        postgres: change.postgres,
        bigquery: change.bigquery,
        file: change.file,
    };
    let (settings, secret) = destination.settings(before.kind(), Some(&before))?.unzip();
    let change = ConnectorChange {
        name: change.name.map(|name| name.0),
        settings,
        secret: secret.flatten(),
    };
    let changed = state.app.change_connector(auth.workspace(), id, change).await;
    let connector = changed.map_err(|error| refused(before.kind(), error))?;
    Ok(Json(ConnectorBody::from(&connector)))
}
