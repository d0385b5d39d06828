//! Reading and writing.

use super::space::Space;
use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    AccessVersion, Basis, Commit, Exclusive, PolicyVersion, ReadAnswer, ReadRequest, ReadState, Storage, StorageError,
    Written,
};
use selfsame_domain::{Revision, WorkspaceId};
use std::sync::Arc;
use tokio::sync::OwnedMutexGuard;

/// A transaction in memory.
struct MemoryExclusive {
    store: MemoryStore,
    workspace: WorkspaceId,
    /// Excludes other writers.
    _writer: OwnedMutexGuard<()>,
}

#[async_trait]
impl Storage for MemoryStore {
    async fn policy(&self, workspace: WorkspaceId) -> Result<PolicyVersion, StorageError> {
        self.state(workspace).map(|(policy, ..)| policy)
    }

    async fn read(&self, workspace: WorkspaceId, request: &ReadRequest) -> Result<ReadAnswer, StorageError> {
        let (policy, access, space) = self.state(workspace)?;
        if policy.revision != request.policy {
            return Ok(ReadAnswer::OutdatedPolicy(policy));
        }
        let found = request.reply_keys.iter().filter_map(|key| space.replies.get(key));
        let recorded = found.filter(|record| record.expires_at > request.now).cloned();
        Ok(ReadAnswer::State(Box::new(ReadState {
            revision: space.revisions.latest,
            access,
            recorded: recorded.collect(),
            snapshot: space.load(&request.footprint),
        })))
    }

    async fn write(&self, workspace: WorkspaceId, basis: &Basis, commit: Commit<'_>) -> Result<Written, StorageError> {
        let _writer = self.writer(workspace)?.lock_owned().await;
        if !self.state(workspace)?.2.is_true(basis) {
            return Ok(Written::Stale);
        }
        self.commit(workspace, commit).map(Written::Committed)
    }

    async fn exclusive(&self, workspace: WorkspaceId) -> Result<Box<dyn Exclusive>, StorageError> {
        Ok(Box::new(MemoryExclusive {
            _writer: self.writer(workspace)?.lock_owned().await,
            store: self.clone(),
            workspace,
        }))
    }
}

#[async_trait]
impl Exclusive for MemoryExclusive {
    async fn read(&mut self, request: &ReadRequest) -> Result<ReadAnswer, StorageError> {
        self.store.read(self.workspace, request).await
    }

    async fn write(self: Box<Self>, commit: Commit<'_>) -> Result<Revision, StorageError> {
        self.store.commit(self.workspace, commit)
    }
}

impl MemoryStore {
    pub(super) fn writer(&self, workspace: WorkspaceId) -> Result<Arc<tokio::sync::Mutex<()>>, StorageError> {
        let shared = self.lock();
        let account = shared.accounts.get(&workspace).ok_or(StorageError::UnknownWorkspace)?;
        Ok(Arc::clone(&account.writer))
    }

    fn state(&self, workspace: WorkspaceId) -> Result<(PolicyVersion, AccessVersion, Arc<Space>), StorageError> {
        let shared = self.lock();
        let account = shared.accounts.get(&workspace).ok_or(StorageError::UnknownWorkspace)?;
        let policy = PolicyVersion {
            revision: account.space.revisions.policy,
            policy: Arc::new(account.workspace.policy.clone()),
        };
        Ok((policy, account.access, Arc::clone(&account.space)))
    }

    /// Replaces the data by a changed copy. The caller excludes other writers.
    fn commit(&self, workspace: WorkspaceId, commit: Commit<'_>) -> Result<Revision, StorageError> {
        let (.., before) = self.state(workspace)?;
        if commit.is_empty() {
            return Ok(before.revisions.latest);
        }
        let mut space = Space::clone(&before);
        space.apply(commit)?;
        let revision = space.revisions.latest;
        let mut shared = self.lock();
        if let Some(progress) = commit.import {
            shared.record_in_commit(workspace, progress)?;
        }
        let account = shared
            .accounts
            .get_mut(&workspace)
            .ok_or(StorageError::UnknownWorkspace)?;
        account.space = Arc::new(space);
        let space = Arc::clone(&account.space);
        if let Some(policy) = &commit.changes.policy {
            account.workspace.policy = policy.clone();
            account.access.0 += 1;
        }
        if !commit.changes.erased.is_empty() {
            shared.forget_values_of_erased(workspace, |id| !space.contacts.contains_key(&id));
            let is_erased = |id| before.contacts.contains_key(&id) && !space.contacts.contains_key(&id);
            shared.forget_messages(workspace, is_erased);
        }
        Ok(revision)
    }
}
