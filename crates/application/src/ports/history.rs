//! Reading events and decisions.

use async_trait::async_trait;
use selfsame_domain::values::EventTypeKey;
use selfsame_domain::{
    ContactId, Decision, DecisionId, Event, EventType, IdentifierKey, Place, Timestamp, Visitor, VisitorId, WorkspaceId,
};

use super::StorageError;
use uuid::Uuid;

/// Selects the history that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryOf {
    /// The history of the canonical contact of a number: its own events, those of the contacts that it absorbed, and
    /// those of the visitors that it owns.
    Contact(ContactId),
    /// The history of visitors.
    Visitors(Vec<VisitorId>),
}

/// Which events are read, the latest first. Among events of the same time the last that arrived comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    /// Only page views, or only other events; both when none.
    pub page_views: Option<bool>,
    /// Only events at this time or later.
    pub from: Option<Timestamp>,
    /// Only events before this time.
    pub until: Option<Timestamp>,
    /// Only events after this place in the order of the list.
    pub after: Option<Place>,
    /// The maximum number of events.
    pub limit: u32,
}

impl EventQuery {
    /// The latest events of all types.
    pub fn latest(limit: u32) -> Self {
        Self {
            page_views: None,
            from: None,
            until: None,
            after: None,
            limit,
        }
    }

    /// Combines [`Self::until`] and [`Self::after`] into one place: the events to read come after it in the order of
    /// the list. A single bound can be found in an index.
    pub fn place(&self) -> Option<Place> {
        let until = self.until.map(|until| (until, DecisionId(Uuid::nil())));
        [until, self.after].into_iter().flatten().min()
    }
}

/// Reads histories, including those of removed contacts.
#[async_trait]
pub trait History: Send + Sync {
    /// The selected events; none when the contact does not exist.
    async fn events(
        &self,
        workspace: WorkspaceId,
        of: &HistoryOf,
        query: &EventQuery,
    ) -> Result<Option<Vec<Event>>, StorageError>;

    /// Decisions that touched the canonical contact of a number, or one that it absorbed, the latest first, each once:
    /// those after `after` in this order. Each comes with the contact that it touched: the canonical one if it is among
    /// them, else the first absorbed one. None when the contact does not exist.
    async fn latest_decisions(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Option<Vec<(ContactId, Decision)>>, StorageError>;

    /// The visitors of an identifier, the latest first; the first 100.
    async fn visitors(&self, workspace: WorkspaceId, key: &IdentifierKey) -> Result<Vec<Visitor>, StorageError>;

    /// Types of events that arrived or that are set to create contacts, by key: those after `after`.
    async fn event_types(
        &self,
        workspace: WorkspaceId,
        after: Option<&EventTypeKey>,
        limit: u32,
    ) -> Result<Vec<EventType>, StorageError>;
}
