//! Merges.

use super::{corrupt, json, to_json};
use selfsame_application::ports::StorageError;
use selfsame_domain::{ContactId, DecisionId, IdentifierKey, IdentifierKind, Merge, MergeId, MergeRule, Timestamp};
use uuid::Uuid;

/// A row of `merges`.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "merge_v1")]
pub(crate) struct MergeRecord {
    merge_id: Uuid,
    survivor_id: i64,
    absorbed_id: i64,
    rule: String,
    evidence_kind: Option<i16>,
    evidence_value: Option<String>,
    forced: bool,
    decision_id: Uuid,
    merged_at: Timestamp,
    moved: String,
    undone_at: Option<Timestamp>,
}

impl TryFrom<&Merge> for MergeRecord {
    type Error = StorageError;

    fn try_from(merge: &Merge) -> Result<Self, StorageError> {
        let evidence = merge.evidence.as_ref();
        Ok(Self {
            merge_id: merge.id.0,
            survivor_id: merge.survivor.0,
            absorbed_id: merge.absorbed.0,
            rule: merge.rule.as_str().to_owned(),
            evidence_kind: evidence.map(|key| key.kind.code()),
            evidence_value: evidence.map(|key| key.value.clone()),
            forced: merge.forced,
            decision_id: merge.decision.0,
            merged_at: merge.at,
            moved: to_json(&merge.moved)?,
            undone_at: merge.undone_at,
        })
    }
}

impl TryFrom<MergeRecord> for Merge {
    type Error = StorageError;

    fn try_from(record: MergeRecord) -> Result<Self, StorageError> {
        let id = record.merge_id;
        let evidence = match (record.evidence_kind, record.evidence_value) {
            (Some(kind), Some(value)) => {
                let kind = IdentifierKind::from_code(kind).ok_or_else(|| corrupt("merges", "evidence_kind", &id))?;
                Some(IdentifierKey { kind, value })
            }
            (None, None) => None,
            _ => return Err(corrupt("merges", "evidence_value", &id)),
        };
        Ok(Self {
            id: MergeId(id),
            survivor: ContactId(record.survivor_id),
            absorbed: ContactId(record.absorbed_id),
            rule: MergeRule::from_text(&record.rule).ok_or_else(|| corrupt("merges", "rule", &id))?,
            evidence,
            forced: record.forced,
            decision: DecisionId(record.decision_id),
            at: record.merged_at,
            moved: json(&record.moved, "merges", "moved", &id)?,
            undone_at: record.undone_at,
        })
    }
}
