//! Merges by ID, with their groups.

use super::batch::Batch;
use crate::error::storage;
use crate::rows::{Row, hex, json};
use crate::statement::{SqliteRow, statement};
use rusqlite::Connection;
use selfsame_application::ports::StorageError;
use selfsame_domain::{
    ContactId, Decision, DecisionId, Footprint, IdentifierKey, IdentifierKind, Merge, MergeId, MergeRule,
};
use selfsame_domain::{Snapshot, WorkspaceId};
use std::collections::BTreeSet;

/// The columns of a merge `m`, in the order that [`merge`] reads.
macro_rules! merge_columns {
    () => {
        "m.merge_id, m.survivor_id, m.absorbed_id, m.rule, m.evidence_kind, m.evidence_value, m.forced, m.decision_id, \
         m.merged_at, m.moved, m.undone_at"
    };
}
pub(crate) use merge_columns;

/// Merges by ID.
const NAMED: &str = concat!(
    "SELECT ",
    merge_columns!(),
    " FROM json_each(?2) AS k CROSS JOIN merges AS m ON m.workspace_id = ?1 AND m.merge_id = unhex(k.value)",
);

/// Loads the merges of the footprint, all others among the contacts of their groups, and the numbers of those contacts.
pub(super) fn load(
    connection: &Connection,
    workspace: WorkspaceId,
    footprint: &Footprint,
    snapshot: &mut Snapshot,
    ids: &mut BTreeSet<ContactId>,
) -> Result<(), StorageError> {
    if footprint.merges.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = footprint.merges.iter().map(|merge| hex(merge.0)).collect();
    let rows = statement(NAMED)
        .bind(workspace.0)
        .bind(json(&named)?)
        .fetch_all(connection)
        .map_err(storage)?;
    let mut parties = BTreeSet::new();
    for row in &rows {
        let merge = merge(row)?;
        parties.extend([merge.survivor, merge.absorbed]);
        snapshot.merges.insert(merge.id, merge);
    }
    let group = group(connection, workspace, &parties)?;
    let rows = statement(concat!(
        "SELECT ",
        merge_columns!(),
        " FROM json_each(?2) AS n CROSS JOIN merges AS m ON m.workspace_id = ?1 AND m.survivor_id = n.value
          WHERE m.absorbed_id IN (SELECT value FROM json_each(?2))",
    ))
    .bind(workspace.0)
    .bind(json(&group)?)
    .fetch_all(connection)
    .map_err(storage)?;
    for row in &rows {
        let merge = merge(row)?;
        snapshot.merges.insert(merge.id, merge);
    }
    ids.extend(group);
    Ok(())
}

/// The existing merges that the decisions made.
pub(super) fn of(batch: &mut Batch<'_>, decisions: &[Decision]) -> Result<Vec<Merge>, StorageError> {
    let named: Vec<String> = decisions
        .iter()
        .flat_map(Decision::merges)
        .map(|id| hex(id.0))
        .collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let rows = statement(NAMED)
        .bind(batch.workspace.0)
        .bind(json(&named)?)
        .fetch_all(batch.connection)
        .map_err(storage)?;
    rows.iter().map(merge).collect()
}

/// Rewrites merges from which identifiers were removed.
pub(super) fn redact(batch: &mut Batch<'_>, merges: &[Merge]) -> Result<(), StorageError> {
    let rows: Vec<_> = merges
        .iter()
        .map(|merge| {
            (
                hex(merge.id.0),
                merge.evidence.as_ref().map(|key| &key.value),
                &merge.moved,
            )
        })
        .collect();
    let redacted = "WITH r (workspace_id, merge_id, evidence_value, moved) AS MATERIALIZED (
            SELECT ?1, unhex(value ->> 0), value ->> 1, json(value -> 2) FROM jsonb_each(?2))
         UPDATE merges SET evidence_value = r.evidence_value, moved = r.moved
         FROM r WHERE merges.workspace_id = r.workspace_id AND merges.merge_id = r.merge_id";
    batch.run_all("merges", redacted, &rows)
}

