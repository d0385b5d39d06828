//! What a workspace defines, as far as formulas name it.

use super::Formula;
use crate::values::SegmentName;
use crate::{CustomField, SegmentId};
use std::collections::BTreeMap;

/// What a workspace defines, as far as formulas name it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Definitions {
    /// The names of all segments, static and dynamic.
    pub names: BTreeMap<SegmentId, SegmentName>,
    /// The formulas of the dynamic ones.
    pub formulas: BTreeMap<SegmentId, Formula>,
    /// The custom fields, archived ones included.
    pub fields: Vec<CustomField>,
    /// [`crate::Policy::shared_threshold`].
    pub shared_threshold: u32,
}

impl Definitions {
    /// The most dynamic segments of a workspace.
    pub const MOST_DYNAMIC: usize = 1_000;

    /// Whether a segment is dynamic.
    pub fn is_dynamic(&self, id: SegmentId) -> bool {
        self.formulas.contains_key(&id)
    }

    /// The ID of the segment of exactly that name.
    pub fn segment_named(&self, name: &str) -> Option<SegmentId> {
        let mut names = self.names.iter();
        names.find(|(_, known)| known.as_str() == name).map(|(id, _)| *id)
    }

    /// The custom field that a formula names as `PROFILE.KEY`. Both keys may have dots, so that a name may be that of several; the first
    /// is taken.
    pub(super) fn custom(&self, name: &str) -> Option<&CustomField> {
        self.fields.iter().find(|field| {
            name.strip_prefix(&field.profile_key)
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(|key| key == field.field_key)
        })
    }
}
