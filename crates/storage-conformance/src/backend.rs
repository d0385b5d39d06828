//! What an adapter's test provides.

use crate::ManualClock;
use async_trait::async_trait;
use selfsame_application::LaneOptions;
use selfsame_application::ports::Store;
use std::future::Future;
use std::sync::Arc;

/// A storage of its own for one test, with the powers that only tests have.
#[async_trait]
pub trait Backend: Send + Sync {
    /// The storage; empty when the test begins, without any workspace.
    fn store(&self) -> Arc<dyn Store>;

    /// The test's time.
    fn clock(&self) -> &ManualClock;

    /// Closes the storage and opens the same data again, as a restarted server does. [`Self::store`] MUST be another instance
    /// afterwards that remembers nothing but what is durable. Those returned before are not used any more.
    async fn reopen(&mut self);

    /// Another instance on the same data, as a second server has: with connections of its own, sharing no memory with
    /// [`Self::store`]. The in-memory adapter gives a clone.
    fn another(&self) -> Arc<dyn Store>;

    /// How writes are batched.
    fn lane(&self) -> LaneOptions {
        LaneOptions::default()
    }
}

/// Runs one test on a runtime of its own with two worker threads.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("build a runtime")
        .block_on(test)
}
