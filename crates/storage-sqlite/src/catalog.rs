//! Segments, categories and custom fields.

use crate::error::storage;
use crate::rows::{Row, json};
use crate::statement::{SqliteRow, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use rusqlite::Connection;
use selfsame_application::ports::{Catalog, Page, StorageError};
use selfsame_domain::values::{CategoryKey, CategoryName, FieldType, SegmentName};
use selfsame_domain::{Category, CategoryId, CustomField, FieldId, Segment, SegmentId, WorkspaceId};
use std::collections::BTreeSet;

/// The columns of a category `c`, in the order that [`category`] reads.
macro_rules! category_columns {
    () => {
        "c.category_id, c.key, c.name, c.segment_id, c.created_at, c.updated_at, c.archived"
    };
}
pub(crate) use category_columns;

/// The columns of a custom field `f`, in the order that [`field`] reads.
macro_rules! field_columns {
    () => {
        "f.field_id, f.profile_key, f.field_key, f.name, f.field_type, f.allowed, f.required, f.identifying, f.archived"
    };
}
pub(crate) use field_columns;

#[async_trait]
impl Catalog for SqliteStore {
    async fn segments(
        &self,
        workspace: WorkspaceId,
        name_contains: Option<&str>,
        offset: u64,
        limit: u32,
    ) -> Result<Page<Segment>, StorageError> {
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        match name_contains {
            Some(text) => containing(connection, workspace, text, offset, limit),
            None => all(connection, workspace, offset, limit),
        }
    }

    async fn categories(&self, workspace: WorkspaceId) -> Result<Vec<(Category, u64)>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(concat!(
            "SELECT ",
            category_columns!(),
            ", (SELECT count(DISTINCT +m.owner_id)
                FROM segment_members AS m
                CROSS JOIN contacts AS o
                    ON o.workspace_id = m.workspace_id AND o.contact_id = m.owner_id AND o.state = 'active'
                WHERE m.workspace_id = c.workspace_id AND m.segment_id = c.segment_id AND m.hidden_by IS NULL)
              FROM categories AS c WHERE c.workspace_id = ?1 ORDER BY c.category_id",
        ))
        .bind(workspace.0)
        .fetch_all(reader.connection()?)
        .map_err(storage)?;
        let counted = |row| Ok((category(row)?, count(&Row::new(row, "segment_members", 0), 7)?));
        rows.iter().map(counted).collect()
    }

    async fn fields(&self, workspace: WorkspaceId) -> Result<Vec<CustomField>, StorageError> {
        let mut reader = self.readers.lend().await?;
        let rows = statement(concat!(
            "SELECT ",
            field_columns!(),
            " FROM custom_fields AS f WHERE f.workspace_id = ?1 ORDER BY f.field_id",
        ))
        .bind(workspace.0)
        .fetch_all(reader.connection()?)
        .map_err(storage)?;
        rows.iter().map(field).collect()
    }
}

fn all(
    connection: &Connection,
    workspace: WorkspaceId,
    offset: u64,
    limit: u32,
) -> Result<Page<Segment>, StorageError> {
    let row = statement("SELECT count(*) FROM segments WHERE workspace_id = ?1")
        .bind(workspace.0)
        .fetch_one(connection)
        .map_err(storage)?;
    let total = count(&Row::new(&row, "segments", 0), 0)?;
    let rows = statement(
        "SELECT segment_id, name, created_at FROM segments WHERE workspace_id = ?1
         ORDER BY segment_id LIMIT ?2 OFFSET ?3",
    )
    .bind(workspace.0)
    .bind(limit)
    .bind(beyond(offset))
    .fetch_all(connection)
    .map_err(storage)?;
    Ok(Page {
        items: rows.iter().map(segment).collect::<Result<_, _>>()?,
        total,
    })
}

/// Compares names in Rust: SQLite lower-cases ASCII letters only.
fn containing(
    connection: &Connection,
    workspace: WorkspaceId,
    text: &str,
    offset: u64,
    limit: u32,
) -> Result<Page<Segment>, StorageError> {
    let rows =
        statement("SELECT segment_id, name, created_at FROM segments WHERE workspace_id = ?1 ORDER BY segment_id")
            .bind(workspace.0)
            .fetch_all(connection)
            .map_err(storage)?;
    let text = text.to_lowercase();
    let mut items = rows.iter().map(segment).collect::<Result<Vec<_>, _>>()?;
    items.retain(|segment| segment.name.as_str().to_lowercase().contains(&text));
    let total = items.len() as u64;
    let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
    let taken = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(Page {
        items: items.into_iter().skip(skipped).take(taken).collect(),
        total,
    })
}

/// Segments by their numbers, ordered by number.
pub(crate) fn segments_by_id(
    connection: &Connection,
    workspace: WorkspaceId,
    ids: &BTreeSet<SegmentId>,
) -> Result<Vec<Segment>, StorageError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = statement(
        "SELECT s.segment_id, s.name, s.created_at
         FROM json_each(?2) AS n CROSS JOIN segments AS s ON s.workspace_id = ?1 AND s.segment_id = n.value
         ORDER BY s.segment_id",
    )
    .bind(workspace.0)
    .bind(json(ids)?)
    .fetch_all(connection)
    .map_err(storage)?;
    rows.iter().map(segment).collect()
}

/// Reads `segment_id, name, created_at`.
pub(crate) fn segment(row: &SqliteRow) -> Result<Segment, StorageError> {
    let row = Row::new(row, "segments", 0);
    Ok(Segment {
        id: SegmentId(row.get(0, "segment_id")?),
        name: row.read(1, "name", |text| SegmentName::parse(text).ok())?,
        created_at: row.time(2, "created_at")?,
    })
}

/// Reads a category from `category_columns`.
pub(crate) fn category(row: &SqliteRow) -> Result<Category, StorageError> {
    let row = Row::new(row, "categories", 0);
    Ok(Category {
        id: CategoryId(row.get(0, "category_id")?),
        key: row.read(1, "key", |text| CategoryKey::parse(text).ok())?,
        name: row.read(2, "name", |text| CategoryName::parse(text).ok())?,
        segment: SegmentId(row.get(3, "segment_id")?),
        created_at: row.time(4, "created_at")?,
        updated_at: row.time(5, "updated_at")?,
        archived: row.get(6, "archived")?,
    })
}

/// Reads a custom field from `field_columns`.
pub(crate) fn field(row: &SqliteRow) -> Result<CustomField, StorageError> {
    let row = Row::new(row, "custom_fields", 0);
    Ok(CustomField {
        id: FieldId(row.get(0, "field_id")?),
        profile_key: row.get(1, "profile_key")?,
        field_key: row.get(2, "field_key")?,
        name: row.get(3, "name")?,
        field_type: row.read(4, "field_type", FieldType::from_wire)?,
        allowed: row.json(5, "allowed")?,
        required: row.get(6, "required")?,
        identifying: row.get(7, "identifying")?,
        archived: row.get(8, "archived")?,
    })
}

/// Reads a count of rows.
pub(crate) fn count(row: &Row<'_>, index: usize) -> Result<u64, StorageError> {
    u64::try_from(row.get::<i64>(index, "count")?).map_err(|_| row.corrupt("count"))
}

/// Converts an offset to SQLite's integer. A larger offset is capped: no row lies beyond it.
pub(crate) fn beyond(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}
