//! What hangs between contacts: who answers for whom, visitors, merges, segments' members.

use super::expect;
use crate::error::translate_racing;
use crate::storage::Unit;
use crate::storage::columns::{MemberColumns, MergeColumns, VisitorColumns};
use selfsame_application::ports::StorageError;
use selfsame_domain::{ContactId, Membership, Merge, SegmentId, Visitor};

impl Unit {
    /// Whoever answered as the first answers as the second. The first itself is among the contacts that were written.
    pub(super) async fn repoint(&mut self, pairs: &[(ContactId, ContactId)]) -> Result<(), StorageError> {
        let (from, to) = split(pairs);
        let statement = sqlx::query(
            "WITH pairs AS MATERIALIZED (
                SELECT before, after FROM UNNEST($2::bigint[], $3::bigint[]) AS pairs (before, after)
             ),
             contact AS (
                UPDATE contacts c
                SET canonical_id = pairs.after
                FROM pairs
                WHERE c.workspace_id = $1 AND c.canonical_id = pairs.before AND c.state = 'merged'
                  AND c.contact_id <> pairs.before
             )
             UPDATE visitors v
             SET owner_id = pairs.after
             FROM pairs
             WHERE v.workspace_id = $1 AND v.owner_id = pairs.before",
        )
        .bind(self.workspace.0)
        .bind(from)
        .bind(to);
        self.run(statement).await.map(drop)
    }

    pub(super) async fn return_visitors(&mut self, pairs: &[(ContactId, ContactId)]) -> Result<(), StorageError> {
        let (homes, to) = split(pairs);
        let statement = sqlx::query(
            "UPDATE visitors v
             SET owner_id = pairs.after
             FROM UNNEST($2::bigint[], $3::bigint[]) AS pairs (home_id, after)
             WHERE v.workspace_id = $1 AND v.home_id = pairs.home_id",
        )
        .bind(self.workspace.0)
        .bind(homes)
        .bind(to);
        self.run(statement).await.map(drop)
    }

    /// In the given order: a cookie's open visitor is closed before the next one opens.
    pub(super) async fn write_visitors(&mut self, visitors: &[Visitor]) -> Result<(), StorageError> {
        let columns = VisitorColumns::of(visitors);
        let statement = sqlx::query(
            "INSERT INTO visitors (workspace_id, visitor_id, kind, value, home_id, owner_id, since, closed_at,
                                   follows)
             SELECT $1, new.visitor_id, new.kind, new.value, new.home_id, new.owner_id, new.since, new.closed_at,
                    new.follows
             FROM UNNEST($2::uuid[], $3::smallint[], $4::text[], $5::bigint[], $6::bigint[], $7::timestamptz[],
                         $8::timestamptz[], $9::boolean[])
                WITH ORDINALITY AS new (visitor_id, kind, value, home_id, owner_id, since, closed_at, follows, place)
             ORDER BY new.place
             ON CONFLICT (workspace_id, visitor_id) DO UPDATE SET
                home_id = EXCLUDED.home_id, owner_id = EXCLUDED.owner_id,
                since = EXCLUDED.since, closed_at = EXCLUDED.closed_at",
        )
        .bind(self.workspace.0)
        .bind(columns.ids)
        .bind(columns.kinds)
        .bind(columns.values)
        .bind(columns.homes)
        .bind(columns.owners)
        .bind(columns.since)
        .bind(columns.closed_at)
        .bind(columns.follows);
        expect(self.run(statement).await?, visitors.len())
    }

    pub(super) async fn write_merges(&mut self, merges: &[Merge]) -> Result<(), StorageError> {
        let columns = MergeColumns::of(merges)?;
        let statement = sqlx::query(
            "INSERT INTO merges
                (workspace_id, merge_id, survivor_id, absorbed_id, rule, evidence_kind, evidence_value, forced,
                 decision_id, merged_at, moved, undone_at)
             SELECT $1, new.merge_id, new.survivor_id, new.absorbed_id, new.rule, new.evidence_kind,
                    new.evidence_value, new.forced, new.decision_id, new.merged_at, new.moved::json, new.undone_at
             FROM UNNEST($2::uuid[], $3::bigint[], $4::bigint[], $5::text[], $6::smallint[], $7::text[],
                         $8::boolean[], $9::uuid[], $10::timestamptz[], $11::text[], $12::timestamptz[])
                AS new (merge_id, survivor_id, absorbed_id, rule, evidence_kind, evidence_value, forced, decision_id,
                        merged_at, moved, undone_at)
             ON CONFLICT (workspace_id, merge_id) DO UPDATE SET undone_at = EXCLUDED.undone_at",
        )
        .bind(self.workspace.0)
        .bind(columns.ids)
        .bind(columns.survivors)
        .bind(columns.absorbed)
        .bind(columns.rules)
        .bind(columns.evidence_kinds)
        .bind(columns.evidence_values)
        .bind(columns.forced)
        .bind(columns.decisions)
        .bind(columns.merged_at)
        .bind(columns.moved)
        .bind(columns.undone_at);
        expect(self.run(statement).await?, merges.len())
    }

    /// One that is gone was in a segment that somebody emptied since.
    pub(super) async fn remove_members(&mut self, removed: &[(SegmentId, ContactId)]) -> Result<(), StorageError> {
        let (segments, homes): (Vec<i64>, Vec<i64>) = removed.iter().map(|(segment, home)| (segment.0, home.0)).unzip();
        let statement = sqlx::query(
            "DELETE FROM segment_members m
             USING UNNEST($2::bigint[], $3::bigint[]) AS old (segment_id, home_id)
             WHERE m.workspace_id = $1 AND m.segment_id = old.segment_id AND m.home_id = old.home_id",
        )
        .bind(self.workspace.0)
        .bind(segments)
        .bind(homes);
        expect(self.run(statement).await?, removed.len())
    }

    /// Those of a segment that was just emptied are made anew.
    pub(super) async fn write_members(
        &mut self,
        memberships: &[Membership],
        emptied: &[SegmentId],
    ) -> Result<(), StorageError> {
        let columns = MemberColumns::of(memberships);
        let known: i64 = sqlx::query_scalar(
            "WITH member AS (
                INSERT INTO segment_members (workspace_id, segment_id, home_id, owner_id, hidden_by, since)
                SELECT $1, new.segment_id, new.home_id, new.owner_id, new.hidden_by, new.since
                FROM UNNEST($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[])
                    AS new (segment_id, home_id, owner_id, hidden_by, since)
                ON CONFLICT (workspace_id, segment_id, home_id) DO UPDATE SET
                    owner_id = EXCLUDED.owner_id, hidden_by = EXCLUDED.hidden_by, since = EXCLUDED.since
                RETURNING xmax <> 0 AS known
             )
             SELECT count(*) FROM member WHERE known",
        )
        .bind(self.workspace.0)
        .bind(columns.segments)
        .bind(columns.homes)
        .bind(columns.owners)
        .bind(columns.hidden_by)
        .bind(columns.since)
        .fetch_one(&mut *self.transaction)
        .await
        .map_err(translate_racing)?;
        let kept = memberships.iter().filter(|member| !emptied.contains(&member.segment));
        let loaded = self
            .known
            .memberships_among(kept.map(|member| (member.segment, member.home)));
        expect(known.unsigned_abs(), loaded)
    }
}

fn split(pairs: &[(ContactId, ContactId)]) -> (Vec<i64>, Vec<i64>) {
    pairs.iter().map(|(first, second)| (first.0, second.0)).unzip()
}
