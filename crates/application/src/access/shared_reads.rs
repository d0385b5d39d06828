//! Reading once for all who ask at the same time.

use crate::ports::StorageError;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is stored under a key, if anything is.
pub(super) type Answer<V> = Result<Option<Arc<V>>, Arc<StorageError>>;

/// Reads of which one per key is under way. Whoever asks meanwhile shares the next one. So an answer is never older than its question, a
/// revocation counts at once, and the storage does not read for every request of a busy key.
#[derive(Debug)]
pub(crate) struct SharedReads<K, V> {
    keys: Arc<Mutex<HashMap<K, Reads<V>>>>,
}

#[derive(Debug)]
struct Reads<V> {
    /// Held by the read that is under way.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// The read that has not begun.
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

/// Forgets a key for which nobody waits, also when those who waited went away.
struct Leave<'a, K: Eq + Hash, V> {
    reads: &'a SharedReads<K, V>,
    key: &'a K,
}

impl<K, V> SharedReads<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// What is stored under a key, by `read` or by that of somebody else who asks.
    pub(super) async fn ask<R>(&self, key: &K, read: impl FnOnce(K) -> R) -> Answer<V>
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
        let leave = Leave {
            reads: &self,
            key: &key,
        };
        let turn = turn.lock().await;
        // From here on what the storage holds may be older than a question: those who ask now need another answer.
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
    /// A panic while the lock is held leaves the map whole: every change under it is a single one.
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Reads<V>>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, V> Drop for Leave<'_, K, V> {
    fn drop(&mut self) {
        let mut keys = self.reads.lock();
        if keys.get(self.key).is_some_and(|reads| reads.next.is_none()) {
            keys.remove(self.key);
        }
    }
}
