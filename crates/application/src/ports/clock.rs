//! The time.

use selfsame_domain::Timestamp;

/// Tells the time. A port, so that tests fix it.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present, exact to the microsecond.
    fn now(&self) -> Timestamp;
}
