//! Reading how contacts got their identity: identifiers, merges, decisions.

use crate::error::translate;
use crate::rows::{self, ContactRecord, IdentifierRecord, MembershipRecord, MergeRecord, ValueRecord, VisitorRecord};
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    Holder, Identity, IdentityView, Lookup, PeriodCounts, QuarantinedPlace, SharedIdentifier, StorageError,
};
use selfsame_domain::{
    ContactId, Decision, DecisionId, HeldIdentifier, IdentifierKey, IdentifierKind, KeyRecord, Merge, MergeId,
    Timestamp, Visitor, VisitorId, WorkspaceId,
};

const IDENTITY: &str = "
    WITH members AS MATERIALIZED (
        SELECT root_id, contact_id FROM group_members WHERE workspace_id = $1 AND asked_id = $2
    ),
    root AS MATERIALIZED (
        SELECT DISTINCT root_id FROM members
    ),
    held AS MATERIALIZED (
        SELECT i.kind, i.value, i.record
        FROM root JOIN identifier_rows i ON i.workspace_id = $1 AND i.owner_id = root.root_id
    ),
    concerned AS MATERIALIZED (
        SELECT g.merge_id FROM members JOIN merges g ON g.workspace_id = $1 AND g.survivor_id = members.contact_id
        UNION
        SELECT g.merge_id FROM members JOIN merges g ON g.workspace_id = $1 AND g.absorbed_id = members.contact_id
    )
    SELECT
        ARRAY(SELECT c.record
              FROM root JOIN contact_rows c ON c.workspace_id = $1 AND c.contact_id = root.root_id) AS contacts,
        ARRAY(SELECT record FROM held) AS identifiers,
        ARRAY(SELECT m.record
              FROM root JOIN membership_rows m ON m.workspace_id = $1 AND m.owner_id = root.root_id) AS memberships,
        ARRAY(SELECT v.record
              FROM (SELECT DISTINCT kind, value FROM held) i
              JOIN value_rows v ON v.workspace_id = $1 AND v.kind = i.kind AND v.value = i.value) AS known,
        ARRAY(SELECT v.record
              FROM root JOIN visitor_rows v ON v.workspace_id = $1 AND v.owner_id = root.root_id
              ORDER BY v.since, v.visitor_id
              LIMIT 1000) AS visitors,
        ARRAY(SELECT g.record
              FROM concerned JOIN merge_rows g ON g.workspace_id = $1 AND g.merge_id = concerned.merge_id
              WHERE g.undone_at IS NOT NULL
                 OR (g.survivor_id IN (SELECT contact_id FROM members)
                     AND g.absorbed_id IN (SELECT contact_id FROM members))
              ORDER BY g.merged_at, g.merge_id) AS merges";

/// The index on owner and time finds and limits them.
const VISITORS: &str = "
    SELECT v.record
    FROM contacts asked
    CROSS JOIN LATERAL (
        SELECT o.since, o.visitor_id, o.record
        FROM visitor_rows o
        WHERE o.workspace_id = $1 AND o.owner_id = asked.canonical_id
          AND (o.since, o.visitor_id) > (
            COALESCE($3, timestamptz '-infinity'), COALESCE($4, uuid '00000000-0000-0000-0000-000000000000'))
        ORDER BY o.since, o.visitor_id
        LIMIT $5
    ) v
    WHERE asked.workspace_id = $1 AND asked.contact_id = $2
    ORDER BY v.since, v.visitor_id";

const LOG: &str = "
    WITH members AS MATERIALIZED (
        SELECT contact_id FROM group_members WHERE workspace_id = $1 AND asked_id = $2
    )
    SELECT
        EXISTS (SELECT FROM members),
        ARRAY(
            SELECT body
            FROM (
                SELECT DISTINCT ON (entry.decision_id) entry.decision_id, entry.body
                FROM members
                CROSS JOIN LATERAL (
                    SELECT l.decision_id, l.body
                    FROM identity_log l
                    WHERE l.workspace_id = $1 AND l.contact_id = members.contact_id
                      AND ($3::uuid IS NULL OR l.decision_id > $3)
                    ORDER BY l.decision_id
                    LIMIT $4
                ) entry
                ORDER BY entry.decision_id
                LIMIT $4
            ) entries
            ORDER BY decision_id)";

/// The rows of all contacts that a decision touched have the same body.
const DECISION: &str = "SELECT body FROM identity_log WHERE workspace_id = $1 AND decision_id = $2 LIMIT 1";

