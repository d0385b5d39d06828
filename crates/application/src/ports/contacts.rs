//! Reading contacts.

use async_trait::async_trait;
use selfsame_domain::{Contact, ContactId, FindQuery, IdentifierKey, Segment, SegmentId, WorkspaceId};
use selfsame_domain::{HeldIdentifier, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

use super::StorageError;

/// A contact with details that are stored outside of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactDetails {
    /// The contact. Active, except in [`Contacts::with_absorbed`].
    pub contact: Contact,
    /// The segments that it is a visible member of, ordered by number.
    pub segments: Vec<Segment>,
    /// Its unsubscribed emails, with the time of unsubscription.
    pub unsubscribed: BTreeMap<IdentifierKey, Timestamp>,
}

/// A contact and the contacts that it absorbed.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactGroup {
    /// The surviving contact; active or removed.
    pub details: ContactDetails,
    /// The absorbed contacts at any depth, by number, with their own attributes, which an undo of the merge restores
    /// (identity rule 10). Their identifiers and segments are among those of the survivor.
    pub absorbed: Vec<Contact>,
}

/// The conditions of a search. All that are set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// Identifiers that the contact must visibly hold: external ID, email, phone in their matching forms.
    pub identifiers: Vec<IdentifierKey>,
    /// First name, compared ignoring case.
    pub first_name: Option<String>,
    /// Last name, compared ignoring case.
    pub last_name: Option<String>,
}

/// The order of a listing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ContactOrder {
    /// The most recently updated first; among equals the higher number first.
    #[default]
    Updated,
    /// By number, ascending.
    Id,
}

/// One page of a search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactQuery {
    /// The conditions.
    pub filter: ContactFilter,
    /// The order.
    pub order: ContactOrder,
    /// How many to skip.
    pub offset: u64,
    /// The maximum number of results.
    pub limit: u32,
}

/// One page of a segment's contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentQuery {
    /// The segment.
    pub segment: SegmentId,
    /// Whether to order by the time of entry instead of by number.
    pub by_time: bool,
    /// Whether to order ascending.
    pub ascending: bool,
    /// How many to skip.
    pub offset: u64,
    /// The maximum number of results.
    pub limit: u32,
}

/// A page, and the total number of results.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The page.
    pub items: Vec<T>,
    /// The total number of results.
    pub total: u64,
}

/// What a search box shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The contacts, the best first.
    pub items: Vec<ContactDetails>,
    /// Whether others may fit that were not looked at, because the time was over or the index is behind.
    pub is_partial: bool,
}

/// The holder of an app token.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenOwner {
    /// The contact; active.
    pub contact: ContactId,
    /// The token with the data of its holding.
    pub held: HeldIdentifier,
}

/// Reads contacts. Only [`Contacts::answering`] and [`Contacts::with_absorbed`] may return removed contacts (MUST). A
/// number of an absorbed contact MUST lead to its survivor.
///
/// Methods that take a number mean its canonical contact: the contact itself, or the survivor at the end of its chain
/// of merges.
#[async_trait]
pub trait Contacts: Send + Sync {
    /// The canonical contact of a number.
    async fn contact(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactDetails>, StorageError>;

    /// The number of the canonical contact of a number, removed or not.
    async fn answering(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactId>, StorageError>;

    /// The canonical contact of a number, removed or not, and the contacts that it absorbed.
    async fn with_absorbed(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactGroup>, StorageError>;

    /// The contacts that match a filter.
    async fn search(&self, workspace: WorkspaceId, query: &ContactQuery) -> Result<Page<ContactDetails>, StorageError>;

    /// Contacts that fit what was typed at a search box, at most `limit`: the best first as [`FindQuery::rank`] says, between equals the lower
    /// number. Where more than `limit` contacts fit a single way in which the query can be meant, which of them are returned is not said. Each way
    /// MUST be served by an index. Contacts that only contain the words are looked for when the others are fewer than `limit`, and for about
    /// `time`. What is returned MUST fit now: the index of [`super::SearchIndex`] may be behind.
    async fn find(
        &self,
        workspace: WorkspaceId,
        query: &FindQuery,
        limit: u32,
        time: Duration,
    ) -> Result<Found, StorageError>;

    /// The contacts with the next greater numbers, ascending, at most `limit`: to read all of them page by page in constant time a page.
    async fn contacts_after(
        &self,
        workspace: WorkspaceId,
        after: ContactId,
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError>;

    /// The contacts that follow a place in [`ContactOrder::Updated`], which is the time of the update and the number of a contact; at most `limit`.
    /// To go through the latest ones page by page in constant time a page.
    async fn contacts_updated_before(
        &self,
        workspace: WorkspaceId,
        after: (Timestamp, ContactId),
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError>;

    /// Contacts of a segment; none when there is no such segment.
    async fn in_segment(
        &self,
        workspace: WorkspaceId,
        query: &SegmentQuery,
    ) -> Result<Option<Page<ContactDetails>>, StorageError>;

    /// The numbers whose canonical contact has an email: each number as given, and the email as typed (the first of
    /// [`Contact::channels`]). In the order of the numbers.
    async fn emails(&self, workspace: WorkspaceId, ids: &[ContactId])
    -> Result<Vec<(ContactId, String)>, StorageError>;

    /// The holder of the first of these keys that an active contact holds.
    async fn token_owner(
        &self,
        workspace: WorkspaceId,
        keys: &[IdentifierKey],
    ) -> Result<Option<TokenOwner>, StorageError>;
}
