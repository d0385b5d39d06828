//! Stored facts that conditions of formulas need, and that the row of a contact does not have: events, orders, imports and shared identifiers.

use crate::bounded::Bounded;
use crate::error::translate;
use crate::rows::{EventRecord, OrderRecord, identifier_key};
use selfsame_application::ports::StorageError;
use selfsame_domain::segments::{Needs, StoredFacts};
use selfsame_domain::{ContactId, Event, Order, WorkspaceId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The latest events of each contact, of those that it absorbed and of its visitors.
const EVENTS: &str = "
    WITH asked AS MATERIALIZED (
        SELECT unnest($2::bigint[]) AS asked_id
    ),
    members AS MATERIALIZED (
        SELECT asked_id, asked_id AS contact_id FROM asked
        UNION ALL
        SELECT asked.asked_id, c.contact_id
        FROM asked JOIN contacts c ON c.workspace_id = $1 AND c.canonical_id = asked.asked_id AND c.state = 3
    )
    SELECT members.asked_id, e.record
    FROM members
    CROSS JOIN LATERAL (
        SELECT e.record FROM event_rows e
        WHERE e.workspace_id = $1 AND e.contact_id = members.contact_id AND e.type_key = ANY ($3)
        ORDER BY e.occurred_at DESC LIMIT $4
    ) e
    UNION ALL
    SELECT asked.asked_id, e.record
    FROM asked
    JOIN visitors v ON v.workspace_id = $1 AND v.owner_id = asked.asked_id
    CROSS JOIN LATERAL (
        SELECT e.record FROM event_rows e
        WHERE e.workspace_id = $1 AND e.visitor_id = v.visitor_id AND e.type_key = ANY ($3)
        ORDER BY e.occurred_at DESC LIMIT $4
    ) e";

const ORDERS: &str = "
    WITH members AS MATERIALIZED (
        SELECT asked_id, asked_id AS contact_id FROM unnest($2::bigint[]) AS asked (asked_id)
        UNION ALL
        SELECT asked.asked_id, c.contact_id
        FROM unnest($2::bigint[]) AS asked (asked_id)
        JOIN contacts c ON c.workspace_id = $1 AND c.canonical_id = asked.asked_id AND c.state = 3
    )
    SELECT members.asked_id, o.record
    FROM members
    CROSS JOIN LATERAL (
        SELECT o.record FROM order_rows o
        WHERE o.workspace_id = $1 AND o.contact_id = members.contact_id
        ORDER BY o.ordered_at DESC LIMIT $3
    ) o";

const ABSORBED: &str = "
    SELECT canonical_id AS asked_id, count(*) AS number
    FROM contacts
    WHERE workspace_id = $1 AND canonical_id = ANY ($2) AND state = 3
    GROUP BY canonical_id";

const SHARED: &str = "
    SELECT i.owner_id AS asked_id, i.kind, i.value
    FROM identifiers i
    JOIN identifier_values v ON v.workspace_id = $1 AND v.kind = i.kind AND v.value = i.value
    WHERE i.workspace_id = $1 AND i.owner_id = ANY ($2) AND i.hidden_by IS NULL AND cardinality(v.seen_with) >= $3";

/// The outcomes are created, updated, restored and merged.
const IMPORTS: &str = "
    SELECT DISTINCT c.canonical_id AS asked_id, r.import_id
    FROM contacts c
    JOIN import_rows r ON r.workspace_id = $1 AND r.contact_id = c.contact_id
    WHERE c.workspace_id = $1 AND r.outcome IN (0, 1, 2, 4)
      AND (c.contact_id = ANY ($2) AND c.canonical_id = c.contact_id OR c.canonical_id = ANY ($2) AND c.state = 3)";

#[derive(Debug, sqlx::FromRow)]
struct EventRow {
    asked_id: i64,
    record: EventRecord,
}

#[derive(Debug, sqlx::FromRow)]
struct OrderRow {
    asked_id: i64,
    record: OrderRecord,
}

#[derive(Debug, sqlx::FromRow)]
struct AbsorbedRow {
    asked_id: i64,
    number: i64,
}

#[derive(Debug, sqlx::FromRow)]
struct SharedRow {
    asked_id: i64,
    kind: i16,
    value: String,
}

#[derive(Debug, sqlx::FromRow)]
struct ImportRow {
    asked_id: i64,
    import_id: Uuid,
}

type Facts = BTreeMap<ContactId, StoredFacts>;

pub(super) async fn read(
    pool: &Bounded,
    workspace: WorkspaceId,
    contacts: &[ContactId],
    needs: &Needs,
    most: u32,
) -> Result<Facts, StorageError> {
    let ids: Vec<i64> = contacts.iter().map(|id| id.0).collect();
    let mut facts = Facts::new();
    read_history(pool, workspace, &ids, (needs, most), &mut facts).await?;
    if needs.absorbed {
        let rows = sqlx::query_as(ABSORBED).bind(workspace.0).bind(&ids).fetch_all(pool);
        let rows: Vec<AbsorbedRow> = rows.await.map_err(translate)?;
        for row in rows {
            of(&mut facts, row.asked_id).absorbed = usize::try_from(row.number).unwrap_or(usize::MAX);
        }
    }
    if let Some(threshold) = needs.shared {
        let query = sqlx::query_as(SHARED).bind(workspace.0).bind(&ids);
        let rows = query.bind(i64::from(threshold)).fetch_all(pool);
        let rows: Vec<SharedRow> = rows.await.map_err(translate)?;
        for row in rows {
            of(&mut facts, row.asked_id)
                .shared
                .insert(identifier_key(row.kind, row.value)?);
        }
    }
    if needs.imports {
        let rows = sqlx::query_as(IMPORTS).bind(workspace.0).bind(&ids).fetch_all(pool);
        let rows: Vec<ImportRow> = rows.await.map_err(translate)?;
        for row in rows {
            of(&mut facts, row.asked_id).imports.insert(row.import_id);
        }
    }
    Ok(facts)
}

async fn read_history(
    pool: &Bounded,
    workspace: WorkspaceId,
    ids: &[i64],
    (needs, most): (&Needs, u32),
    facts: &mut Facts,
) -> Result<(), StorageError> {
    let limit = i64::from(most) + 1;
    if !needs.events.is_empty() {
        let types: Vec<&str> = needs
            .events
            .iter()
            .map(selfsame_domain::values::EventTypeKey::as_str)
            .collect();
        let query = sqlx::query_as(EVENTS).bind(workspace.0).bind(ids);
        let rows = query.bind(types).bind(limit).fetch_all(pool);
        let rows: Vec<EventRow> = rows.await.map_err(translate)?;
        for row in rows {
            of(facts, row.asked_id).events.push(Event::try_from(row.record)?);
        }
    }
    if needs.orders {
        let rows = sqlx::query_as(ORDERS).bind(workspace.0).bind(ids).bind(limit);
        let rows: Vec<OrderRow> = rows.fetch_all(pool).await.map_err(translate)?;
        for row in rows {
            of(facts, row.asked_id).orders.push(Order::try_from(row.record)?);
        }
    }
    for known in facts.values_mut() {
        known.is_cut = known.events.len().max(known.orders.len()) > most as usize;
    }
    Ok(())
}

fn of(facts: &mut Facts, asked_id: i64) -> &mut StoredFacts {
    facts.entry(ContactId(asked_id)).or_default()
}
