//! Segments, categories, custom fields, and the counters of their numbers.

use super::{corrupt, json, to_json};
use selfsame_application::ports::StorageError;
use selfsame_domain::values::{CategoryKey, CategoryName, FieldType, SegmentName};
use selfsame_domain::{Category, CategoryId, CustomField, FieldId, Segment, SegmentId, Timestamp};

/// A row of `segments`.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "segment_v1")]
pub(crate) struct SegmentRecord {
    segment_id: i64,
    name: String,
    created_at: Timestamp,
}

impl From<&Segment> for SegmentRecord {
    fn from(segment: &Segment) -> Self {
        Self {
            segment_id: segment.id.0,
            name: segment.name.as_str().to_owned(),
            created_at: segment.created_at,
        }
    }
}

impl TryFrom<SegmentRecord> for Segment {
    type Error = StorageError;

    fn try_from(record: SegmentRecord) -> Result<Self, StorageError> {
        let id = record.segment_id;
        Ok(Self {
            id: SegmentId(id),
            name: SegmentName::parse(&record.name).map_err(|_| corrupt("segments", "name", &id))?,
            created_at: record.created_at,
        })
    }
}

/// A row of `categories`.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "category_v1")]
pub(crate) struct CategoryRecord {
    category_id: i64,
    segment_id: i64,
    key: String,
    name: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    archived: bool,
}

impl From<&Category> for CategoryRecord {
    fn from(category: &Category) -> Self {
        Self {
            category_id: category.id.0,
            segment_id: category.segment.0,
            key: category.key.as_str().to_owned(),
            name: category.name.as_str().to_owned(),
            created_at: category.created_at,
            updated_at: category.updated_at,
            archived: category.archived,
        }
    }
}

impl TryFrom<CategoryRecord> for Category {
    type Error = StorageError;

    fn try_from(record: CategoryRecord) -> Result<Self, StorageError> {
        let id = record.category_id;
        Ok(Self {
            id: CategoryId(id),
            key: CategoryKey::parse(&record.key).map_err(|_| corrupt("categories", "key", &id))?,
            name: CategoryName::parse(&record.name).map_err(|_| corrupt("categories", "name", &id))?,
            segment: SegmentId(record.segment_id),
            created_at: record.created_at,
            updated_at: record.updated_at,
            archived: record.archived,
        })
    }
}

/// A row of `custom_fields`.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "field_v1")]
pub(crate) struct FieldRecord {
    field_id: i64,
    profile_key: String,
    field_key: String,
    name: String,
    field_type: String,
    allowed: String,
    required: bool,
    identifying: bool,
    archived: bool,
}

impl TryFrom<&CustomField> for FieldRecord {
    type Error = StorageError;

    fn try_from(field: &CustomField) -> Result<Self, StorageError> {
        Ok(Self {
            field_id: field.id.0,
            profile_key: field.profile_key.clone(),
            field_key: field.field_key.clone(),
            name: field.name.clone(),
            field_type: field.field_type.as_wire().to_owned(),
            allowed: to_json(&field.allowed)?,
            required: field.required,
            identifying: field.identifying,
            archived: field.archived,
        })
    }
}

impl TryFrom<FieldRecord> for CustomField {
    type Error = StorageError;

    fn try_from(record: FieldRecord) -> Result<Self, StorageError> {
        let id = record.field_id;
        let wrong = || corrupt("custom_fields", "field_type", &id);
        Ok(Self {
            id: FieldId(id),
            profile_key: record.profile_key,
            field_key: record.field_key,
            name: record.name,
            field_type: FieldType::from_wire(&record.field_type).ok_or_else(wrong)?,
            allowed: json(&record.allowed, "custom_fields", "allowed", &id)?,
            required: record.required,
            identifying: record.identifying,
            archived: record.archived,
        })
    }
}

/// A custom field by its key.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "field_key_v1")]
pub(crate) struct FieldKeyRecord {
    profile_key: String,
    field_key: String,
}

impl From<&(String, String)> for FieldKeyRecord {
    fn from((profile_key, field_key): &(String, String)) -> Self {
        Self {
            profile_key: profile_key.clone(),
            field_key: field_key.clone(),
        }
    }
}

/// A row of `counters`: the next number of a kind of definition.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "number_v1")]
pub(crate) struct NumberRecord {
    pub(crate) name: String,
    pub(crate) next: i64,
}
