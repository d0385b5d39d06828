//! Contact numbers, reserved in blocks.

use crate::bounded::Bounded;
use crate::error::translate;
use selfsame_application::ports::StorageError;
use selfsame_domain::WorkspaceId;
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const SMALLEST_BLOCK: i64 = 32;
const LARGEST_BLOCK: i64 = 1024;

/// A block that lasted less than this is followed by one twice as large, else by one half as large.
const BUSY: Duration = Duration::from_secs(10);

/// Reserves numbers of contacts for the server.
///
/// A block is reserved by a statement of its own, outside of the transaction that needs it: the counter would otherwise be locked
/// until that one's commit, and all servers would wait for each other. Numbers that were not used come back; those that a server
/// holds when it ends are lost, which leaves a gap and nothing else.
pub(crate) struct Numbers {
    /// One connection of its own: a transaction that waits for numbers already has one of the pool, and all of the pool
    /// might belong to such transactions.
    pool: Bounded,
    refilling: tokio::sync::Mutex<()>,
    reserved: Mutex<HashMap<WorkspaceId, Reserve>>,
}

#[derive(Default)]
struct Reserve {
    free: BTreeSet<i64>,
    /// Size of the last block, and when it was reserved.
    last: Option<(i64, Instant)>,
}

impl Numbers {
    /// Takes a pool of one connection, which connects when the first block is needed.
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

    /// Takes the lowest numbers that are free, ascending.
    pub(crate) async fn take(&self, workspace: WorkspaceId, count: usize) -> Result<Vec<i64>, StorageError> {
        if let Some(numbers) = self.take_free(workspace, count) {
            return Ok(numbers);
        }
        let _turn = self.refilling.lock().await;
        loop {
            if let Some(numbers) = self.take_free(workspace, count) {
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

    /// The numbers that [`Self::take`] would give, without taking them.
    pub(crate) async fn peek(
        &self,
        connection: &mut PgConnection,
        workspace: WorkspaceId,
        count: usize,
    ) -> Result<Vec<i64>, StorageError> {
        let mut numbers: Vec<i64> = {
            let reserved = self.lock();
            reserved
                .get(&workspace)
                .into_iter()
                .flat_map(|reserve| reserve.free.iter().copied())
                .take(count)
                .collect()
        };
        if numbers.len() < count {
            let next: Option<i64> =
                sqlx::query_scalar("SELECT next FROM counters WHERE workspace_id = $1 AND name = 'contacts'")
                    .bind(workspace.0)
                    .fetch_optional(connection)
                    .await
                    .map_err(translate)?;
            numbers.extend((next.unwrap_or(1)..).take(count - numbers.len()));
        }
        Ok(numbers)
    }

    /// Takes numbers back that were not used.
    pub(crate) fn give_back(&self, workspace: WorkspaceId, numbers: impl IntoIterator<Item = i64>) {
        self.lock().entry(workspace).or_default().free.extend(numbers);
    }

    fn take_free(&self, workspace: WorkspaceId, count: usize) -> Option<Vec<i64>> {
        if count == 0 {
            return Some(Vec::new());
        }
        let mut reserved = self.lock();
        let free = &mut reserved
            .get_mut(&workspace)
            .filter(|reserve| reserve.free.len() >= count)?
            .free;
        Some((0..count).filter_map(|_| free.pop_first()).collect())
    }

    /// How many numbers to reserve so that `count` are free.
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

    /// A panic while the lock is held leaves the sets whole: every change under it adds or takes whole numbers.
    fn lock(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Reserve>> {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
