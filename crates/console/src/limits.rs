//! How often passwords may be tried.

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use selfsame_domain::values::Email;
use sha2::{Digest, Sha256};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How many passwords may be tried at once for one address.
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
/// How long until another one may be tried.
const EVERY: Duration = Duration::from_secs(30);
/// After how many attempts the addresses that were not tried lately are forgotten, so that made-up ones cannot fill the memory.
const FORGET_EVERY: u32 = 256;

/// The allowance of every address. Addresses are known by their digests, whether or not somebody has them.
#[derive(Debug)]
pub(crate) struct SignInLimits {
    limiter: RateLimiter<[u8; 32], DashMapStateStore<[u8; 32]>, DefaultClock>,
    clock: DefaultClock,
    attempts: AtomicU32,
}

impl SignInLimits {
    pub(crate) fn new() -> Self {
        let clock = DefaultClock::default();
        // A quota without a period is none; this one has one.
        let quota = Quota::with_period(EVERY).unwrap_or_else(|| Quota::per_minute(BURST));
        Self {
            limiter: RateLimiter::new(quota.allow_burst(BURST), DashMapStateStore::default(), clock.clone()),
            clock,
            attempts: AtomicU32::new(0),
        }
    }

    /// Takes one attempt off an address's allowance. Without any left, says in how many seconds there is one.
    pub(crate) fn attempt(&self, email: &Email) -> Result<(), u64> {
        if self.attempts.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let key = Sha256::digest(email.matching().as_bytes()).into();
        self.limiter.check_key(&key).map_err(|refused| {
            let wait = refused.wait_time_from(self.clock.now());
            wait.as_secs() + 1
        })
    }
}
