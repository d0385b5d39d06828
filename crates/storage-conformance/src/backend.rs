//! The backend that an adapter's test provides.

use crate::{ManualClock, assert_in_order};
use async_trait::async_trait;
use futures::future::LocalBoxFuture;
use selfsame_application::LaneOptions;
use selfsame_application::ports::Store;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A separate storage for one test, with operations that only tests have.
#[async_trait]
pub trait Backend: Send + Sync {
    /// The storage; empty when the test begins, without any workspace.
    fn store(&self) -> Arc<dyn Store>;

    /// The clock of the test.
    fn clock(&self) -> &ManualClock;

    /// Closes the storage and opens the same data again, as a restarted server does. [`Self::store`] MUST be another instance
    /// afterwards that has only durable state. Instances that were returned before are not used any more.
    async fn reopen(&mut self);

    /// Another instance on the same data, as a second server has: with its own connections, sharing no memory with
    /// [`Self::store`]. The in-memory adapter returns a clone.
    fn another(&self) -> Arc<dyn Store>;

    /// How writes are batched.
    fn lane(&self) -> LaneOptions {
        LaneOptions::default()
    }
}

/// A future that makes the backend of one test.
pub type MakeBackend = Pin<Box<dyn Future<Output = Box<dyn Backend>>>>;

/// Boxes a future of a backend for the runners of the cases.
pub fn boxed<B: Backend + 'static>(make: impl Future<Output = B> + 'static) -> MakeBackend {
    Box::pin(async { Box::new(make.await) as Box<dyn Backend> })
}

/// The time-out of a test: a stuck test fails instead of blocking the run.
const LIMIT: Duration = Duration::from_mins(3);

/// Runs one test on a separate runtime with two worker threads.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("build a runtime")
        .block_on(async { timeout(LIMIT, test).await })
        .expect("the test ends within three minutes")
}

/// Runs one case, and checks the invariants at its end.
pub(crate) fn run_case(make: MakeBackend, case: &dyn for<'b> Fn(&'b mut dyn Backend) -> LocalBoxFuture<'b, ()>) {
    run(async {
        let mut backend = make.await;
        case(&mut *backend).await;
        assert_in_order(&*backend.store()).await;
    });
}
