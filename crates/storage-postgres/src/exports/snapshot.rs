//! One state of a workspace, read page by page in one transaction.

use crate::bounded::Transaction;
use crate::contacts::{PageRow, details, page};
use crate::error::translate;
use crate::rows::{EventRecord, MergeRecord, OrderRecord, VisitorRecord, all, corrupt};
use crate::segments;
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{ContactDetails, Deleted, ExportSnapshot, ExportedEvent, PeriodKey, StorageError};
use selfsame_domain::export::{Catalog, SegmentPeriod};
use selfsame_domain::values::{SegmentName, StoreId};
use selfsame_domain::{
    ContactId, DeletedSegment, Event, EventId, Merge, Order, OrderKey, Revision, Segment, SegmentId, Timestamp,
    Visitor, VisitorId, WorkspaceId,
};
use sqlx::Executor;

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Between two pages the destination writes, which takes longer than a writer's transaction may pause. This transaction
/// holds no locks that others wait for.
const PATIENT: &str = "SET LOCAL idle_in_transaction_session_timeout = '15min'";

const REVISION: &str = "SELECT latest FROM revisions WHERE workspace_id = $1";

const CONTACTS: &str = concat!(
    "WITH page AS MATERIALIZED (
        SELECT contact_id, row_number() OVER (ORDER BY revision, contact_id) AS place
        FROM (
            SELECT contact_id, revision
            FROM contacts
            WHERE workspace_id = $1 AND revision >= $2 AND (revision > $2 OR ($3::bigint IS NOT NULL AND contact_id > $3))
            ORDER BY revision, contact_id
            LIMIT $4
        ) changed
    )
    SELECT 0::bigint AS total, ",
    details!()
);

const ORDERS: &str = "
    SELECT revision,
           ROW(external_order_id, store_id, decision_id, contact_id, status, ordered_at, total_cost::text, currency, shipping::text,
               discount::text, taxes::text, details::text, items::text, created_at, updated_at)::order_v1 AS record
    FROM orders
    WHERE workspace_id = $1 AND revision >= $2
      AND (revision > $2 OR ($3::text IS NOT NULL AND (external_order_id, store_id) > ($3, $4)))
    ORDER BY revision, external_order_id, store_id
    LIMIT $5";

const EVENTS: &str = "
    SELECT e.revision, v.owner_id,
           ROW(e.event_id, e.decision_id, e.occurred_at, e.received_at, e.contact_id, e.visitor_id, e.origin, e.type_key, e.key_value,
               e.params::text)::event_v1 AS record
    FROM (
        SELECT *
        FROM events
        WHERE workspace_id = $1 AND revision >= $2 AND (revision > $2 OR ($3::uuid IS NOT NULL AND event_id > $3))
        ORDER BY revision, event_id
        LIMIT $4
    ) e
    LEFT JOIN visitors v ON v.workspace_id = $1 AND v.visitor_id = e.visitor_id
    ORDER BY e.revision, e.event_id";

const EVENTS_OF_VISITORS: &str = "
    SELECT v.revision, v.owner_id,
           ROW(e.event_id, e.decision_id, e.occurred_at, e.received_at, e.contact_id, e.visitor_id, e.origin, e.type_key, e.key_value,
               e.params::text)::event_v1 AS record
    FROM visitors v
    JOIN events e ON e.workspace_id = $1 AND e.visitor_id = v.visitor_id
    WHERE v.workspace_id = $1 AND v.revision >= $2
      AND (v.revision > $2 OR ($3::uuid IS NOT NULL AND (v.visitor_id, e.event_id) > ($3, $4)))
    ORDER BY v.revision, v.visitor_id, e.event_id
    LIMIT $5";

const MERGES: &str = "
    SELECT record FROM merge_rows WHERE workspace_id = $1 AND absorbed_id = ANY ($2::bigint[]) ORDER BY merge_id";

