//! What a workspace defines for its contacts: segments, subscription categories, custom fields.

use crate::values::{CategoryKey, CategoryName, FieldType, FieldValue, SegmentName, ValueError};
use crate::{CategoryId, FieldId, SegmentId, Timestamp};
use serde::{Deserialize, Serialize};

/// A segment, static or dynamic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its number; the `id` of a group on the wire.
    pub id: SegmentId,
    /// Its name, unique within the workspace.
    pub name: SegmentName,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A segment that was deleted. Its number is never used again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedSegment {
    /// The segment as it was last.
    pub segment: Segment,
    /// Whether it had a formula.
    pub is_dynamic: bool,
    /// When it was deleted.
    pub deleted_at: Timestamp,
}

/// A subscription category. The members of its segment are subscribed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Its number.
    pub id: CategoryId,
    /// Its key, unique within the workspace and never changed.
    pub key: CategoryKey,
    /// Its name.
    pub name: CategoryName,
    /// The segment of the same name that it owns.
    pub segment: SegmentId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last renamed or archived.
    pub updated_at: Timestamp,
    /// Whether it takes no new subscriptions and is not listed.
    pub archived: bool,
}

/// A custom field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomField {
    /// Its number; the `id` of a field on the wire.
    pub id: FieldId,
    /// The key of its group (`profileKey` on the wire), 1 to 100 characters.
    pub profile_key: String,
    /// Its key, unique within its group, 1 to 100 characters.
    pub field_key: String,
    /// Its name, 1 to 255 characters.
    pub name: String,
    /// What it holds.
    pub field_type: FieldType,
    /// The values that it may hold; empty for any.
    pub allowed: Vec<String>,
    /// Whether it is required in forms; not checked on API calls (wire fact).
    pub required: bool,
    /// Whether its values are evidence for bulk calls with `dedupeOn=fieldId`.
    pub identifying: bool,
    /// Whether it takes no new values and is not listed.
    pub archived: bool,
}

impl CustomField {
    /// Reads a value of the field's type. `at` is the time of the command: a year of two digits is near it.
    pub fn read(&self, text: &str, at: Timestamp) -> Result<FieldValue, ValueError> {
        FieldValue::parse(self.field_type, text, &self.allowed, at)
    }
}
