//! Keeping a storage in order.

use async_trait::async_trait;
use selfsame_domain::{Timestamp, Violation, WorkspaceId};

use super::StorageError;

/// Looks after a storage.
#[async_trait]
pub trait Maintenance: Send + Sync {
    /// Succeeds when the storage answers reads and takes writes.
    async fn ping(&self) -> Result<(), StorageError>;

    /// Checks the invariants of all workspaces, as [`selfsame_domain::violations`] says them, without stopping writes. The first
    /// 1,000 violations.
    async fn violations(&self) -> Result<Vec<(WorkspaceId, Violation)>, StorageError>;

    /// Makes room for the events of the months around `now`, where that has to be done beforehand; returns how many rooms. Doing it
    /// again, also from several servers at once, MUST be safe.
    async fn prepare(&self, now: Timestamp) -> Result<u64, StorageError>;

    /// Deletes recorded replies that expired before `now`; returns how many.
    async fn prune(&self, now: Timestamp) -> Result<u64, StorageError>;
}
