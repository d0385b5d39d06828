//! Segments, categories, custom fields.

use crate::rows::to_json;
use crate::storage::Unit;
use selfsame_application::ports::StorageError;
use selfsame_domain::{Category, ChangeSet, CustomField, Segment, SegmentId, Timestamp};

impl Unit {
    pub(super) async fn write_segments(&mut self, changes: &ChangeSet) -> Result<(), StorageError> {
        if !changes.segments.is_empty() {
            self.write_segment_rows(&changes.segments).await?;
        }
        if !changes.segments_emptied.is_empty() {
            self.empty_segments(&changes.segments_emptied).await?;
        }
        if !changes.memberships_removed.is_empty() {
            self.remove_members(&changes.memberships_removed).await?;
        }
        if !changes.memberships.is_empty() {
            self.write_members(&changes.memberships, &changes.segments_emptied)
                .await?;
        }
        Ok(())
    }

    async fn write_segment_rows(&mut self, segments: &[Segment]) -> Result<(), StorageError> {
        let ids: Vec<i64> = segments.iter().map(|segment| segment.id.0).collect();
        let names: Vec<&str> = segments.iter().map(|segment| segment.name.as_str()).collect();
        let created_at: Vec<Timestamp> = segments.iter().map(|segment| segment.created_at).collect();
        let statement = sqlx::query(
            "INSERT INTO segments (workspace_id, segment_id, name, created_at)
             SELECT $1, new.segment_id, new.name, new.created_at
             FROM UNNEST($2::bigint[], $3::text[], $4::timestamptz[]) AS new (segment_id, name, created_at)
             ON CONFLICT (workspace_id, segment_id) DO UPDATE SET name = EXCLUDED.name",
        )
        .bind(self.workspace.0)
        .bind(ids)
        .bind(names)
        .bind(created_at);
        self.define(statement).await
    }

    /// Waits until those who join are done, and sees their members then. Whoever else has loaded a member that goes here finds it
    /// missing when it writes it.
    async fn empty_segments(&mut self, emptied: &[SegmentId]) -> Result<(), StorageError> {
        let ids: Vec<i64> = emptied.iter().map(|id| id.0).collect();
        let lock = sqlx::query(
            "SELECT FROM segments WHERE workspace_id = $1 AND segment_id = ANY($2::bigint[]) ORDER BY segment_id
             FOR UPDATE",
        )
        .bind(self.workspace.0)
        .bind(ids.clone());
        self.run(lock).await?;
        let statement = sqlx::query(
            "DELETE FROM segment_members m
             USING UNNEST($2::bigint[]) AS emptied (segment_id)
             WHERE m.workspace_id = $1 AND m.segment_id = emptied.segment_id",
        )
        .bind(self.workspace.0)
        .bind(ids);
        self.run(statement).await.map(drop)
    }

    pub(super) async fn write_categories(&mut self, categories: &[Category]) -> Result<(), StorageError> {
        let ids: Vec<i64> = categories.iter().map(|row| row.id.0).collect();
        let keys: Vec<&str> = categories.iter().map(|row| row.key.as_str()).collect();
        let names: Vec<&str> = categories.iter().map(|row| row.name.as_str()).collect();
        let segments: Vec<i64> = categories.iter().map(|row| row.segment.0).collect();
        let created_at: Vec<Timestamp> = categories.iter().map(|row| row.created_at).collect();
        let updated_at: Vec<Timestamp> = categories.iter().map(|row| row.updated_at).collect();
        let archived: Vec<bool> = categories.iter().map(|row| row.archived).collect();
        let statement = sqlx::query(
            "INSERT INTO categories
                (workspace_id, category_id, key, name, segment_id, created_at, updated_at, archived)
             SELECT $1, new.*
             FROM UNNEST($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::timestamptz[],
                         $8::boolean[]) AS new
             ON CONFLICT (workspace_id, category_id) DO UPDATE SET
                name = EXCLUDED.name, updated_at = EXCLUDED.updated_at, archived = EXCLUDED.archived",
        )
        .bind(self.workspace.0)
        .bind(ids)
        .bind(keys)
        .bind(names)
        .bind(segments)
        .bind(created_at)
        .bind(updated_at)
        .bind(archived);
        self.define(statement).await
    }

    pub(super) async fn write_fields(&mut self, fields: &[CustomField]) -> Result<(), StorageError> {
        let ids: Vec<i64> = fields.iter().map(|row| row.id.0).collect();
        let profile_keys: Vec<&str> = fields.iter().map(|row| row.profile_key.as_str()).collect();
        let field_keys: Vec<&str> = fields.iter().map(|row| row.field_key.as_str()).collect();
        let names: Vec<&str> = fields.iter().map(|row| row.name.as_str()).collect();
        let types: Vec<&str> = fields.iter().map(|row| row.field_type.as_wire()).collect();
        let allowed: Vec<String> = fields
            .iter()
            .map(|row| to_json(&row.allowed))
            .collect::<Result<_, _>>()?;
        let required: Vec<bool> = fields.iter().map(|row| row.required).collect();
        let identifying: Vec<bool> = fields.iter().map(|row| row.identifying).collect();
        let archived: Vec<bool> = fields.iter().map(|row| row.archived).collect();
        let statement = sqlx::query(
            "INSERT INTO custom_fields
                (workspace_id, field_id, profile_key, field_key, name, field_type, allowed, required, identifying,
                 archived)
             SELECT $1, new.field_id, new.profile_key, new.field_key, new.name, new.field_type, new.allowed::json,
                    new.required, new.identifying, new.archived
             FROM UNNEST($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[],
                         $9::boolean[], $10::boolean[])
                AS new (field_id, profile_key, field_key, name, field_type, allowed, required, identifying, archived)
             ON CONFLICT (workspace_id, field_id) DO UPDATE SET
                name = EXCLUDED.name, allowed = EXCLUDED.allowed, required = EXCLUDED.required,
                identifying = EXCLUDED.identifying, archived = EXCLUDED.archived",
        )
        .bind(self.workspace.0)
        .bind(ids)
        .bind(profile_keys)
        .bind(field_keys)
        .bind(names)
        .bind(types)
        .bind(allowed)
        .bind(required)
        .bind(identifying)
        .bind(archived);
        self.define(statement).await
    }
}
