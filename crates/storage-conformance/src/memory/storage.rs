//! Units of work.

use super::contract::ContractError;
use super::space::Space;
use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{Mode, Recorded, Storage, StorageError, UnitOfWork};
use selfsame_domain::{ChangeSet, Footprint, Policy, Snapshot, Timestamp, WorkspaceId};
use std::sync::Arc;
use tokio::sync::OwnedMutexGuard;

/// A transaction in memory.
struct MemoryUnit {
    store: MemoryStore,
    workspace: WorkspaceId,
    policy: Policy,
    /// The state of the beginning.
    space: Arc<Space>,
    /// What the commit puts in place.
    pending: Option<Pending>,
    /// Keeps other writers out; a dry run has none.
    writer: Option<OwnedMutexGuard<()>>,
}

struct Pending {
    space: Space,
    policy: Option<Policy>,
}

#[async_trait]
impl Storage for MemoryStore {
    async fn begin(&self, workspace: WorkspaceId, mode: Mode) -> Result<Box<dyn UnitOfWork>, StorageError> {
        let writer = match mode {
            Mode::Write => Some(self.writer(workspace)?.lock_owned().await),
            Mode::DryRun => None,
        };
        let shared = self.lock();
        let account = shared.accounts.get(&workspace).ok_or(StorageError::UnknownWorkspace)?;
        Ok(Box::new(MemoryUnit {
            store: self.clone(),
            workspace,
            policy: account.workspace.policy.clone(),
            space: Arc::clone(&account.space),
            pending: None,
            writer,
        }))
    }
}

impl MemoryStore {
    pub(super) fn writer(&self, workspace: WorkspaceId) -> Result<Arc<tokio::sync::Mutex<()>>, StorageError> {
        let shared = self.lock();
        let account = shared.accounts.get(&workspace).ok_or(StorageError::UnknownWorkspace)?;
        Ok(Arc::clone(&account.writer))
    }
}

#[async_trait]
impl UnitOfWork for MemoryUnit {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    async fn recorded(&mut self, keys: &[String], now: Timestamp) -> Result<Vec<Recorded>, StorageError> {
        let found = keys.iter().filter_map(|key| self.space.replies.get(key));
        Ok(found.filter(|record| record.expires_at > now).cloned().collect())
    }

    async fn load(&mut self, footprint: &Footprint) -> Result<Snapshot, StorageError> {
        Ok(self.space.load(footprint))
    }

    async fn apply(&mut self, changes: &ChangeSet, records: &[Recorded]) -> Result<(), StorageError> {
        if self.writer.is_none() || self.pending.is_some() {
            return Err(ContractError::OutOfOrder.into());
        }
        let mut space = Space::clone(&self.space);
        space.apply(changes, records)?;
        self.pending = Some(Pending {
            space,
            policy: changes.policy.clone(),
        });
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StorageError> {
        let Some(pending) = self.pending else { return Ok(()) };
        let mut shared = self.store.lock();
        let account = shared
            .accounts
            .get_mut(&self.workspace)
            .ok_or(StorageError::UnknownWorkspace)?;
        account.space = Arc::new(pending.space);
        if let Some(policy) = pending.policy {
            account.workspace.policy = policy;
        }
        Ok(())
    }
}
