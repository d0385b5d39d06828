//! One state of a workspace, read page by page in one transaction.

use crate::details::details;
use crate::error::storage;
use crate::history::event;
use crate::orders::order;
use crate::readers::SeparateReader;
use crate::rows::{Row, json};
use crate::segments;
use crate::statement::{SqliteRow, blocking, statement};
use crate::storage::{merge, merge_columns, visitor};
use crate::store::SqliteStore;
use async_trait::async_trait;
use selfsame_application::ports::{ContactDetails, Deleted, ExportSnapshot, ExportedEvent, PeriodKey, StorageError};
use selfsame_domain::export::{Catalog, SegmentPeriod};
use selfsame_domain::values::{SegmentName, StoreId};
use selfsame_domain::{
    ContactId, DeletedSegment, EventId, Merge, Order, OrderKey, Revision, Segment, SegmentId, Visitor, VisitorId,
    WorkspaceId,
};

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

const MERGES: &str = concat!(
    "SELECT ",
    merge_columns!(),
    " FROM json_each(?2) AS n CROSS JOIN merges AS m ON m.workspace_id = ?1 AND m.absorbed_id = n.value
    ORDER BY m.merge_id"
);

const VISITORS: &str = "
    SELECT visitor_id, kind, value, home_id, owner_id, since, closed_at, follows, revision
    FROM visitors
    WHERE workspace_id = ?1 AND revision >= ?2 AND (revision > ?2 OR (?3 IS NOT NULL AND visitor_id > ?3))
    ORDER BY revision, visitor_id
    LIMIT ?4";

const DELETED_SEGMENTS: &str = "
    SELECT segment_id, name, created_at, revision, is_dynamic, deleted_at
    FROM deleted_segments
    WHERE workspace_id = ?1
    ORDER BY segment_id";

const DEFINITIONS: &str = "SELECT workspace_id, definitions FROM revisions WHERE workspace_id = ?1";

const PERIODS: &str = "
    SELECT segment_id, contact_id, entered_in, from_revision, from_at, to_revision, to_at, revision
    FROM (
        SELECT *
        FROM (
            SELECT *, entered_in AS revision
            FROM segment_periods INDEXED BY segment_periods_entered
            WHERE workspace_id = ?1 AND left_in IS NULL AND entered_in >= ?2
              AND (entered_in > ?2 OR (?3 IS NOT NULL AND (segment_id, contact_id, entered_in) > (?3, ?4, ?5)))
            ORDER BY entered_in, segment_id, contact_id
            LIMIT ?6
        )
        UNION ALL
        SELECT *
        FROM (
            SELECT *, left_in AS revision
            FROM segment_periods INDEXED BY segment_periods_left
            WHERE workspace_id = ?1 AND left_in IS NOT NULL AND left_in >= ?2
              AND (left_in > ?2 OR (?3 IS NOT NULL AND (segment_id, contact_id, entered_in) > (?3, ?4, ?5)))
            ORDER BY left_in, segment_id, contact_id, entered_in
            LIMIT ?6
        )
    )
    ORDER BY revision, segment_id, contact_id, entered_in
    LIMIT ?6";

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

    async fn merges_of(&mut self, absorbed: &[ContactId]) -> Result<Vec<Merge>, StorageError> {
        let rows = statement(MERGES)
            .bind(self.workspace.0)
            .bind(json(absorbed)?)
            .fetch_all(self.reading.connection())
            .map_err(storage)?;
        rows.iter().map(merge).collect()
    }

    async fn visitors(
        &mut self,
        (since, last): (Revision, Option<VisitorId>),
        limit: u32,
    ) -> Result<Vec<(Revision, Visitor)>, StorageError> {
        let rows = statement(VISITORS)
            .bind(self.workspace.0)
            .bind(since.0)
            .bind(last.map(|id| id.0))
            .bind(limit)
            .fetch_all(self.reading.connection())
            .map_err(storage)?;
        let read = |row| {
            let revision = Row::new(row, "visitors", 0).get(8, "revision").map(Revision)?;
            Ok((revision, visitor(row)?))
        };
        rows.iter().map(read).collect()
    }

    async fn catalog(&mut self) -> Result<Catalog, StorageError> {
        let (connection, workspace) = (self.reading.connection(), self.workspace);
        blocking(|| {
            let row = statement(DEFINITIONS).bind(workspace.0).fetch_optional(connection);
            let row = row.map_err(storage)?.ok_or(StorageError::UnknownWorkspace)?;
            let deleted = statement(DELETED_SEGMENTS).bind(workspace.0).fetch_all(connection);
            let (segments, definitions) = segments::read(connection, workspace)?;
            Ok(Catalog {
                changed: Revision(Row::new(&row, "revisions", 0).get(1, "definitions")?),
                segments,
                deleted: deleted
                    .map_err(storage)?
                    .iter()
                    .map(deleted_segment)
                    .collect::<Result<_, _>>()?,
                definitions,
            })
        })
    }

    async fn segment_periods(
        &mut self,
        (since, last): (Revision, Option<PeriodKey>),
        limit: u32,
    ) -> Result<Vec<(Revision, SegmentPeriod)>, StorageError> {
        let rows = statement(PERIODS)
            .bind(self.workspace.0)
            .bind(since.0)
            .bind(last.map(|(segment, _, _)| segment.0))
            .bind(last.map(|(_, contact, _)| contact.0))
            .bind(last.map(|(_, _, recorded)| recorded.0))
            .bind(limit)
            .fetch_all(self.reading.connection())
            .map_err(storage)?;
        rows.iter().map(period).collect()
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

/// Reads the columns of [`DELETED_SEGMENTS`].
fn deleted_segment(row: &SqliteRow) -> Result<(Revision, DeletedSegment), StorageError> {
    let row = Row::new(row, "deleted_segments", 0);
    let segment = Segment {
        id: SegmentId(row.get(0, "segment_id")?),
        name: row.read(1, "name", |text| SegmentName::parse(text).ok())?,
        created_at: row.time(2, "created_at")?,
    };
    let deleted = DeletedSegment {
        segment,
        is_dynamic: row.get(4, "is_dynamic")?,
        deleted_at: row.time(5, "deleted_at")?,
    };
    Ok((Revision(row.get(3, "revision")?), deleted))
}

/// Reads the columns of [`PERIODS`].
fn period(row: &SqliteRow) -> Result<(Revision, SegmentPeriod), StorageError> {
    let row = Row::new(row, "segment_periods", 0);
    let revision = |index, column| row.get(index, column).map(Revision);
    let to = row.get::<Option<i64>>(5, "to_revision")?.map(Revision);
    let period = SegmentPeriod {
        segment: SegmentId(row.get(0, "segment_id")?),
        contact: ContactId(row.get(1, "contact_id")?),
        recorded: revision(2, "entered_in")?,
        from: (revision(3, "from_revision")?, row.time(4, "from_at")?),
        to: to.zip(row.optional_time(6, "to_at")?),
    };
    Ok((revision(7, "revision")?, period))
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
