//! Connectors: destinations of exports, with their credentials.

mod bigquery;
mod body;
mod change;
mod check;
mod create;
mod list;

pub(crate) use create::MadeId;

use crate::error::ApiError;
use crate::state::HttpState;
use selfsame_application::ExportError;
use selfsame_domain::export::ConnectorKind;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes of our own API.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(list::get, change::change, list::delete))
        .routes(routes!(check::check))
}

/// Says of an error of a connector's settings or credentials which member it is about.
fn refused(kind: ConnectorKind, error: ExportError) -> ApiError {
    let (host, secret) = match kind {
        ConnectorKind::Postgres => ("/postgres/host", "/postgres/password"),
        ConnectorKind::BigQuery => ("/bigquery/endpoint", "/bigquery/serviceAccount"),
        ConnectorKind::File => ("/file/directory", "/file"),
    };
    match error {
        ExportError::Egress(error) => ApiError::invalid(host, error),
        ExportError::NoKey | ExportError::OtherKey => ApiError::invalid(secret, format!("cannot be kept: {error}")),
        ExportError::CredentialsNeeded => ApiError::invalid(secret, error),
        other => other.into(),
    }
}

impl From<ExportError> for ApiError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::NotFound(what) => Self::NotFound(what),
            ExportError::NoConnector => Self::invalid("/connectorId", error),
            ExportError::NoSegment => Self::invalid("/segmentId", error),
            ExportError::KindUnavailable => Self::invalid("/kind", "is not available on this server"),
            ExportError::InUse => Self::InUse("an export uses the connector"),
            ExportError::NotCompared | ExportError::NeverRan | ExportError::AlreadyQueued => {
                Self::NotVerifiable(error.to_string())
            }
            ExportError::Contended => Self::Busy,
            ExportError::Plan(_) => Self::Internal("a newer release made the export"),
            ExportError::Egress(_) | ExportError::NoKey | ExportError::OtherKey | ExportError::CredentialsNeeded => {
                Self::Internal("a connector was refused where none was sent")
            }
            ExportError::Storage(error) => error.into(),
        }
    }
}
