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
    /// When it was created.
    pub created_at: Timestamp,
}

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its ID.
    pub id: KeyId,
    /// The workspace that it belongs to.
    pub workspace: WorkspaceId,
    /// Its display name, 1 to 100 characters.
    pub name: String,
    /// The first characters of the secret, by which people recognise it.
    pub prefix: String,
    /// What it may do.
    pub rights: Rights,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// A key to store, with the digest of its secret. The secret itself is never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyToStore {
    /// The key.
    pub key: ApiKey,
    /// SHA-256 of the secret, 32 bytes.
    pub digest: Vec<u8>,
}

/// The number of changes of a workspace's access. Every change after which credentials that were read before must be
/// read again raises it: a revocation of a key, a new policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccessVersion(pub i64);

/// An API key and its workspace, found by the key's secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Credentials {
    /// The key; it may be expired or revoked.
    pub key: ApiKey,
    /// Its workspace.
    pub workspace: Workspace,
    /// The access version of the workspace. MUST NOT be newer than the key and the policy.
    pub access: AccessVersion,
}

/// Stores workspaces and keys.
#[async_trait]
pub trait Workspaces: Send + Sync {
    /// Creates a workspace with the default policy. [`StorageError::Conflict`] when the name is taken.
    async fn create_workspace(&self, name: &str, at: Timestamp) -> Result<Workspace, StorageError>;

    /// Creates a workspace and its first key if and only if no workspace exists. Returns whether it did. Of several
    /// servers that start at the same time exactly one MUST succeed. The storage sets the workspace of the given key.
    async fn bootstrap(&self, name: &str, key: &KeyToStore, at: Timestamp) -> Result<bool, StorageError>;

    /// All workspaces, by number.
    async fn workspaces(&self) -> Result<Vec<Workspace>, StorageError>;

    /// Stores a key. [`StorageError::Conflict`] when its digest is taken, [`StorageError::UnknownWorkspace`] when its
    /// workspace does not exist.
    async fn create_key(&self, key: &KeyToStore) -> Result<(), StorageError>;

    /// The keys of a workspace, by time of creation.
    async fn keys(&self, workspace: WorkspaceId) -> Result<Vec<ApiKey>, StorageError>;

    /// Revokes a key. Returns whether the workspace has such a key; a second call keeps the first time.
    /// MUST raise the access version of the workspace in the same transaction.
    async fn revoke_key(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Result<bool, StorageError>;

    /// Returns the key with this digest, and its workspace. MUST see a revocation as soon as it is committed, from
    /// every server.
    async fn credentials(&self, digest: &[u8]) -> Result<Option<Credentials>, StorageError>;

    /// Returns a key of a workspace by its ID, as [`Self::credentials`] does by its secret.
    async fn credentials_of(&self, workspace: WorkspaceId, key: KeyId) -> Result<Option<Credentials>, StorageError>;

    /// Records the use of a key.
    async fn touch_key(&self, workspace: WorkspaceId, key: KeyId, at: Timestamp) -> Result<(), StorageError>;
}
