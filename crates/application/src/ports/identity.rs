//! Reading how contacts got their identity: identifiers, merges, decisions.

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
    /// Records of its identifiers that differ from the default.
    pub keys: BTreeMap<IdentifierKey, KeyRecord>,
    /// Visitors that it owns, the earliest first; the first 1,000.
    pub visitors: Vec<Visitor>,
    /// Merges among the contacts of its group, and undone merges that one of them took part in; the earliest first.
    pub merges: Vec<Merge>,
}

/// A contact that holds an identifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    /// The contact.
    pub contact: ContactId,
    /// Whether it is removed.
    pub removed: bool,
    /// The identifier with the data of its holding.
    pub held: HeldIdentifier,
}

/// What is known about an identifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// Its record.
    pub record: KeyRecord,
    /// Its holders without hidden rows, by contact number and home; the first 100.
    pub holders: Vec<Holder>,
}

/// An identifier that was seen with several external IDs (identity rule 8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedIdentifier {
    /// Kind and matching form.
    pub key: IdentifierKey,
    /// With how many external IDs it was seen.
    pub external_ids: u32,
}

/// The last row of a page of quarantined identifiers: the identifier, and the contact that brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedPlace {
    /// Kind and matching form.
    pub key: IdentifierKey,
    /// [`HeldIdentifier::home`].
    pub home: ContactId,
}

/// What happened to the contacts of a workspace within a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PeriodCounts {
    /// Contacts that were created, whatever became of them. Erased ones are not counted.
    pub created: u64,
    /// Merges, those included that were undone since.
    pub merged: u64,
}

/// Reads identities, including those of removed contacts.
#[async_trait]
pub trait Identity: Send + Sync {
    /// The identity of the canonical contact of a number.
    async fn identity(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<IdentityView>, StorageError>;

    /// Visitors that the canonical contact of a number owns, the earliest first, those of the same time by ID: those
    /// after `after` in this order. Empty when the contact does not exist.
    async fn visitors_of(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<(Timestamp, VisitorId)>,
        limit: u32,
    ) -> Result<Vec<Visitor>, StorageError>;

    /// Decisions that touched the canonical contact of a number, or one that it absorbed: those after `after`, the
    /// earliest first, each once. None when the contact does not exist.
    async fn log(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Option<Vec<Decision>>, StorageError>;

    /// One decision from the log of a contact, removed or not; refusals included.
    async fn decision(&self, workspace: WorkspaceId, id: DecisionId) -> Result<Option<Decision>, StorageError>;

    /// What is known about an identifier.
    async fn lookup(&self, workspace: WorkspaceId, key: &IdentifierKey) -> Result<Lookup, StorageError>;

    /// Merges, the latest first; those before `before`, ordered by time, then ID.
    async fn merges(
        &self,
        workspace: WorkspaceId,
        before: Option<MergeId>,
        limit: u32,
    ) -> Result<Vec<Merge>, StorageError>;

    /// Identifiers that were seen with at least `least` external IDs, in the order of [`IdentifierKind::code`](selfsame_domain::IdentifierKind::code)
    /// and value (by bytes): those after `after`. `least` is at least 2. Identifiers that no contact holds any more are included.
    async fn shared(
        &self,
        workspace: WorkspaceId,
        least: u32,
        after: Option<&IdentifierKey>,
        limit: u32,
    ) -> Result<Vec<SharedIdentifier>, StorageError>;

    /// Identifiers that contacts hold as quarantined, without hidden rows, in the order of kind, value (by bytes) and home: those after
    /// `after`.
    async fn quarantined(
        &self,
        workspace: WorkspaceId,
        after: Option<&QuarantinedPlace>,
        limit: u32,
    ) -> Result<Vec<Holder>, StorageError>;

    /// What happened in each of the periods that begin at `bounds`, which ascend, and end at the next bound. The last bound ends the last period,
    /// so there is one period less than bounds.
    async fn counts_between(
        &self,
        workspace: WorkspaceId,
        bounds: &[Timestamp],
    ) -> Result<Vec<PeriodCounts>, StorageError>;

    /// One merge.
    async fn merge(&self, workspace: WorkspaceId, id: MergeId) -> Result<Option<Merge>, StorageError>;
}
