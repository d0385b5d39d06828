//! Adapts the batch size of an import.

use std::time::Duration;

/// Rows of the first batch, before anything was measured.
const FIRST: usize = 64;
/// The fewest rows of a batch.
const LEAST: usize = 8;
/// The most rows of a batch.
const MOST: usize = 1000;
/// How long a batch may take while live requests arrive.
const BUSY: Duration = Duration::from_millis(25);
/// How long a batch may take otherwise. A request that arrives meanwhile waits for its end.
const IDLE: Duration = Duration::from_millis(200);

/// The batch size of an import. Live requests go first, and wait for one batch at the most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    rows: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { rows: FIRST }
    }
}

impl Pace {
    /// The rows of the next batch.
    pub(super) fn rows(self) -> usize {
        self.rows
    }

    /// Adapts to a batch: how long it took once its turn had come, and whether live requests arrived meanwhile.
    pub(super) fn note(&mut self, rows: usize, took: Duration, others: bool) {
        let time = if others { BUSY } else { IDLE };
        let fits = time.as_nanos().saturating_mul(rows as u128) / took.as_nanos().max(1);
        let most = (self.rows * 2).min(MOST);
        self.rows = usize::try_from(fits).unwrap_or(MOST).clamp(LEAST, most.max(LEAST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn batches_grow_while_no_live_request_comes() {
        let mut pace = Pace::default();
        let mut sizes = Vec::new();
        for _ in 0..6 {
            sizes.push(pace.rows());
            pace.note(pace.rows(), MILLI, false);
        }
        assert_eq!(sizes, [64, 128, 256, 512, 1000, 1000]);
    }

    #[test]
    fn a_batch_fits_into_25_milliseconds_while_others_come() {
        let mut pace = Pace::default();
        pace.note(64, 64 * MILLI, false);
        assert_eq!(pace.rows(), 128);
        pace.note(128, 128 * MILLI, true);
        assert_eq!(pace.rows(), 25);
        // Batches grow again, also while others come.
        pace.note(25, 5 * MILLI, true);
        assert_eq!(pace.rows(), 50);
        pace.note(50, 50 * MILLI, false);
        assert_eq!(pace.rows(), 100);
    }

    #[test]
    fn the_slowest_storage_still_gets_a_few_rows() {
        let mut pace = Pace::default();
        pace.note(1, 1000 * MILLI, true);
        assert_eq!(pace.rows(), LEAST);
        pace.note(0, MILLI, false);
        assert_eq!(pace.rows(), LEAST);
    }
}
