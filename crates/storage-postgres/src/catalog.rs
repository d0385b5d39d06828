//! Reading the definitions of a workspace.

use crate::error::translate;
use crate::rows::{self, CategoryRecord, FieldRecord, SegmentRecord};
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{Catalog, Page, StorageError};
use selfsame_domain::{Category, CustomField, Segment, WorkspaceId};

const PAGE: &str = "
    SELECT
        (SELECT count(*) FROM segments WHERE workspace_id = $1),
        ARRAY(SELECT record FROM segment_rows WHERE workspace_id = $1 ORDER BY segment_id OFFSET $2 LIMIT $3)";

const ALL: &str = "SELECT record FROM segment_rows WHERE workspace_id = $1 ORDER BY segment_id";

const CATEGORIES: &str = "
    SELECT y.record,
           (SELECT count(DISTINCT m.owner_id)
            FROM segment_members m
            JOIN contacts c ON c.workspace_id = $1 AND c.contact_id = m.owner_id AND c.state = 1
            WHERE m.workspace_id = $1 AND m.segment_id = y.segment_id AND m.hidden_by IS NULL)
    FROM category_rows y
    WHERE y.workspace_id = $1
    ORDER BY y.category_id";

const FIELDS: &str = "SELECT record FROM field_rows WHERE workspace_id = $1 ORDER BY field_id";

#[async_trait]
impl Catalog for PostgresStore {
    async fn segments(
        &self,
        workspace: WorkspaceId,
        name_contains: Option<&str>,
        offset: u64,
        limit: u32,
    ) -> Result<Page<Segment>, StorageError> {
        match name_contains {
            Some(text) => self.segments_named(workspace, text, offset, limit).await,
            None => self.segments_page(workspace, offset, limit).await,
        }
    }

    async fn categories(&self, workspace: WorkspaceId) -> Result<Vec<(Category, u64)>, StorageError> {
        let found: Vec<(CategoryRecord, i64)> = sqlx::query_as(CATEGORIES)
            .bind(workspace.0)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(found, |(record, count)| {
            Ok((Category::try_from(record)?, count.unsigned_abs()))
        })
    }

    async fn fields(&self, workspace: WorkspaceId) -> Result<Vec<CustomField>, StorageError> {
        let found: Vec<(FieldRecord,)> = sqlx::query_as(FIELDS)
            .bind(workspace.0)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        rows::all(found, |(record,)| CustomField::try_from(record))
    }
}

impl PostgresStore {
    async fn segments_page(
        &self,
        workspace: WorkspaceId,
        offset: u64,
        limit: u32,
    ) -> Result<Page<Segment>, StorageError> {
        let (total, items): (i64, Vec<SegmentRecord>) = sqlx::query_as(PAGE)
            .bind(workspace.0)
            .bind(i64::try_from(offset).unwrap_or(i64::MAX))
            .bind(i64::from(limit))
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        Ok(Page {
            items: rows::all(items, Segment::try_from)?,
            total: total.unsigned_abs(),
        })
    }

    /// Compares names in Rust: lower-casing in the database depends on its locale.
    async fn segments_named(
        &self,
        workspace: WorkspaceId,
        text: &str,
        offset: u64,
        limit: u32,
    ) -> Result<Page<Segment>, StorageError> {
        let all: Vec<(SegmentRecord,)> = sqlx::query_as(ALL)
            .bind(workspace.0)
            .fetch_all(self.pool())
            .await
            .map_err(translate)?;
        let wanted = text.to_lowercase();
        let mut found = rows::all(all, |(record,)| Segment::try_from(record))?;
        found.retain(|segment| segment.name.as_str().to_lowercase().contains(&wanted));
        let total = found.len() as u64;
        let passed_over = usize::try_from(offset).unwrap_or(usize::MAX);
        Ok(Page {
            items: found.into_iter().skip(passed_over).take(limit as usize).collect(),
            total,
        })
    }
}