const LOOKUP: &str = "
    WITH holder AS MATERIALIZED (
        SELECT i.record, i.owner_id, i.home_id, c.state = 1 AS active
        FROM identifier_rows i
        JOIN contacts c ON c.workspace_id = $1 AND c.contact_id = i.owner_id
        WHERE i.workspace_id = $1 AND i.kind = $2 AND i.value = $3 AND i.hidden_by IS NULL
        ORDER BY i.owner_id, i.home_id
        LIMIT 100
    )
    SELECT
        ARRAY(SELECT record FROM value_rows WHERE workspace_id = $1 AND kind = $2 AND value = $3) AS known,
        ARRAY(SELECT record FROM holder ORDER BY owner_id, home_id) AS holders,
        ARRAY(SELECT active FROM holder ORDER BY owner_id, home_id) AS active";

/// An unknown merge as the bound excludes nothing.
const MERGES: &str = "
    WITH bound AS MATERIALIZED (
        SELECT merged_at, merge_id FROM merges WHERE workspace_id = $1 AND merge_id = $2
    )
    SELECT g.record
    FROM merge_rows g
    WHERE g.workspace_id = $1
      AND (g.merged_at, g.merge_id) < (
        COALESCE((SELECT merged_at FROM bound), timestamptz 'infinity'),
        COALESCE((SELECT merge_id FROM bound), uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    ORDER BY g.merged_at DESC, g.merge_id DESC
    LIMIT $3";

/// The condition on 2 makes the partial index usable; the policy's threshold is at least that.
const SHARED: &str = "
    SELECT v.kind, v.value, cardinality(v.seen_with) AS external_ids
    FROM identifier_values v
    WHERE v.workspace_id = $1 AND cardinality(v.seen_with) >= 2 AND cardinality(v.seen_with) >= $2
      AND (v.kind, v.value) > ($3::smallint, $4)
    ORDER BY v.kind, v.value
    LIMIT $5";

const QUARANTINED: &str = "
    SELECT i.record, c.state = 1 AS active
    FROM identifiers q
    JOIN identifier_rows i ON i.workspace_id = $1 AND i.kind = q.kind AND i.value = q.value AND i.home_id = q.home_id
    JOIN contacts c ON c.workspace_id = $1 AND c.contact_id = q.owner_id
    WHERE q.workspace_id = $1 AND q.state = 2 AND q.hidden_by IS NULL
      AND (q.kind, q.value, q.home_id) > ($2::smallint, $3, $4::bigint)
    ORDER BY q.kind, q.value, q.home_id
    LIMIT $5";

const COUNTS_BETWEEN: &str = "
    SELECT
        (SELECT count(*) FROM contacts c
         WHERE c.workspace_id = $1 AND c.created_at >= period.since AND c.created_at < period.until) AS created,
        (SELECT count(*) FROM merges m
         WHERE m.workspace_id = $1 AND m.merged_at >= period.since AND m.merged_at < period.until) AS merged
    FROM unnest($2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY AS period (since, until, place)
    ORDER BY period.place";

const MERGE: &str = "SELECT record FROM merge_rows WHERE workspace_id = $1 AND merge_id = $2";

#[derive(Debug, sqlx::FromRow)]
struct IdentityRow {
    contacts: Vec<ContactRecord>,
    identifiers: Vec<IdentifierRecord>,
    memberships: Vec<MembershipRecord>,
    known: Vec<ValueRecord>,
    visitors: Vec<VisitorRecord>,
    merges: Vec<MergeRecord>,
}

#[derive(Debug, sqlx::FromRow)]
struct LookupRow {
    known: Vec<ValueRecord>,
    holders: Vec<IdentifierRecord>,
    /// For every holder, whether the contact is active.
    active: Vec<bool>,
}

#[derive(Debug, sqlx::FromRow)]
struct SharedRow {
    kind: i16,
    value: String,
    external_ids: i32,
}

#[derive(Debug, sqlx::FromRow)]
struct PeriodRow {
    created: i64,
    merged: i64,
}

/// A holder, given whether the contact is active.
fn holder((record, active): (IdentifierRecord, bool)) -> Result<Holder, StorageError> {
    let held = HeldIdentifier::try_from(record)?;
    Ok(Holder {
        contact: held.owner,
        removed: !active,
        held,
    })
}

#[async_trait]
impl Identity for PostgresStore {
    async fn identity(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<IdentityView>, StorageError> {
        let row: IdentityRow = sqlx::query_as(IDENTITY)
            .bind(workspace.0)
            .bind(id.0)
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        let Some((_, contact)) = rows::contacts(row.contacts, row.identifiers, row.memberships)?.pop_first() else {
            return Ok(None);
        };
        let keys: Vec<(IdentifierKey, KeyRecord)> = rows::all(row.known, TryFrom::try_from)?;
        let visitors: Vec<Visitor> = rows::all(row.visitors, Visitor::try_from)?;
        Ok(Some(IdentityView {
            contact,
            keys: keys
                .into_iter()
                .filter(|(_, record)| *record != KeyRecord::default())
                .collect(),
            visitors,
            merges: rows::all(row.merges, Merge::try_from)?,
        }))
    }

    async fn visitors_of(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<(Timestamp, VisitorId)>,
        limit: u32,
    ) -> Result<Vec<Visitor>, StorageError> {
        let visitors: Vec<(VisitorRecord,)> = sqlx::query_as(VISITORS)
            .bind(workspace.0)
            .bind(id.0)
            .bind(after.map(|(since, _)| since))
            .bind(after.map(|(_, id)| id.0))
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(visitors, |(record,)| Visitor::try_from(record))
    }

    async fn log(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Option<Vec<Decision>>, StorageError> {
        let (exists, bodies): (bool, Vec<Vec<u8>>) = sqlx::query_as(LOG)
            .bind(workspace.0)
            .bind(id.0)
            .bind(after.map(|id| id.0))
            .bind(i64::from(limit))
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        let read = |body: Vec<u8>| rows::decision(&body, &id);
        if exists {
            rows::all(bodies, read).map(Some)
        } else {
            Ok(None)
        }
    }

    async fn decision(&self, workspace: WorkspaceId, id: DecisionId) -> Result<Option<Decision>, StorageError> {
        let found: Option<(Vec<u8>,)> = sqlx::query_as(DECISION)
            .bind(workspace.0)
            .bind(id.0)
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        found.map(|(body,)| rows::decision(&body, &id)).transpose()
    }

    async fn lookup(&self, workspace: WorkspaceId, key: &IdentifierKey) -> Result<Lookup, StorageError> {
        let row: LookupRow = sqlx::query_as(LOOKUP)
            .bind(workspace.0)
            .bind(key.kind.code())
            .bind(&key.value)
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        let known: Vec<(IdentifierKey, KeyRecord)> = rows::all(row.known, TryFrom::try_from)?;
        Ok(Lookup {
            record: known.into_iter().next().map(|(_, record)| record).unwrap_or_default(),
            holders: rows::all(row.holders.into_iter().zip(row.active).collect(), holder)?,
        })
    }

    async fn merges(
        &self,
        workspace: WorkspaceId,
        before: Option<MergeId>,
        limit: u32,
    ) -> Result<Vec<Merge>, StorageError> {
        let merges: Vec<(MergeRecord,)> = sqlx::query_as(MERGES)
            .bind(workspace.0)
            .bind(before.map(|id| id.0))
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(merges, |(record,)| Merge::try_from(record))
    }

    async fn shared(
        &self,
        workspace: WorkspaceId,
        least: u32,
        after: Option<&IdentifierKey>,
        limit: u32,
    ) -> Result<Vec<SharedIdentifier>, StorageError> {
        let rows: Vec<SharedRow> = sqlx::query_as(SHARED)
            .bind(workspace.0)
            .bind(i32::try_from(least).unwrap_or(i32::MAX))
            .bind(after.map_or(0, |after| after.kind.code()))
            .bind(after.map_or("", |after| &after.value))
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(rows, |row| {
            let kind = IdentifierKind::from_code(row.kind);
            Ok(SharedIdentifier {
                key: IdentifierKey {
                    kind: kind.ok_or_else(|| rows::corrupt("identifier_values", "kind", &row.value))?,
                    value: row.value,
                },
                external_ids: u32::try_from(row.external_ids).unwrap_or_default(),
            })
        })
    }

    async fn quarantined(
        &self,
        workspace: WorkspaceId,
        after: Option<&QuarantinedPlace>,
        limit: u32,
    ) -> Result<Vec<Holder>, StorageError> {
        let rows: Vec<(IdentifierRecord, bool)> = sqlx::query_as(QUARANTINED)
            .bind(workspace.0)
            .bind(after.map_or(0, |after| after.key.kind.code()))
            .bind(after.map_or("", |after| &after.key.value))
            .bind(after.map_or(0, |after| after.home.0))
            .bind(i64::from(limit))
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(rows, holder)
    }

    async fn counts_between(
        &self,
        workspace: WorkspaceId,
        bounds: &[Timestamp],
    ) -> Result<Vec<PeriodCounts>, StorageError> {
        let rows: Vec<PeriodRow> = sqlx::query_as(COUNTS_BETWEEN)
            .bind(workspace.0)
            .bind(bounds.split_last().map_or(&[][..], |(_, begins)| begins))
            .bind(bounds.split_first().map_or(&[][..], |(_, ends)| ends))
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        let counts = |row: PeriodRow| PeriodCounts {
            created: row.created.unsigned_abs(),
            merged: row.merged.unsigned_abs(),
        };
        Ok(rows.into_iter().map(counts).collect())
    }

    async fn merge(&self, workspace: WorkspaceId, id: MergeId) -> Result<Option<Merge>, StorageError> {
        let found: Option<(MergeRecord,)> = sqlx::query_as(MERGE)
            .bind(workspace.0)
            .bind(id.0)
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        found.map(|(record,)| Merge::try_from(record)).transpose()
    }
}
