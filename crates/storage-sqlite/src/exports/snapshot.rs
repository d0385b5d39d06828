//! One state of a workspace, read page by page in one transaction.

use crate::details::details;
use crate::error::storage;
use crate::history::event;
use crate::orders::order;
use crate::readers::SeparateReader;
use crate::rows::Row;
use crate::statement::{SqliteRow, blocking, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use selfsame_application::ports::{ContactDetails, Deleted, ExportSnapshot, ExportedEvent, StorageError};
use selfsame_domain::values::StoreId;
use selfsame_domain::{ContactId, EventId, Order, OrderKey, Revision, VisitorId, WorkspaceId};

const CONTACTS: &str = "
    SELECT contact_id
    FROM contacts
    WHERE workspace_id = ?1 AND revision >= ?2 AND (revision > ?2 OR (?3 IS NOT NULL AND contact_id > ?3))
    ORDER BY revision, contact_id
    LIMIT ?4";

const ORDERS: &str = "
    SELECT contact_id, external_order_id, status, ordered_at, total_cost, currency, shipping, discount, taxes, details, items,
        created_at, updated_at, store_id, decision_id, revision
    FROM orders
    WHERE workspace_id = ?1 AND revision >= ?2
      AND (revision > ?2 OR (?3 IS NOT NULL AND (external_order_id, store_id) > (?3, ?4)))
    ORDER BY revision, external_order_id, store_id
    LIMIT ?5";

const EVENTS: &str = "
    SELECT e.event_id, e.type_key, e.key_value, e.contact_id, e.visitor_id, e.occurred_at, e.received_at, e.origin, e.params,
        e.decision_id, e.revision, v.owner_id
    FROM (
        SELECT *
        FROM events
        WHERE workspace_id = ?1 AND revision >= ?2 AND (revision > ?2 OR (?3 IS NOT NULL AND event_id > ?3))
        ORDER BY revision, event_id
        LIMIT ?4
    ) AS e
    LEFT JOIN visitors AS v ON v.workspace_id = ?1 AND v.visitor_id = e.visitor_id
    ORDER BY e.revision, e.event_id";

const EVENTS_OF_VISITORS: &str = "
    SELECT e.event_id, e.type_key, e.key_value, e.contact_id, e.visitor_id, e.occurred_at, e.received_at, e.origin, e.params,
        e.decision_id, v.revision, v.owner_id
    FROM visitors AS v
    CROSS JOIN events AS e ON e.workspace_id = ?1 AND e.visitor_id = v.visitor_id
    WHERE v.workspace_id = ?1 AND v.revision >= ?2
      AND (v.revision > ?2 OR (?3 IS NOT NULL AND (v.visitor_id, e.event_id) > (?3, ?4)))
    ORDER BY v.revision, v.visitor_id, e.event_id
    LIMIT ?5";

const DELETED: &str = "
    SELECT revision, kind, id
    FROM deletions
    WHERE workspace_id = ?1 AND revision >= ?2 AND (revision > ?2 OR (?3 IS NOT NULL AND (kind, id) > (?3, ?4)))
    ORDER BY revision, kind, id
    LIMIT ?5";

/// A transaction on one snapshot of the database.
pub(super) struct SqliteSnapshot {
    reading: SeparateReader,
    workspace: WorkspaceId,
    revision: Revision,
}

pub(super) fn open(store: &SqliteStore, workspace: WorkspaceId) -> Result<SqliteSnapshot, StorageError> {
    let mut reading = store.readers.begin_separate()?;
    let latest = statement("SELECT workspace_id, latest FROM revisions WHERE workspace_id = ?1")
        .bind(workspace.0)
        .fetch_optional(reading.connection())
        .map_err(storage)?
        .ok_or(StorageError::UnknownWorkspace)?;
    let revision = Revision(Row::new(&latest, "revisions", 0).get(1, "latest")?);
    Ok(SqliteSnapshot {
        reading,
        workspace,
        revision,
    })
}

#[async_trait]
impl ExportSnapshot for SqliteSnapshot {
    fn revision(&self) -> Revision {
        self.revision
    }

    async fn contacts(
        &mut self,
        (since, last): (Revision, Option<ContactId>),
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError> {
        let connection = self.reading.connection();
        let rows = statement(CONTACTS)
            .bind(self.workspace.0)
            .bind(since.0)
            .bind(last.map(|id| id.0))
            .bind(limit)
            .fetch_all(connection)
            .map_err(storage)?;
        let number = |row| Row::new(row, "contacts", 0).get(0, "contact_id").map(ContactId);
        let order: Vec<ContactId> = rows.iter().map(number).collect::<Result<_, _>>()?;
        blocking(|| details(connection, self.workspace, &order))
    }

    async fn orders(
        &mut self,
        (since, last): (Revision, Option<OrderKey>),
        limit: u32,
    ) -> Result<Vec<(Revision, Order)>, StorageError> {
        let shop = last
            .as_ref()
            .map(|key| key.store_id.as_ref().map_or("", StoreId::as_str));
        let rows = statement(ORDERS)
            .bind(self.workspace.0)
            .bind(since.0)
            .bind(last.as_ref().map(|key| key.external_id.as_str()))
            .bind(shop)
            .bind(limit)
            .fetch_all(self.reading.connection())
            .map_err(storage)?;
        let read = |row| {
            let revision = Row::new(row, "orders", 0).get(15, "revision").map(Revision)?;
            Ok((revision, order(row)?))
        };
        rows.iter().map(read).collect()
    }

    async fn events(
        &mut self,
        (since, last): (Revision, Option<EventId>),
        limit: u32,
    ) -> Result<Vec<ExportedEvent>, StorageError> {
        let rows = statement(EVENTS)
            .bind(self.workspace.0)
            .bind(since.0)
            .bind(last.map(|id| id.0))
            .bind(limit)
            .fetch_all(self.reading.connection())
            .map_err(storage)?;
        rows.iter().map(exported).collect()
    }

    async fn events_of_changed_visitors(
        &mut self,
        (since, last): (Revision, Option<(VisitorId, EventId)>),
        limit: u32,
    ) -> Result<Vec<ExportedEvent>, StorageError> {
        let rows = statement(EVENTS_OF_VISITORS)
            .bind(self.workspace.0)
            .bind(since.0)
            .bind(last.map(|(visitor, _)| visitor.0))
            .bind(last.map(|(_, event)| event.0))
            .bind(limit)
            .fetch_all(self.reading.connection())
            .map_err(storage)?;
        rows.iter().map(exported).collect()
    }

    async fn deleted(
        &mut self,
        (since, last): (Revision, Option<Deleted>),
        limit: u32,
    ) -> Result<Vec<(Revision, Deleted)>, StorageError> {
        let rows = statement(DELETED)
            .bind(self.workspace.0)
            .bind(since.0)
            .bind(last.map(Deleted::kind))
            .bind(last.map(Deleted::id))
            .bind(limit)
            .fetch_all(self.reading.connection())
            .map_err(storage)?;
        let read = |row| {
            let row = Row::new(row, "deletions", 0);
            let (kind, id): (i16, &str) = (row.get(1, "kind")?, row.get(2, "id")?);
            let deleted = Deleted::read(kind, id).ok_or_else(|| row.corrupt("id"))?;
            Ok((Revision(row.get(0, "revision")?), deleted))
        };
        rows.iter().map(read).collect()
    }
}

/// Reads the columns of [`EVENTS`].
fn exported(row: &SqliteRow) -> Result<ExportedEvent, StorageError> {
    let cells = Row::new(row, "events", 0);
    Ok(ExportedEvent {
        revision: Revision(cells.get(10, "revision")?),
        owner: cells.get::<Option<i64>>(11, "owner_id")?.map(ContactId),
        event: event(row)?,
    })
}
