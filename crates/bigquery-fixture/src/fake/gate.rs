//! A gate at which requests can be held up.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// A gate, open at first.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    is_closed: AtomicBool,
    arrived: Notify,
    opened: Notify,
}

impl Gate {
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn open(&self) {
        self.is_closed.store(false, Ordering::SeqCst);
        self.opened.notify_waiters();
    }

    /// Waits until a caller waits at the closed gate.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Waits until the gate is open.
    pub(super) async fn pass(&self) {
        let opened = self.opened.notified();
        if self.is_closed.load(Ordering::SeqCst) {
            self.arrived.notify_one();
            opened.await;
        }
    }
}
