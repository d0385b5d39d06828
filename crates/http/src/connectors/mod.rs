//! Connectors: destinations of exports, with their credentials.

mod body;
mod change;
mod check;
mod create;
mod delete;
mod list;

pub(crate) use body::{MAX_POSTGRES_NAME, name};
pub(crate) use create::MadeId;

use crate::error::ApiError;
use crate::state::HttpState;
use selfsame_application::ExportError;
use selfsame_domain::ConnectorId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Routes of our own API.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(list::get, change::change, delete::delete))
        .routes(routes!(check::check))
}

/// Reads the ID of a connector. A text that is no ID is answered like an unknown ID.
fn connector_id(text: &str) -> Result<ConnectorId, ApiError> {
    let id = Uuid::parse_str(text.trim());
    id.map(ConnectorId).map_err(|_| ApiError::NotFound("connector"))
}

impl From<ExportError> for ApiError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::NotFound(what) => Self::NotFound(what),
            ExportError::NoConnector => Self::invalid("/connectorId", error),
            ExportError::NoSegment => Self::invalid("/segmentId", error),
            ExportError::Egress(error) => Self::invalid("/postgres/host", error),
            ExportError::NoKey | ExportError::OtherKey => {
                Self::invalid("/postgres/password", format!("cannot be kept: {error}"))
            }
            ExportError::CredentialsNeeded => Self::invalid("/postgres/password", error),
            ExportError::KindUnavailable => Self::invalid("/kind", "is not available on this server"),
            ExportError::InUse => Self::InUse("an export uses the connector"),
            ExportError::Contended => Self::Busy,
            ExportError::Plan(_) => Self::Internal("a newer release made the export"),
            ExportError::Storage(error) => error.into(),
        }
    }
}
