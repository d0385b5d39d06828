//! Reading orders.

use crate::error::translate;
use crate::rows::{self, OrderRecord};
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{OrderQuery, Orders, StorageError};
use selfsame_domain::{ContactId, Order, WorkspaceId};

/// An index limits the rows: no more of a contact's orders are read than requested.
const ORDERS: &str = "
    WITH members AS MATERIALIZED (
        SELECT contact_id FROM group_members WHERE workspace_id = $1 AND asked_id = $2
    )
    SELECT
        EXISTS (SELECT FROM members),
        ARRAY(
            SELECT o.record
            FROM members
            CROSS JOIN LATERAL (
                SELECT o.ordered_at, o.decision_id, o.record
                FROM order_rows o
                WHERE o.workspace_id = $1 AND o.contact_id = members.contact_id
                  AND ($3::timestamptz IS NULL OR (o.ordered_at, o.decision_id) < ($3, $4))
                  AND o.ordered_at >= COALESCE($6, timestamptz '-infinity')
                  AND o.ordered_at < COALESCE($7, timestamptz 'infinity')
                ORDER BY o.ordered_at DESC, o.decision_id DESC
                LIMIT $5
            ) o
            ORDER BY o.ordered_at DESC, o.decision_id DESC
            LIMIT $5)";

#[async_trait]
impl Orders for PostgresStore {
    async fn orders(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        query: &OrderQuery,
    ) -> Result<Option<Vec<Order>>, StorageError> {
        let (exists, orders): (bool, Vec<OrderRecord>) = sqlx::query_as(ORDERS)
            .bind(workspace.0)
            .bind(id.0)
            .bind(query.after.map(|(at, _)| at))
            .bind(query.after.map(|(_, id)| id.0))
            .bind(i64::from(query.limit))
            .bind(query.from)
            .bind(query.until)
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        if exists {
            rows::all(orders, Order::try_from).map(Some)
        } else {
            Ok(None)
        }
    }
}
