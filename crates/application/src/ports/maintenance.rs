//! Maintenance of a storage.

use async_trait::async_trait;
use selfsame_domain::{Timestamp, Violation, WorkspaceId};

use super::StorageError;

/// What [`Maintenance::expire`] deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expired {
    /// Dropped months. Their events are not counted.
    pub months: u64,
    /// Events that were deleted one by one.
    pub events: u64,
    /// Deleted IDs of events.
    pub identities: u64,
}

/// The limit of the count of [`Maintenance::misplaced_events`].
pub const MAX_MISPLACED: u64 = 100_000;

/// Maintains a storage.
#[async_trait]
pub trait Maintenance: Send + Sync {
    /// Succeeds when the storage answers reads and accepts writes. MUST use the same path as writes, and make a small
    /// write durable. Changes nothing visible.
    async fn ping(&self) -> Result<(), StorageError>;

    /// Writes about 1 MiB, makes it durable where the storage keeps its data, and deletes it again. MUST fail when the
    /// storage cannot grow any more.
    async fn try_to_grow(&self) -> Result<(), StorageError>;

    /// Checks the invariants of all workspaces, as [`selfsame_domain::violations`] and
    /// [`selfsame_domain::unrecorded_merges`] define them, without stopping writes. Returns the first 1,000 violations.
    async fn violations(&self) -> Result<Vec<(WorkspaceId, Violation)>, StorageError>;

    /// Creates partitions for the events of the months around `now`, where the storage needs them in advance; returns
    /// how many. Repeated and concurrent calls, also from several servers, MUST be safe.
    async fn prepare(&self, now: Timestamp) -> Result<u64, StorageError>;

    /// How many events are outside of the partitions that [`Self::prepare`] creates, counted up to [`MAX_MISPLACED`].
    /// Always 0 where there are no partitions.
    async fn misplaced_events(&self) -> Result<u64, StorageError>;

    /// Deletes recorded replies that expired before `now`, and decisions without a contact from before
    /// [`selfsame_domain::DecisionId::first_kept_without_contact`]; returns the number of both.
    async fn prune(&self, now: Timestamp) -> Result<u64, StorageError>;

    /// Deletes the events that happened before [`selfsame_domain::Policy::events_kept_since`] of their workspace, and
    /// the event IDs that arrived before [`selfsame_domain::Policy::identities_kept_since`]. Visitors and the counts of
    /// types stay. Its transactions MUST be short and MUST NOT hold up writers for long. Repeated and concurrent calls,
    /// also from several servers, MUST be safe.
    async fn expire(&self, now: Timestamp) -> Result<Expired, StorageError>;
}
