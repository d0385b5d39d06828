//! The clock.

use selfsame_domain::Timestamp;

/// The source of the current time. A port, so that tests can fix it.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The current time, exact to the microsecond.
    fn now(&self) -> Timestamp;
}
