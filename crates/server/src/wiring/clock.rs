//! The time, from the operating system.

use chrono::Utc;
use selfsame_application::ports::Clock;
use selfsame_domain::{Timestamp, to_micros};

/// The operating system's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the adapter behind the port that all others must use"
    )]
    fn now(&self) -> Timestamp {
        to_micros(Utc::now())
    }
}
