//! Metrics for Prometheus.

use crate::error::ApiError;
use crate::state::HttpState;
use axum::extract::State;
use http::HeaderName;
use http::header::CONTENT_TYPE;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};

/// Requests, by method, route template and class of status.
pub(crate) const REQUESTS: &str = "selfsame_http_requests_total";
/// Seconds from the first byte of a request's head to the head of its answer, by method and route template.
pub(crate) const DURATION: &str = "selfsame_http_request_duration_seconds";
/// Requests that are being answered.
pub(crate) const IN_FLIGHT: &str = "selfsame_http_requests_in_flight";

const LANE_DEPTH: &str = "selfsame_lane_depth";
const LANE_BATCH: &str = "selfsame_lane_batch_submissions";
const LANE_RETRIES: &str = "selfsame_lane_retries_total";
const LANE_STALE: &str = "selfsame_lane_stale_total";
const LOCK_WAITS: &str = "selfsame_lock_waits_total";
const MONTHS_DROPPED: &str = "selfsame_events_months_dropped_total";
const EVENTS_EXPIRED: &str = "selfsame_events_expired_total";
const DECISIONS: &str = "selfsame_decisions_total";
/// Log entries of shop plug-ins.
pub(crate) const PLUGIN_LOGS: &str = "selfsame_plugin_logs_dropped_total";
const JOBS_RUNNING: &str = "selfsame_jobs_running";
const JOB_ATTEMPTS: &str = "selfsame_job_attempts_total";
const IMPORT_ROWS: &str = "selfsame_import_rows_total";
/// Requests of pages that bots made.
pub(crate) const BOTS: &str = "selfsame_tracker_bots_total";

/// The text format of Prometheus.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

const SECONDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
const SUBMISSIONS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// A recorder with the buckets of Selfsame's histograms, to be installed once in a process. Its handle goes into
/// [`crate::HttpSettings::metrics`]; call its `run_upkeep` every few seconds, or an unscraped server keeps every sample.
pub fn metrics_builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Full(LANE_BATCH.to_owned()), &SUBMISSIONS)
}

/// Registers the descriptions of the metrics, and sets counters to zero that would otherwise be missing until their first event.
pub fn describe_metrics() {
    describe_counter!(REQUESTS, "Requests by method, route template and class of status");
    describe_histogram!(DURATION, Unit::Seconds, "Time to answer by method and route template");
    describe_gauge!(IN_FLIGHT, "Requests that are being answered");
    describe_gauge!(
        LANE_DEPTH,
        "Submissions that wait in the write lane or are being written"
    );
    describe_histogram!(LANE_BATCH, "Submissions that shared a transaction");
    describe_counter!(LANE_RETRIES, "Batches done again because they lost a race");
    describe_counter!(
        LANE_STALE,
        "Batches done again because another commit changed what they had read"
    );
    describe_counter!(
        LOCK_WAITS,
        "Writes that waited for this server's writing connection (SQLite)"
    );
    describe_counter!(DECISIONS, "Decisions by call, outcome and rule");
    describe_gauge!(JOBS_RUNNING, "Jobs that this server has, by kind");
    describe_counter!(JOB_ATTEMPTS, "Attempts at jobs by kind and end");
    describe_counter!(IMPORT_ROWS, "Rows of imports by outcome");
    describe_counter!(BOTS, "Requests of pages that bots made");
    describe_counter!(PLUGIN_LOGS, "Log entries of shop plug-ins that were dropped");
    describe_counter!(
        MONTHS_DROPPED,
        "Months of events that were dropped because their retention is over"
    );
    describe_counter!(
        EVENTS_EXPIRED,
        "Events that were deleted one by one because their retention is over"
    );
    gauge!(IN_FLIGHT).set(0.0);
    gauge!(LANE_DEPTH).set(0.0);
    counter!(LANE_RETRIES).increment(0);
    counter!(LANE_STALE).increment(0);
    counter!(LOCK_WAITS).increment(0);
    counter!(BOTS).increment(0);
    counter!(PLUGIN_LOGS).increment(0);
    counter!(MONTHS_DROPPED).increment(0);
    counter!(EVENTS_EXPIRED).increment(0);
}

/// Numbers about the server.
///
/// In the text format of Prometheus: requests and their durations, the depth of the write lane and the size of its batches,
/// retries, decisions by outcome and rule. Labels are bounded; no number names a contact, a key or a workspace.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    security(()),
    responses(
        (status = 200, description = "The numbers.", body = String, content_type = "text/plain",
            example = "selfsame_lane_depth 0\n"),
        (status = 404, description = "The server keeps none.", body = crate::render::ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn metrics(
    State(state): State<HttpState>,
) -> Result<([(HeaderName, &'static str); 1], String), ApiError> {
    let handle = state.settings.metrics.as_ref().ok_or(ApiError::NotFound("metrics"))?;
    // The lane updates its depth only at the end of a batch; this value is more recent.
    gauge!(LANE_DEPTH).set(depth(&state));
    Ok(([(CONTENT_TYPE, FORMAT)], handle.render()))
}

fn depth(state: &HttpState) -> f64 {
    u32::try_from(state.app.lane_depth()).map_or(f64::MAX, f64::from)
}
