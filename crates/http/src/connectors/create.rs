//! `POST connectors`.

use super::bigquery::BigQueryInput;
use super::body::{FileInput, PostgresInput, name, settings};
use super::refused;
use crate::auth::{May, right};
use crate::body::Incoming;
use crate::error::ApiError;
use crate::fields::{Problems, Sent};
use crate::refusals::MakeRefused;
use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use selfsame_application::NewConnector;
use selfsame_domain::export::ConnectorKind;
use serde::Serialize;
use utoipa::ToSchema;

/// A connector to be made.
#[derive(Debug, ToSchema)]
#[schema(as = NewConnector)]
#[expect(dead_code, reason = "the schema of a body that is read leniently")]
pub(super) struct NewConnectorBody {
    /// 1 to 100 characters, unique in the workspace.
    #[schema(example = "warehouse")]
    name: String,
    /// `postgres`, `bigquery` or `file`; the member of this name says where it leads.
    #[schema(example = "postgres")]
    kind: String,
    postgres: Option<PostgresInput>,
    bigquery: Option<BigQueryInput>,
    file: Option<FileInput>,
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
    incoming: Incoming,
) -> Result<impl IntoResponse, ApiError> {
    let document = incoming.object()?;
    let fields = document.fields();
    let mut problems = Problems::default();
    let name = name(&fields, &mut problems);
    if name.is_none() && problems.is_empty() {
        problems.add("/name", "is missing");
    }
    let kind = match fields.text("kind", &mut problems) {
        Sent::Value(kind) => {
            let all = ConnectorKind::ALL.map(ConnectorKind::as_str).join(", ");
            let kind = ConnectorKind::from_text(&kind).ok_or(format!("must be one of {all}"));
            problems.check("/kind", kind)
        }
        Sent::Nothing | Sent::Null => {
            problems.add("/kind", "is missing");
            None
        }
    };
    let settings = kind.and_then(|kind| settings(kind, &fields, None, &mut problems));
    problems.finish()?;
    let (Some(name), Some((settings, secret))) = (name, settings) else {
        return Err(ApiError::Internal("a connector without problems has no settings"));
    };
    let kind = settings.kind();
    let new = NewConnector { name, settings, secret };
    let made = state.app.create_connector(auth.workspace(), new).await;
    let made = made.map_err(|error| refused(kind, error))?;
    let id = made.id.to_string();
    Ok((StatusCode::CREATED, Json(MadeId { id })))
}
