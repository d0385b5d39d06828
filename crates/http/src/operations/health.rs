//! Liveness and readiness.

use crate::state::HttpState;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use selfsame_application::ports::StorageError;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// How long the storage may take to answer before it counts as unavailable. Shorter than the usual time-out of probes.
const STORAGE_WAIT: Duration = Duration::from_secs(2);

/// How the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `alive`; `ready`, `stopping` or `storage-unavailable`.
    #[schema(example = "ready")]
    status: &'static str,
}

/// Whether the process lives.
///
/// Always 200 while the server answers at all. It checks nothing else: a restart would not bring a database back.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operations",
    security(()),
    responses((status = 200, description = "It lives.", body = Health)),
)]
pub(crate) async fn alive() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// Whether the server takes requests.
///
/// 503 from the moment it begins to stop, and while the storage does not answer.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operations",
    security(()),
    responses(
        (status = 200, description = "It takes requests.", body = Health),
        (status = 503, description = "Send requests elsewhere.", body = Health, example = json!({"status": "stopping"})),
    ),
)]
pub(crate) async fn ready(State(state): State<HttpState>) -> (StatusCode, Json<Health>) {
    let (code, status) = readiness(state.settings.ready.get(), state.app.store().ping()).await;
    (code, Json(Health { status }))
}

async fn readiness(
    takes_requests: bool,
    ping: impl Future<Output = Result<(), StorageError>>,
) -> (StatusCode, &'static str) {
    if !takes_requests {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping")
    } else if answers(ping).await {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "storage-unavailable")
    }
}

async fn answers(ping: impl Future<Output = Result<(), StorageError>>) -> bool {
    match tokio::time::timeout(STORAGE_WAIT, ping).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "the storage is not ready");
            false
        }
        Err(_) => {
            tracing::warn!("the storage did not answer in time");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test(start_paused = true)]
    async fn a_server_is_ready_while_it_takes_requests_and_its_storage_answers() {
        assert_eq!(readiness(true, ready(Ok(()))).await, (StatusCode::OK, "ready"));
        assert_eq!(
            readiness(false, ready(Ok(()))).await,
            (StatusCode::SERVICE_UNAVAILABLE, "stopping")
        );
        let gone = (StatusCode::SERVICE_UNAVAILABLE, "storage-unavailable");
        assert_eq!(readiness(true, ready(Err(StorageError::Retriable))).await, gone);
        assert_eq!(readiness(true, pending()).await, gone);
    }
}