const VISITORS: &str = "
    SELECT revision, ROW(visitor_id, home_id, owner_id, since, closed_at, kind, follows, value)::visitor_v1 AS record
    FROM visitors
    WHERE workspace_id = $1 AND revision >= $2 AND (revision > $2 OR ($3::uuid IS NOT NULL AND visitor_id > $3))
    ORDER BY revision, visitor_id
    LIMIT $4";

const DELETED_SEGMENTS: &str = "
    SELECT segment_id, revision, name, is_dynamic, created_at, deleted_at
    FROM deleted_segments
    WHERE workspace_id = $1
    ORDER BY segment_id";

const DEFINITIONS: &str = "SELECT definitions FROM revisions WHERE workspace_id = $1";

const PERIODS: &str = "
    SELECT revision, segment_id, contact_id, entered_in, from_revision, from_at, to_revision, to_at
    FROM (
        (SELECT entered_in AS revision, segment_id, contact_id, entered_in, from_revision, from_at, to_revision, to_at
         FROM segment_periods
         WHERE workspace_id = $1 AND left_in IS NULL AND entered_in >= $2
           AND (entered_in > $2 OR ($3::bigint IS NOT NULL AND (segment_id, contact_id, entered_in) > ($3, $4, $5)))
         ORDER BY entered_in, segment_id, contact_id
         LIMIT $6)
        UNION ALL
        (SELECT left_in, segment_id, contact_id, entered_in, from_revision, from_at, to_revision, to_at
         FROM segment_periods
         WHERE workspace_id = $1 AND left_in >= $2
           AND (left_in > $2 OR ($3::bigint IS NOT NULL AND (segment_id, contact_id, entered_in) > ($3, $4, $5)))
         ORDER BY left_in, segment_id, contact_id, entered_in
         LIMIT $6)
    ) found
    ORDER BY revision, segment_id, contact_id, entered_in
    LIMIT $6";

const DELETED: &str = "
    SELECT revision, kind, id
    FROM deletions
    WHERE workspace_id = $1 AND revision >= $2 AND (revision > $2 OR ($3::smallint IS NOT NULL AND (kind, id) > ($3, $4)))
    ORDER BY revision, kind, id
    LIMIT $5";

/// A transaction on one snapshot of the database.
pub(super) struct PostgresSnapshot {
    store: PostgresStore,
    transaction: Transaction,
    workspace: WorkspaceId,
    revision: Revision,
}

#[derive(sqlx::FromRow)]
struct OrderRow {
    revision: i64,
    record: OrderRecord,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    revision: i64,
    owner_id: Option<i64>,
    record: EventRecord,
}

#[derive(sqlx::FromRow)]
struct VisitorRow {
    revision: i64,
    record: VisitorRecord,
}

