//! How long people stay signed in, and how long invitations open.

use crate::Timestamp;
use chrono::TimeDelta;

/// A session ends when nothing was asked in it for so long.
pub const SESSION_IDLE: TimeDelta = TimeDelta::hours(12);

/// A session ends so long after its sign-in, whatever was asked in it.
pub const SESSION_LIFETIME: TimeDelta = TimeDelta::days(7);

/// An invitation opens for so long, and once.
pub const INVITATION_LIFETIME: TimeDelta = TimeDelta::days(7);

/// Whether a session is over that began and was last used at these times.
pub fn is_session_over(began: Timestamp, last_used: Timestamp, now: Timestamp) -> bool {
    now - last_used >= SESSION_IDLE || now - began >= SESSION_LIFETIME
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_by_rest_and_by_age() {
        let began = Timestamp::UNIX_EPOCH;
        let moment = TimeDelta::microseconds(1);
        assert!(!is_session_over(began, began, began + SESSION_IDLE - moment));
        assert!(is_session_over(began, began, began + SESSION_IDLE));
        let end = began + SESSION_LIFETIME;
        assert!(!is_session_over(began, end - moment, end - moment));
        assert!(is_session_over(began, end - moment, end));
    }
}
