//! Logs, on standard error.

use crate::settings::{LogFormat, Settings};
use anyhow::{Context, Result};
use std::io::stderr;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::util::SubscriberInitExt;

/// The phone library logs the numbers that it reads at `trace`. No log may contain phone numbers.
const PHONE_LIBRARY_IS_SILENT: &str = "rlibphonenumber=off";

/// Starts logging by the settings.
pub(crate) fn start(settings: &Settings) -> Result<()> {
    let level = EnvFilter::builder().parse(&settings.log_level);
    let filter = level.context("the setting `log_level` cannot be read")?;
    let silent = PHONE_LIBRARY_IS_SILENT.parse().context("a directive cannot be read")?;
    let filter = filter.add_directive(silent);
    // When the reader of the log has closed the pipe (`selfsame serve 2>&1 | head`), log lines are lost. Reporting that on standard error
    // would fail, too, and would panic.
    let builder = fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .log_internal_errors(false);
    let started = match settings.log_format {
        LogFormat::Text => builder.with_ansi(false).finish().try_init(),
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
    };
    started.context("cannot start logging")?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        // A formatted message may contain personal data; a literal does not.
        let cause = panic.payload().downcast_ref::<&'static str>();
        tracing::error!(place, cause, "a task panicked");
    }));
    Ok(())
}
