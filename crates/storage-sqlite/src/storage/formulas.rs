//! Formulas of segments, and deleted segments.

use super::batch::Batch;
use selfsame_application::ports::StorageError;
use selfsame_domain::ChangeSet;

/// Writes formulas and deletes segments.
pub(super) fn write(batch: &mut Batch<'_>, changes: &ChangeSet) -> Result<(), StorageError> {
    let row = |(id, formula): &(selfsame_domain::SegmentId, _)| {
        let formula: &selfsame_domain::segments::Formula = formula;
        (id.0, formula.to_json().to_string())
    };
    let rows: Vec<_> = changes.formulas.iter().map(row).collect();
    let sql = "INSERT INTO segment_formulas (workspace_id, segment_id, formula, revision)
         SELECT ?1, r.value ->> 0, r.value ->> 1, ?3 FROM jsonb_each(?2) AS r WHERE true
         ON CONFLICT (workspace_id, segment_id) DO UPDATE SET formula = excluded.formula, revision = excluded.revision";
    batch.run_all("segment_formulas", sql, &rows)?;
    let formulas = "DELETE FROM segment_formulas
         WHERE workspace_id = ?1 AND segment_id IN (SELECT value FROM json_each(?2))";
    batch.run(formulas, &changes.segments_removed)?;
    let periods = "DELETE FROM segment_periods
         WHERE workspace_id = ?1 AND segment_id IN (SELECT value FROM json_each(?2))";
    batch.run(periods, &changes.segments_removed)?;
    let segments = "DELETE FROM segments
         WHERE workspace_id = ?1 AND segment_id IN (SELECT value FROM json_each(?2))";
    batch.run_all("segments", segments, &changes.segments_removed)
}
