//! Routes for operators: liveness, readiness, metrics, and the API documents.

mod bounds;
mod complete;
mod documents;
mod errors;
mod health;
mod metrics;
mod page;
mod routes;
mod share;

pub(crate) use complete::complete;
pub(crate) use documents::load as load_documents;
pub(crate) use metrics::{BOTS, DURATION, IN_FLIGHT, PLUGIN_LOGS, REQUESTS};
pub use metrics::{describe_metrics, metrics_builder};
pub(crate) use routes::{document_routes, routes};
