//! Reading events and decisions.

use crate::error::translate;
use crate::rows::{self, EventRecord, VisitorRecord};
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{EventQuery, History, HistoryOf, StorageError};
use selfsame_domain::values::EventTypeKey;
use selfsame_domain::{
    ContactId, Decision, DecisionId, Event, EventType, IdentifierKey, Timestamp, Visitor, WorkspaceId,
};
use uuid::Uuid;

/// The latest events of each subject, either page views or other events. An index finds and limits them; the event type
/// must be spelled here as in the index.
const EVENTS: &str = "
    WITH members AS MATERIALIZED (
        SELECT root_id, contact_id FROM group_members WHERE workspace_id = $1 AND asked_id = $2
    ),
    visitor AS (
        SELECT UNNEST($3::uuid[]) AS visitor_id
        UNION ALL
        SELECT v.visitor_id
        FROM (SELECT DISTINCT root_id FROM members) root
        JOIN visitors v ON v.workspace_id = $1 AND v.owner_id = root.root_id
    )
    SELECT
        $2 IS NULL OR EXISTS (SELECT FROM members) AS found,
        ARRAY(
            SELECT e.record
            FROM (
                SELECT e.occurred_at, e.decision_id, e.record
                FROM members subject
                CROSS JOIN UNNEST($7::boolean[]) AS class (page_view)
                CROSS JOIN LATERAL (
                    SELECT e.occurred_at, e.decision_id, e.record
                    FROM event_rows e
                    WHERE e.workspace_id = $1 AND e.contact_id = subject.contact_id
                      AND (e.type_key = 'PageView') = class.page_view
                      AND e.occurred_at >= COALESCE($4, timestamptz '-infinity')
                      AND e.occurred_at <= COALESCE($5, timestamptz 'infinity')
                      AND (e.occurred_at, e.decision_id) < (
                        COALESCE($5, timestamptz 'infinity'), COALESCE($6, uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
                    ORDER BY e.occurred_at DESC, e.decision_id DESC
                    LIMIT $8
                ) e
                UNION ALL
                SELECT e.occurred_at, e.decision_id, e.record
                FROM visitor subject
                CROSS JOIN UNNEST($7::boolean[]) AS class (page_view)
                CROSS JOIN LATERAL (
                    SELECT e.occurred_at, e.decision_id, e.record
                    FROM event_rows e
                    WHERE e.workspace_id = $1 AND e.visitor_id = subject.visitor_id
                      AND (e.type_key = 'PageView') = class.page_view
                      AND e.occurred_at >= COALESCE($4, timestamptz '-infinity')
                      AND e.occurred_at <= COALESCE($5, timestamptz 'infinity')
                      AND (e.occurred_at, e.decision_id) < (
                        COALESCE($5, timestamptz 'infinity'), COALESCE($6, uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
                    ORDER BY e.occurred_at DESC, e.decision_id DESC
                    LIMIT $8
                ) e
            ) e
            ORDER BY e.occurred_at DESC, e.decision_id DESC
            LIMIT $8) AS events";

const DECISIONS: &str = "
    WITH members AS MATERIALIZED (
        SELECT root_id, contact_id FROM group_members WHERE workspace_id = $1 AND asked_id = $2
    ),
    entries AS MATERIALIZED (
        SELECT DISTINCT ON (entry.decision_id) entry.decision_id, members.contact_id, entry.body
        FROM members
        CROSS JOIN LATERAL (
            SELECT l.decision_id, l.body
            FROM identity_log l
            WHERE l.workspace_id = $1 AND l.contact_id = members.contact_id
              AND ($3::uuid IS NULL OR l.decision_id < $3)
            ORDER BY l.decision_id DESC
            LIMIT $4
        ) entry
        ORDER BY entry.decision_id DESC, members.contact_id <> members.root_id, members.contact_id
        LIMIT $4
    )
    SELECT
        EXISTS (SELECT FROM members) AS found,
        ARRAY(SELECT contact_id FROM entries ORDER BY decision_id DESC) AS contacts,
        ARRAY(SELECT body FROM entries ORDER BY decision_id DESC) AS bodies";

const VISITORS: &str = "
    SELECT record
    FROM visitor_rows
    WHERE workspace_id = $1 AND kind = $2 AND value = $3
    ORDER BY since DESC, visitor_id DESC
    LIMIT 100";

/// Decisions, each with the contact in whose log it is.
#[derive(Debug, sqlx::FromRow)]
struct DecisionsRow {
    found: bool,
    contacts: Vec<i64>,
    bodies: Vec<Vec<u8>>,
}

/// A row of `event_types`.
#[derive(Debug, sqlx::FromRow)]
struct TypeRow {
    key: String,
    creates_contacts: bool,
    first_seen: Option<Timestamp>,
    last_seen: Option<Timestamp>,
    count: i64,
}

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
            rows::all(events, Event::try_from).map(Some)
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
        let row: DecisionsRow = sqlx::query_as(DECISIONS)
            .bind(workspace.0)
            .bind(id.0)
            .bind(after.map(|id| id.0))
            .bind(i64::from(limit))
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        let read = |(touched, body): (i64, Vec<u8>)| Ok((ContactId(touched), rows::decision(&body, &id)?));
        if row.found {
            rows::all(row.contacts.into_iter().zip(row.bodies).collect(), read).map(Some)
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
        rows::all(visitors, |(record,)| Visitor::try_from(record))
    }

    async fn event_types(
        &self,
        workspace: WorkspaceId,
        after: Option<&EventTypeKey>,
        limit: u32,
    ) -> Result<Vec<EventType>, StorageError> {
        let found: Vec<TypeRow> = sqlx::query_as(TYPES)
            .bind(workspace.0)
            .bind(after.map_or("", EventTypeKey::as_str))
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(found, |row| {
            Ok(EventType {
                key: rows::event_type(&row.key, "event_types", "key", &workspace)?,
                creates_contacts: row.creates_contacts,
                first_seen: row.first_seen,
                last_seen: row.last_seen,
                count: row.count.unsigned_abs(),
            })
        })
    }
}
