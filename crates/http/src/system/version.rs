//! `GET version`.

use crate::auth::{May, right};
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// The version of the wire protocol, a text (wire fact).
const PROTOCOL: &str = "1.0";

/// Versions of the service and of its protocol.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Version {
    /// Version of the service.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// Version of the protocol.
    #[serde(rename = "protocolVersion")]
    #[schema(example = "1.0")]
    protocol: &'static str,
}

/// The version of the service.
#[utoipa::path(
    get,
    path = "/api/v1/version",
    operation_id = "getVersion",
    tag = "account",
    responses(
        (status = 200, description = "The versions", body = Version),
        crate::docs::ReadErrors,
    )
)]
pub(crate) async fn version(_: May<right::General>) -> Json<Version> {
    Json(Version {
        version: env!("CARGO_PKG_VERSION"),
        protocol: PROTOCOL,
    })
}
