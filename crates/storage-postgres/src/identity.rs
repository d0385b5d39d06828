//! Reading why contacts are what they are.

use crate::error::translate;
use crate::rows::{
    self, ContactRecord, IdentifierRecord, KeyRecordRow, MembershipRecord, MergeRecord, VisitorRecord, contact_record,
    group, identifier_record, key_record, membership_record, merge_record, visitor_record,
};
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{Holder, Identity, IdentityView, Lookup, StorageError};
use selfsame_domain::{
    ContactId, Decision, DecisionId, IdentifierKey, KeyRecord, Merge, MergeId, Timestamp, Visitor, VisitorId,
    WorkspaceId,
};

const IDENTITY: &str = concat!(
    "WITH ",
    group!(),
    ",
    held AS MATERIALIZED (
        SELECT i.* FROM root JOIN identifiers i ON i.workspace_id = $1 AND i.owner_id = root.contact_id
    ),
    concerned AS MATERIALIZED (
        SELECT g.merge_id FROM members JOIN merges g ON g.workspace_id = $1 AND g.survivor_id = members.contact_id
        UNION
        SELECT g.merge_id FROM members JOIN merges g ON g.workspace_id = $1 AND g.absorbed_id = members.contact_id
    )
    SELECT
        ARRAY(SELECT ",
    contact_record!(),
    " FROM root c LEFT JOIN profiles p ON p.workspace_id = $1 AND p.contact_id = c.contact_id),
        ARRAY(SELECT ",
    identifier_record!(),
    " FROM held i),
        ARRAY(SELECT ",
    membership_record!(),
    " FROM root c JOIN segment_members m ON m.workspace_id = $1 AND m.owner_id = c.contact_id),
        ARRAY(SELECT ",
    key_record!(),
    " FROM (SELECT DISTINCT kind, value FROM held) i
      JOIN identifier_keys k ON k.workspace_id = $1 AND k.kind = i.kind AND k.value = i.value),
        ARRAY(SELECT ",
    visitor_record!(),
    " FROM root JOIN visitors v ON v.workspace_id = $1 AND v.owner_id = root.contact_id
      ORDER BY v.since, v.visitor_id
      LIMIT 1000),
        ARRAY(SELECT ",
    merge_record!(),
    " FROM concerned JOIN merges g ON g.workspace_id = $1 AND g.merge_id = concerned.merge_id
      WHERE g.undone_at IS NOT NULL
         OR (g.survivor_id IN (SELECT contact_id FROM members) AND g.absorbed_id IN (SELECT contact_id FROM members))
      ORDER BY g.merged_at, g.merge_id)"
);

/// Found and cut by their index.
const VISITORS: &str = concat!(
    "SELECT ",
    visitor_record!(),
    " FROM contacts asked
      CROSS JOIN LATERAL (
        SELECT o.*
        FROM visitors o
        WHERE o.workspace_id = $1 AND o.owner_id = asked.canonical_id
          AND (o.since, o.visitor_id) > (
            COALESCE($3, timestamptz '-infinity'), COALESCE($4, uuid '00000000-0000-0000-0000-000000000000'))
        ORDER BY o.since, o.visitor_id
        LIMIT $5
      ) v
      WHERE asked.workspace_id = $1 AND asked.contact_id = $2
      ORDER BY v.since, v.visitor_id"
);

const LOG: &str = concat!(
    "WITH ",
    group!(),
    "
    SELECT
        EXISTS (SELECT FROM root),
        ARRAY(
            SELECT body
            FROM (
                SELECT DISTINCT ON (entry.decision_id) entry.decision_id, entry.body::text AS body
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
            ORDER BY decision_id)"
);

/// Every contact that it touched has the same body.
const DECISION: &str = "SELECT body::text FROM identity_log WHERE workspace_id = $1 AND decision_id = $2 LIMIT 1";

const LOOKUP: &str = concat!(
    "SELECT
        ARRAY(SELECT ",
    key_record!(),
    " FROM identifier_keys k WHERE k.workspace_id = $1 AND k.kind = $2 AND k.value = $3),
        ARRAY(SELECT ROW(c.state = 'active', ",
    identifier_record!(),
    ")
              FROM identifiers i
              JOIN contacts c ON c.workspace_id = $1 AND c.contact_id = i.owner_id
              WHERE i.workspace_id = $1 AND i.kind = $2 AND i.value = $3 AND i.hidden_by IS NULL
              ORDER BY i.owner_id, i.home_id
              LIMIT 100)"
);

/// A merge that is not known bounds nothing.
const MERGES: &str = concat!(
    "WITH bound AS MATERIALIZED (
        SELECT merged_at, merge_id FROM merges WHERE workspace_id = $1 AND merge_id = $2
    )
    SELECT ",
    merge_record!(),
    " FROM merges g
      WHERE g.workspace_id = $1
        AND (g.merged_at, g.merge_id) < (
            COALESCE((SELECT merged_at FROM bound), timestamptz 'infinity'),
            COALESCE((SELECT merge_id FROM bound), uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
      ORDER BY g.merged_at DESC, g.merge_id DESC
      LIMIT $3"
);

const MERGE: &str = concat!(
    "SELECT ",
    merge_record!(),
    " FROM merges g WHERE g.workspace_id = $1 AND g.merge_id = $2"
);

type IdentityRow = (
    Vec<ContactRecord>,
    Vec<IdentifierRecord>,
    Vec<MembershipRecord>,
    Vec<KeyRecordRow>,
    Vec<VisitorRecord>,
    Vec<MergeRecord>,
);

#[async_trait]
impl Identity for PostgresStore {
    async fn identity(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<IdentityView>, StorageError> {
        let row: IdentityRow = sqlx::query_as(IDENTITY)
            .bind(workspace.0)
            .bind(id.0)
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        let (contacts, identifiers, memberships, keys, visitors, merges) = row;
        let Some((_, contact)) = rows::contacts(contacts, identifiers, memberships)?.pop_first() else {
            return Ok(None);
        };
        let keys = rows::all(keys, rows::key)?;
        let visitors: Vec<Visitor> = rows::all(visitors, rows::visitor)?;
        Ok(Some(IdentityView {
            contact,
            keys: keys
                .into_iter()
                .filter(|(_, record)| *record != KeyRecord::default())
                .collect(),
            visitors,
            merges: rows::all(merges, rows::merge)?,
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
        rows::all(visitors, |(record,)| rows::visitor(record))
    }

    async fn log(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Option<Vec<Decision>>, StorageError> {
        let (exists, bodies): (bool, Vec<String>) = sqlx::query_as(LOG)
            .bind(workspace.0)
            .bind(id.0)
            .bind(after.map(|id| id.0))
            .bind(i64::from(limit))
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        let read = |body: String| rows::json(&body, "identity_log", "body", &id);
        if exists {
            rows::all(bodies, read).map(Some)
        } else {
            Ok(None)
        }
    }

    async fn decision(&self, workspace: WorkspaceId, id: DecisionId) -> Result<Option<Decision>, StorageError> {
        let found: Option<(String,)> = sqlx::query_as(DECISION)
            .bind(workspace.0)
            .bind(id.0)
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        found
            .map(|(body,)| rows::json(&body, "identity_log", "body", &id))
            .transpose()
    }

    async fn lookup(&self, workspace: WorkspaceId, key: &IdentifierKey) -> Result<Lookup, StorageError> {
        let (keys, holders): (Vec<KeyRecordRow>, Vec<(bool, IdentifierRecord)>) = sqlx::query_as(LOOKUP)
            .bind(workspace.0)
            .bind(key.kind.code())
            .bind(&key.value)
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        let holder = |(active, record): (bool, IdentifierRecord)| {
            let held = rows::identifier(record)?;
            Ok(Holder {
                contact: held.owner,
                removed: !active,
                held,
            })
        };
        let record = rows::all(keys, rows::key)?.pop().map(|(_, record)| record);
        Ok(Lookup {
            record: record.unwrap_or_default(),
            holders: rows::all(holders, holder)?,
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
        rows::all(merges, |(record,)| rows::merge(record))
    }

    async fn merge(&self, workspace: WorkspaceId, id: MergeId) -> Result<Option<Merge>, StorageError> {
        let found: Option<(MergeRecord,)> = sqlx::query_as(MERGE)
            .bind(workspace.0)
            .bind(id.0)
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        found.map(|(record,)| rows::merge(record)).transpose()
    }
}
