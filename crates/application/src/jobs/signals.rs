//! What this server's own tasks tell each other about jobs, so that nobody has to wait for the next look at the storage.

use tokio::sync::{Notify, watch};

/// Signals between those who enqueue jobs, the worker, and those who wait for a result. Other servers are not reached by them.
#[derive(Debug)]
pub(crate) struct JobSignals {
    enqueued: Notify,
    ended: watch::Sender<()>,
}

impl Default for JobSignals {
    fn default() -> Self {
        Self {
            enqueued: Notify::new(),
            ended: watch::channel(()).0,
        }
    }
}

impl JobSignals {
    /// Wakes the worker. A signal that comes while it is busy is kept.
    pub(crate) fn enqueued(&self) {
        self.enqueued.notify_one();
    }

    /// Returns when a job was enqueued since the last time.
    pub(crate) async fn wait_for_job(&self) {
        self.enqueued.notified().await;
    }

    /// Wakes everybody who waits for the end of a job.
    pub(crate) fn ended(&self) {
        self.ended.send_replace(());
    }

    /// Sees the ends of jobs from now on.
    pub(crate) fn ends(&self) -> watch::Receiver<()> {
        self.ended.subscribe()
    }
}
