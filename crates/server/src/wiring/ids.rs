//! New IDs and secrets, from the operating system's generator.

use selfsame_application::ports::Ids;
use selfsame_domain::{Timestamp, ordered_uuid};
use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

/// How many IDs this server generated. Orders the IDs of one microsecond.
static DRAWN: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static RANDOM: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// UUIDs of version 7, and secrets of the operating system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemIds;

impl Ids for SystemIds {
    /// A UUID of the time, a counter of 30 bits, and 32 random bits, by which the IDs of two servers differ.
    fn uuid(&self, at: Timestamp) -> Uuid {
        let drawn = DRAWN.fetch_add(1, Ordering::Relaxed);
        ordered_uuid(at, (u64::from(drawn) << 32) | u64::from(random()))
    }

    fn secret(&self) -> [u8; 24] {
        let mut secret = [0; 24];
        fill(&mut secret);
        secret
    }
}

/// Random bits from the supply of the thread: every request needs some, and each call of the operating system costs.
fn random() -> u32 {
    RANDOM.with_borrow_mut(|supply| {
        if supply.is_empty() {
            let mut bytes = [0; 256];
            fill(&mut bytes);
            let (numbers, _) = bytes.as_chunks();
            supply.extend(numbers.iter().map(|number| u32::from_ne_bytes(*number)));
        }
        supply.pop().unwrap_or_default()
    })
}

fn fill(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        // A key that can be guessed is worse than none, and no caller can recover.
        panic!("the operating system gives no randomness: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_order_by_time_and_secrets_differ() {
        let now = Timestamp::UNIX_EPOCH + chrono::TimeDelta::days(20_000);
        let (first, second) = (SystemIds.uuid(now), SystemIds.uuid(now));
        let before = SystemIds.uuid(now - chrono::TimeDelta::microseconds(1));
        assert!(before < first && first < second);
        assert_eq!(first.get_version_num(), 7);
        assert_ne!(SystemIds.secret(), SystemIds.secret());
    }
}
