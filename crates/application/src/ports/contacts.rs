//! Reading contacts.

use async_trait::async_trait;
use selfsame_domain::{Contact, ContactId, FindQuery, IdentifierKey, Segment, SegmentId, WorkspaceId};
use selfsame_domain::{HeldIdentifier, Timestamp};
use std::collections::BTreeMap;

use super::StorageError;

/// A contact with what its number alone does not tell.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactDetails {
    /// The contact; active but for [`Contacts::with_absorbed`].
    pub contact: Contact,
    /// The segments that it shows, ordered by number.
    pub segments: Vec<Segment>,
    /// Those of its emails that are unsubscribed, and since when.
    pub unsubscribed: BTreeMap<IdentifierKey, Timestamp>,
}

/// A contact and those whom it absorbed.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactGroup {
    /// The contact that answers for all of them; active or removed.
    pub details: ContactDetails,
    /// Those that it absorbed, at any depth, by number: with the attributes that they had themselves, which undoing the merge gives back
    /// (identity rule 10). Their identifiers and segments are among those of the contact.
    pub absorbed: Vec<Contact>,
}

/// Which contacts are looked for. All members that are set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// Identifiers that the contact must show: external ID, email, phone in their matching forms.
    pub identifiers: Vec<IdentifierKey>,
    /// First name, compared without regard to case.
    pub first_name: Option<String>,
    /// Last name, compared without regard to case.
    pub last_name: Option<String>,
}

/// The order of a listing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ContactOrder {
    /// The most recently updated first; between equals the higher number first.
    #[default]
    Updated,
    /// By number, ascending.
    Id,
}

/// One page of a search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactQuery {
    /// Which.
    pub filter: ContactFilter,
    /// In which order.
    pub order: ContactOrder,
    /// How many to pass over.
    pub offset: u64,
    /// How many at the most.
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
    /// How many to pass over.
    pub offset: u64,
    /// How many at the most.
    pub limit: u32,
}

/// A page, and how many there are in all.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The page.
    pub items: Vec<T>,
    /// The number of all.
    pub total: u64,
}

/// Who holds an app token.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenOwner {
    /// The contact; active.
    pub contact: ContactId,
    /// The token as it is held.
    pub held: HeldIdentifier,
}

/// Reads contacts. Removed contacts MUST NOT be seen but by [`Contacts::answering`] and [`Contacts::with_absorbed`]; an absorbed contact's
/// number MUST be answered by its survivor.
#[async_trait]
pub trait Contacts: Send + Sync {
    /// The contact that answers for a number.
    async fn contact(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactDetails>, StorageError>;

    /// The number of the contact that answers for a number, removed or not.
    async fn answering(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactId>, StorageError>;

    /// The contact that answers for a number, removed or not, and those that it absorbed.
    async fn with_absorbed(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactGroup>, StorageError>;

    /// Contacts that fit a filter.
    async fn search(&self, workspace: WorkspaceId, query: &ContactQuery) -> Result<Page<ContactDetails>, StorageError>;

    /// Contacts that fit what was typed at a search box, at most so many: the best first as [`FindQuery::rank`] says, between equals the lower
    /// number. Where more than `limit` contacts fit a single way in which the query can be meant, which of them are returned is not said. Each way
    /// MUST be served by an index.
    async fn find(
        &self,
        workspace: WorkspaceId,
        query: &FindQuery,
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError>;

    /// The contacts with the next greater numbers, ascending, at most `limit`: to read all of them page by page in constant time a page.
    async fn contacts_after(
        &self,
        workspace: WorkspaceId,
        after: ContactId,
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError>;

    /// Contacts of a segment; none when there is no such segment.
    async fn in_segment(
        &self,
        workspace: WorkspaceId,
        query: &SegmentQuery,
    ) -> Result<Option<Page<ContactDetails>>, StorageError>;

    /// For those of the numbers that are answered by a contact with an email: the number as asked, and the email as typed (the
    /// first of [`Contact::channels`]). In the order of the numbers.
    async fn emails(&self, workspace: WorkspaceId, ids: &[ContactId])
    -> Result<Vec<(ContactId, String)>, StorageError>;

    /// The holder of the first of these keys that an active contact holds.
    async fn token_owner(
        &self,
        workspace: WorkspaceId,
        keys: &[IdentifierKey],
    ) -> Result<Option<TokenOwner>, StorageError>;
}
