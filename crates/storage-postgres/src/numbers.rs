//! Contact numbers, reserved in blocks.

use crate::bounded::Bounded;
use crate::error::translate;
use selfsame_application::ports::StorageError;
use selfsame_domain::WorkspaceId;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const SMALLEST_BLOCK: i64 = 32;
const LARGEST_BLOCK: i64 = 1024;

/// When a block lasted less than this, the next one is twice as large, else half as large.
const BUSY: Duration = Duration::from_secs(10);

/// Reserves contact numbers for this server.
///
/// A separate statement reserves a block, outside of the commit that needs it: otherwise the counter would stay locked
/// until that commit ends, and all servers would wait for each other. Several batches may get the same free numbers;
/// the batch that writes second then finds the contacts of the first, and is decided again. Numbers that a server holds
/// when it stops are lost, which only leaves a gap.
pub(crate) struct Numbers {
    /// A pool with one connection for this purpose: a caller that waits for numbers already holds a connection of the
    /// main pool, and such callers could hold all of it.
    pool: Bounded,
    refilling: tokio::sync::Mutex<()>,
    reserved: Mutex<HashMap<WorkspaceId, Reserve>>,
}

#[derive(Default)]
struct Reserve {
    free: BTreeSet<i64>,
    /// The size of the last block, and when it was reserved.
    last: Option<(i64, Instant)>,
}

impl Numbers {
    /// Takes a pool of one connection, which is opened when the first block is needed.
    pub(crate) fn new(pool: Bounded) -> Self {
        Self {
            pool,
            refilling: tokio::sync::Mutex::default(),
            reserved: Mutex::default(),
        }
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// The lowest free numbers, ascending. They stay free until [`Self::take`].
    pub(crate) async fn next(&self, workspace: WorkspaceId, count: usize) -> Result<Vec<i64>, StorageError> {
        if let Some(numbers) = self.lowest(workspace, count) {
            return Ok(numbers);
        }
        let _turn = self.refilling.lock().await;
        loop {
            if let Some(numbers) = self.lowest(workspace, count) {
                return Ok(numbers);
            }
            let size = self.next_block(workspace, count);
            let end: i64 = sqlx::query_scalar(
                "INSERT INTO counters (workspace_id, name, next) VALUES ($1, 'contacts', 1 + $2)
                 ON CONFLICT (workspace_id, name) DO UPDATE SET next = counters.next + $2
                 RETURNING next",
            )
            .bind(workspace.0)
            .bind(size)
            .fetch_one(&self.pool)
            .await
            .map_err(translate)?;
            let mut reserved = self.lock();
            let reserve = reserved.entry(workspace).or_default();
            reserve.free.extend(end - size..end);
            reserve.last = Some((size, Instant::now()));
        }
    }

    /// Takes those of the numbers that are still free, and returns them.
    pub(crate) fn take(&self, workspace: WorkspaceId, numbers: Vec<i64>) -> Vec<i64> {
        let mut reserved = self.lock();
        let Some(reserve) = reserved.get_mut(&workspace) else {
            return Vec::new();
        };
        numbers
            .into_iter()
            .filter(|number| reserve.free.remove(number))
            .collect()
    }

    /// Returns unused numbers.
    pub(crate) fn give_back(&self, workspace: WorkspaceId, numbers: Vec<i64>) {
        if !numbers.is_empty() {
            self.lock().entry(workspace).or_default().free.extend(numbers);
        }
    }

    fn lowest(&self, workspace: WorkspaceId, count: usize) -> Option<Vec<i64>> {
        if count == 0 {
            return Some(Vec::new());
        }
        let reserved = self.lock();
        let reserve = reserved.get(&workspace).filter(|reserve| reserve.free.len() >= count)?;
        Some(reserve.free.iter().take(count).copied().collect())
    }

    /// The size of the next block, so that `count` numbers are free.
    fn next_block(&self, workspace: WorkspaceId, count: usize) -> i64 {
        let reserved = self.lock();
        let reserve = reserved.get(&workspace);
        let missing = count - reserve.map_or(0, |reserve| reserve.free.len()).min(count);
        let size = match reserve.and_then(|reserve| reserve.last) {
            None => SMALLEST_BLOCK,
            Some((last, at)) if at.elapsed() < BUSY => (last * 2).min(LARGEST_BLOCK),
            Some((last, _)) => (last / 2).max(SMALLEST_BLOCK),
        };
        size.max(i64::try_from(missing).unwrap_or(i64::MAX))
    }

    /// A panic cannot leave the sets inconsistent: every critical section adds or takes whole numbers.
    fn lock(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Reserve>> {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
