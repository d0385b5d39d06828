//! Dynamic segments.

use crate::catalog::{count as whole_number, field, field_columns, segment};
use crate::details::details;
use crate::error::storage;
use crate::rows::Row;
use crate::statement::{Statement, dynamic, statement, until};
use crate::store::SqliteStore;
use async_trait::async_trait;
use rusqlite::Connection;
use selfsame_application::ports::{
    ContactDetails, CountQuery, Extent, MemberOrder, MemberQuery, MembersFrom, Segments, StorageError,
};
use selfsame_domain::segments::{Definitions, Formula};
use selfsame_domain::{ContactId, Footprint, Policy, Segment, SegmentId, WorkspaceId};
use selfsame_segment_sql::{Bound, Engine, Query, Rows, TimeColumn, counts, members};
use std::collections::BTreeMap;
use std::time::Instant;

const EXTENT: &str = "
    SELECT COALESCE((SELECT max(contact_id) FROM contacts WHERE workspace_id = ?1), 0),
           COALESCE((SELECT active_contacts FROM revisions WHERE workspace_id = ?1), 0)";

#[async_trait]
impl Segments for SqliteStore {
    async fn definitions(&self, workspace: WorkspaceId) -> Result<Definitions, StorageError> {
        let mut reading = self.readers.begin().await?;
        Ok(read(reading.connection()?, workspace)?.1)
    }

    async fn members(
        &self,
        workspace: WorkspaceId,
        query: &MemberQuery<'_>,
    ) -> Result<Vec<ContactDetails>, StorageError> {
        let (by, ascending, after, offset) = match query.from {
            MembersFrom::After(contact) => (None, true, Some((None, contact)), 0),
            MembersFrom::Offset { offset, ascending } => (None, ascending, None, offset),
            MembersFrom::Place { order, after } => {
                let (by, ascending) = match order {
                    MemberOrder::Created { ascending } => (TimeColumn::Created, ascending),
                    MemberOrder::Updated { ascending } => (TimeColumn::Updated, ascending),
                };
                (Some(by), ascending, after.map(|(at, id)| (Some(at), id)), 0)
            }
        };
        let rows = Rows {
            by,
            ascending,
            after,
            offset,
            limit: query.limit,
        };
        let query = members(Engine::Sqlite, workspace, query.plan, query.now, rows);
        let mut reading = self.readers.begin().await?;
        let connection = reading.connection()?;
        let rows = compiled(query).fetch_all(connection).map_err(storage)?;
        let number = |row| Row::new(row, "contacts", 0).get(0, "contact_id").map(ContactId);
        let order = rows.iter().map(number).collect::<Result<Vec<_>, _>>()?;
        details(connection, workspace, &order)
    }

    async fn count_within(
        &self,
        workspace: WorkspaceId,
        query: &CountQuery<'_>,
    ) -> Result<Option<Vec<u64>>, StorageError> {
        let compiled = compiled(counts(Engine::Sqlite, workspace, query.plan, query.of_them, query.now));
        let mut reader = self.readers.lend().await?;
        let connection = reader.connection()?;
        let counting = || {
            let row = compiled.fetch_one(connection).map_err(storage)?;
            Row::new(&row, "contacts", 0).json(0, "counts")
        };
        match query.within {
            Some(within) => until(connection, Instant::now() + within, counting),
            None => counting().map(Some),
        }
    }

    async fn extent(&self, workspace: WorkspaceId) -> Result<Extent, StorageError> {
        let mut reader = self.readers.lend().await?;
        let row = statement(EXTENT).bind(workspace.0).fetch_one(reader.connection()?);
        let row = row.map_err(storage)?;
        let row = Row::new(&row, "contacts", 0);
        Ok(Extent {
            last: ContactId(row.get(0, "contact_id")?),
            active: whole_number(&row, 1)?,
        })
    }
}

/// A compiled query as a statement.
pub(crate) fn compiled(query: Query) -> Statement {
    query
        .values
        .into_iter()
        .fold(dynamic(query.sql), |statement, value| match value {
            Bound::Integer(number) => statement.bind(number),
            Bound::Small(number) => statement.bind(number),
            Bound::Text(text) => statement.bind(text),
            Bound::Moment(at) => statement.bind(at.timestamp_micros()),
        })
}

/// The segments, by ID, and what formulas name.
pub(crate) fn read(
    connection: &Connection,
    workspace: WorkspaceId,
) -> Result<(Vec<Segment>, Definitions), StorageError> {
    let fields = statement(concat!(
        "SELECT ",
        field_columns!(),
        " FROM custom_fields AS f WHERE f.workspace_id = ?1 ORDER BY f.field_id",
    ))
    .bind(workspace.0)
    .fetch_all(connection)
    .map_err(storage)?;
    let segments = all(connection, workspace)?;
    let names = segments.iter().map(|segment| (segment.id, segment.name.clone()));
    let policy = statement("SELECT workspace_id, policy FROM workspaces WHERE workspace_id = ?1")
        .bind(workspace.0)
        .fetch_optional(connection)
        .map_err(storage)?;
    let threshold = |row| {
        let row = Row::new(row, "workspaces", 0);
        let text: &str = row.get(1, "policy")?;
        let policy: Policy = serde_json::from_str(text).map_err(|_| row.corrupt("policy"))?;
        Ok::<_, StorageError>(policy.shared_threshold)
    };
    let definitions = Definitions {
        names: names.collect(),
        formulas: formulas(connection, workspace)?,
        fields: fields.iter().map(field).collect::<Result<_, _>>()?,
        shared_threshold: policy.as_ref().map(threshold).transpose()?.unwrap_or_default(),
    };
    Ok((segments, definitions))
}

fn all(connection: &Connection, workspace: WorkspaceId) -> Result<Vec<Segment>, StorageError> {
    let rows =
        statement("SELECT segment_id, name, created_at FROM segments WHERE workspace_id = ?1 ORDER BY segment_id")
            .bind(workspace.0)
            .fetch_all(connection)
            .map_err(storage)?;
    rows.iter().map(segment).collect()
}

fn formulas(connection: &Connection, workspace: WorkspaceId) -> Result<BTreeMap<SegmentId, Formula>, StorageError> {
    let rows = statement("SELECT segment_id, formula FROM segment_formulas WHERE workspace_id = ?1")
        .bind(workspace.0)
        .fetch_all(connection)
        .map_err(storage)?;
    let pair = |row| {
        let row = Row::new(row, "segment_formulas", 0);
        Ok((SegmentId(row.get(0, "segment_id")?), row.json(1, "formula")?))
    };
    rows.iter().map(pair).collect()
}

/// Reads the formulas of the segments that were found, and all segments where the footprint requests all.
pub(crate) fn of_footprint(
    connection: &Connection,
    workspace: WorkspaceId,
    footprint: &Footprint,
    found: &mut Vec<Segment>,
) -> Result<BTreeMap<SegmentId, Formula>, StorageError> {
    if footprint.all_segments {
        *found = all(connection, workspace)?;
    }
    if found.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut formulas = formulas(connection, workspace)?;
    formulas.retain(|id, _| found.iter().any(|segment| segment.id == *id));
    Ok(formulas)
}
