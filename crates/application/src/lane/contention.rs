//! Whether the batches of a workspace exclude other writers from the beginning.

use std::sync::atomic::{AtomicU32, Ordering};

/// For how many batches other writers are excluded after one batch was stale.
const BATCHES: u32 = 16;

/// Whether other servers recently committed between reading and writing. A stale batch is done twice, so while that is
/// likely, excluding other writers from the beginning is cheaper.
#[derive(Debug, Default)]
pub(super) struct Contention {
    left: AtomicU32,
}

impl Contention {
    /// Whether the next batch excludes other writers before it reads.
    pub(super) fn excludes(&self) -> bool {
        let take = |left: u32| left.checked_sub(1);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }

    /// Records that other writers changed something that a batch had read.
    pub(super) fn note_stale(&self) {
        self.left.store(BATCHES, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_kept_out_for_a_while_after_a_stale_batch() {
        let contention = Contention::default();
        assert!(!contention.excludes());
        contention.note_stale();
        assert_eq!((0..100).filter(|_| contention.excludes()).count(), 16);
        assert!(!contention.excludes());
    }
}
