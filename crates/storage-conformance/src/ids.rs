//! Predictable IDs for tests.

use selfsame_application::ports::Ids;
use selfsame_domain::{Timestamp, ordered_uuid};
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// IDs from a counter instead of randomness: ascending UUIDs of version 7, and different secrets.
#[derive(Debug, Default)]
pub struct SequenceIds {
    drawn: AtomicU64,
}

impl SequenceIds {
    /// Starts from 1.
    pub fn new() -> Self {
        Self::default()
    }

    fn next(&self) -> u64 {
        self.drawn.fetch_add(1, Ordering::SeqCst) + 1
    }
}

impl Ids for SequenceIds {
    fn uuid(&self, at: Timestamp) -> Uuid {
        ordered_uuid(at, self.next())
    }

    fn secret(&self) -> [u8; 24] {
        let mut secret = [0; 24];
        secret[16..].copy_from_slice(&self.next().to_be_bytes());
        secret
    }
}
