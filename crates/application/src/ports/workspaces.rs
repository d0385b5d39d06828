//! Workspaces and their API keys.

use async_trait::async_trait;
use selfsame_domain::{KeyId, Policy, Rights, Timestamp, WorkspaceId};

use super::StorageError;

/// One customer's account.
#[derive(Debug, Clone, PartialEq)]
pub struct Workspace {
    /// Its number.
    pub id: WorkspaceId,
    /// Its name, unique, 1 to 100 characters.
    pub name: String,
    /// Its identity policy.
    pub policy: Policy,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its identity.
    pub id: KeyId,
    /// The workspace that it opens.
    pub workspace: WorkspaceId,
    /// What people call it, 1 to 100 characters.
    pub name: String,
    /// The beginning of the secret, by which people recognise it.
    pub prefix: String,
    /// What it may do.
    pub rights: Rights,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, exact to a minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// A key to be stored: only the digest of the secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyToStore {
    /// The key.
    pub key: ApiKey,
    /// SHA-256 of the secret, 32 bytes.
    pub digest: Vec<u8>,
}

/// What a secret opens.
#[derive(Debug, Clone, PartialEq)]
pub struct Credentials {
    /// The key; it may be expired or revoked.
    pub key: ApiKey,
    /// Its workspace.
    pub workspace: Workspace,
}

/// Keeps workspaces and keys.
#[async_trait]
pub trait Workspaces: Send + Sync {
    /// Makes a workspace with the default policy. [`StorageError::Conflict`] when the name is taken.
    async fn create_workspace(&self, name: &str, at: Timestamp) -> Result<Workspace, StorageError>;

    /// Makes a workspace and its first key, if and only if there is no workspace at all; says whether it did. Of several
    /// servers that start at once exactly one MUST succeed. The workspace of the given key is set by the storage.
    async fn bootstrap(&self, name: &str, key: &KeyToStore, at: Timestamp) -> Result<bool, StorageError>;

    /// All workspaces, by number.
    async fn workspaces(&self) -> Result<Vec<Workspace>, StorageError>;

    /// Stores a key. [`StorageError::Conflict`] when its digest is known, [`StorageError::UnknownWorkspace`] without its workspace.
    async fn create_key(&self, key: &KeyToStore) -> Result<(), StorageError>;

    /// The keys of a workspace, by time of making.
    async fn keys(&self, workspace: WorkspaceId) -> Result<Vec<ApiKey>, StorageError>;

    /// Revokes a key. Says whether the workspace has such a key; revoking again keeps the first time.
    async fn revoke_key(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Result<bool, StorageError>;

    /// What the secret with this digest opens. MUST see a revocation as soon as it is committed, from every server.
    async fn credentials(&self, digest: &[u8]) -> Result<Option<Credentials>, StorageError>;

    /// A key of a workspace by its identity, as [`Self::credentials`] by its secret.
    async fn credentials_of(&self, workspace: WorkspaceId, key: KeyId) -> Result<Option<Credentials>, StorageError>;

    /// Notes that a key was used.
    async fn touch_key(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Result<(), StorageError>;
}
