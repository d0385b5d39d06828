//! Reading orders.

use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{OrderQuery, Orders, StorageError};
use selfsame_domain::{ContactId, Order, WorkspaceId};

#[async_trait]
impl Orders for MemoryStore {
    async fn orders(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        query: &OrderQuery,
    ) -> Result<Option<Vec<Order>>, StorageError> {
        let space = self.space(workspace);
        let Some(contact) = space.answering(id) else {
            return Ok(None);
        };
        let group = space.group(contact.id);
        let wanted = |order: &&Order| {
            group.contains(&order.contact)
                && query.from.is_none_or(|from| order.date >= from)
                && query.until.is_none_or(|until| order.date < until)
                && query.after.is_none_or(|after| order.place() < after)
        };
        let mut found: Vec<Order> = space.orders.values().filter(wanted).cloned().collect();
        found.sort_by_key(|order| std::cmp::Reverse(order.place()));
        found.truncate(query.limit as usize);
        Ok(Some(found))
    }
}
