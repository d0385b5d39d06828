//! `PATCH connectors/{id}`.

use super::bigquery::BigQueryInput;
use super::body::{ConnectorBody, FileInput, PostgresInput, name, settings};
use super::{connector_id, refused};
use crate::auth::{May, right};
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::Problems;
use crate::paths::ApiPath;
use crate::refusals::ChangeRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use selfsame_application::ConnectorChange;
use utoipa::ToSchema;

/// A change of a connector. What is missing stays as it is, also the members of `postgres`, `bigquery` and `file`.
#[derive(Debug, ToSchema)]
#[schema(as = ConnectorChange)]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
pub(super) struct ChangeBody {
    /// The new name.
    #[schema(example = "warehouse")]
    name: Option<String>,
    /// Of a database: where it leads from now on. A new `password` alone rotates it. Needed again when host, port or user change.
    postgres: Option<PostgresInput>,
    /// Of a dataset of BigQuery: where it leads from now on. A new `serviceAccount` alone rotates it. Needed again when the endpoint changes.
    bigquery: Option<BigQueryInput>,
    /// Of a folder: where it leads from now on.
    file: Option<FileInput>,
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
    ApiPath(id): ApiPath<String>,
    incoming: Incoming,
) -> Result<Json<ConnectorBody>, ApiError> {
    let document = incoming.object()?;
    let id = connector_id(&id)?;
    let found = state.app.store().connector(auth.workspace(), id).await?;
    let before = found.ok_or(ApiError::NotFound("connector"))?.settings;
    let fields = document.fields();
    let mut problems = Problems::default();
    let name = name(&fields, &mut problems);
    let settings = settings(before.kind(), &fields, Some(&before), &mut problems);
    problems.finish()?;
    let (settings, secret) = settings.map_or((None, None), |(settings, secret)| (Some(settings), secret));
    let change = ConnectorChange { name, settings, secret };
    let changed = state.app.change_connector(auth.workspace(), id, change).await;
    let connector = changed.map_err(|error| refused(before.kind(), error))?;
    Ok(Json(ConnectorBody::from(&connector)))
}
