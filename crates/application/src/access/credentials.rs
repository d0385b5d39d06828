//! Reading credentials once for all who ask at the same time.

use super::Principal;
use crate::ports::{StorageError, Store};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who a digest belongs to, whether or not the key still opens anything.
type Answer = Result<Option<Arc<Principal>>, Arc<StorageError>>;

/// Reads of credentials, of which one per digest is under way. Whoever asks meanwhile shares the next one. So an answer is never older
/// than its question, a revocation counts at once, and the storage does not read for every request of a busy key.
#[derive(Debug, Clone, Default)]
pub(crate) struct CredentialReads {
    digests: Arc<Mutex<HashMap<Vec<u8>, Reads>>>,
}

#[derive(Debug, Default)]
struct Reads {
    /// Held by the read that is under way.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// The read that has not begun.
    next: Option<Shared<BoxFuture<'static, Answer>>>,
}

/// Forgets a digest for which nobody waits, also when those who waited went away.
struct Leave<'a> {
    reads: &'a CredentialReads,
    digest: &'a [u8],
}

impl CredentialReads {
    pub(super) async fn ask(&self, store: &Arc<dyn Store>, digest: &[u8]) -> Answer {
        let answer = {
            let mut digests = self.lock();
            let reads = digests.entry(digest.to_vec()).or_default();
            let turn = Arc::clone(&reads.turn);
            let read = || {
                self.clone()
                    .read(Arc::clone(store), digest.to_vec(), turn)
                    .boxed()
                    .shared()
            };
            reads.next.get_or_insert_with(read).clone()
        };
        answer.await
    }

    async fn read(self, store: Arc<dyn Store>, digest: Vec<u8>, turn: Arc<tokio::sync::Mutex<()>>) -> Answer {
        let leave = Leave {
            reads: &self,
            digest: &digest,
        };
        let turn = turn.lock().await;
        // From here on what the storage holds may be older than a question: those who ask now need another answer.
        if let Some(reads) = self.lock().get_mut(&digest) {
            reads.next = None;
        }
        let found = store.credentials(&digest).await;
        drop(turn);
        drop(leave);
        found
            .map(|found| found.map(|found| Arc::new(Principal::from(found))))
            .map_err(Arc::new)
    }

    /// A panic while the lock is held leaves the map whole: every change under it is a single one.
    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Reads>> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let mut digests = self.reads.lock();
        if digests.get(self.digest).is_some_and(|reads| reads.next.is_none()) {
            digests.remove(self.digest);
        }
    }
}
