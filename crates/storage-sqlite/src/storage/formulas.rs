//! Formulas of segments, and deleted segments.

use super::batch::Batch;
use crate::rows::micros;
use selfsame_application::ports::StorageError;
use selfsame_domain::{ChangeSet, DeletedSegment, SegmentId};

/// Writes formulas and deletes segments.
pub(super) fn write(batch: &mut Batch<'_>, changes: &ChangeSet) -> Result<(), StorageError> {
    let row = |(id, formula): &(SegmentId, _)| {
        let formula: &selfsame_domain::segments::Formula = formula;
        (id.0, formula.to_json().to_string())
    };
    let rows: Vec<_> = changes.formulas.iter().map(row).collect();
    let sql = "INSERT INTO segment_formulas (workspace_id, segment_id, formula, revision)
         SELECT ?1, r.value ->> 0, r.value ->> 1, ?3 FROM jsonb_each(?2) AS r WHERE true
         ON CONFLICT (workspace_id, segment_id) DO UPDATE SET formula = excluded.formula, revision = excluded.revision";
    batch.run_all("segment_formulas", sql, &rows)?;
    let ids: Vec<SegmentId> = changes.segments_removed.iter().map(|gone| gone.segment.id).collect();
    let formulas = "DELETE FROM segment_formulas
         WHERE workspace_id = ?1 AND segment_id IN (SELECT value FROM json_each(?2))";
    batch.run(formulas, &ids)?;
    let periods = "DELETE FROM segment_periods
         WHERE workspace_id = ?1 AND segment_id IN (SELECT value FROM json_each(?2))";
    batch.run(periods, &ids)?;
    let counts = "DELETE FROM segment_counts
         WHERE workspace_id = ?1 AND segment_id IN (SELECT value FROM json_each(?2))";
    batch.run(counts, &ids)?;
    let segments = "DELETE FROM segments
         WHERE workspace_id = ?1 AND segment_id IN (SELECT value FROM json_each(?2))";
    batch.run_all("segments", segments, &ids)?;
    let row = |gone: &DeletedSegment| {
        let DeletedSegment {
            segment,
            is_dynamic,
            deleted_at,
        } = gone;
        (
            segment.id.0,
            segment.name.clone(),
            i64::from(*is_dynamic),
            micros(segment.created_at),
            micros(*deleted_at),
        )
    };
    let rows: Vec<_> = changes.segments_removed.iter().map(row).collect();
    let deleted = "INSERT INTO deleted_segments (workspace_id, segment_id, revision, name, is_dynamic, created_at, deleted_at)
         SELECT ?1, r.value ->> 0, ?3, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4 FROM jsonb_each(?2) AS r";
    batch.run_all("deleted_segments", deleted, &rows)
}
