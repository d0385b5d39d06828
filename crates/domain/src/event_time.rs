//! The times of events that pages and apps report by clocks of their own.

use crate::{Timestamp, is_dated_ahead, to_micros};
use chrono::{DateTime, TimeDelta};

/// The greatest age of an event that a page or an app reports: it may have been offline, while an older event is more likely forged.
const MAX_AGE: TimeDelta = TimeDelta::days(30);

/// The greatest error of a browser's clock that is not corrected.
const TOLERANCE: TimeDelta = TimeDelta::seconds(10);

/// Why the time of an event is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventTimeError {
    /// The number is no time.
    #[error("must be milliseconds since 1970")]
    NotMilliseconds,
    /// The event is too old.
    #[error("must not be more than {} days ago", MAX_AGE.num_days())]
    TooOld,
    /// The event is more than a day in the future.
    #[error("must not be more than a day ahead")]
    Ahead,
}

/// Converts times of a browser's clock to the server's clock.
#[derive(Debug, Clone, Copy)]
pub struct BrowserClock {
    now: Timestamp,
    /// How far the browser's clock is behind the server's.
    behind: TimeDelta,
}

impl BrowserClock {
    /// The clock of a browser, by the time at which it sent the request, in milliseconds since 1970. A small difference is not corrected: it
    /// may be the duration of the request, and a correction by it could reorder events of different requests.
    pub fn new(now: Timestamp, sent_at: Option<i64>) -> Self {
        let sent_at = sent_at.and_then(DateTime::from_timestamp_millis);
        let behind = sent_at.map_or(TimeDelta::zero(), |sent_at| now - sent_at);
        let is_right = behind.abs() <= TOLERANCE;
        Self {
            now,
            behind: if is_right { TimeDelta::zero() } else { behind },
        }
    }

    /// Reads a time of the browser, in milliseconds since 1970. A time in the future counts as now, because the clock is wrong.
    ///
    /// # Errors
    ///
    /// [`EventTimeError::NotMilliseconds`] and [`EventTimeError::TooOld`].
    pub fn read(self, millis: i64) -> Result<Timestamp, EventTimeError> {
        let sent = DateTime::from_timestamp_millis(millis).and_then(|at| at.checked_add_signed(self.behind));
        let at = sent.ok_or(EventTimeError::NotMilliseconds)?.min(self.now);
        if at < self.now - MAX_AGE {
            return Err(EventTimeError::TooOld);
        }
        Ok(to_micros(at))
    }
}

/// The time of an event of an app. A time less than a day ahead counts as now, because the phone's clock is wrong.
///
/// # Errors
///
/// [`EventTimeError::TooOld`] and [`EventTimeError::Ahead`].
pub fn app_event_time(at: Timestamp, now: Timestamp) -> Result<Timestamp, EventTimeError> {
    if at < now - MAX_AGE {
        return Err(EventTimeError::TooOld);
    }
    if is_dated_ahead(at, now) {
        return Err(EventTimeError::Ahead);
    }
    Ok(at.min(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_wrong_clock_of_a_browser_is_corrected() {
        let now = at(1_000_000_000);
        let clock = BrowserClock::new(now, Some(2_000_000_000_000));
        assert_eq!(clock.read(1_999_999_990_000), Ok(at(999_999_990)));
        assert_eq!(clock.read(2_000_000_005_000), Ok(now), "the future is now");
        assert_eq!(BrowserClock::new(now, None).read(999_999_990_000), Ok(at(999_999_990)));
    }

    #[test]
    fn the_duration_of_a_request_is_no_error_of_the_clock() {
        let now = at(1_000_000_000);
        for seconds in -10..=10 {
            let clock = BrowserClock::new(now, Some((1_000_000_000 + seconds) * 1_000));
            assert_eq!(clock.read(999_999_990_000), Ok(at(999_999_990)), "{seconds}");
        }
        let slow = BrowserClock::new(now, Some(999_999_989_000));
        assert_eq!(slow.read(999_999_980_000), Ok(at(999_999_991)));
    }

    #[test]
    fn an_event_of_long_ago_is_refused() {
        let now = at(1_000_000_000);
        let oldest = now - MAX_AGE;
        let clock = BrowserClock::new(now, None);
        assert!(clock.read(oldest.timestamp_millis()).is_ok());
        assert_eq!(clock.read(oldest.timestamp_millis() - 1), Err(EventTimeError::TooOld));
        assert_eq!(clock.read(i64::MAX), Err(EventTimeError::NotMilliseconds));
        assert!(BrowserClock::new(now, Some(i64::MAX)).read(i64::MIN).is_err());
        assert!(app_event_time(oldest, now).is_ok());
        assert_eq!(
            app_event_time(oldest - TimeDelta::microseconds(1), now),
            Err(EventTimeError::TooOld)
        );
    }

    #[test]
    fn an_event_of_an_app_may_be_a_day_ahead_and_counts_as_now() {
        let now = at(1_000_000_000);
        assert_eq!(app_event_time(now + TimeDelta::hours(23), now), Ok(now));
        assert_eq!(
            app_event_time(now + TimeDelta::hours(25), now),
            Err(EventTimeError::Ahead)
        );
        assert_eq!(app_event_time(at(999_999_999), now), Ok(at(999_999_999)));
    }
}
