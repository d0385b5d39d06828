//! The backend of the conformance suite.

use async_trait::async_trait;
use selfsame_application::LaneOptions;
use selfsame_application::ports::Store;
use selfsame_pg_fixture::TestDatabase;
use selfsame_storage_conformance::{Backend, ManualClock};
use selfsame_storage_postgres::PostgresStore;
use std::sync::Arc;
use tokio::runtime::Handle;

pub(crate) struct Postgres {
    store: PostgresStore,
    clock: ManualClock,
    lane: LaneOptions,
    database: TestDatabase,
}

impl Postgres {
    /// Creates a store on an empty database with all tables.
    pub(crate) async fn new(database: TestDatabase, batch_commands: usize) -> Self {
        let lane = LaneOptions {
            batch_commands,
            ..LaneOptions::default()
        };
        Self {
            store: super::open(&database).await,
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
        self.store = super::open(&self.database).await;
    }

    fn another(&self) -> Arc<dyn Store> {
        let store = tokio::task::block_in_place(|| Handle::current().block_on(super::open(&self.database)));
        Arc::new(store)
    }

    fn lane(&self) -> LaneOptions {
        self.lane
    }
}
