//! Segments that are inside themselves.

use super::Formula;
use crate::SegmentId;
use std::collections::{BTreeMap, BTreeSet};

/// A way from a segment back to itself, if it had this formula: the segments on it, from the one named by the formula to the segment
/// itself. None when there is no way. A segment that is reached by several ways (a diamond) is no cycle.
pub fn cycle(id: SegmentId, formula: &Formula, others: &BTreeMap<SegmentId, Formula>) -> Option<Vec<SegmentId>> {
    let mut seen = BTreeSet::new();
    let mut way = Vec::new();
    leads_to(id, formula, others, &mut seen, &mut way).then_some(way)
}

fn leads_to(
    id: SegmentId,
    formula: &Formula,
    others: &BTreeMap<SegmentId, Formula>,
    seen: &mut BTreeSet<SegmentId>,
    way: &mut Vec<SegmentId>,
) -> bool {
    for named in formula.segments() {
        if !seen.insert(named) {
            continue;
        }
        way.push(named);
        let next = others.get(&named);
        if named == id || next.is_some_and(|next| leads_to(id, next, others, seen, way)) {
            return true;
        }
        way.pop();
    }
    false
}