/// Loads the pairs of contacts in the snapshot that an undone merge separated. The search starts from contacts that may
/// be absorbed, because their groups are small.
pub(super) fn load_undone_pairs(
    connection: &Connection,
    workspace: WorkspaceId,
    snapshot: &mut Snapshot,
) -> Result<(), StorageError> {
    let absorbable = snapshot.absorbable();
    if absorbable.is_empty() {
        return Ok(());
    }
    let rows = statement(
        "WITH members AS (
            SELECT n.value AS id FROM json_each(?2) AS n
            UNION
            SELECT c.contact_id
            FROM json_each(?2) AS n
            CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.canonical_id = n.value AND c.state = 'merged'
         ), pairs AS (
            SELECT m.survivor_id, m.absorbed_id
            FROM members CROSS JOIN merges AS m ON m.workspace_id = ?1 AND m.survivor_id = members.id
            WHERE m.undone_at IS NOT NULL
            UNION
            SELECT m.survivor_id, m.absorbed_id
            FROM members CROSS JOIN merges AS m ON m.workspace_id = ?1 AND m.absorbed_id = members.id
            WHERE m.undone_at IS NOT NULL
         )
         SELECT s.contact_id, s.canonical_id, a.contact_id, a.canonical_id
         FROM pairs
         CROSS JOIN contacts AS s ON s.workspace_id = ?1 AND s.contact_id = pairs.survivor_id
         CROSS JOIN contacts AS a ON a.workspace_id = ?1 AND a.contact_id = pairs.absorbed_id
         WHERE s.canonical_id <> a.canonical_id",
    )
    .bind(workspace.0)
    .bind(json(&absorbable)?)
    .fetch_all(connection)
    .map_err(storage)?;
    for row in &rows {
        let row = Row::new(row, "merges", 0);
        let id = |column, name| row.get(column, name).map(ContactId);
        let (survivor, absorbed) = (id(0, "survivor_id")?, id(2, "absorbed_id")?);
        let answering = [(survivor, id(1, "canonical_id")?), (absorbed, id(3, "canonical_id")?)];
        if answering
            .iter()
            .all(|(_, canonical)| snapshot.contacts.contains_key(canonical))
        {
            snapshot.undone_pairs.insert((survivor, absorbed));
            let others = answering.into_iter().filter(|(id, canonical)| id != canonical);
            snapshot.canonical.extend(others);
        }
    }
    Ok(())
}

/// All contacts of the merge groups that these contacts belong to.
pub(crate) fn group(
    connection: &Connection,
    workspace: WorkspaceId,
    parties: &BTreeSet<ContactId>,
) -> Result<BTreeSet<ContactId>, StorageError> {
    let rows = statement(
        "WITH roots AS (
            SELECT DISTINCT c.canonical_id AS id
            FROM json_each(?2) AS n CROSS JOIN contacts AS c ON c.workspace_id = ?1 AND c.contact_id = n.value
         )
         SELECT id FROM roots
         UNION
         SELECT c.contact_id
         FROM roots CROSS JOIN contacts AS c
            ON c.workspace_id = ?1 AND c.canonical_id = roots.id AND c.state = 'merged'",
    )
    .bind(workspace.0)
    .bind(json(parties)?)
    .fetch_all(connection)
    .map_err(storage)?;
    rows.iter()
        .map(|row| Row::new(row, "contacts", 0).get(0, "contact_id").map(ContactId))
        .collect()
}

/// Reads a merge from `merge_columns`.
pub(crate) fn merge(row: &SqliteRow) -> Result<Merge, StorageError> {
    let row = Row::new(row, "merges", 0);
    let evidence = match row.get::<Option<i16>>(4, "evidence_kind")? {
        Some(code) => {
            let kind = IdentifierKind::from_code(code).ok_or_else(|| row.corrupt("evidence_kind"))?;
            Some(IdentifierKey {
                kind,
                value: row.get(5, "evidence_value")?,
            })
        }
        None => None,
    };
    Ok(Merge {
        id: MergeId(row.get(0, "merge_id")?),
        survivor: ContactId(row.get(1, "survivor_id")?),
        absorbed: ContactId(row.get(2, "absorbed_id")?),
        rule: row.read(3, "rule", MergeRule::from_text)?,
        evidence,
        forced: row.get(6, "forced")?,
        decision: DecisionId(row.get(7, "decision_id")?),
        at: row.time(8, "merged_at")?,
        moved: row.json(9, "moved")?,
        undone_at: row.optional_time(10, "undone_at")?,
    })
}
