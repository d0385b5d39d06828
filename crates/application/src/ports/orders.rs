//! Reading what people ordered.

use async_trait::async_trait;
use selfsame_domain::values::ExternalOrderId;
use selfsame_domain::{ContactId, Order, Timestamp, WorkspaceId};

use super::StorageError;

/// Where a list of orders goes on: date and external ID of the last one before.
pub type OrderCursor = (Timestamp, ExternalOrderId);

/// Reads orders. Removed contacts are not seen.
#[async_trait]
pub trait Orders: Send + Sync {
    /// Orders of the contact that answers for a number, and of those that it absorbed: the latest first, between those of one moment the
    /// greater external ID first; those that come after `after` in this order. None when there is no such contact.
    async fn orders(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<&OrderCursor>,
        limit: u32,
    ) -> Result<Option<Vec<Order>>, StorageError>;
}
