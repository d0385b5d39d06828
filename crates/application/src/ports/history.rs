//! Reading what people did.

use async_trait::async_trait;
use selfsame_domain::values::EventTypeKey;
use selfsame_domain::{
    ContactId, Decision, DecisionId, Event, EventType, IdentifierKey, Place, Timestamp, Visitor, VisitorId, WorkspaceId,
};

use super::StorageError;
use uuid::Uuid;

/// Whose history is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryOf {
    /// That of the contact that answers for a number: its own, that of the contacts it absorbed, and that of the visitors it answers
    /// for.
    Contact(ContactId),
    /// That of visitors.
    Visitors(Vec<VisitorId>),
}

/// Which events are read, the latest first; of those of one moment the one that arrived last comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    /// Only page views, or only what is none; both without it.
    pub page_views: Option<bool>,
    /// Only what happened at this time or later.
    pub from: Option<Timestamp>,
    /// Only what happened before this time.
    pub until: Option<Timestamp>,
    /// Only what comes after this one in the order of the list.
    pub after: Option<Place>,
    /// How many at the most.
    pub limit: u32,
}

impl EventQuery {
    /// The latest events, whatever they are.
    pub fn latest(limit: u32) -> Self {
        Self {
            page_views: None,
            from: None,
            until: None,
            after: None,
            limit,
        }
    }

    /// The one place that [`Self::until`] and [`Self::after`] are together: what is read comes after it in the order of the list. One
    /// bound is found in an index, whichever of the two it is.
    pub fn place(&self) -> Option<Place> {
        let until = self.until.map(|until| (until, DecisionId(Uuid::nil())));
        [until, self.after].into_iter().flatten().min()
    }
}

/// Reads histories, those of removed contacts too.
#[async_trait]
pub trait History: Send + Sync {
    /// Events of somebody; none when there is no such contact.
    async fn events(
        &self,
        workspace: WorkspaceId,
        of: &HistoryOf,
        query: &EventQuery,
    ) -> Result<Option<Vec<Event>>, StorageError>;

    /// Decisions that touched the contact that answers for a number, or one that it absorbed, the latest first, each once: those
    /// that come after `after` in this order. With each comes the contact that it touched: the one that answers if it is among them, else
    /// the first that was absorbed. None when there is no such contact.
    async fn latest_decisions(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Option<Vec<(ContactId, Decision)>>, StorageError>;

    /// Visitors behind an identifier, the latest first; the first 100.
    async fn visitors(&self, workspace: WorkspaceId, key: &IdentifierKey) -> Result<Vec<Visitor>, StorageError>;

    /// Types of events that came or that were told to create contacts, by key: those after `after`.
    async fn event_types(
        &self,
        workspace: WorkspaceId,
        after: Option<&EventTypeKey>,
        limit: u32,
    ) -> Result<Vec<EventType>, StorageError>;
}
