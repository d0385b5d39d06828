//! `POST connectors`.

use super::bigquery::BigQueryInput;
use super::body::{Destination, FileInput, PostgresInput};
use super::refused;
use crate::auth::{May, right};
use crate::body::{Body, Line, body};
use crate::error::ApiError;
use crate::refusals::MakeRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use selfsame_application::NewConnector;
use selfsame_domain::export::{ConnectorKind, MAX_EXPORT_NAME};
use serde::Serialize;
use utoipa::ToSchema;

body! {
    /// A connector to be made.
    #[schema(as = NewConnector)]
    pub(super) struct NewConnectorBody {
        /// 1 to 100 characters, unique in the workspace.
        #[schema(value_type = String, example = "warehouse")]
        name: Line<MAX_EXPORT_NAME>,
        /// `postgres`, `bigquery` or `file`; the member of this name says where it leads.
        #[schema(value_type = String, example = "postgres")]
        kind: ConnectorKind,
        postgres: Option<PostgresInput>,
        bigquery: Option<BigQueryInput>,
        file: Option<FileInput>,
    }
}

/// What was made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MadeId)]
pub(crate) struct MadeId {
    /// Its ID.
    #[schema(format = "uuid", example = "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44")]
    pub(crate) id: String,
}

/// Make a connector.
///
/// It is kept as it is; `check` connects. Credentials are encrypted, and never answered.
#[utoipa::path(
    post,
    path = "/api/v1/connectors",
    operation_id = "createConnector",
    tag = "exports",
    request_body(content = NewConnectorBody, example = json!({"name": "warehouse", "kind": "postgres", "postgres": {
        "host": "warehouse.example.com", "port": 5432, "database": "marketing", "user": "selfsame", "password": "correct horse",
        "sslMode": "verify-full"
    }})),
    responses((status = 201, description = "It was made.", body = MadeId, example = json!({"id": "019ab0c2-6f3e-7c11-8a52-3d9c1e0b7f44"})), MakeRefused),
)]
pub(super) async fn create(
    State(state): State<HttpState>,
    auth: May<right::Admin>,
    Body(new, _): Body<NewConnectorBody>,
) -> Result<impl IntoResponse, ApiError> {
    let destination = Destination {
        postgres: new.postgres,
        bigquery: new.bigquery,
        file: new.file,
    };
    let settings = destination.settings(new.kind, None)?;
    let (settings, secret) = settings.ok_or(ApiError::Internal("a connector without problems has no settings"))?;
    let Line(name) = new.name;
    let connector = NewConnector { name, settings, secret };
    let made = state.app.create_connector(auth.workspace(), connector).await;
    let made = made.map_err(|error| refused(new.kind, error))?;
    let id = made.id.to_string();
    Ok((StatusCode::CREATED, Json(MadeId { id })))
}