#[derive(sqlx::FromRow)]
struct DeletedSegmentRow {
    segment_id: i64,
    revision: i64,
    name: String,
    is_dynamic: bool,
    created_at: Timestamp,
    deleted_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct PeriodRow {
    revision: i64,
    segment_id: i64,
    contact_id: i64,
    entered_in: i64,
    from_revision: i64,
    from_at: Timestamp,
    to_revision: Option<i64>,
    to_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct DeletedRow {
    revision: i64,
    kind: i16,
    id: String,
}

pub(super) async fn open(store: &PostgresStore, workspace: WorkspaceId) -> Result<PostgresSnapshot, StorageError> {
    let mut transaction = store.pool().begin_with(BEGIN).await.map_err(translate)?;
    let reading = async {
        transaction.execute(PATIENT).await.map_err(translate)?;
        let latest: Option<i64> = sqlx::query_scalar(REVISION)
            .bind(workspace.0)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(translate)?;
        latest.map(Revision).ok_or(StorageError::UnknownWorkspace)
    };
    let revision = store.in_time(reading).await?;
    Ok(PostgresSnapshot {
        store: store.clone(),
        transaction,
        workspace,
        revision,
    })
}

#[async_trait]
impl ExportSnapshot for PostgresSnapshot {
    fn revision(&self) -> Revision {
        self.revision
    }

    async fn contacts(
        &mut self,
        (since, last): (Revision, Option<ContactId>),
        limit: u32,
    ) -> Result<Vec<ContactDetails>, StorageError> {
        let reading = sqlx::query_as(CONTACTS)
            .bind(self.workspace.0)
            .bind(since.0)
            .bind(last.map(|id| id.0))
            .bind(i64::from(limit));
        let connection = &mut *self.transaction;
        let read = async { reading.fetch_one(connection).await.map_err(translate) };
        let row: PageRow = self.store.in_time(read).await?;
        Ok(page(row)?.items)
    }

    async fn orders(
        &mut self,
        (since, last): (Revision, Option<OrderKey>),
        limit: u32,
    ) -> Result<Vec<(Revision, Order)>, StorageError> {
        let store = last
            .as_ref()
            .map(|key| key.store_id.as_ref().map_or("", StoreId::as_str));
        let reading = sqlx::query_as(ORDERS)
            .bind(self.workspace.0)
            .bind(since.0)
            .bind(last.as_ref().map(|key| key.external_id.as_str()))
            .bind(store)
            .bind(i64::from(limit));
        let connection = &mut *self.transaction;
        let read = async { reading.fetch_all(connection).await.map_err(translate) };
        let rows: Vec<OrderRow> = self.store.in_time(read).await?;
        all(rows, |row| Ok((Revision(row.revision), Order::try_from(row.record)?)))
    }

    async fn events(
        &mut self,
        (since, last): (Revision, Option<EventId>),
        limit: u32,
    ) -> Result<Vec<ExportedEvent>, StorageError> {
        let reading = sqlx::query_as(EVENTS)
            .bind(self.workspace.0)
            .bind(since.0)
            .bind(last.map(|id| id.0))
            .bind(i64::from(limit));
        let connection = &mut *self.transaction;
        let read = async { reading.fetch_all(connection).await.map_err(translate) };
        let rows: Vec<EventRow> = self.store.in_time(read).await?;
        all(rows, EventRow::read)
    }

    async fn events_of_changed_visitors(
        &mut self,
        (since, last): (Revision, Option<(VisitorId, EventId)>),
        limit: u32,
    ) -> Result<Vec<ExportedEvent>, StorageError> {
        let reading = sqlx::query_as(EVENTS_OF_VISITORS)
            .bind(self.workspace.0)
            .bind(since.0)
            .bind(last.map(|(visitor, _)| visitor.0))
            .bind(last.map(|(_, event)| event.0))
            .bind(i64::from(limit));
        let connection = &mut *self.transaction;
        let read = async { reading.fetch_all(connection).await.map_err(translate) };
        let rows: Vec<EventRow> = self.store.in_time(read).await?;
        all(rows, EventRow::read)
    }

    async fn merges_of(&mut self, absorbed: &[ContactId]) -> Result<Vec<Merge>, StorageError> {
        let ids: Vec<i64> = absorbed.iter().map(|id| id.0).collect();
        let reading = sqlx::query_as(MERGES).bind(self.workspace.0).bind(ids);
        let connection = &mut *self.transaction;
        let read = async { reading.fetch_all(connection).await.map_err(translate) };
        let rows: Vec<(MergeRecord,)> = self.store.in_time(read).await?;
        all(rows, |(record,)| Merge::try_from(record))
    }

    async fn visitors(
        &mut self,
        (since, last): (Revision, Option<VisitorId>),
        limit: u32,
    ) -> Result<Vec<(Revision, Visitor)>, StorageError> {
        let reading = sqlx::query_as(VISITORS)
            .bind(self.workspace.0)
            .bind(since.0)
            .bind(last.map(|id| id.0))
            .bind(i64::from(limit));
        let connection = &mut *self.transaction;
        let read = async { reading.fetch_all(connection).await.map_err(translate) };
        let rows: Vec<VisitorRow> = self.store.in_time(read).await?;
        all(rows, |row| Ok((Revision(row.revision), Visitor::try_from(row.record)?)))
    }

    async fn catalog(&mut self) -> Result<Catalog, StorageError> {
        let (connection, workspace) = (&mut *self.transaction, self.workspace);
        let read = async {
            let changed: i64 = sqlx::query_scalar(DEFINITIONS)
                .bind(workspace.0)
                .fetch_one(&mut *connection)
                .await
                .map_err(translate)?;
            let deleted: Vec<DeletedSegmentRow> = sqlx::query_as(DELETED_SEGMENTS)
                .bind(workspace.0)
                .fetch_all(&mut *connection)
                .await
                .map_err(translate)?;
            let (mut segments, definitions) = segments::read(connection, workspace).await?;
            segments.sort_by_key(|segment| segment.id);
            Ok::<_, StorageError>(Catalog {
                changed: Revision(changed),
                segments,
                deleted: all(deleted, DeletedSegmentRow::read)?,
                definitions,
            })
        };
        self.store.in_time(read).await
    }

    async fn segment_periods(
        &mut self,
        (since, last): (Revision, Option<PeriodKey>),
        limit: u32,
    ) -> Result<Vec<(Revision, SegmentPeriod)>, StorageError> {
        let reading = sqlx::query_as(PERIODS)
            .bind(self.workspace.0)
            .bind(since.0)
            .bind(last.map(|(segment, _, _)| segment.0))
            .bind(last.map(|(_, contact, _)| contact.0))
            .bind(last.map(|(_, _, recorded)| recorded.0))
            .bind(i64::from(limit));
        let connection = &mut *self.transaction;
        let read = async { reading.fetch_all(connection).await.map_err(translate) };
        let rows: Vec<PeriodRow> = self.store.in_time(read).await?;
        Ok(rows.into_iter().map(PeriodRow::read).collect())
    }

    async fn deleted(
        &mut self,
        (since, last): (Revision, Option<Deleted>),
        limit: u32,
    ) -> Result<Vec<(Revision, Deleted)>, StorageError> {
        let reading = sqlx::query_as(DELETED)
            .bind(self.workspace.0)
            .bind(since.0)
            .bind(last.map(Deleted::kind))
            .bind(last.map(Deleted::id))
            .bind(i64::from(limit));
        let connection = &mut *self.transaction;
        let read = async { reading.fetch_all(connection).await.map_err(translate) };
        let rows: Vec<DeletedRow> = self.store.in_time(read).await?;
        all(rows, |row| {
            let deleted = Deleted::read(row.kind, &row.id);
            let deleted = deleted.ok_or_else(|| corrupt("deletions", "id", &row.revision))?;
            Ok((Revision(row.revision), deleted))
        })
    }
}

impl DeletedSegmentRow {
    fn read(self) -> Result<(Revision, DeletedSegment), StorageError> {
        let id = self.segment_id;
        let name = SegmentName::parse(&self.name).map_err(|_| corrupt("deleted_segments", "name", &id))?;
        let segment = Segment {
            id: SegmentId(id),
            name,
            created_at: self.created_at,
        };
        let deleted = DeletedSegment {
            segment,
            is_dynamic: self.is_dynamic,
            deleted_at: self.deleted_at,
        };
        Ok((Revision(self.revision), deleted))
    }
}

impl PeriodRow {
    fn read(self) -> (Revision, SegmentPeriod) {
        let to = self.to_revision.map(Revision).zip(self.to_at);
        let period = SegmentPeriod {
            segment: SegmentId(self.segment_id),
            contact: ContactId(self.contact_id),
            recorded: Revision(self.entered_in),
            from: (Revision(self.from_revision), self.from_at),
            to,
        };
        (Revision(self.revision), period)
    }
}

impl EventRow {
    fn read(self) -> Result<ExportedEvent, StorageError> {
        Ok(ExportedEvent {
            revision: Revision(self.revision),
            owner: self.owner_id.map(ContactId),
            event: Event::try_from(self.record)?,
        })
    }
}
