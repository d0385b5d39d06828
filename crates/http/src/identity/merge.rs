//! The response form of a merge.

use super::decision::KeyBody;
use super::names::MergeRuleName;
use chrono::{DateTime, Utc};
use selfsame_domain::Merge;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The record of a merge: appended, never rewritten but for its undo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Merge)]
pub(crate) struct MergeBody {
    /// Its identity.
    pub(super) id: Uuid,
    /// The survivor.
    #[schema(example = 564_407_320)]
    survivor_contact_id: i64,
    /// The contact that was absorbed.
    #[schema(example = 564_407_321)]
    absorbed_contact_id: i64,
    /// Why.
    rule: MergeRuleName,
    /// The identifier that both had, if one led to the merge.
    evidence: Option<KeyBody>,
    /// Whether two different external IDs or a limit had to be overruled.
    forced: bool,
    /// The decision that made it.
    decision_id: Uuid,
    /// When.
    at: DateTime<Utc>,
    /// What came with it.
    moved: MovedBody,
    /// When it was undone, if it was.
    pub(super) undone_at: Option<DateTime<Utc>>,
}

/// What an absorbed contact brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Moved)]
pub(crate) struct MovedBody {
    /// Its identifiers.
    identifiers: Vec<KeyBody>,
    /// Its static segments.
    segment_ids: Vec<i64>,
    /// The survivor's blanks that it filled: `firstName`, `field:7` and so on.
    filled: Vec<String>,
}

impl From<&Merge> for MergeBody {
    fn from(merge: &Merge) -> Self {
        Self {
            id: merge.id.0,
            survivor_contact_id: merge.survivor.0,
            absorbed_contact_id: merge.absorbed.0,
            rule: merge.rule.into(),
            evidence: merge.evidence.as_ref().map(KeyBody::from),
            forced: merge.forced,
            decision_id: merge.decision.0,
            at: merge.at,
            moved: MovedBody {
                identifiers: merge.moved.identifiers.iter().map(KeyBody::from).collect(),
                segment_ids: merge.moved.segments.iter().map(|segment| segment.0).collect(),
                filled: merge.moved.filled.iter().map(|key| key.to_text()).collect(),
            },
            undone_at: merge.undone_at,
        }
    }
}
