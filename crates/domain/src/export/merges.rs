//! Merges as rows.

use super::cell::{Cell, Row};
use super::column::{Column, ColumnType};
use crate::Merge;

use ColumnType::{BigInteger, Flag, Text, Time};

/// The columns of the dataset `contact_merges`.
pub(super) static COLUMNS: [Column; 8] = [
    Column::new("mergeId", Text(Some(36)), "The identity of the merge"),
    Column::new("contactId", BigInteger, "The contact that was absorbed"),
    Column::new("survivorId", BigInteger, "The contact that absorbed it"),
    Column::new(
        "rule",
        Text(Some(50)),
        "absorb_anonymous, absorb_unclaimed or explicit: by hand",
    ),
    Column::new(
        "forced",
        Flag,
        "Whether two different external IDs or a limit were overruled",
    ),
    Column::new("mergedDate", Time, "When they were merged, UTC"),
    Column::new(
        "undoneDate",
        Time,
        "When the merge was undone; empty for one that was not, UTC",
    ),
    Column::new("decisionId", Text(Some(36)), "The decision in the identity log"),
];

/// The row of a merge, undone or not.
pub fn merge_row(merge: &Merge) -> Row {
    vec![
        Cell::Text(merge.id.0.to_string()),
        Cell::Integer(merge.absorbed.0),
        Cell::Integer(merge.survivor.0),
        Cell::Text(merge.rule.as_str().to_owned()),
        Cell::Flag(merge.forced),
        Cell::Time(merge.at),
        Cell::time(merge.undone_at),
        Cell::Text(merge.decision.0.to_string()),
    ]
}
