//! Reading what people ordered.

use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{OrderCursor, Orders, StorageError};
use selfsame_domain::{ContactId, Order, WorkspaceId};

#[async_trait]
impl Orders for MemoryStore {
    async fn orders(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<&OrderCursor>,
        limit: u32,
    ) -> Result<Option<Vec<Order>>, StorageError> {
        let space = self.space(workspace);
        let Some(contact) = space.answering(id) else {
            return Ok(None);
        };
        let group = space.group(contact.id);
        let place = |order: &Order| (order.date, order.external_id.clone());
        let wanted = |order: &&Order| group.contains(&order.contact) && after.is_none_or(|after| place(order) < *after);
        let mut found: Vec<Order> = space.orders.values().filter(wanted).cloned().collect();
        found.sort_by_key(|order| std::cmp::Reverse(place(order)));
        found.truncate(limit as usize);
        Ok(Some(found))
    }
}
