//! In-process signals about jobs, so that tasks of this server need not wait for the next poll of the storage.

use tokio::sync::{Notify, watch};

/// Signals between tasks that enqueue jobs, the worker, and tasks that wait for a result. They do not reach other
/// servers.
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
    /// Wakes the worker. A signal that comes while the worker is busy is kept.
    pub(crate) fn enqueued(&self) {
        self.enqueued.notify_one();
    }

    /// Returns when a job was enqueued since the last call.
    pub(crate) async fn wait_for_job(&self) {
        self.enqueued.notified().await;
    }

    /// Wakes all tasks that wait for the end of a job.
    pub(crate) fn ended(&self) {
        self.ended.send_replace(());
    }

    /// Subscribes to the ends of jobs from now on.
    pub(crate) fn ends(&self) -> watch::Receiver<()> {
        self.ended.subscribe()
    }
}
