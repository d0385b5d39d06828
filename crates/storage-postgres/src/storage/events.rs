//! Events: what deciding them asks for, and keeping them.

use super::Unit;
use crate::error::{translate, translate_racing};
use crate::rows::{self, event_type};
use selfsame_application::ports::StorageError;
use selfsame_domain::values::EventTypeKey;
use selfsame_domain::{
    ChangeSet, Event, EventCount, EventId, EventPeriod, Footprint, Snapshot, StoredEvent, Subject, Timestamp,
};
use std::collections::HashSet;
use uuid::Uuid;

/// One look-up by an index for everything that is asked, however the planner judges a young table: see `lock.rs`.
const LOAD: &str = "
    SELECT
        ARRAY(
            SELECT asked.key
            FROM UNNEST($2::text[]) AS asked (key)
            CROSS JOIN LATERAL (
                SELECT creates_contacts FROM event_types WHERE workspace_id = $1 AND key = asked.key OFFSET 0
            ) t
            WHERE t.creates_contacts),
        ARRAY(
            SELECT asked.event_id
            FROM UNNEST($3::uuid[]) AS asked (event_id)
            CROSS JOIN LATERAL (
                SELECT FROM sent_events WHERE workspace_id = $1 AND event_id = asked.event_id OFFSET 0
            ) s)";

const DELETABLE: &str = "
    SELECT occurred_at, event_id, type_key
    FROM events
    WHERE workspace_id = $1 AND occurred_at >= $2 AND occurred_at < $3
    ORDER BY occurred_at, event_id
    LIMIT $4";

/// Locked in the order of time before they are deleted: others who delete some of them take turns.
const DELETE: &str = "
    WITH gone AS MATERIALIZED (
        SELECT e.occurred_at, e.event_id
        FROM UNNEST($2::timestamptz[], $3::uuid[]) AS asked (occurred_at, event_id)
        JOIN events e ON e.workspace_id = $1 AND e.occurred_at = asked.occurred_at AND e.event_id = asked.event_id
        ORDER BY e.occurred_at, e.event_id
        FOR UPDATE OF e
    ),
    forgotten AS (
        DELETE FROM sent_events s USING gone WHERE s.workspace_id = $1 AND s.event_id = gone.event_id
    )
    DELETE FROM events e USING gone
    WHERE e.workspace_id = $1 AND e.occurred_at = gone.occurred_at AND e.event_id = gone.event_id";

/// Sorted by key, as [`COUNT`] is.
const UNCOUNT: &str = "
    WITH less AS MATERIALIZED (
        SELECT t.key, asked.count
        FROM UNNEST($2::text[], $3::bigint[]) AS asked (key, count)
        JOIN event_types t ON t.workspace_id = $1 AND t.key = asked.key
        ORDER BY t.key
        FOR UPDATE OF t
    )
    UPDATE event_types t
    SET count = GREATEST(t.count - less.count, 0),
        first_seen = CASE WHEN t.count > less.count THEN t.first_seen END,
        last_seen = CASE WHEN t.count > less.count THEN t.last_seen END
    FROM less
    WHERE t.workspace_id = $1 AND t.key = less.key";

const KEEP: &str = "
    INSERT INTO events
        (workspace_id, occurred_at, event_id, type_key, key_value, contact_id, visitor_id, received_at, origin, params,
         decision_id)
    SELECT $1, new.occurred_at, new.event_id, new.type_key, new.key_value, new.contact_id, new.visitor_id,
           new.received_at, new.origin, new.params::json, new.decision_id
    FROM UNNEST($2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::uuid[], $8::timestamptz[],
                $9::text[], $10::text[], $11::uuid[])
        AS new (occurred_at, event_id, type_key, key_value, contact_id, visitor_id, received_at, origin, params,
                decision_id)";

const REMEMBER: &str = "
    INSERT INTO sent_events (workspace_id, event_id, received_at)
    SELECT $1, event_id, received_at
    FROM UNNEST($2::uuid[], $3::timestamptz[]) AS new (event_id, received_at)
    ORDER BY event_id";

/// Sorted by key: the rows are locked by it, the last of all locks.
const COUNT: &str = "
    INSERT INTO event_types AS t (workspace_id, key, first_seen, last_seen, count)
    SELECT $1, new.* FROM UNNEST($2::text[], $3::timestamptz[], $4::timestamptz[], $5::bigint[]) AS new
    ON CONFLICT (workspace_id, key) DO UPDATE SET
        first_seen = LEAST(t.first_seen, EXCLUDED.first_seen), last_seen = GREATEST(t.last_seen, EXCLUDED.last_seen),
        count = t.count + EXCLUDED.count";

const SET_CREATING: &str = "
    INSERT INTO event_types (workspace_id, key, creates_contacts)
    SELECT $1, new.* FROM UNNEST($2::text[], $3::boolean[]) AS new
    ON CONFLICT (workspace_id, key) DO UPDATE SET creates_contacts = EXCLUDED.creates_contacts";

impl Unit {
    pub(super) async fn load_events(
        &mut self,
        footprint: &Footprint,
        snapshot: &mut Snapshot,
    ) -> Result<(), StorageError> {
        if let Some(period) = footprint.deleting {
            snapshot.deletable = self.deletable(period).await?;
        }
        if footprint.event_types.is_empty() && footprint.events.is_empty() {
            return Ok(());
        }
        let types: Vec<&str> = footprint.event_types.iter().map(EventTypeKey::as_str).collect();
        let sent: Vec<Uuid> = footprint.events.iter().map(|id| id.0).collect();
        let (creating, stored): (Vec<String>, Vec<Uuid>) = sqlx::query_as(LOAD)
            .bind(self.workspace.0)
            .bind(types)
            .bind(sent)
            .fetch_one(&mut *self.transaction)
            .await
            .map_err(translate)?;
        for key in creating {
            let key = event_type(&key, "event_types", "key", &self.workspace)?;
            snapshot.creating.insert(key);
        }
        snapshot.stored_events.extend(stored.into_iter().map(EventId));
        Ok(())
    }

