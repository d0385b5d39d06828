//! The record of who was in a segment.

mod due;
mod facts;
mod prune;
mod write;

use crate::contacts::{PageRow, details, page};
use crate::error::translate;
use crate::segments::arguments;
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::NaiveDate;
use selfsame_application::ports::{
    ChangedContact, ChangedPage, ContactDetails, DifferenceQuery, Memberships, MoveCount, MoveCounts, RecordState,
    RecordedMembership, Recording, StorageError,
};
use selfsame_domain::segments::{Needs, StoredFacts};
use selfsame_domain::{ContactId, Revision, SegmentId, Timestamp, WorkspaceId};
use selfsame_segment_sql::{Engine, differences};
use sqlx::{AssertSqlSafe, Postgres};
use std::collections::{BTreeMap, BTreeSet};

const BEHIND: &str = "
    SELECT r.workspace_id
    FROM revisions r
    LEFT JOIN segment_records k ON k.workspace_id = r.workspace_id
    WHERE (EXISTS (SELECT FROM segments s WHERE s.workspace_id = r.workspace_id)
           AND (r.latest > COALESCE(k.recorded, 0) OR k.checked_at <= $2
                OR EXISTS (SELECT FROM segment_due d WHERE d.workspace_id = r.workspace_id AND d.due_at <= $1)))
       OR r.latest > COALESCE(k.recorded, 0) + 10000
    ORDER BY r.workspace_id
    LIMIT $3";

const STATE: &str = "
    SELECT r.latest, COALESCE(k.recorded, 0) AS recorded, COALESCE(k.begins, 0) AS begins, k.checked_at,
           (SELECT min(due_at) FROM segment_due WHERE workspace_id = $1) AS next_due,
           ARRAY(SELECT segment_id FROM segment_formulas
                 WHERE workspace_id = $1 AND revision > COALESCE(k.recorded, 0) ORDER BY segment_id) AS edited,
           ARRAY(SELECT revision FROM segment_formulas
                 WHERE workspace_id = $1 AND revision > COALESCE(k.recorded, 0) ORDER BY segment_id) AS edited_in
    FROM revisions r
    LEFT JOIN segment_records k ON k.workspace_id = $1
    WHERE r.workspace_id = $1";

