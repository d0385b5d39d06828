//! What an adapter's test provides.

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

/// A future of the backend of one test.
pub type MakeBackend = Pin<Box<dyn Future<Output = Box<dyn Backend>>>>;

/// Boxes a future of a backend, as the runners of the cases take it.
pub fn boxed<B: Backend + 'static>(make: impl Future<Output = B> + 'static) -> MakeBackend {
    Box::pin(async { Box::new(make.await) as Box<dyn Backend> })
}

/// How long a test may take: a stuck one fails instead of holding up the run.
const LIMIT: Duration = Duration::from_mins(3);

/// Runs one test on a runtime of its own with two worker threads.
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