    pub(super) async fn write_events(&mut self, changes: &ChangeSet) -> Result<(), StorageError> {
        if !changes.events_deleted.is_empty() {
            self.delete_events(changes).await?;
        }
        if !changes.sent_events.is_empty() {
            self.remember_sent(changes).await?;
        }
        if !changes.events.is_empty() {
            self.keep_events(&changes.events).await?;
        }
        if !changes.event_counts.is_empty() {
            self.count_events(&changes.event_counts).await?;
        }
        if !changes.creating.is_empty() {
            let (keys, creating): (Vec<&str>, Vec<bool>) =
                changes.creating.iter().map(|(key, on)| (key.as_str(), *on)).unzip();
            let statement = sqlx::query(SET_CREATING)
                .bind(self.workspace.0)
                .bind(keys)
                .bind(creating);
            self.run(statement).await?;
        }
        Ok(())
    }

    async fn deletable(&mut self, period: EventPeriod) -> Result<Vec<StoredEvent>, StorageError> {
        let most = i64::try_from(EventPeriod::MOST_AT_ONCE).unwrap_or(i64::MAX);
        let found: Vec<(Timestamp, Uuid, String)> = sqlx::query_as(DELETABLE)
            .bind(self.workspace.0)
            .bind(period.from)
            .bind(period.until)
            .bind(most.saturating_add(1))
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(translate)?;
        rows::all(found, |(occurred_at, id, key)| {
            Ok(StoredEvent {
                occurred_at,
                id: EventId(id),
                type_key: event_type(&key, "events", "type_key", &id)?,
            })
        })
    }

    /// One that somebody else deleted meanwhile makes the transaction start over.
    async fn delete_events(&mut self, changes: &ChangeSet) -> Result<(), StorageError> {
        let deleted = &changes.events_deleted;
        let (times, ids): (Vec<Timestamp>, Vec<Uuid>) =
            deleted.iter().map(|event| (event.occurred_at, event.id.0)).unzip();
        let statement = sqlx::query(DELETE).bind(self.workspace.0).bind(times).bind(ids);
        let met = self.run(statement).await?;
        super::apply::expect(met, deleted.len())?;
        let uncounted = &changes.events_uncounted;
        let (keys, counts): (Vec<&str>, Vec<i64>) = uncounted
            .iter()
            .map(|(key, count)| (key.as_str(), count.cast_signed()))
            .unzip();
        let statement = sqlx::query(UNCOUNT).bind(self.workspace.0).bind(keys).bind(counts);
        let met = self.run(statement).await?;
        super::apply::expect(met, uncounted.len())
    }

    /// One that another server stored meanwhile makes the transaction start over.
    async fn remember_sent(&mut self, changes: &ChangeSet) -> Result<(), StorageError> {
        let sent: HashSet<EventId> = changes.sent_events.iter().copied().collect();
        let events = changes.events.iter().filter(|event| sent.contains(&event.id));
        let (ids, received): (Vec<Uuid>, Vec<Timestamp>) = events.map(|event| (event.id.0, event.received_at)).unzip();
        let statement = sqlx::query(REMEMBER).bind(self.workspace.0).bind(ids).bind(received);
        self.run(statement).await.map(drop)
    }

    async fn keep_events(&mut self, events: &[Event]) -> Result<(), StorageError> {
        let column = |read: fn(&Event) -> Uuid| events.iter().map(read).collect::<Vec<_>>();
        let contact = |event: &Event| match event.subject {
            Some(Subject::Contact(id)) => Some(id.0),
            _ => None,
        };
        let visitor = |event: &Event| match event.subject {
            Some(Subject::Visitor(id)) => Some(id.0),
            _ => None,
        };
        let key_value = |event: &Event| event.key_value.as_ref().map(|value| value.as_str().to_owned());
        let done = sqlx::query(KEEP)
            .bind(self.workspace.0)
            .bind(events.iter().map(|event| event.occurred_at).collect::<Vec<_>>())
            .bind(column(|event| event.id.0))
            .bind(events.iter().map(|event| event.type_key.as_str()).collect::<Vec<_>>())
            .bind(events.iter().map(key_value).collect::<Vec<_>>())
            .bind(events.iter().map(contact).collect::<Vec<_>>())
            .bind(events.iter().map(visitor).collect::<Vec<_>>())
            .bind(events.iter().map(|event| event.received_at).collect::<Vec<_>>())
            .bind(events.iter().map(|event| event.origin.as_str()).collect::<Vec<_>>())
            .bind(events.iter().map(|event| event.params.as_json()).collect::<Vec<_>>())
            .bind(column(|event| event.decision.0))
            .execute(&mut *self.transaction)
            .await
            .map_err(translate_racing)?;
        super::apply::expect(done.rows_affected(), events.len())
    }

    async fn count_events(&mut self, counts: &[EventCount]) -> Result<(), StorageError> {
        let statement = sqlx::query(COUNT)
            .bind(self.workspace.0)
            .bind(counts.iter().map(|count| count.key.as_str()).collect::<Vec<_>>())
            .bind(counts.iter().map(|count| count.first).collect::<Vec<_>>())
            .bind(counts.iter().map(|count| count.last).collect::<Vec<_>>())
            .bind(counts.iter().map(|count| count.added.cast_signed()).collect::<Vec<_>>());
        self.run(statement).await.map(drop)
    }
}
