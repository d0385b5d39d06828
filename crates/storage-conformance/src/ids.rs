//! Identities that a test can foretell.

use selfsame_application::ports::Ids;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::{Builder, Uuid};

/// The time in the identities, 2026-01-02T03:04:05.678Z. It stands; the counter orders them.
const MILLIS: u64 = 1_767_323_045_678;

/// Counts instead of drawing: UUIDs of version 7 that ascend, and secrets that differ.
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
    fn uuid(&self) -> Uuid {
        let mut counter = [0; 10];
        counter[2..].copy_from_slice(&self.next().to_be_bytes());
        Builder::from_unix_timestamp_millis(MILLIS, &counter).into_uuid()
    }

    fn secret(&self) -> [u8; 24] {
        let mut secret = [0; 24];
        secret[16..].copy_from_slice(&self.next().to_be_bytes());
        secret
    }
}
