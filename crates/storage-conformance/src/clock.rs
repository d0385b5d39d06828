//! A clock that stands until a test moves it.

use chrono::{DateTime, TimeDelta};
use selfsame_application::ports::Clock;
use selfsame_domain::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// 2026-01-02T03:04:05.678901Z: a time with microseconds, so that tests notice an adapter that loses them.
const START_MICROS: i64 = 1_767_323_045_678_901;

/// A clock that stands until a test moves it. Clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock {
    micros: Arc<AtomicI64>,
}

impl Default for ManualClock {
    fn default() -> Self {
        Self {
            micros: Arc::new(AtomicI64::new(START_MICROS)),
        }
    }
}

impl ManualClock {
    /// A clock at a fixed time in 2026, with microseconds.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the clock, forward or back.
    pub fn advance(&self, by: TimeDelta) {
        // Fails only for spans beyond 292,000 years.
        self.micros
            .fetch_add(by.num_microseconds().unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Moves the clock forward.
    pub fn advance_seconds(&self, seconds: i64) {
        self.advance(TimeDelta::seconds(seconds));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        DateTime::from_timestamp_micros(self.micros.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX_UTC)
    }
}
