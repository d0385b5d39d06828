//! The conformance suite on PostgreSQL.

mod common;

use async_trait::async_trait;
use selfsame_application::LaneOptions;
use selfsame_application::ports::Store;
use selfsame_pg_fixture::TestDatabase;
use selfsame_storage_conformance::{Backend, ManualClock};
use selfsame_storage_postgres::PostgresStore;
use std::sync::Arc;
use tokio::runtime::Handle;

struct Postgres {
    store: PostgresStore,
    clock: ManualClock,
    lane: LaneOptions,
    database: TestDatabase,
}

impl Postgres {
    async fn new(batch_commands: usize) -> Self {
        let database = common::reused_database().await;
        let lane = LaneOptions {
            batch_commands,
            ..LaneOptions::default()
        };
        Self {
            store: common::open(&database).await,
            clock: ManualClock::new(),
            lane,
            database,
        }
    }
}

#[async_trait]
impl Backend for Postgres {
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    fn clock(&self) -> &ManualClock {
        &self.clock
    }

    async fn reopen(&mut self) {
        self.store.close().await;
        self.store = common::open(&self.database).await;
    }

    fn another(&self) -> Arc<dyn Store> {
        let store = tokio::task::block_in_place(|| Handle::current().block_on(common::open(&self.database)));
        Arc::new(store)
    }

    fn lane(&self) -> LaneOptions {
        self.lane
    }
}

mod batched {
    use super::Postgres;

    selfsame_storage_conformance::conformance!(Postgres::new(256));
    selfsame_storage_conformance::machine!(Postgres::new(256));
}

mod one_by_one {
    use super::Postgres;

    selfsame_storage_conformance::conformance!(concurrent Postgres::new(1));
}
