//! Segments as rows, and from when until when contacts were in them.

use super::cell::{Cell, Row};
use super::column::{Column, ColumnType};
use crate::segments::{Definitions, print};
use crate::{ContactId, DeletedSegment, Revision, Segment, SegmentId, Timestamp};

use ColumnType::{BigInteger, Text, Time};

/// The columns of the dataset `segments`.
pub(super) static COLUMNS: [Column; 6] = [
    Column::new("segmentId", BigInteger, "The segment's number, never used again"),
    Column::new(
        "name",
        Text(None),
        "Its name, unique among segments that are not deleted",
    ),
    Column::new(
        "type",
        Text(Some(20)),
        "Static: a list; Dynamic: contacts that match a formula",
    ),
    Column::new(
        "formula",
        Text(None),
        "The formula in its readable form; empty for lists and deleted segments",
    ),
    Column::new("createdDate", Time, "When it was made, UTC"),
    Column::new(
        "deletedDate",
        Time,
        "When it was deleted; empty for one that was not, UTC",
    ),
];

/// The columns of the dataset `segment_members`.
pub(super) static MEMBER_COLUMNS: [Column; 7] = [
    Column::new("segmentId", BigInteger, "The segment"),
    Column::new("contactId", BigInteger, "The contact"),
    Column::new(
        "recordedRevision",
        BigInteger,
        "The commit that recorded the entry; a contact can enter a segment several times",
    ),
    Column::new(
        "fromRevision",
        BigInteger,
        "The first commit after which the contact was in the segment",
    ),
    Column::new("fromDate", Time, "When the entry was recorded, UTC"),
    Column::new(
        "toRevision",
        BigInteger,
        "The first commit after which it was not any more; empty while it is in the segment",
    ),
    Column::new("toDate", Time, "When the exit was recorded, UTC"),
];

/// The segments and custom fields of a workspace at one commit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalog {
    /// The last commit that changed one of them.
    pub changed: Revision,
    /// The segments, static and dynamic, by ID.
    pub segments: Vec<Segment>,
    /// The deleted segments, each with the commit that deleted it, by ID.
    pub deleted: Vec<(Revision, DeletedSegment)>,
    /// The names and formulas of the segments, and the custom fields.
    pub definitions: Definitions,
}

impl Catalog {
    /// The rows of all segments, deleted ones included.
    pub fn segment_rows(&self) -> impl Iterator<Item = Row> {
        let formulas = &self.definitions.formulas;
        let living = self.segments.iter().map(|segment| {
            let formula = formulas.get(&segment.id);
            let text = formula.map(|formula| print(formula, &self.definitions));
            row(segment, formula.is_some(), text, None)
        });
        let deleted = self.deleted.iter().map(|(_, gone)| {
            let DeletedSegment {
                segment,
                is_dynamic,
                deleted_at,
            } = gone;
            row(segment, *is_dynamic, None, Some(*deleted_at))
        });
        living.chain(deleted)
    }
}

fn row(segment: &Segment, is_dynamic: bool, formula: Option<String>, deleted_at: Option<Timestamp>) -> Row {
    vec![
        Cell::Integer(segment.id.0),
        Cell::Text(segment.name.as_str().to_owned()),
        Cell::Text(if is_dynamic { "Dynamic" } else { "Static" }.to_owned()),
        Cell::text(formula),
        Cell::Time(segment.created_at),
        Cell::time(deleted_at),
    ]
}

/// A time that a contact was in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentPeriod {
    /// The segment.
    pub segment: SegmentId,
    /// The contact.
    pub contact: ContactId,
    /// The commit that recorded the entry.
    pub recorded: Revision,
    /// The commit from which on the contact is in the segment, and when the entry was recorded.
    pub from: (Revision, Timestamp),
    /// The commit from which on it is not any more, and when the exit was recorded.
    pub to: Option<(Revision, Timestamp)>,
}

impl SegmentPeriod {
    /// Its key, which is unique and orders the periods of one commit.
    pub fn key(&self) -> (SegmentId, ContactId, Revision) {
        (self.segment, self.contact, self.recorded)
    }
}

/// The row of a time that a contact was in a segment.
pub fn period_row(period: &SegmentPeriod) -> Row {
    vec![
        Cell::Integer(period.segment.0),
        Cell::Integer(period.contact.0),
        Cell::Integer(period.recorded.0),
        Cell::Integer(period.from.0.0),
        Cell::Time(period.from.1),
        Cell::integer(period.to.map(|(revision, _)| revision.0)),
        Cell::time(period.to.map(|(_, at)| at)),
    ]
}
