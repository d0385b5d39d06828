//! Reading orders.

use async_trait::async_trait;
use selfsame_domain::{ContactId, Order, Place, Timestamp, WorkspaceId};

use super::StorageError;

/// Which orders are read: the latest first; among orders of the same date the last that changed comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderQuery {
    /// Only orders at this time or later, by their dates.
    pub from: Option<Timestamp>,
    /// Only orders before this time.
    pub until: Option<Timestamp>,
    /// Only orders after this place in the order of the list.
    pub after: Option<Place>,
    /// The maximum number of orders.
    pub limit: u32,
}

impl OrderQuery {
    /// The latest orders.
    pub fn latest(limit: u32) -> Self {
        Self {
            from: None,
            until: None,
            after: None,
            limit,
        }
    }
}

/// Reads orders, including those of removed contacts.
#[async_trait]
pub trait Orders: Send + Sync {
    /// Orders of the canonical contact of a number, and of the contacts that it absorbed; none when the contact does
    /// not exist.
    async fn orders(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        query: &OrderQuery,
    ) -> Result<Option<Vec<Order>>, StorageError>;
}
