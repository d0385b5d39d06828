//! The conformance suite on SQLite: a separate file for every test.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use async_trait::async_trait;
use selfsame_application::LaneOptions;
use selfsame_application::ports::Store;
use selfsame_storage_conformance::{Backend, ManualClock};
use selfsame_storage_sqlite::{SqliteOptions, SqliteStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

struct Sqlite {
    store: SqliteStore,
    clock: ManualClock,
    lane: LaneOptions,
    directory: TempDir,
}

impl Sqlite {
    async fn new(batch_commands: usize) -> Self {
        let directory = directory();
        std::fs::write(file(&directory), EMPTY.get_or_init(empty).await).expect("copy the empty database");
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

/// A database with all tables and no rows: migrating a file for every test would take longer than most tests.
static EMPTY: OnceCell<Vec<u8>> = OnceCell::const_new();

async fn empty() -> Vec<u8> {
    let directory = directory();
    open(&directory).await.close().await.expect("close the store");
    std::fs::read(file(&directory)).expect("read the empty database")
}

/// In memory where the system has such a directory: no case cuts the power, so no test needs a disk.
fn directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.expect("make a directory")
}

fn file(directory: &TempDir) -> PathBuf {
    directory.path().join("selfsame.db")
}

async fn open(directory: &TempDir) -> SqliteStore {
    let url = format!("sqlite://{}", file(directory).display());
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

    selfsame_storage_conformance::conformance!(concurrent Sqlite::new(1));
}
