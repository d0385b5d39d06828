//! Reading dynamic segments.

use async_trait::async_trait;
use selfsame_domain::segments::{Definitions, Plan};
use selfsame_domain::{Contact, ContactId, Timestamp, WorkspaceId};

use std::time::Duration;

use super::{ContactDetails, StorageError};

/// A page of the contacts that match a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberQuery<'p> {
    /// The plan.
    pub plan: &'p Plan,
    /// The time at which time conditions are evaluated.
    pub now: Timestamp,
    /// The start of the page.
    pub from: MembersFrom,
    /// The maximum number of contacts.
    pub limit: u32,
}

/// The start of a page of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MembersFrom {
    /// After this contact, ascending.
    After(ContactId),
    /// After this many members.
    Offset {
        /// How many to skip.
        offset: u64,
        /// Whether to order ascending.
        ascending: bool,
    },
    /// In an order, after a place in it.
    Place {
        /// The order.
        order: MemberOrder,
        /// The place; from the beginning without one.
        after: Option<(Timestamp, ContactId)>,
    },
}

/// An order of members. Contacts of the same time are in the order of their numbers, in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberOrder {
    /// By the time at which they were created.
    Created {
        /// Whether to order ascending.
        ascending: bool,
    },
    /// By the time at which they last changed.
    Updated {
        /// Whether to order ascending.
        ascending: bool,
    },
}

impl MemberOrder {
    /// The place of a contact in the order.
    pub fn place(self, contact: &Contact) -> (Timestamp, ContactId) {
        match self {
            Self::Created { .. } => (contact.created_at, contact.id),
            Self::Updated { .. } => (contact.updated_at, contact.id),
        }
    }
}

/// What to count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CountQuery<'p> {
    /// The contacts to count.
    pub plan: &'p Plan,
    /// Plans of which the contacts that match as well are counted apart.
    pub of_them: &'p [Plan],
    /// The time at which time conditions are evaluated.
    pub now: Timestamp,
    /// How long the database may take; as long as any statement without.
    pub within: Option<Duration>,
}

/// The contacts that a workspace has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The highest number of a contact in any state; [`ContactId::NONE`] without contacts.
    pub last: ContactId,
    /// How many active contacts there are.
    pub active: u64,
}

/// Reads the definitions that formulas name, and the contacts that match a plan.
///
/// For every contact, [`Self::members`] and [`Self::count_members`] MUST answer as [`Plan::matches`] does: a negation
/// is the exact complement, and a contact without a value matches no condition on it except "is empty". They MUST see
/// every commit.
#[async_trait]
pub trait Segments: Send + Sync {
    /// All segments, formulas and custom fields of a workspace.
    async fn definitions(&self, workspace: WorkspaceId) -> Result<Definitions, StorageError>;

    /// One page of the active contacts that match.
    async fn members(
        &self,
        workspace: WorkspaceId,
        query: &MemberQuery<'_>,
    ) -> Result<Vec<ContactDetails>, StorageError>;

    /// How many active contacts match the plan, then how many of them match each of [`CountQuery::of_them`] as well. None when that takes too long.
    async fn count_within(
        &self,
        workspace: WorkspaceId,
        query: &CountQuery<'_>,
    ) -> Result<Option<Vec<u64>>, StorageError>;

    /// The contacts that the workspace has. MUST NOT depend on their number.
    async fn extent(&self, workspace: WorkspaceId) -> Result<Extent, StorageError>;

    /// How many active contacts match.
    async fn count_members(&self, workspace: WorkspaceId, plan: &Plan, now: Timestamp) -> Result<u64, StorageError> {
        let query = CountQuery {
            plan,
            of_them: &[],
            now,
            within: None,
        };
        let found = self.count_within(workspace, &query).await?;
        Ok(found.and_then(|counts| counts.first().copied()).unwrap_or_default())
    }
}
