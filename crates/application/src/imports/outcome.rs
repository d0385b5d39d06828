//! Converts decisions into the report of an import's rows.

use crate::ports::{ImportRow, ReadRow, RowOutcome};
use crate::submit::ImportBatch;
use selfsame_domain::{Decision, Effect, Outcome};

/// The reason for a row about a removed contact that changes nothing (wire fact).
const REMOVED: &str = "the contact is removed, and the import does not restore removed contacts";

/// The report of a batch, with the decisions on the rows that could be read.
pub(crate) fn rows_of(batch: &ImportBatch, decisions: &[Decision]) -> Vec<ImportRow> {
    let mut decisions = decisions.iter();
    let numbered = (batch.done + 1..).zip(batch.rows.iter());
    numbered
        .map_while(|(row, read)| match &read.command {
            Err(error) => Some(rejected(row, read, error.clone())),
            Ok(_) => decisions.next().map(|decision| decided(row, read, decision)),
        })
        .collect()
}

/// The report of a row that was decided.
pub(super) fn decided(row: u64, read: &ReadRow, decision: &Decision) -> ImportRow {
    let merges = decision
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Merged { .. }));
    let outcome = match decision.outcome {
        Outcome::Created => RowOutcome::Created,
        Outcome::Restored => RowOutcome::Restored,
        Outcome::Updated if merges => RowOutcome::Merged,
        Outcome::Unchanged => RowOutcome::Unchanged,
        Outcome::Unmatched | Outcome::Rejected => RowOutcome::Rejected,
        Outcome::Updated | Outcome::Removed | Outcome::Erased | Outcome::Merged | Outcome::Unmerged => {
            RowOutcome::Updated
        }
    };
    let error = match (&decision.rejection, decision.outcome) {
        (Some(rejection), _) => Some(rejection.to_string()),
        (None, Outcome::Unmatched) => Some(REMOVED.to_owned()),
        _ => None,
    };
    ImportRow {
        row,
        line: read.line,
        outcome,
        contact: decision.contact,
        decision: Some(decision.id),
        error,
        dedupe_value: read.dedupe_value.clone(),
        undo: decision.undo.clone(),
        kept: Vec::new(),
    }
}

/// Removes from a row what a dry run did not write: its decision, a new contact, and what there would be to undo.
pub(super) fn unwritten(mut row: ImportRow) -> ImportRow {
    row.decision = None;
    row.undo.clear();
    if row.outcome == RowOutcome::Created {
        row.contact = None;
    }
    row
}

/// A row that could not be read, or not be written.
pub(super) fn rejected(row: u64, read: &ReadRow, error: String) -> ImportRow {
    ImportRow {
        row,
        line: read.line,
        outcome: RowOutcome::Rejected,
        contact: None,
        decision: None,
        error: Some(error),
        dedupe_value: read.dedupe_value.clone(),
        undo: Vec::new(),
        kept: Vec::new(),
    }
}
