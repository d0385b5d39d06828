//! The audit log of the console.

use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{Audit, StorageError};
use selfsame_domain::console::AuditEntry;
use selfsame_domain::{AuditId, WorkspaceId};

#[async_trait]
impl Audit for MemoryStore {
    async fn append_audit(&self, entry: &AuditEntry) -> Result<(), StorageError> {
        let mut shared = self.lock();
        if !shared.accounts.contains_key(&entry.workspace) {
            return Err(StorageError::UnknownWorkspace);
        }
        shared.audit.insert((entry.workspace, entry.id), entry.clone());
        Ok(())
    }

    async fn audit(
        &self,
        workspace: WorkspaceId,
        before: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StorageError> {
        let shared = self.lock();
        let own = shared.audit.values().rev().filter(|entry| entry.workspace == workspace);
        let earlier = own.filter(|entry| before.is_none_or(|before| entry.id < before));
        Ok(earlier.take(limit as usize).cloned().collect())
    }
}
