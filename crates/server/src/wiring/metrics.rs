//! Metrics, in the text form of Prometheus.

use anyhow::{Context, Result};
use metrics_exporter_prometheus::PrometheusHandle;

/// Starts to collect metrics, which the front end serves.
pub(crate) fn start() -> Result<PrometheusHandle> {
    let builder = selfsame_http::metrics_builder().context("cannot set up metrics")?;
    let handle = builder.install_recorder().context("cannot set up metrics")?;
    selfsame_http::describe_metrics();
    Ok(handle)
}
