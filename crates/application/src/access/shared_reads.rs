//! One storage read for all callers that request the same key at the same time.

use crate::ports::StorageError;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The value that is stored under a key, if any.
pub(super) type Answer<V> = Result<Option<Arc<V>>, Arc<StorageError>>;

/// Runs at most one read per key at a time. Callers that arrive while it runs share the next read. So an answer is
/// never older than the call, a revocation takes effect at once, and a busy key does not cause one read per request.
#[derive(Debug)]
pub(crate) struct SharedReads<K, V> {
    keys: Arc<Mutex<HashMap<K, Reads<V>>>>,
}

#[derive(Debug)]
struct Reads<V> {
    /// Locked by the running read.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// The read that has not started.
    next: Option<Shared<BoxFuture<'static, Answer<V>>>>,
}

impl<K, V> Clone for SharedReads<K, V> {
    fn clone(&self) -> Self {
        Self {
            keys: Arc::clone(&self.keys),
        }
    }
}

impl<K, V> Default for SharedReads<K, V> {
    fn default() -> Self {
        Self { keys: Arc::default() }
    }
}

impl<V> Default for Reads<V> {
    fn default() -> Self {
        Self {
            turn: Arc::default(),
            next: None,
        }
    }
}

/// Removes the entry of a key when no caller waits for it, including when the waiting callers were dropped.
struct EntryGuard<'a, K: Eq + Hash, V> {
    reads: &'a SharedReads<K, V>,
    key: &'a K,
}

impl<K, V> SharedReads<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Returns the value stored under a key, from `read` or from the read of a concurrent caller.
    pub(super) async fn get_or_read<R>(&self, key: &K, read: impl FnOnce(K) -> R) -> Answer<V>
    where
        R: Future<Output = Result<Option<V>, StorageError>> + Send + 'static,
    {
        let answer = {
            let mut keys = self.lock();
            let reads = keys.entry(key.clone()).or_default();
            let turn = Arc::clone(&reads.turn);
            let begin = || {
                self.clone()
                    .in_turn(key.clone(), turn, read(key.clone()))
                    .boxed()
                    .shared()
            };
            reads.next.get_or_insert_with(begin).clone()
        };
        answer.await
    }

    async fn in_turn<R>(self, key: K, turn: Arc<tokio::sync::Mutex<()>>, read: R) -> Answer<V>
    where
        R: Future<Output = Result<Option<V>, StorageError>> + Send,
    {
        let leave = EntryGuard {
            reads: &self,
            key: &key,
        };
        let turn = turn.lock().await;
        // From here on the storage may answer with a state that is older than a later call, so later callers need
        // another read.
        if let Some(reads) = self.lock().get_mut(&key) {
            reads.next = None;
        }
        let found = read.await;
        drop(turn);
        drop(leave);
        found.map(|found| found.map(Arc::new)).map_err(Arc::new)
    }
}

impl<K, V> SharedReads<K, V> {
    /// A panic cannot leave the map inconsistent: every critical section makes a single change.
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Reads<V>>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, V> Drop for EntryGuard<'_, K, V> {
    fn drop(&mut self) {
        let mut keys = self.reads.lock();
        if keys.get(self.key).is_some_and(|reads| reads.next.is_none()) {
            keys.remove(self.key);
        }
    }
}
