//! Segments, categories and custom fields of a footprint.

use crate::catalog::{category, category_columns, field, field_columns, segment};
use crate::error::storage;
use crate::rows::json;
use crate::segments::of_footprint;
use crate::statement::statement;
use rusqlite::Connection;
use selfsame_application::ports::StorageError;
use selfsame_domain::{Category, CustomField, Footprint, Segment, SegmentId, Snapshot, WorkspaceId};
use std::collections::BTreeSet;

/// Loads what the footprint names. Returns how many of its segment names are unknown.
pub(super) fn load(
    connection: &Connection,
    workspace: WorkspaceId,
    footprint: &Footprint,
    snapshot: &mut Snapshot,
) -> Result<usize, StorageError> {
    snapshot.categories = categories(connection, workspace, footprint)?;
    snapshot.segments = segments(connection, workspace, footprint, &snapshot.categories)?;
    snapshot.formulas = of_footprint(connection, workspace, footprint, &mut snapshot.segments)?;
    snapshot.fields = fields(connection, workspace, footprint)?;
    let known: BTreeSet<_> = snapshot.segments.iter().map(|segment| &segment.name).collect();
    Ok(footprint
        .segment_names
        .iter()
        .filter(|name| !known.contains(name))
        .count())
}

/// Categories by key, by number, all, or by the name of a segment. A workspace has few of them, so they are filtered
/// here.
fn categories(
    connection: &Connection,
    workspace: WorkspaceId,
    footprint: &Footprint,
) -> Result<Vec<Category>, StorageError> {
    let named = !footprint.category_keys.is_empty() || !footprint.categories.is_empty();
    if !named && !footprint.all_categories && footprint.segment_names.is_empty() {
        return Ok(Vec::new());
    }
    let rows = statement(concat!(
        "SELECT ",
        category_columns!(),
        " FROM categories AS c
          WHERE c.workspace_id = ?1 AND (
            ?2
            OR c.key IN (SELECT value FROM json_each(?3))
            OR c.category_id IN (SELECT value FROM json_each(?4))
            OR c.segment_id IN (
                SELECT s.segment_id
                FROM json_each(?5) AS n CROSS JOIN segments AS s ON s.workspace_id = ?1 AND s.name = n.value))
          ORDER BY c.category_id",
    ))
    .bind(workspace.0)
    .bind(footprint.all_categories)
    .bind(json(&footprint.category_keys)?)
    .bind(json(&footprint.categories)?)
    .bind(json(&footprint.segment_names)?)
    .fetch_all(connection)
    .map_err(storage)?;
    rows.iter().map(category).collect()
}

/// Segments by number or name, and those of the categories.
fn segments(
    connection: &Connection,
    workspace: WorkspaceId,
    footprint: &Footprint,
    categories: &[Category],
) -> Result<Vec<Segment>, StorageError> {
    let mut ids: BTreeSet<SegmentId> = footprint.segments.clone();
    ids.extend(categories.iter().map(|category| category.segment));
    if ids.is_empty() && footprint.segment_names.is_empty() {
        return Ok(Vec::new());
    }
    let rows = statement(
        "SELECT s.segment_id, s.name, s.created_at
         FROM json_each(?2) AS n CROSS JOIN segments AS s ON s.workspace_id = ?1 AND s.segment_id = n.value
         UNION
         SELECT s.segment_id, s.name, s.created_at
         FROM json_each(?3) AS n CROSS JOIN segments AS s ON s.workspace_id = ?1 AND s.name = n.value
         ORDER BY 1",
    )
    .bind(workspace.0)
    .bind(json(&ids)?)
    .bind(json(&footprint.segment_names)?)
    .fetch_all(connection)
    .map_err(storage)?;
    rows.iter().map(segment).collect()
}

/// Custom fields by number, or by the keys of group and field.
fn fields(
    connection: &Connection,
    workspace: WorkspaceId,
    footprint: &Footprint,
) -> Result<Vec<CustomField>, StorageError> {
    if footprint.fields.is_empty() && footprint.field_keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows = statement(concat!(
        "SELECT ",
        field_columns!(),
        " FROM json_each(?2) AS n CROSS JOIN custom_fields AS f ON f.workspace_id = ?1 AND f.field_id = n.value
          UNION
          SELECT ",
        field_columns!(),
        " FROM jsonb_each(?3) AS n CROSS JOIN custom_fields AS f
            ON f.workspace_id = ?1 AND f.profile_key = n.value ->> 0 AND f.field_key = n.value ->> 1
          ORDER BY 1",
    ))
    .bind(workspace.0)
    .bind(json(&footprint.fields)?)
    .bind(json(&footprint.field_keys)?)
    .fetch_all(connection)
    .map_err(storage)?;
    rows.iter().map(field).collect()
}
