//! Logs, on standard error.

use crate::settings::{LogFormat, Settings};
use anyhow::{Context, Result};
use std::io::stderr;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::util::SubscriberInitExt;

/// The phone library writes the numbers that it reads at `trace`: people's numbers are in no log.
const PHONE_LIBRARY_IS_SILENT: &str = "rlibphonenumber=off";

/// Starts logging as the settings say.
pub(crate) fn start(settings: &Settings) -> Result<()> {
    let level = EnvFilter::builder().parse(&settings.log_level);
    let filter = level.context("the setting `log_level` cannot be read")?;
    let silent = PHONE_LIBRARY_IS_SILENT.parse().context("a directive cannot be read")?;
    let filter = filter.add_directive(silent);
    // When the reader of the log has gone away (`selfsame serve 2>&1 | head`), what is written is lost. Complaining of it on standard error
    // would fail, too, and that panics.
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
        // A message that was put together may hold what a contact is called; a literal does not.
        let cause = panic.payload().downcast_ref::<&'static str>();
        tracing::error!(place, cause, "a task panicked");
    }));
    Ok(())
}
