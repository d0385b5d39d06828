//! How the batches of a workspace adapt to batches that read what others write.

use std::sync::atomic::{AtomicU32, Ordering};

/// How many batches exclude other writers after one had to be read again.
const BATCHES: u32 = 16;

/// What recently happened to the batches of a workspace. One that is read in vain is done twice, so while that is likely, it is cheaper to
/// wait.
#[derive(Debug, Default)]
pub(super) struct Contention {
    excluding: AtomicU32,
    apart: AtomicU32,
}

impl Contention {
    /// Whether the next batch excludes other writers before it reads.
    pub(super) fn excludes(&self) -> bool {
        take(&self.excluding)
    }

    /// Records that other writers changed something that a batch had read.
    pub(super) fn note_stale(&self) {
        self.excluding.store(BATCHES, Ordering::Relaxed);
    }

    /// Whether the next batch is read only after the one before has ended.
    pub(super) fn reads_apart(&self) -> bool {
        take(&self.apart)
    }

    /// Records that the batch before may have written something that a batch had read.
    pub(super) fn note_reread(&self) {
        self.apart.store(BATCHES, Ordering::Relaxed);
    }
}

fn take(left: &AtomicU32) -> bool {
    let one_less = |left: u32| left.checked_sub(1);
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
        .is_ok()
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
        assert!(!contention.excludes() && !contention.reads_apart());
    }

    #[test]
    fn batches_are_read_apart_for_a_while_after_one_was_read_again() {
        let contention = Contention::default();
        assert!(!contention.reads_apart());
        contention.note_reread();
        assert_eq!((0..100).filter(|_| contention.reads_apart()).count(), 16);
        assert!(!contention.excludes());
    }
}
