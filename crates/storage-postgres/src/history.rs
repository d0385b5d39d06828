//! Reading what people did.

use crate::error::translate;
use crate::rows::{self, EventRecord, VisitorRecord, event_record, group, visitor_record};
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{EventQuery, History, HistoryOf, StorageError};
use selfsame_domain::values::EventTypeKey;
use selfsame_domain::{
    ContactId, Decision, DecisionId, Event, EventType, IdentifierKey, Timestamp, Visitor, WorkspaceId,
};
use uuid::Uuid;

/// The latest events of one subject that are page views, or that are none, found and cut by its index, which has the name as it is
/// written here.
macro_rules! latest {
    ($column:literal) => {
        concat!(
            "CROSS JOIN UNNEST($7::boolean[]) AS class (page_view)
            CROSS JOIN LATERAL (
                SELECT e.*
                FROM events e
                WHERE e.workspace_id = $1 AND e.",
            $column,
            " = subject.",
            $column,
            "
                  AND (e.type_key = 'PageView') = class.page_view
                  AND e.occurred_at >= COALESCE($4, timestamptz '-infinity')
                  AND e.occurred_at <= COALESCE($5, timestamptz 'infinity')
                  AND (e.occurred_at, e.decision_id) < (
                    COALESCE($5, timestamptz 'infinity'), COALESCE($6, uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
                ORDER BY e.occurred_at DESC, e.decision_id DESC
                LIMIT $8
            ) e"
        )
    };
}

const EVENTS: &str = concat!(
    "WITH ",
    group!(),
    ",
    visitor AS (
        SELECT UNNEST($3::uuid[]) AS visitor_id
        UNION ALL
        SELECT v.visitor_id FROM root JOIN visitors v ON v.workspace_id = $1 AND v.owner_id = root.contact_id
    )
    SELECT
        $2 IS NULL OR EXISTS (SELECT FROM root),
        ARRAY(
            SELECT ",
    event_record!(),
    " FROM (
                SELECT e.* FROM members subject ",
    latest!("contact_id"),
    " UNION ALL SELECT e.* FROM visitor subject ",
    latest!("visitor_id"),
    "
            ) e
            ORDER BY e.occurred_at DESC, e.decision_id DESC
            LIMIT $8)"
);

const DECISIONS: &str = concat!(
    "WITH ",
    group!(),
    "
    SELECT
        EXISTS (SELECT FROM root),
        ARRAY(
            SELECT ROW(contact_id, body)
            FROM (
                SELECT DISTINCT ON (entry.decision_id)
                    entry.decision_id, members.contact_id, entry.body::text AS body
                FROM members
                CROSS JOIN LATERAL (
                    SELECT l.decision_id, l.body
                    FROM identity_log l
                    WHERE l.workspace_id = $1 AND l.contact_id = members.contact_id
                      AND ($3::uuid IS NULL OR l.decision_id < $3)
                    ORDER BY l.decision_id DESC
                    LIMIT $4
                ) entry
                ORDER BY entry.decision_id DESC, members.contact_id <> (SELECT contact_id FROM root), members.contact_id
                LIMIT $4
            ) entries
            ORDER BY decision_id DESC)"
);

const VISITORS: &str = concat!(
    "SELECT ",
    visitor_record!(),
    " FROM visitors v
      WHERE v.workspace_id = $1 AND v.kind = $2 AND v.value = $3
      ORDER BY v.since DESC, v.visitor_id DESC
      LIMIT 100"
);

const TYPES: &str = "
    SELECT key, creates_contacts, first_seen, last_seen, count
    FROM event_types
    WHERE workspace_id = $1 AND key > $2
    ORDER BY key
    LIMIT $3";

#[async_trait]
impl History for PostgresStore {
    async fn events(
        &self,
        workspace: WorkspaceId,
        of: &HistoryOf,
        query: &EventQuery,
    ) -> Result<Option<Vec<Event>>, StorageError> {
        let (contact, visitors): (Option<i64>, Vec<Uuid>) = match of {
            HistoryOf::Contact(id) => (Some(id.0), Vec::new()),
            HistoryOf::Visitors(visitors) => (None, visitors.iter().map(|id| id.0).collect()),
        };
        let place = query.place();
        let (exists, events): (bool, Vec<EventRecord>) = sqlx::query_as(EVENTS)
            .bind(workspace.0)
            .bind(contact)
            .bind(visitors)
            .bind(query.from)
            .bind(place.map(|(at, _)| at))
            .bind(place.map(|(_, id)| id.0))
            .bind(query.page_views.map_or_else(|| vec![false, true], |views| vec![views]))
            .bind(i64::from(query.limit))
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        if exists {
            rows::all(events, rows::event).map(Some)
        } else {
            Ok(None)
        }
    }

    async fn latest_decisions(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Option<Vec<(ContactId, Decision)>>, StorageError> {
        let (exists, bodies): (bool, Vec<(i64, String)>) = sqlx::query_as(DECISIONS)
            .bind(workspace.0)
            .bind(id.0)
            .bind(after.map(|id| id.0))
            .bind(i64::from(limit))
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        let read = |(touched, body): (i64, String)| {
            let decision = rows::json(&body, "identity_log", "body", &id)?;
            Ok((ContactId(touched), decision))
        };
        if exists {
            rows::all(bodies, read).map(Some)
        } else {
            Ok(None)
        }
    }

    async fn visitors(&self, workspace: WorkspaceId, key: &IdentifierKey) -> Result<Vec<Visitor>, StorageError> {
        let visitors: Vec<(VisitorRecord,)> = sqlx::query_as(VISITORS)
            .bind(workspace.0)
            .bind(key.kind.code())
            .bind(&key.value)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(visitors, |(record,)| rows::visitor(record))
    }

    async fn event_types(
        &self,
        workspace: WorkspaceId,
        after: Option<&EventTypeKey>,
        limit: u32,
    ) -> Result<Vec<EventType>, StorageError> {
        type Row = (String, bool, Option<Timestamp>, Option<Timestamp>, i64);
        let found: Vec<Row> = sqlx::query_as(TYPES)
            .bind(workspace.0)
            .bind(after.map_or("", EventTypeKey::as_str))
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(found, |(key, creates_contacts, first_seen, last_seen, count)| {
            Ok(EventType {
                key: rows::event_type(&key, "event_types", "key", &workspace)?,
                creates_contacts,
                first_seen,
                last_seen,
                count: count.unsigned_abs(),
            })
        })
    }
}
