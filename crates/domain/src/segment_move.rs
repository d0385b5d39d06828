//! Entries of contacts into segments, and exits.

use crate::{Revision, SegmentId, Timestamp};

/// Why a contact entered or left a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MoveCause {
    /// The contact changed, or what it did or ordered.
    Change,
    /// The formula of the segment, or of one that it names, was made or edited.
    Formula,
    /// Time passed.
    Time,
}

impl MoveCause {
    /// Every cause.
    pub const ALL: [Self; 3] = [Self::Change, Self::Formula, Self::Time];

    /// The stable text of the cause.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Formula => "formula",
            Self::Time => "time",
        }
    }

    /// The stored number of the cause.
    pub fn code(self) -> i16 {
        match self {
            Self::Change => 1,
            Self::Formula => 2,
            Self::Time => 3,
        }
    }

    /// Reads what [`Self::code`] wrote.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code() == code)
    }
}

/// That a contact entered a segment or left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentMove {
    /// The segment.
    pub segment: SegmentId,
    /// Whether it entered; else it left.
    pub entered: bool,
    /// Why.
    pub cause: MoveCause,
    /// The commit from which on the contact is in the segment, or is not any more.
    pub since: Revision,
    /// When it was recorded.
    pub at: Timestamp,
}
