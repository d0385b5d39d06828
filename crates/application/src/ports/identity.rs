//! Reading why contacts are what they are.

use async_trait::async_trait;
use selfsame_domain::{
    Contact, ContactId, Decision, DecisionId, HeldIdentifier, IdentifierKey, KeyRecord, Merge, MergeId, Timestamp,
    Visitor, VisitorId, WorkspaceId,
};
use std::collections::BTreeMap;

use super::StorageError;

/// Everything about a contact's identity.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentityView {
    /// The contact; active or removed. Hidden identifiers included.
    pub contact: Contact,
    /// Records of its identifiers other than the default.
    pub keys: BTreeMap<IdentifierKey, KeyRecord>,
    /// Visitors that it answers for, the earliest first; the first 1,000.
    pub visitors: Vec<Visitor>,
    /// Merges among the contacts that it answers for, and undone ones that it or they took part in; the earliest first.
    pub merges: Vec<Merge>,
}

/// Somebody who holds an identifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    /// The contact.
    pub contact: ContactId,
    /// Whether it is removed.
    pub removed: bool,
    /// The identifier as it is held.
    pub held: HeldIdentifier,
}

/// What is known about an identifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// Its record.
    pub record: KeyRecord,
    /// Who holds it, hidden rows left out, by contact number and home; the first 100.
    pub holders: Vec<Holder>,
}

/// Reads identity, that of removed contacts too.
#[async_trait]
pub trait Identity: Send + Sync {
    /// The identity of the contact that answers for a number.
    async fn identity(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<IdentityView>, StorageError>;

    /// Visitors that the contact that answers for a number answers for, the earliest first, those of one moment by identity: those that
    /// come after `after` in this order. None of them when there is no such contact.
    async fn visitors_of(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<(Timestamp, VisitorId)>,
        limit: u32,
    ) -> Result<Vec<Visitor>, StorageError>;

    /// Decisions that touched the contact that answers for a number, or one that it absorbed: those after `after`, the
    /// earliest first, each once. None when there is no such contact.
    async fn log(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Option<Vec<Decision>>, StorageError>;

    /// One decision that is in the log of a contact, removed or not; refusals included.
    async fn decision(&self, workspace: WorkspaceId, id: DecisionId) -> Result<Option<Decision>, StorageError>;

    /// What is known about an identifier.
    async fn lookup(&self, workspace: WorkspaceId, key: &IdentifierKey) -> Result<Lookup, StorageError>;

    /// Merges, the latest first; those before `before`, ordered by time, then identity.
    async fn merges(
        &self,
        workspace: WorkspaceId,
        before: Option<MergeId>,
        limit: u32,
    ) -> Result<Vec<Merge>, StorageError>;

    /// One merge.
    async fn merge(&self, workspace: WorkspaceId, id: MergeId) -> Result<Option<Merge>, StorageError>;
}
