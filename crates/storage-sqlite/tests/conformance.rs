//! The conformance suite on SQLite: a file of its own for every test.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use async_trait::async_trait;
use selfsame_application::LaneOptions;
use selfsame_application::ports::Store;
use selfsame_storage_conformance::{Backend, ManualClock};
use selfsame_storage_sqlite::{SqliteOptions, SqliteStore};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Handle;

struct Sqlite {
    store: SqliteStore,
    clock: ManualClock,
    lane: LaneOptions,
    directory: TempDir,
}

impl Sqlite {
    async fn new(batch_commands: usize) -> Self {
        let directory = tempfile::tempdir().expect("make a directory");
        let lane = LaneOptions {
            batch_commands,
            ..LaneOptions::default()
        };
        Self {
            store: open(&directory).await,
            clock: ManualClock::new(),
            lane,
            directory,
        }
    }
}

async fn open(directory: &TempDir) -> SqliteStore {
    let url = format!("sqlite://{}/selfsame.db", directory.path().display());
    SqliteStore::open(&url, SqliteOptions::default())
        .await
        .expect("open the store")
}

#[async_trait]
impl Backend for Sqlite {
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    fn clock(&self) -> &ManualClock {
        &self.clock
    }

    async fn reopen(&mut self) {
        self.store.close().await.expect("close the store");
        self.store = open(&self.directory).await;
    }

    fn another(&self) -> Arc<dyn Store> {
        let store = tokio::task::block_in_place(|| Handle::current().block_on(open(&self.directory)));
        Arc::new(store)
    }

    fn lane(&self) -> LaneOptions {
        self.lane
    }
}

mod batched {
    use super::Sqlite;

    selfsame_storage_conformance::conformance!(Sqlite::new(256));
    selfsame_storage_conformance::machine!(Sqlite::new(256));
}

mod one_by_one {
    use super::Sqlite;

    selfsame_storage_conformance::conformance!(Sqlite::new(1));
}
