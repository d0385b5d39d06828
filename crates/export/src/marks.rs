//! What every database has in the same form: above all the table of watermarks, which says up to when the tables of each
//! dataset are whole.

use selfsame_application::ports::{SinkError, SinkRequest, Watermark};
use selfsame_domain::export::{Column, ColumnType, Dataset};
use selfsame_domain::{Revision, Timestamp};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The table in which the watermarks are.
pub(crate) const WATERMARK: &str = "_selfsame_watermark";

/// The description of the table.
pub(crate) const DESCRIPTION: &str =
    "Up to when the table of each dataset is whole: written in one transaction with its rows";

/// The revision of a table that was made or got a column and is not filled yet. The mark is set before the table is changed or with it, so that a
/// run that is killed in between is followed by one that writes every row.
pub(crate) const NOTHING: i64 = 0;

/// A row of the table.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Mark {
    pub(crate) dataset: String,
    pub(crate) revision: i64,
    pub(crate) as_of: Timestamp,
    pub(crate) export_id: Uuid,
}

/// What a destination has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// The commits that the tables contain, by dataset; as they have to be still when the run is written.
    pub(crate) marks: BTreeMap<String, i64>,
    /// Up to when all tables are whole.
    pub(crate) watermark: Option<Watermark>,
}

impl Known {
    /// Reads the marks of the datasets of a request.
    pub(crate) fn read(marks: Vec<Mark>, request: &SinkRequest) -> Result<Self, SinkError> {
        check_owner(&marks, request)?;
        let first = marks.first().map(|mark| (mark.revision, mark.as_of));
        let is_complete = marks.len() == request.tables.len();
        let agree = is_complete && marks.iter().all(|mark| Some(mark.revision) == first.map(|(at, _)| at));
        let watermark = first
            .filter(|(revision, _)| agree && *revision != NOTHING)
            .map(|(revision, as_of)| Watermark {
                revision: Revision(revision),
                as_of,
            });
        Ok(Self {
            marks: marks.into_iter().map(|mark| (mark.dataset, mark.revision)).collect(),
            watermark,
        })
    }
}

/// Refuses tables that another export writes.
pub(crate) fn check_owner(marks: &[Mark], request: &SinkRequest) -> Result<(), SinkError> {
    match marks.iter().find(|mark| mark.export_id != request.export.0) {
        None => Ok(()),
        Some(other) => Err(SinkError::Incompatible {
            problem: format!("another export writes the table `{}` of this schema", other.dataset),
            way_out: "choose another schema, or delete that export and its rows of _selfsame_watermark",
        }),
    }
}

/// The column with the time of an event or a page view; none for other datasets.
pub(crate) fn event_time(dataset: Dataset, columns: &[Column]) -> Option<&Column> {
    let has_events = matches!(dataset, Dataset::Events | Dataset::PageViews);
    let mut times = columns.iter().filter(|column| column.kind == ColumnType::Time);
    times.next().filter(|_| has_events)
}
