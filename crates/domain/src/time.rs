//! Points in time.

use chrono::{DateTime, SubsecRound, Utc};

/// A point in time in UTC, exact to the microsecond: what every storage adapter can hold without loss.
pub type Timestamp = DateTime<Utc>;

/// Cuts what is finer than a microsecond, so that a time reads back from storage as it was written.
pub fn to_micros(at: DateTime<Utc>) -> Timestamp {
    at.trunc_subsecs(6)
}
