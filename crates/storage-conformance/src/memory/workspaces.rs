//! Workspaces and their API keys.

use super::space::Space;
use super::store::{Account, MemoryStore, Shared, StoredKey};
use async_trait::async_trait;
use selfsame_application::ports::{
    AccessVersion, ApiKey, Credentials, KeyToStore, StorageError, Workspace, Workspaces,
};
use selfsame_domain::{KeyId, Policy, Timestamp, WorkspaceId};
use std::sync::Arc;

#[async_trait]
impl Workspaces for MemoryStore {
    async fn create_workspace(&self, name: &str, at: Timestamp) -> Result<Workspace, StorageError> {
        self.lock().create_workspace(name, at)
    }

    async fn bootstrap(&self, name: &str, key: &KeyToStore, at: Timestamp) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        if !shared.accounts.is_empty() {
            return Ok(false);
        }
        let workspace = shared.create_workspace(name, at)?.id;
        let stored = StoredKey {
            key: ApiKey {
                workspace,
                ..key.key.clone()
            },
            digest: key.digest.clone(),
        };
        shared.keys.push(stored);
        Ok(true)
    }

    async fn workspaces(&self) -> Result<Vec<Workspace>, StorageError> {
        Ok(self
            .lock()
            .accounts
            .values()
            .map(|account| account.workspace.clone())
            .collect())
    }

    async fn create_key(&self, key: &KeyToStore) -> Result<(), StorageError> {
        let mut shared = self.lock();
        if !shared.accounts.contains_key(&key.key.workspace) {
            return Err(StorageError::UnknownWorkspace);
        }
        if shared.keys.iter().any(|known| known.digest == key.digest) {
            return Err(StorageError::Conflict {
                what: "the digest of the key",
            });
        }
        shared.keys.push(StoredKey {
            key: key.key.clone(),
            digest: key.digest.clone(),
        });
        Ok(())
    }

    async fn keys(&self, workspace: WorkspaceId) -> Result<Vec<ApiKey>, StorageError> {
        let shared = self.lock();
        let mut keys: Vec<ApiKey> = shared
            .keys
            .iter()
            .filter(|known| known.key.workspace == workspace)
            .map(|known| known.key.clone())
            .collect();
        keys.sort_by_key(|key| (key.created_at, key.id));
        Ok(keys)
    }

    async fn revoke_key(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        if let Some(account) = shared.accounts.get_mut(&workspace) {
            account.access.0 += 1;
        }
        let revoked = shared.key_mut(workspace, key);
        Ok(revoked.map(|key| *key.revoked_at.get_or_insert(at)).is_some())
    }

    async fn credentials(&self, digest: &[u8]) -> Result<Option<Credentials>, StorageError> {
        Ok(self.lock().credentials(|known| known.digest == digest))
    }

    async fn credentials_of(&self, workspace: WorkspaceId, key: KeyId) -> Result<Option<Credentials>, StorageError> {
        let is_it = |known: &StoredKey| known.key.workspace == workspace && known.key.id == key;
        Ok(self.lock().credentials(is_it))
    }

    async fn touch_key(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Result<(), StorageError> {
        if let Some(key) = self.lock().key_mut(workspace, key) {
            key.last_used_at = Some(at);
        }
        Ok(())
    }
}

impl Shared {
    fn create_workspace(&mut self, name: &str, at: Timestamp) -> Result<Workspace, StorageError> {
        if self.accounts.values().any(|account| account.workspace.name == name) {
            return Err(StorageError::Conflict {
                what: "the name of the workspace",
            });
        }
        let last = self.accounts.keys().next_back().map_or(0, |id| id.0);
        let id = WorkspaceId(last + 1);
        let workspace = Workspace {
            id,
            name: name.to_owned(),
            policy: Policy::default(),
            created_at: at,
        };
        let account = Account {
            workspace: workspace.clone(),
            access: AccessVersion::default(),
            space: Arc::new(Space::default()),
            writer: Arc::default(),
        };
        self.accounts.insert(id, account);
        Ok(workspace)
    }

    fn credentials(&self, is_it: impl Fn(&StoredKey) -> bool) -> Option<Credentials> {
        let known = self.keys.iter().find(|known| is_it(known))?;
        let account = self.accounts.get(&known.key.workspace)?;
        Some(Credentials {
            key: known.key.clone(),
            workspace: account.workspace.clone(),
            access: account.access,
        })
    }

    fn key_mut(&mut self, workspace: WorkspaceId, key: KeyId) -> Option<&mut ApiKey> {
        let mut keys = self.keys.iter_mut().map(|known| &mut known.key);
        keys.find(|known| known.workspace == workspace && known.id == key)
    }
}
