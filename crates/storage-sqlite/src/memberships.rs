//! The record of who was in a segment.

mod due;
mod facts;

use crate::catalog::count;
use crate::details::details;
use crate::error::storage;
use crate::rows::{Row, json, micros};
use crate::segments::compiled;
use crate::statement::{SqliteRow, blocking, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use chrono::NaiveDate;
use rusqlite::Connection;
use selfsame_application::ports::{
    ChangedContact, ChangedPage, ContactDetails, DifferenceQuery, Memberships, MoveCount, MoveCounts, NewMove,
    RecordState, RecordedMembership, Recording, StorageError,
};
use selfsame_domain::segments::{Needs, StoredFacts};
use selfsame_domain::{ContactId, Revision, SegmentId, Timestamp, WorkspaceId};
use selfsame_segment_sql::{Engine, differences};
use std::collections::{BTreeMap, BTreeSet};

const BEHIND: &str = "
    SELECT r.workspace_id
    FROM revisions AS r
    LEFT JOIN segment_records AS k ON k.workspace_id = r.workspace_id
    WHERE (EXISTS (SELECT 1 FROM segments AS s WHERE s.workspace_id = r.workspace_id)
           AND (r.latest > coalesce(k.recorded, 0) OR k.checked_at <= ?2
                OR EXISTS (SELECT 1 FROM segment_due AS d WHERE d.workspace_id = r.workspace_id AND d.due_at <= ?1)))
       OR r.latest > coalesce(k.recorded, 0) + 10000
    ORDER BY r.workspace_id
    LIMIT ?3";

const STATE: &str = "
    SELECT r.workspace_id, r.latest, r.definitions, coalesce(k.recorded, 0), coalesce(k.begins, 0), k.checked_at,
        (SELECT min(d.due_at) FROM segment_due AS d WHERE d.workspace_id = ?1)
    FROM revisions AS r
    LEFT JOIN segment_records AS k ON k.workspace_id = r.workspace_id
    WHERE r.workspace_id = ?1";

const EDITED: &str = "
    SELECT segment_id, revision FROM segment_formulas WHERE workspace_id = ?1 AND revision > ?2 ORDER BY segment_id";

/// The last commit of a page: that of the last row of a kind of which there is a whole page.
const UNTIL: &str = "
    WITH pages (rows, last) AS (
        SELECT count(*), max(p.revision) FROM (SELECT revision FROM contacts
            WHERE workspace_id = ?1 AND revision > ?2 AND revision <= ?3 ORDER BY revision LIMIT ?4) AS p
        UNION ALL
        SELECT count(*), max(p.revision) FROM (SELECT revision FROM orders
            WHERE workspace_id = ?1 AND revision > ?2 AND revision <= ?3 ORDER BY revision LIMIT ?4) AS p
        UNION ALL
        SELECT count(*), max(p.revision) FROM (SELECT revision FROM events
            WHERE workspace_id = ?1 AND revision > ?2 AND revision <= ?3 ORDER BY revision LIMIT ?4) AS p
        UNION ALL
        SELECT count(*), max(p.revision) FROM (SELECT revision FROM visitors
            WHERE workspace_id = ?1 AND revision > ?2 AND revision <= ?3 ORDER BY revision LIMIT ?4) AS p
        UNION ALL
        SELECT count(*), max(p.revision) FROM (SELECT revision FROM identity_log
            WHERE workspace_id = ?1 AND revision > ?2 AND revision <= ?3 ORDER BY revision LIMIT ?4) AS p
    )
    SELECT coalesce(min(last), ?3) FROM pages WHERE rows = ?4";

const CHANGED: &str = "
    WITH changed (contact_id, revision) AS MATERIALIZED (
        SELECT contact_id, revision FROM contacts WHERE workspace_id = ?1 AND revision > ?2 AND revision <= ?3
        UNION ALL
        SELECT contact_id, revision FROM orders WHERE workspace_id = ?1 AND revision > ?2 AND revision <= ?3
        UNION ALL
        SELECT coalesce(e.contact_id, v.owner_id), e.revision
        FROM events AS e
        LEFT JOIN visitors AS v ON v.workspace_id = ?1 AND v.visitor_id = e.visitor_id
        WHERE e.workspace_id = ?1 AND e.revision > ?2 AND e.revision <= ?3
        UNION ALL
        SELECT owner_id, revision FROM visitors WHERE workspace_id = ?1 AND revision > ?2 AND revision <= ?3
        UNION ALL
        SELECT contact_id, revision FROM identity_log WHERE workspace_id = ?1 AND revision > ?2 AND revision <= ?3
    ),
    last (contact_id, revision) AS MATERIALIZED (
        SELECT contact_id, max(revision) FROM changed WHERE contact_id IS NOT NULL GROUP BY contact_id
    )
    SELECT l.contact_id, c.canonical_id, l.revision
    FROM last AS l CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = l.contact_id";

const RECORDED: &str = "
    SELECT p.contact_id, p.segment_id, p.from_revision, p.from_at
    FROM json_each(?2) AS n
    CROSS JOIN segment_periods AS p INDEXED BY segment_periods_by_contact ON p.workspace_id = ?1 AND p.contact_id = n.value
    WHERE p.left_in IS NULL";

const RECORDED_COUNT: &str = "SELECT members FROM segment_counts WHERE workspace_id = ?1 AND segment_id = ?2";

/// Rows are `[segment, contact, commit, cause]`; `?3` is this commit, `?4` the time.
const ENTER: &str = "
    INSERT INTO segment_periods (workspace_id, segment_id, contact_id, entered_in, from_revision, from_cause, from_at)
    SELECT ?1, m.value ->> 0, m.value ->> 1, ?3, m.value ->> 2, m.value ->> 3, ?4
    FROM json_each(?2) AS m
    WHERE EXISTS (SELECT 1 FROM contacts AS c WHERE c.workspace_id = ?1 AND c.contact_id = m.value ->> 1)
      AND EXISTS (SELECT 1 FROM segments AS s WHERE s.workspace_id = ?1 AND s.segment_id = m.value ->> 0)
      AND NOT EXISTS (SELECT 1 FROM segment_periods AS p
                      WHERE p.workspace_id = ?1 AND p.segment_id = m.value ->> 0 AND p.contact_id = m.value ->> 1 AND p.left_in IS NULL)";

/// An upsert, because in an UPDATE the planner would look through all periods of the workspace.
const LEAVE: &str = "
    INSERT INTO segment_periods (workspace_id, segment_id, contact_id, entered_in, from_revision, from_cause, from_at,
        left_in, to_revision, to_cause, to_at)
    SELECT p.workspace_id, p.segment_id, p.contact_id, p.entered_in, p.from_revision, p.from_cause, p.from_at,
        ?3, m.value ->> 2, m.value ->> 3, ?4
    FROM json_each(?2) AS m
    CROSS JOIN segment_periods AS p
        ON p.workspace_id = ?1 AND p.segment_id = m.value ->> 0 AND p.contact_id = m.value ->> 1 AND p.left_in IS NULL
    WHERE true
    ON CONFLICT (workspace_id, segment_id, contact_id, entered_in) DO UPDATE SET
        left_in = excluded.left_in, to_revision = excluded.to_revision, to_cause = excluded.to_cause, to_at = excluded.to_at";

const RAISE: &str = "UPDATE revisions SET latest = ?2 WHERE workspace_id = ?1";

const REACH: &str = "
    INSERT INTO segment_records (workspace_id, recorded, begins, checked_at) VALUES (?1, ?2, 0, ?3)
    ON CONFLICT (workspace_id) DO UPDATE SET recorded = excluded.recorded";

const CHECKED: &str = "UPDATE segment_records SET checked_at = max(checked_at, ?2) WHERE workspace_id = ?1";

/// The last exit of a page of ended memberships.
const LAST_ENDED: &str = "
    SELECT max(p.left_in) FROM (
        SELECT left_in FROM segment_periods
        WHERE workspace_id = ?1 AND left_in <= ?2 AND to_at < ?3
        ORDER BY left_in, segment_id, contact_id, entered_in LIMIT ?4) AS p";

const PRUNE: &str = "
    DELETE FROM segment_periods
    WHERE (workspace_id, segment_id, contact_id, entered_in) IN (
        SELECT workspace_id, segment_id, contact_id, entered_in FROM segment_periods
        WHERE workspace_id = ?1 AND left_in <= ?2 AND to_at < ?3
        ORDER BY left_in, segment_id, contact_id, entered_in LIMIT ?4)";

const BEGIN: &str = "UPDATE segment_records SET begins = max(begins, ?2) WHERE workspace_id = ?1";

const AT: &str = "
    SELECT DISTINCT contact_id
    FROM segment_periods
    WHERE workspace_id = ?1 AND segment_id = ?2 AND contact_id > ?4
      AND from_revision <= ?3 AND (to_revision IS NULL OR to_revision > ?3)
    ORDER BY contact_id
    LIMIT ?5";

const BEFORE: &str = "
    SELECT count(*) FROM segment_periods
    WHERE workspace_id = ?1 AND segment_id = ?2 AND from_at < ?3 AND (to_at IS NULL OR to_at >= ?3)";

const COUNTS: &str = "
    SELECT m.day, sum(m.entered), sum(m.gone)
    FROM (
        SELECT date(from_at / 1000000, 'unixepoch') AS day, 1 AS entered, 0 AS gone
        FROM segment_periods WHERE workspace_id = ?1 AND segment_id = ?2 AND from_at >= ?3
        UNION ALL
        SELECT date(to_at / 1000000, 'unixepoch'), 0, 1
        FROM segment_periods WHERE workspace_id = ?1 AND segment_id = ?2 AND to_at >= ?3
    ) AS m
    GROUP BY m.day
    ORDER BY m.day";

#[async_trait]
impl Memberships for SqliteStore {
    async fn records_behind(
        &self,
        now: Timestamp,
        checked_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<WorkspaceId>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(BEHIND)
            .bind(micros(now))
            .bind(micros(checked_before))
            .bind(limit);
        let rows = rows.fetch_all(reader.connection()?).map_err(storage)?;
        let number = |row| Row::new(row, "revisions", 0).get(0, "workspace_id").map(WorkspaceId);
        rows.iter().map(number).collect()
    }

    async fn record_state(&self, workspace: WorkspaceId) -> Result<RecordState, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        Ok(state(connection, workspace)?.0)
    }

    async fn changed_contacts(
        &self,
        workspace: WorkspaceId,
        after: Revision,
        until: Revision,
        limit: u32,
    ) -> Result<ChangedPage, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let row = statement(UNTIL)
            .bind(workspace.0)
            .bind(after.0)
            .bind(until.0)
            .bind(limit)
            .fetch_one(connection)
            .map_err(storage)?;
        let until = Revision(Row::new(&row, "revisions", 0).get(0, "revision")?);
        let rows = statement(CHANGED)
            .bind(workspace.0)
            .bind(after.0)
            .bind(until.0)
            .fetch_all(connection)
            .map_err(storage)?;
        let changed = |row| {
            let row = Row::new(row, "contacts", 0);
            Ok(ChangedContact {
                contact: ContactId(row.get(0, "contact_id")?),
                canonical: ContactId(row.get(1, "canonical_id")?),
                revision: Revision(row.get(2, "revision")?),
            })
        };
        Ok(ChangedPage {
            items: rows.iter().map(changed).collect::<Result<_, StorageError>>()?,
            until,
        })
    }

    async fn numbered(&self, workspace: WorkspaceId, ids: &[ContactId]) -> Result<Vec<ContactDetails>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let order: BTreeSet<ContactId> = ids.iter().copied().collect();
        let order: Vec<ContactId> = order.into_iter().collect();
        details(reading.connection()?, workspace, &order)
    }

    async fn stored_facts(
        &self,
        workspace: WorkspaceId,
        contacts: &[ContactId],
        needs: &Needs,
        most: u32,
    ) -> Result<BTreeMap<ContactId, StoredFacts>, StorageError> {
        let mut reading = self.readers.begin().await?;
        facts::read(reading.connection()?, workspace, contacts, needs, most)
    }

    async fn due_memberships(
        &self,
        workspace: WorkspaceId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(SegmentId, ContactId)>, StorageError> {
        let mut reader = self.readers.lend().await?;
        due::read(reader.connection()?, workspace, now, limit)
    }

    async fn make_due(
        &self,
        workspace: WorkspaceId,
        segment: SegmentId,
        at: Timestamp,
        after: ContactId,
        limit: u32,
    ) -> Result<Option<ContactId>, StorageError> {
        let mut writing = self.writer.begin().await?;
        let last = blocking(|| due::make(writing.connection()?, workspace, segment, at, (after, limit)))?;
        writing.commit()?;
        Ok(last)
    }

    async fn recorded_count(&self, workspace: WorkspaceId, segment: SegmentId) -> Result<u64, StorageError> {
        let mut reader = self.readers.lend().await?;
        let query = statement(RECORDED_COUNT).bind(workspace.0).bind(segment.0);
        let found = query.fetch_optional(reader.connection()?).map_err(storage)?;
        found.map_or(Ok(0), |row| count(&Row::new(&row, "segment_counts", 0), 0))
    }

    async fn recorded_memberships(
        &self,
        workspace: WorkspaceId,
        contacts: &[ContactId],
    ) -> Result<BTreeSet<RecordedMembership>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(RECORDED).bind(workspace.0).bind(json(contacts)?);
        let rows = rows.fetch_all(reader.connection()?).map_err(storage)?;
        rows.iter().map(membership).collect()
    }

    async fn differences(
        &self,
        workspace: WorkspaceId,
        query: &DifferenceQuery<'_>,
    ) -> Result<Vec<(ContactId, bool)>, StorageError> {
        let page = (query.among, query.after, query.limit);
        let of = (query.segment, query.plan);
        let query = differences(Engine::Sqlite, workspace, of, query.now, page);
        let mut reader = self.readers.lend().await?;
        let rows = compiled(query).fetch_all(reader.connection()?).map_err(storage)?;
        let pair = |row| {
            let row = Row::new(row, "contacts", 0);
            Ok((ContactId(row.get(0, "contact_id")?), row.get(1, "contact_id")?))
        };
        rows.iter().map(pair).collect()
    }

    async fn record_moves(&self, workspace: WorkspaceId, recording: &Recording) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        blocking(|| {
            let connection = writing.connection()?;
            let (state, definitions) = state(connection, workspace)?;
            if state.recorded != recording.expected || definitions > recording.definitions {
                return Ok(false);
            }
            write(connection, workspace, state.latest, recording)?;
            writing.commit()?;
            Ok(true)
        })
    }

    async fn note_time_check(&self, workspace: WorkspaceId, at: Timestamp) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        let checked = statement(CHECKED).bind(workspace.0).bind(micros(at));
        checked.execute(writing.connection()?).map_err(storage)?;
        writing.commit()
    }

    async fn prune_periods(
        &self,
        workspace: WorkspaceId,
        up_to: Revision,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StorageError> {
        let mut writing = self.writer.begin().await?;
        let connection = writing.connection()?;
        let bound = |sql| {
            statement(sql)
                .bind(workspace.0)
                .bind(up_to.0)
                .bind(micros(before))
                .bind(limit)
        };
        let last = bound(LAST_ENDED).fetch_one(connection).map_err(storage)?;
        let last: Option<i64> = Row::new(&last, "segment_periods", 0).get(0, "left_in")?;
        let done = bound(PRUNE).execute(connection).map_err(storage)?;
        let begin = statement(BEGIN).bind(workspace.0).bind(last.unwrap_or_default());
        begin.execute(connection).map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected())
    }

    async fn members_at(
        &self,
        workspace: WorkspaceId,
        segment: SegmentId,
        revision: Revision,
        after: ContactId,
        limit: u32,
    ) -> Result<Vec<ContactId>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(AT)
            .bind(workspace.0)
            .bind(segment.0)
            .bind(revision.0)
            .bind(after.0)
            .bind(limit)
            .fetch_all(reader.connection()?)
            .map_err(storage)?;
        let number = |row| Row::new(row, "segment_periods", 0).get(0, "contact_id").map(ContactId);
        rows.iter().map(number).collect()
    }

    async fn move_counts(
        &self,
        workspace: WorkspaceId,
        segment: SegmentId,
        from: Timestamp,
    ) -> Result<MoveCounts, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let bound = |sql| statement(sql).bind(workspace.0).bind(segment.0).bind(micros(from));
        let before = bound(BEFORE).fetch_one(connection).map_err(storage)?;
        let rows = bound(COUNTS).fetch_all(connection).map_err(storage)?;
        let day = |row| {
            let row = Row::new(row, "segment_periods", 0);
            Ok(MoveCount {
                day: row.read(0, "from_at", |text| text.parse::<NaiveDate>().ok())?,
                entered: count(&row, 1)?,
                left: count(&row, 2)?,
            })
        };
        Ok(MoveCounts {
            before: count(&Row::new(&before, "segment_periods", 0), 0)?,
            days: rows.iter().map(day).collect::<Result<_, StorageError>>()?,
        })
    }
}

