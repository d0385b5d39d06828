//! Keeping a storage in order.

use async_trait::async_trait;
use selfsame_domain::{Timestamp, Violation, WorkspaceId};

use super::StorageError;

/// What workspaces kept no longer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expired {
    /// Months that were dropped whole, with all events in them, which are not counted.
    pub months: u64,
    /// Events that were deleted one by one.
    pub events: u64,
    /// Identities of events that were forgotten.
    pub identities: u64,
}

/// How far [`Maintenance::events_apart`] counts.
pub const MOST_APART: u64 = 100_000;

/// Looks after a storage.
#[async_trait]
pub trait Maintenance: Send + Sync {
    /// Succeeds when the storage answers reads and takes writes. MUST go the way that writes go, and make a small write durable. Changes
    /// nothing that can be seen.
    async fn ping(&self) -> Result<(), StorageError>;

    /// Writes about 1 MiB, makes it durable where the storage keeps its data, and removes it again. MUST fail where the storage can no longer
    /// grow.
    async fn try_to_grow(&self) -> Result<(), StorageError>;

    /// Checks the invariants of all workspaces, as [`selfsame_domain::violations`] and [`selfsame_domain::unrecorded_merges`] say them,
    /// without stopping writes. The first 1,000 violations.
    async fn violations(&self) -> Result<Vec<(WorkspaceId, Violation)>, StorageError>;

    /// Makes room for the events of the months around `now`, where that has to be done beforehand; returns how many rooms. Doing it
    /// again, also from several servers at once, MUST be safe.
    async fn prepare(&self, now: Timestamp) -> Result<u64, StorageError>;

    /// How many events are in none of the rooms that [`Self::prepare`] makes, counted up to [`MOST_APART`]. Always 0 where there are no
    /// rooms.
    async fn events_apart(&self) -> Result<u64, StorageError>;

    /// Deletes recorded replies that expired before `now`, and decisions about nobody from before
    /// [`selfsame_domain::DecisionId::first_kept_of_nobody`]; returns how many of both.
    async fn prune(&self, now: Timestamp) -> Result<u64, StorageError>;

    /// Deletes the events that happened before [`selfsame_domain::Policy::events_kept_since`] of their workspace, and forgets the
    /// identities that came before [`selfsame_domain::Policy::identities_kept_since`]. Visitors stay, and so do the counts of types.
    /// No transaction of it may be long or hold writers up for long. Doing it again, also from several servers at once, MUST be safe.
    async fn expire(&self, now: Timestamp) -> Result<Expired, StorageError>;
}
