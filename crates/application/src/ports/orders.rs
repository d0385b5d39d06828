//! Reading what people ordered.

use async_trait::async_trait;
use selfsame_domain::{ContactId, Order, Place, Timestamp, WorkspaceId};

use super::StorageError;

/// Which orders are read: the latest first; of those of one date the one that changed last comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderQuery {
    /// Only those of this time or later, by their dates.
    pub from: Option<Timestamp>,
    /// Only those before this time.
    pub until: Option<Timestamp>,
    /// Only what comes after this one in the order of the list.
    pub after: Option<Place>,
    /// How many at the most.
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

/// Reads orders, those of removed contacts too.
#[async_trait]
pub trait Orders: Send + Sync {
    /// Orders of the contact that answers for a number, and of those that it absorbed; none when there is no such contact.
    async fn orders(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        query: &OrderQuery,
    ) -> Result<Option<Vec<Order>>, StorageError>;
}
