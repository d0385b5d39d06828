//! The suite on the in-memory adapter.

use async_trait::async_trait;
use selfsame_application::LaneOptions;
use selfsame_application::ports::Store;
use selfsame_storage_conformance::{Backend, ManualClock, MemoryStore};
use std::sync::Arc;

struct Memory {
    store: MemoryStore,
    clock: ManualClock,
    lane: LaneOptions,
}

impl Memory {
    fn new(batch_commands: usize) -> Self {
        let lane = LaneOptions {
            batch_commands,
            ..LaneOptions::default()
        };
        Self {
            store: MemoryStore::new(),
            clock: ManualClock::new(),
            lane,
        }
    }
}

#[async_trait]
impl Backend for Memory {
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Memory cannot be read back from a disk: the test shows only that the data outlive the first handle.
    async fn reopen(&mut self) {
        self.store = self.store.clone();
    }

    fn another(&self) -> Arc<dyn Store> {
        self.store()
    }

    fn lane(&self) -> LaneOptions {
        self.lane
    }
}

mod batched {
    use super::Memory;

    selfsame_storage_conformance::conformance!(async { Memory::new(256) });
    selfsame_storage_conformance::machine!(async { Memory::new(256) });
}

mod one_by_one {
    use super::Memory;

    selfsame_storage_conformance::conformance!(concurrent async { Memory::new(1) });
}