/// How far the record is, and the last commit that changed definitions.
fn state(connection: &Connection, workspace: WorkspaceId) -> Result<(RecordState, Revision), StorageError> {
    let row = statement(STATE).bind(workspace.0).fetch_optional(connection);
    let row = row.map_err(storage)?.ok_or(StorageError::UnknownWorkspace)?;
    let row = Row::new(&row, "segment_records", 0);
    let revision = |index, column| row.get(index, column).map(Revision);
    let recorded = revision(3, "recorded")?;
    let edited = statement(EDITED).bind(workspace.0).bind(recorded.0);
    let edited = edited.fetch_all(connection).map_err(storage)?;
    let pair = |row| {
        let row = Row::new(row, "segment_formulas", 0);
        Ok((SegmentId(row.get(0, "segment_id")?), Revision(row.get(1, "revision")?)))
    };
    let state = RecordState {
        latest: revision(1, "latest")?,
        recorded,
        begins: revision(4, "begins")?,
        checked_at: row.optional_time(5, "checked_at")?,
        next_due: row.optional_time(6, "due_at")?,
        edited: edited.iter().map(pair).collect::<Result<_, StorageError>>()?,
    };
    Ok((state, revision(2, "definitions")?))
}

fn write(
    connection: &Connection,
    workspace: WorkspaceId,
    latest: Revision,
    recording: &Recording,
) -> Result<(), StorageError> {
    let commit = latest.next();
    let mut moved = 0;
    for (sql, entered) in [(LEAVE, false), (ENTER, true)] {
        let row = |one: &NewMove| (one.segment.0, one.contact.0, one.since.0, one.cause.code());
        let rows: Vec<_> = recording
            .moves
            .iter()
            .filter(|one| one.entered == entered)
            .map(row)
            .collect();
        if !rows.is_empty() {
            let done = statement(sql)
                .bind(workspace.0)
                .bind(json(&rows)?)
                .bind(commit.0)
                .bind(micros(recording.at));
            moved += done.execute(connection).map_err(storage)?.rows_affected();
        }
    }
    if moved > 0 {
        let raise = statement(RAISE).bind(workspace.0).bind(commit.0);
        raise.execute(connection).map_err(storage)?;
    }
    due::write(connection, workspace, &recording.due)?;
    let reach = statement(REACH)
        .bind(workspace.0)
        .bind(recording.recorded.0)
        .bind(micros(recording.at));
    reach.execute(connection).map(drop).map_err(storage)
}

/// Reads the columns of [`RECORDED`].
fn membership(row: &SqliteRow) -> Result<RecordedMembership, StorageError> {
    let row = Row::new(row, "segment_periods", 0);
    Ok(RecordedMembership {
        contact: ContactId(row.get(0, "contact_id")?),
        segment: SegmentId(row.get(1, "segment_id")?),
        since: Revision(row.get(2, "from_revision")?),
        at: row.time(3, "from_at")?,
    })
}
