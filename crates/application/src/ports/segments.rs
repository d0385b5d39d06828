//! Reading dynamic segments.

use async_trait::async_trait;
use selfsame_domain::segments::{Definitions, Plan};
use selfsame_domain::{ContactId, Timestamp, WorkspaceId};

use super::{ContactDetails, StorageError};

/// Some of the contacts that fit a plan, by number.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberQuery<'p> {
    /// Which contacts.
    pub plan: &'p Plan,
    /// The time at which conditions on the time are asked.
    pub now: Timestamp,
    /// Where to begin.
    pub from: MembersFrom,
    /// How many at the most.
    pub limit: u32,
}

/// Where a page of members begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MembersFrom {
    /// After this contact, ascending.
    After(ContactId),
    /// After so many.
    Offset {
        /// How many to pass over.
        offset: u64,
        /// Whether to order ascending.
        ascending: bool,
    },
}

/// Reads what formulas name, and the contacts that fit a plan.
///
/// For every contact, [`Self::members`] and [`Self::count_members`] MUST answer as [`Plan::matches`] does: a negation is the exact
/// complement, and a contact without a value fits no condition on it but that it is empty. They MUST see everything that was committed.
#[async_trait]
pub trait Segments: Send + Sync {
    /// All segments, formulas and custom fields of a workspace.
    async fn definitions(&self, workspace: WorkspaceId) -> Result<Definitions, StorageError>;

    /// One page of the active contacts that fit.
    async fn members(
        &self,
        workspace: WorkspaceId,
        query: &MemberQuery<'_>,
    ) -> Result<Vec<ContactDetails>, StorageError>;

    /// How many active contacts fit.
    async fn count_members(&self, workspace: WorkspaceId, plan: &Plan, now: Timestamp) -> Result<u64, StorageError>;
}
