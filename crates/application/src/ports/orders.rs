//! Reading what people ordered.

use async_trait::async_trait;
use selfsame_domain::values::ExternalOrderId;
use selfsame_domain::{ContactId, Order, Timestamp, WorkspaceId};

use super::StorageError;

/// Where a list of orders goes on: date and external ID of the last one before.
pub type OrderCursor = (Timestamp, ExternalOrderId);

/// Which orders are read: the latest first, between those of one moment the greater external ID first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderQuery {
    /// Only those of this time or later, by their dates.
    pub from: Option<Timestamp>,
    /// Only those before this time.
    pub until: Option<Timestamp>,
    /// Only what comes after this one in the order of the list.
    pub after: Option<OrderCursor>,
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
