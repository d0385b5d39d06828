//! A store that observes another one, holds its commits, and injects faults.

use super::faults::{Fault, Faults, Point};
use async_trait::async_trait;
use selfsame_application::ports::{
    Basis, Commit, Exclusive, PolicyVersion, ReadAnswer, ReadRequest, Storage, StorageError, Written,
};
use selfsame_domain::{Footprint, Revision, WorkspaceId};
use selfsame_storage_conformance::MemoryStore;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, watch};

/// The gate for reads of credentials: no workspace has this number.
pub(crate) const CREDENTIALS: WorkspaceId = WorkspaceId(0);

/// A store that observes the in-memory one. A clone shares all state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Probe {
    pub(super) inner: MemoryStore,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// How many commits have reached a gate.
    arrived: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    seen: Vec<Seen>,
    touches: usize,
    overlaps: bool,
    excludes: bool,
    counts_slowly: bool,
    faults: Faults,
    /// How many writes are still to be answered as stale.
    stale: usize,
    gates: HashMap<WorkspaceId, Arc<Semaphore>>,
}

/// An attempt at a batch, or a dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) workspace: WorkspaceId,
    footprint: Footprint,
    /// Whether other writers were excluded before it was read.
    pub(crate) exclusive: bool,
    /// Whether it reached a write.
    pub(crate) applied: bool,
    pub(crate) committed: bool,
}

impl Seen {
    /// The number of its commands that name a contact by its identifiers.
    pub(crate) fn commands(&self) -> usize {
        self.footprint.fresh.contacts
    }
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

    /// How many commits have reached gates in all.
    pub(crate) fn arrivals(&self) -> usize {
        *self.shared.arrived.borrow()
    }

    /// Returns when this many commits have reached gates in all.
    pub(crate) async fn arrived(&self, count: usize) {
        let mut arrived = self.shared.arrived.subscribe();
        super::soon(arrived.wait_for(|arrived| *arrived >= count))
            .await
            .expect("the probe lives");
    }

    /// Lets batches overlap from now on.
    pub(crate) fn overlap(&self) {
        self.lock().overlaps = true;
    }

    /// Asks for batches that exclude other writers from now on.
    pub(crate) fn exclude(&self) {
        self.lock().excludes = true;
    }

    /// Lets the time of counts be over, from now on.
    pub(crate) fn count_slowly(&self) {
        self.lock().counts_slowly = true;
    }

    /// Whether the time of counts is over.
    pub(super) fn counts_slowly(&self) -> bool {
        self.lock().counts_slowly
    }

    /// Adds a fault.
    pub(crate) fn fault(&self, fault: Fault) {
        self.lock().faults.add(fault);
    }

    /// Answers this many writes as stale.
    pub(crate) fn go_stale(&self, times: usize) {
        self.lock().stale = times;
    }

    fn is_stale(&self) -> bool {
        let mut state = self.lock();
        let left = state.stale.checked_sub(1);
        state.stale = left.unwrap_or(0);
        left.is_some()
    }

    /// Changes the record of the last attempt in a workspace.
    fn note(&self, workspace: WorkspaceId, change: impl FnOnce(&mut Seen)) {
        let mut state = self.lock();
        let last = state.seen.iter_mut().rev().find(|seen| seen.workspace == workspace);
        last.map(change);
    }

    async fn before_write(&self, workspace: WorkspaceId) -> Result<(), StorageError> {
        let mut footprint = Footprint::default();
        self.note(workspace, |seen| {
            seen.applied = true;
            footprint = seen.footprint.clone();
        });
        self.pass(Point::Write, &footprint)?;
        self.wait_at_gate(workspace).await;
        self.pass(Point::Commit, &footprint)
    }

    /// The attempts so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    /// How many attempts there were in a workspace.
    pub(crate) fn begins(&self, workspace: WorkspaceId) -> usize {
        self.sizes(workspace).len()
    }

    /// The number of commands of each attempt in a workspace.
    pub(crate) fn sizes(&self, workspace: WorkspaceId) -> Vec<usize> {
        let seen = self.seen().into_iter();
        seen.filter(|seen| seen.workspace == workspace)
            .map(|seen| seen.commands())
            .collect()
    }

    /// Clears the attempts so far.
    pub(crate) fn forget(&self) {
        self.lock().seen.clear();
    }

    /// How often the use of a key was stored.
    pub(crate) fn touches(&self) -> usize {
        self.lock().touches
    }

    pub(super) fn touch(&self) {
        self.lock().touches += 1;
    }

    /// Fails when a fault is due.
    pub(super) fn pass(&self, at: Point, footprint: &Footprint) -> Result<(), StorageError> {
        let due = self.lock().faults.due(at, footprint);
        due.map_or(Ok(()), |what| Err(what.error()))
    }

    pub(super) async fn wait_at_gate(&self, workspace: WorkspaceId) {
        let Some(gate) = self.lock().gates.get(&workspace).cloned() else {
            return;
        };
        self.shared.arrived.send_modify(|arrived| *arrived += 1);
        // An error means that the gate was opened for all.
        if let Ok(permit) = gate.acquire().await {
            permit.forget();
        }
    }
}

#[async_trait]
impl Storage for Probe {
    async fn policy(&self, workspace: WorkspaceId) -> Result<PolicyVersion, StorageError> {
        self.lock().seen.push(Seen {
            workspace,
            footprint: Footprint::default(),
            exclusive: false,
            applied: false,
            committed: false,
        });
        self.pass(Point::Policy, &Footprint::default())?;
        self.inner.policy(workspace).await
    }

    fn overlaps(&self) -> bool {
        self.lock().overlaps
    }

    fn excludes(&self) -> bool {
        self.lock().excludes
    }

    async fn read(&self, workspace: WorkspaceId, request: &ReadRequest) -> Result<ReadAnswer, StorageError> {
        self.note(workspace, |seen| seen.footprint = request.footprint.clone());
        self.pass(Point::Read, &request.footprint)?;
        self.inner.read(workspace, request).await
    }

    async fn write(&self, workspace: WorkspaceId, basis: &Basis, commit: Commit<'_>) -> Result<Written, StorageError> {
        self.before_write(workspace).await?;
        if self.is_stale() {
            return Ok(Written::Stale);
        }
        self.note(workspace, |seen| seen.committed = true);
        self.inner.write(workspace, basis, commit).await
    }

    async fn exclusive(&self, workspace: WorkspaceId) -> Result<Box<dyn Exclusive>, StorageError> {
        let inner = self.inner.exclusive(workspace).await?;
        let probe = self.clone();
        Ok(Box::new(Watched {
            probe,
            inner,
            workspace,
        }))
    }
}

/// An observed transaction.
struct Watched {
    probe: Probe,
    inner: Box<dyn Exclusive>,
    workspace: WorkspaceId,
}

#[async_trait]
impl Exclusive for Watched {
    async fn read(&mut self, request: &ReadRequest) -> Result<ReadAnswer, StorageError> {
        self.probe.note(self.workspace, |seen| {
            seen.footprint = request.footprint.clone();
            seen.exclusive = true;
        });
        self.probe.pass(Point::Read, &request.footprint)?;
        self.inner.read(request).await
    }

    async fn write(self: Box<Self>, commit: Commit<'_>) -> Result<Revision, StorageError> {
        self.probe.before_write(self.workspace).await?;
        self.probe.note(self.workspace, |seen| seen.committed = true);
        self.inner.write(commit).await
    }
}
