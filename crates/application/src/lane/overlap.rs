//! Reading the next batch of a workspace while the one before is written.
//!
//! At most two batches of a workspace are under way: one is written, the next is read and decided. The next one begins to write only after the
//! one before has ended, so batches keep their order. If the one before writes something that the next has read, the next is read again. A
//! wrong answer to this question would cost time only: the write of the next batch checks what it has read against later commits.

use crate::ports::Basis;
use selfsame_domain::{ChangeSet, ContactId, Snapshot};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{oneshot, watch};

/// A batch that is being written.
#[derive(Debug, Clone)]
pub(super) struct Before {
    /// What it has read. It changes nothing that it has not read.
    basis: Arc<Basis>,
    /// Contact numbers that it could have assigned, and has not.
    unused: BTreeSet<ContactId>,
    /// Whether it changes what most batches read: the policy or definitions; or deletes.
    changes_all: bool,
    /// The number of its commands.
    size: usize,
    /// Closed when it has ended.
    done: watch::Receiver<()>,
}

impl Before {
    /// The number of its commands.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn is_over(&self) -> bool {
        self.done.has_changed().is_err()
    }

    /// Returns when it has ended, whatever its result.
    pub(super) async fn over(&self) {
        over(self.done.clone()).await;
    }

    /// Whether it may write what another batch has read.
    fn meets(&self, next: &Basis) -> bool {
        let (own, next_read) = (&self.basis.read, &next.read);
        let is_written = |id: &ContactId| own.contacts.contains(id) && !self.unused.contains(id);
        self.changes_all
            || next_read.everything
            || next_read.contacts.iter().any(is_written)
            || !own.keys.is_disjoint(&next_read.keys)
            || !own.merges.is_disjoint(&next_read.merges)
            || !own.orders.is_disjoint(&next_read.orders)
            || !own.events.is_disjoint(&next_read.events)
            || next.reply_keys.iter().any(|key| self.basis.reply_keys.contains(key))
    }
}

/// Returns when the sender is dropped. Nothing is ever sent.
pub(super) async fn over(mut done: watch::Receiver<()>) {
    while done.changed().await.is_ok() {}
}

/// The place of a batch among the others of its workspace.
#[derive(Debug)]
pub(super) struct Place {
    before: Option<Before>,
    /// The signal that lets the queue begin the next batch. None once it is sent, and where batches do not overlap.
    begins: Mutex<Option<oneshot::Sender<Before>>>,
    done: watch::Receiver<()>,
}

impl Place {
    /// The place after a batch. `begins` gets the batch itself when it begins to write; `done` is closed when it has ended.
    pub(super) fn new(
        before: Option<Before>,
        begins: Option<oneshot::Sender<Before>>,
        done: watch::Receiver<()>,
    ) -> Self {
        Self {
            before,
            begins: Mutex::new(begins),
            done,
        }
    }

    /// The batch before, if it is still being written.
    pub(super) fn running(&self) -> Option<&Before> {
        self.before.as_ref().filter(|before| !before.is_over())
    }

    /// Says that the batch begins to write.
    pub(super) fn begin(&self, basis: &Arc<Basis>, fresh: &Fresh, changes: &ChangeSet, size: usize) {
        let begins = self.begins.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(begins) = begins else { return };
        let mut unused = fresh.clone();
        for made in changes
            .contacts
            .iter()
            .map(|row| row.id)
            .chain(changes.erased.iter().copied())
        {
            unused.remove(&made);
        }
        // The queue waits for it.
        let _ = begins.send(Before {
            basis: Arc::clone(basis),
            unused,
            changes_all: changes.policy.is_some() || changes.changes_definitions() || changes.deletes(),
            size,
            done: self.done.clone(),
        });
    }
}

/// Contact numbers that a batch may assign.
pub(super) type Fresh = BTreeSet<ContactId>;

/// The contact numbers that a batch with this snapshot may assign.
pub(super) fn fresh(snapshot: &Snapshot) -> Fresh {
    snapshot.fresh.contacts.iter().copied().collect()
}

/// Whether a batch with this basis must be read again after the one before has ended. Waits for its end where that is needed: before a
/// write, and before what was read is read again.
pub(super) async fn must_read_again(running: Option<&Before>, basis: &Basis, writes: bool) -> bool {
    let Some(before) = running else { return false };
    let meets = before.meets(basis);
    if meets || writes {
        before.over().await;
    }
    meets
}
