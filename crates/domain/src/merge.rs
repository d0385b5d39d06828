//! The record of a merge (identity rule 10).

use crate::{AttributeKey, ContactId, DecisionId, IdentifierKey, MergeId, MergeRule, SegmentId, Timestamp};
use serde::{Deserialize, Serialize};

/// The record of a merge. It never changes, except when the merge is undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// Its identity.
    pub id: MergeId,
    /// The survivor.
    pub survivor: ContactId,
    /// The contact that was absorbed.
    pub absorbed: ContactId,
    /// Why.
    pub rule: MergeRule,
    /// The identifier that both had, if one led to the merge.
    pub evidence: Option<IdentifierKey>,
    /// Whether two different external IDs or a limit had to be overruled.
    pub forced: bool,
    /// The decision that made it.
    pub decision: DecisionId,
    /// When.
    pub at: Timestamp,
    /// What the absorbed contact brought.
    pub moved: Moved,
    /// When it was undone, if it was.
    pub undone_at: Option<Timestamp>,
}

/// What an absorbed contact brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Its identifiers.
    pub identifiers: Vec<IdentifierKey>,
    /// Those that the survivor held itself before. An undo takes the others from it (identity rule 10).
    #[serde(default)]
    pub shared: Vec<IdentifierKey>,
    /// Its static segments.
    pub segments: Vec<SegmentId>,
    /// The survivor's blanks that it filled.
    pub filled: Vec<AttributeKey>,
}
