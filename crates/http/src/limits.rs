//! The rate limit of API keys.

use crate::error::ApiError;
use crate::state::RateLimit;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The number of requests after which idle keys are removed.
const FORGET_EVERY: u32 = 1024;

/// SHA-256 of an API key's secret.
type KeyDigest = [u8; 32];

/// The rate limit of every API key.
///
/// Keys are identified by the digest of the secret, before the database is queried for the key, so that
/// a client in a loop costs no query. Invented keys cannot fill the memory: a key is removed once its
/// allowance is full again, [`FORGET_EVERY`] requests later at the latest.
#[derive(Debug)]
pub(crate) struct KeyLimits<C: Clock = DefaultClock> {
    limiter: RateLimiter<KeyDigest, DashMapStateStore<KeyDigest>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
    checks: AtomicU32,
}

impl KeyLimits {
    /// A limiter that uses the machine's clock.
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self::with_clock(limit, DefaultClock::default())
    }
}

impl<C: Clock + Clone> KeyLimits<C> {
    fn with_clock(limit: RateLimit, clock: C) -> Self {
        let quota = Quota::per_second(limit.per_second).allow_burst(limit.burst);
        let limiter = RateLimiter::new(quota, DashMapStateStore::default(), clock.clone());
        Self {
            limiter,
            clock,
            checks: AtomicU32::new(0),
        }
    }

    /// Takes one request off a key's allowance.
    pub(crate) fn check(&self, digest: &KeyDigest) -> Result<(), ApiError> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(digest).map_err(|refused| {
            let wait = refused.wait_time_from(self.clock.now());
            ApiError::TooManyRequests {
                retry_after: whole_seconds(wait),
            }
        })
    }
}

/// The wait in seconds, rounded up, because a client that retries too early is refused again. At least 1: with 0 many clients retry at once.
fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;
    use std::num::NonZeroU32;

    fn limits(per_second: u32, burst: u32) -> (KeyLimits<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let number = |count| NonZeroU32::new(count).unwrap();
        let limit = RateLimit {
            per_second: number(per_second),
            burst: number(burst),
        };
        (KeyLimits::with_clock(limit, clock.clone()), clock)
    }

    fn refused(result: &Result<(), ApiError>) -> Option<u64> {
        match result {
            Err(ApiError::TooManyRequests { retry_after }) => Some(*retry_after),
            _ => None,
        }
    }

    #[test]
    fn each_key_has_its_own_allowance_and_it_comes_back() {
        let (limits, clock) = limits(1, 3);
        for _ in 0..3 {
            assert!(limits.check(&[1; 32]).is_ok());
        }
        assert_eq!(refused(&limits.check(&[1; 32])), Some(1));
        assert!(limits.check(&[2; 32]).is_ok());
        clock.advance(Duration::from_secs(1));
        assert!(limits.check(&[1; 32]).is_ok());
        assert_eq!(refused(&limits.check(&[1; 32])), Some(1));
    }

    #[test]
    fn made_up_keys_are_forgotten() {
        let (limits, clock) = limits(1000, 2000);
        let mut digest = [0; 32];
        for key in 0..100 * FORGET_EVERY {
            digest[..4].copy_from_slice(&key.to_be_bytes());
            assert!(limits.check(&digest).is_ok());
            clock.advance(Duration::from_millis(1));
        }
        assert!(
            limits.limiter.len() <= 3 * FORGET_EVERY as usize,
            "{}",
            limits.limiter.len()
        );
    }

    #[test]
    fn waiting_is_rounded_up() {
        assert_eq!(whole_seconds(Duration::ZERO), 1);
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(2)), 2);
        assert_eq!(whole_seconds(Duration::from_millis(2001)), 3);
    }
}
