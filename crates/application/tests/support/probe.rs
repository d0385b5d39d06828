//! A store that watches another one, holds its commits, and lets it fail.

use super::faults::{Fault, Faults, Point};
use async_trait::async_trait;
use selfsame_application::ports::{Mode, Recorded, Storage, StorageError, UnitOfWork};
use selfsame_domain::{ChangeSet, Footprint, Policy, Snapshot, Timestamp, WorkspaceId};
use selfsame_storage_conformance::MemoryStore;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, watch};

/// The gate of answers about credentials: no workspace has this number.
pub(crate) const CREDENTIALS: WorkspaceId = WorkspaceId(0);

/// A store that watches the in-memory one. Clones share everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Probe {
    pub(super) inner: MemoryStore,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// How many commits came to a gate.
    arrived: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    seen: Vec<Seen>,
    touches: usize,
    faults: Faults,
    gates: HashMap<WorkspaceId, Arc<Semaphore>>,
}

/// A transaction that was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) workspace: WorkspaceId,
    pub(crate) mode: Mode,
    /// How many commands it was loaded for: those that name a contact by its identifiers.
    pub(crate) commands: usize,
    pub(crate) applied: bool,
    pub(crate) committed: bool,
}

impl Probe {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds the commits of a workspace from now on.
    pub(crate) fn hold(&self, workspace: WorkspaceId) {
        self.lock().gates.insert(workspace, Arc::new(Semaphore::new(0)));
    }

    /// Lets one held commit of a workspace pass.
    pub(crate) fn let_one_pass(&self, workspace: WorkspaceId) {
        self.lock().gates.get(&workspace).expect("a gate").add_permits(1);
    }

    /// Lets all commits of a workspace pass, from now on.
    pub(crate) fn open(&self, workspace: WorkspaceId) {
        self.lock().gates.remove(&workspace).expect("a gate").close();
    }

    /// How many commits have come to gates in all.
    pub(crate) fn arrivals(&self) -> usize {
        *self.shared.arrived.borrow()
    }

    /// Returns when so many commits have come to gates in all.
    pub(crate) async fn arrived(&self, count: usize) {
        let mut arrived = self.shared.arrived.subscribe();
        super::soon(arrived.wait_for(|arrived| *arrived >= count))
            .await
            .expect("the probe lives");
    }

    /// Lets something go wrong.
    pub(crate) fn fault(&self, fault: Fault) {
        self.lock().faults.add(fault);
    }

    /// Transactions so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    /// How many writing transactions were begun in a workspace.
    pub(crate) fn begins(&self, workspace: WorkspaceId) -> usize {
        self.sizes(workspace).len()
    }

    /// How many commands each writing transaction of a workspace was loaded for.
    pub(crate) fn sizes(&self, workspace: WorkspaceId) -> Vec<usize> {
        let seen = self.seen().into_iter();
        seen.filter(|seen| seen.workspace == workspace && seen.mode == Mode::Write)
            .map(|seen| seen.commands)
            .collect()
    }

    /// Forgets the transactions so far.
    pub(crate) fn forget(&self) {
        self.lock().seen.clear();
    }

    /// How often the use of a key was written.
    pub(crate) fn touches(&self) -> usize {
        self.lock().touches
    }

    pub(super) fn touch(&self) {
        self.lock().touches += 1;
    }

    /// Fails when that is due.
    pub(super) fn pass(&self, at: Point, footprint: &Footprint) -> Result<(), StorageError> {
        let due = self.lock().faults.due(at, footprint);
        due.map_or(Ok(()), |what| Err(what.error()))
    }

    pub(super) async fn wait_at_gate(&self, workspace: WorkspaceId) {
        let Some(gate) = self.lock().gates.get(&workspace).cloned() else {
            return;
        };
        self.shared.arrived.send_modify(|arrived| *arrived += 1);
        // An error is the gate that was opened for all.
        if let Ok(permit) = gate.acquire().await {
            permit.forget();
        }
    }
}

#[async_trait]
impl Storage for Probe {
    async fn begin(&self, workspace: WorkspaceId, mode: Mode) -> Result<Box<dyn UnitOfWork>, StorageError> {
        let number = {
            let mut state = self.lock();
            state.seen.push(Seen {
                workspace,
                mode,
                commands: 0,
                applied: false,
                committed: false,
            });
            state.seen.len() - 1
        };
        self.pass(Point::Begin, &Footprint::default())?;
        let inner = self.inner.begin(workspace, mode).await?;
        Ok(Box::new(Watched {
            probe: self.clone(),
            inner,
            workspace,
            number,
            footprint: Footprint::default(),
        }))
    }
}

/// A transaction under watch.
struct Watched {
    probe: Probe,
    inner: Box<dyn UnitOfWork>,
    workspace: WorkspaceId,
    number: usize,
    footprint: Footprint,
}

impl Watched {
    fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.probe.lock().seen[self.number]);
    }
}

#[async_trait]
impl UnitOfWork for Watched {
    fn policy(&self) -> &Policy {
        self.inner.policy()
    }

    async fn recorded(&mut self, keys: &[String], now: Timestamp) -> Result<Vec<Recorded>, StorageError> {
        self.inner.recorded(keys, now).await
    }

    async fn load(&mut self, footprint: &Footprint) -> Result<Snapshot, StorageError> {
        self.footprint = footprint.clone();
        self.note(|seen| seen.commands = footprint.fresh.contacts);
        self.probe.pass(Point::Load, footprint)?;
        self.inner.load(footprint).await
    }

    async fn apply(&mut self, changes: &ChangeSet, records: &[Recorded]) -> Result<(), StorageError> {
        self.note(|seen| seen.applied = true);
        self.probe.pass(Point::Apply, &self.footprint)?;
        self.inner.apply(changes, records).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StorageError> {
        self.probe.wait_at_gate(self.workspace).await;
        self.probe.pass(Point::Commit, &self.footprint)?;
        self.note(|seen| seen.committed = true);
        self.inner.commit().await
    }
}