/// The last commit of a page is that of the last row of a kind of which there is a whole page.
const CHANGED: &str = "
    WITH pages AS (
        SELECT count(*) AS rows, max(revision) AS last FROM (SELECT revision FROM contacts
            WHERE workspace_id = $1 AND revision > $2 AND revision <= $3 ORDER BY revision LIMIT $4) p
        UNION ALL
        SELECT count(*), max(revision) FROM (SELECT revision FROM orders
            WHERE workspace_id = $1 AND revision > $2 AND revision <= $3 ORDER BY revision LIMIT $4) p
        UNION ALL
        SELECT count(*), max(revision) FROM (SELECT revision FROM events
            WHERE workspace_id = $1 AND revision > $2 AND revision <= $3 ORDER BY revision LIMIT $4) p
        UNION ALL
        SELECT count(*), max(revision) FROM (SELECT revision FROM visitors
            WHERE workspace_id = $1 AND revision > $2 AND revision <= $3 ORDER BY revision LIMIT $4) p
        UNION ALL
        SELECT count(*), max(revision) FROM (SELECT revision FROM identity_log
            WHERE workspace_id = $1 AND revision > $2 AND revision <= $3 ORDER BY revision LIMIT $4) p
    ),
    page AS MATERIALIZED (
        SELECT COALESCE(min(last), $3) AS until FROM pages WHERE rows = $4
    ),
    changed AS MATERIALIZED (
        SELECT c.contact_id, c.revision FROM page CROSS JOIN LATERAL (
            SELECT contact_id, revision FROM contacts WHERE workspace_id = $1 AND revision > $2 AND revision <= page.until OFFSET 0) c
        UNION ALL
        SELECT o.contact_id, o.revision FROM page CROSS JOIN LATERAL (
            SELECT contact_id, revision FROM orders WHERE workspace_id = $1 AND revision > $2 AND revision <= page.until OFFSET 0) o
        UNION ALL
        SELECT COALESCE(e.contact_id, v.owner_id), e.revision FROM page CROSS JOIN LATERAL (
            SELECT contact_id, visitor_id, revision FROM events WHERE workspace_id = $1 AND revision > $2 AND revision <= page.until OFFSET 0) e
        LEFT JOIN visitors v ON v.workspace_id = $1 AND v.visitor_id = e.visitor_id
        UNION ALL
        SELECT v.owner_id, v.revision FROM page CROSS JOIN LATERAL (
            SELECT owner_id, revision FROM visitors WHERE workspace_id = $1 AND revision > $2 AND revision <= page.until OFFSET 0) v
        UNION ALL
        SELECT l.contact_id, l.revision FROM page CROSS JOIN LATERAL (
            SELECT contact_id, revision FROM identity_log WHERE workspace_id = $1 AND revision > $2 AND revision <= page.until OFFSET 0) l
    ),
    last AS MATERIALIZED (
        SELECT contact_id, max(revision) AS revision FROM changed WHERE contact_id IS NOT NULL GROUP BY contact_id
    )
    SELECT page.until, found.contact_id, found.canonical_id, found.revision
    FROM page
    LEFT JOIN (
        SELECT last.contact_id, c.canonical_id, last.revision
        FROM last
        CROSS JOIN LATERAL (
            SELECT canonical_id FROM contacts WHERE workspace_id = $1 AND contact_id = last.contact_id OFFSET 0) c
    ) found ON true";

const NUMBERED: &str = concat!(
    "WITH page AS MATERIALIZED (
        SELECT asked.contact_id, row_number() OVER (ORDER BY asked.contact_id) AS place
        FROM (SELECT DISTINCT unnest($2::bigint[]) AS contact_id) asked
    )
    SELECT 0::bigint AS total, ",
    details!()
);

const RECORDED: &str = "
    SELECT p.contact_id, p.segment_id, p.from_revision, p.from_at
    FROM segment_periods p
    WHERE p.workspace_id = $1 AND p.contact_id = ANY ($2) AND p.left_in IS NULL";

const RECORDED_COUNT: &str = "SELECT members FROM segment_counts WHERE workspace_id = $1 AND segment_id = $2";

const CHECKED: &str = "UPDATE segment_records SET checked_at = GREATEST(checked_at, $2) WHERE workspace_id = $1";

const AT: &str = "
    SELECT DISTINCT contact_id
    FROM segment_periods
    WHERE workspace_id = $1 AND segment_id = $2 AND contact_id > $4
      AND from_revision <= $3 AND (to_revision IS NULL OR to_revision > $3)
    ORDER BY contact_id
    LIMIT $5";

const COUNTS: &str = "
    WITH before AS (
        SELECT count(*) AS members FROM segment_periods
        WHERE workspace_id = $1 AND segment_id = $2 AND from_at < $3 AND (to_at IS NULL OR to_at >= $3)
    ),
    moved AS (
        SELECT (from_at AT TIME ZONE 'UTC')::date AS day, 1 AS entered, 0 AS gone
        FROM segment_periods WHERE workspace_id = $1 AND segment_id = $2 AND from_at >= $3
        UNION ALL
        SELECT (to_at AT TIME ZONE 'UTC')::date, 0, 1
        FROM segment_periods WHERE workspace_id = $1 AND segment_id = $2 AND to_at >= $3
    )
    SELECT before.members, daily.day, daily.entered, daily.gone
    FROM before
    LEFT JOIN (SELECT day, sum(entered) AS entered, sum(gone) AS gone FROM moved GROUP BY day) daily ON true
    ORDER BY daily.day";

#[derive(Debug, sqlx::FromRow)]
struct StateRow {
    latest: i64,
    recorded: i64,
    begins: i64,
    checked_at: Option<Timestamp>,
    next_due: Option<Timestamp>,
    edited: Vec<i64>,
    edited_in: Vec<i64>,
}

/// A changed contact, and the page that it is in. A page without contacts has one row without one.
#[derive(Debug, sqlx::FromRow)]
struct ChangedRow {
    until: i64,
    contact_id: Option<i64>,
    canonical_id: Option<i64>,
    revision: Option<i64>,
}

#[derive(Debug, sqlx::FromRow)]
struct MembershipRow {
    contact_id: i64,
    segment_id: i64,
    from_revision: i64,
    from_at: Timestamp,
}

/// A day, and how many members there were before all of them. Without a day there is one row without one.
#[derive(Debug, sqlx::FromRow)]
struct CountRow {
    members: i64,
    day: Option<NaiveDate>,
    entered: Option<i64>,
    gone: Option<i64>,
}

#[async_trait]
impl Memberships for PostgresStore {
    async fn records_behind(
        &self,
        now: Timestamp,
        checked_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<WorkspaceId>, StorageError> {
        let found: Vec<i64> = sqlx::query_scalar(BEHIND)
            .bind(now)
            .bind(checked_before)
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        Ok(found.into_iter().map(WorkspaceId).collect())
    }

    async fn record_state(&self, workspace: WorkspaceId) -> Result<RecordState, StorageError> {
        let row: Option<StateRow> = sqlx::query_as(STATE)
            .bind(workspace.0)
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        let row = row.ok_or(StorageError::UnknownWorkspace)?;
        let edited = row.edited.into_iter().zip(row.edited_in);
        Ok(RecordState {
            latest: Revision(row.latest),
            recorded: Revision(row.recorded),
            begins: Revision(row.begins),
            checked_at: row.checked_at,
            next_due: row.next_due,
            edited: edited
                .map(|(id, revision)| (SegmentId(id), Revision(revision)))
                .collect(),
        })
    }

    async fn changed_contacts(
        &self,
        workspace: WorkspaceId,
        after: Revision,
        until: Revision,
        limit: u32,
    ) -> Result<ChangedPage, StorageError> {
        let rows: Vec<ChangedRow> = sqlx::query_as(CHANGED)
            .bind(workspace.0)
            .bind(after.0)
            .bind(until.0)
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        let until = rows.first().map_or(until, |row| Revision(row.until));
        let changed = |row: ChangedRow| {
            Some(ChangedContact {
                contact: row.contact_id.map(ContactId)?,
                canonical: row.canonical_id.map(ContactId)?,
                revision: row.revision.map(Revision)?,
            })
        };
        Ok(ChangedPage {
            items: rows.into_iter().filter_map(changed).collect(),
            until,
        })
    }

    async fn numbered(&self, workspace: WorkspaceId, ids: &[ContactId]) -> Result<Vec<ContactDetails>, StorageError> {
        let row: PageRow = sqlx::query_as(NUMBERED)
            .bind(workspace.0)
            .bind(numbers(ids))
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        Ok(page(row)?.items)
    }

    async fn stored_facts(
        &self,
        workspace: WorkspaceId,
        contacts: &[ContactId],
        needs: &Needs,
        most: u32,
    ) -> Result<BTreeMap<ContactId, StoredFacts>, StorageError> {
        facts::read(self.pool(), workspace, contacts, needs, most).await
    }

    async fn due_memberships(
        &self,
        workspace: WorkspaceId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(SegmentId, ContactId)>, StorageError> {
        due::read(self.pool(), workspace, now, limit).await
    }

    async fn make_due(
        &self,
        workspace: WorkspaceId,
        segment: SegmentId,
        at: Timestamp,
        after: ContactId,
        limit: u32,
    ) -> Result<Option<ContactId>, StorageError> {
        due::make(self.pool(), workspace, segment, at, (after, limit)).await
    }

    async fn recorded_count(&self, workspace: WorkspaceId, segment: SegmentId) -> Result<u64, StorageError> {
        let found: Option<i64> = sqlx::query_scalar(RECORDED_COUNT)
            .bind(workspace.0)
            .bind(segment.0)
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        Ok(found.map_or(0, i64::unsigned_abs))
    }

    async fn recorded_memberships(
        &self,
        workspace: WorkspaceId,
        contacts: &[ContactId],
    ) -> Result<BTreeSet<RecordedMembership>, StorageError> {
        let rows: Vec<MembershipRow> = sqlx::query_as(RECORDED)
            .bind(workspace.0)
            .bind(numbers(contacts))
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        let membership = |row: MembershipRow| RecordedMembership {
            segment: SegmentId(row.segment_id),
            contact: ContactId(row.contact_id),
            since: Revision(row.from_revision),
            at: row.from_at,
        };
        Ok(rows.into_iter().map(membership).collect())
    }

    async fn differences(
        &self,
        workspace: WorkspaceId,
        query: &DifferenceQuery<'_>,
    ) -> Result<Vec<(ContactId, bool)>, StorageError> {
        let page = (query.among, query.after, query.limit);
        let of = (query.segment, query.plan);
        let query = differences(Engine::Postgres, workspace, of, query.now, page);
        let sql = AssertSqlSafe(query.sql.clone());
        let rows: Vec<(i64, i32)> = sqlx::query_as_with::<Postgres, _, _>(sql, arguments(query)?)
            .persistent(false)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        Ok(rows
            .into_iter()
            .map(|(id, is_in)| (ContactId(id), is_in == 1))
            .collect())
    }

    async fn record_moves(&self, workspace: WorkspaceId, recording: &Recording) -> Result<bool, StorageError> {
        let mut transaction = self.writers().begin().await.map_err(translate)?;
        let work = write::moves(&mut transaction, workspace, recording);
        if !self.in_time(work).await? {
            return Ok(false);
        }
        transaction.commit().await.map_err(translate)?;
        Ok(true)
    }

    async fn note_time_check(&self, workspace: WorkspaceId, at: Timestamp) -> Result<(), StorageError> {
        let checked = sqlx::query(CHECKED).bind(workspace.0).bind(at);
        checked.execute(self.pool()).await.map(drop).map_err(translate)
    }

    async fn prune_periods(
        &self,
        workspace: WorkspaceId,
        up_to: Revision,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StorageError> {
        prune::ended(self.pool(), workspace, (up_to, before), limit).await
    }

    async fn members_at(
        &self,
        workspace: WorkspaceId,
        segment: SegmentId,
        revision: Revision,
        after: ContactId,
        limit: u32,
    ) -> Result<Vec<ContactId>, StorageError> {
        let found: Vec<i64> = sqlx::query_scalar(AT)
            .bind(workspace.0)
            .bind(segment.0)
            .bind(revision.0)
            .bind(after.0)
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        Ok(found.into_iter().map(ContactId).collect())
    }

    async fn move_counts(
        &self,
        workspace: WorkspaceId,
        segment: SegmentId,
        from: Timestamp,
    ) -> Result<MoveCounts, StorageError> {
        let rows: Vec<CountRow> = sqlx::query_as(COUNTS)
            .bind(workspace.0)
            .bind(segment.0)
            .bind(from)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        let before = rows.first().map_or(0, |row| row.members.unsigned_abs());
        let number = |count: Option<i64>| count.unwrap_or_default().unsigned_abs();
        let day = |row: CountRow| {
            Some(MoveCount {
                day: row.day?,
                entered: number(row.entered),
                left: number(row.gone),
            })
        };
        Ok(MoveCounts {
            before,
            days: rows.into_iter().filter_map(day).collect(),
        })
    }
}

fn numbers(ids: &[ContactId]) -> Vec<i64> {
    ids.iter().map(|id| id.0).collect()
}
