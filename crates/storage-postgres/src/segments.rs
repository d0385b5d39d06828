//! Dynamic segments.

use crate::contacts::{details_of, page};
use crate::error::{in_time, limit_time, translate};
use crate::rows::{self, FieldRecord, SegmentRecord, corrupt, json};
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    ContactDetails, CountQuery, Extent, MemberOrder, MemberQuery, MembersFrom, Segments, StorageError,
};
use selfsame_domain::segments::{Definitions, Formula};
use selfsame_domain::{
    ChangeSet, ContactId, CustomField, DeletedSegment, Footprint, Policy, Revision, Segment, SegmentId, Timestamp,
    WorkspaceId,
};
use selfsame_segment_sql::{Bound, Engine, Query, Rows, TimeColumn, counts, members};
use sqlx::postgres::PgArguments;
use sqlx::{Arguments, AssertSqlSafe, PgConnection, PgExecutor, Postgres};
use std::collections::BTreeMap;

const DEFINITIONS: &str = "
    SELECT
        (SELECT policy::text FROM policies WHERE workspace_id = $1) AS policy,
        ARRAY(SELECT record FROM segment_rows WHERE workspace_id = $1) AS segments,
        ARRAY(SELECT record FROM field_rows WHERE workspace_id = $1 ORDER BY field_id) AS fields,
        ARRAY(SELECT segment_id FROM segment_formulas WHERE workspace_id = $1 ORDER BY segment_id) AS dynamic,
        ARRAY(SELECT formula FROM segment_formulas WHERE workspace_id = $1 ORDER BY segment_id) AS formulas";

const EXTENT: &str = "
    SELECT COALESCE((SELECT max(contact_id) FROM contacts WHERE workspace_id = $1), 0) AS last,
           COALESCE((SELECT active_contacts FROM revisions WHERE workspace_id = $1), 0) AS active";

/// Formulas and segments that a footprint requests by ID, or all of them.
const READ_DEFINITIONS: &str = "
    SELECT
        NULL::text AS policy,
        ARRAY(SELECT record FROM segment_rows WHERE workspace_id = $1 AND $2) AS segments,
        ARRAY[]::field_v1[] AS fields,
        ARRAY(SELECT segment_id FROM segment_formulas
              WHERE workspace_id = $1 AND ($2 OR segment_id = ANY ($3)) ORDER BY segment_id) AS dynamic,
        ARRAY(SELECT formula FROM segment_formulas
              WHERE workspace_id = $1 AND ($2 OR segment_id = ANY ($3)) ORDER BY segment_id) AS formulas";

const WRITE: &str = "
    INSERT INTO segment_formulas (workspace_id, segment_id, revision, formula)
    SELECT $1, new.segment_id, $2, new.formula FROM unnest($3::bigint[], $4::text[]) AS new (segment_id, formula)
    ON CONFLICT (workspace_id, segment_id) DO UPDATE SET formula = EXCLUDED.formula, revision = EXCLUDED.revision";

const DELETE_FORMULAS: &str = "DELETE FROM segment_formulas WHERE workspace_id = $1 AND segment_id = ANY ($2)";

const DELETE_PERIODS: &str = "
    WITH counts AS (
        DELETE FROM segment_counts WHERE workspace_id = $1 AND segment_id = ANY ($2)
    )
    DELETE FROM segment_periods WHERE workspace_id = $1 AND segment_id = ANY ($2)";

const KEEP_DELETED: &str = "
    INSERT INTO deleted_segments (workspace_id, segment_id, revision, name, is_dynamic, created_at, deleted_at)
    SELECT $1, gone.segment_id, $2, gone.name, gone.is_dynamic, gone.created_at, gone.deleted_at
    FROM unnest($3::bigint[], $4::text[], $5::boolean[], $6::timestamptz[], $7::timestamptz[])
        AS gone (segment_id, name, is_dynamic, created_at, deleted_at)";

const DELETE: &str = "DELETE FROM segments WHERE workspace_id = $1 AND segment_id = ANY ($2)";

#[derive(Debug, sqlx::FromRow)]
struct DefinitionsRow {
    policy: Option<String>,
    segments: Vec<SegmentRecord>,
    fields: Vec<FieldRecord>,
    dynamic: Vec<i64>,
    formulas: Vec<String>,
}

impl DefinitionsRow {
    fn formulas(&self) -> Result<BTreeMap<SegmentId, Formula>, StorageError> {
        let pairs = self.dynamic.iter().zip(&self.formulas);
        pairs
            .map(|(id, text)| Ok((SegmentId(*id), json(text, "segment_formulas", "formula", id)?)))
            .collect()
    }
}

#[async_trait]
impl Segments for PostgresStore {
    async fn definitions(&self, workspace: WorkspaceId) -> Result<Definitions, StorageError> {
        Ok(read(self.pool(), workspace).await?.1)
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
        let query = members(Engine::Postgres, workspace, query.plan, query.now, rows);
        // The workspace is the first parameter of the query, as `details` requires.
        let sql = details_of(&query.sql);
        // Prepared as a named statement: between preparing and reading, the driver looks up the types of records with
        // another query, which would end an unnamed statement.
        let found = sqlx::query_as_with(AssertSqlSafe(sql), arguments(query)?)
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        Ok(page(found)?.items)
    }

    async fn count_within(
        &self,
        workspace: WorkspaceId,
        query: &CountQuery<'_>,
    ) -> Result<Option<Vec<u64>>, StorageError> {
        let compiled = counts(Engine::Postgres, workspace, query.plan, query.of_them, query.now);
        let sql = AssertSqlSafe(compiled.sql.clone());
        let counting = sqlx::query_scalar_with::<Postgres, String, _>(sql, arguments(compiled)?).persistent(false);
        let counts = match query.within {
            None => Some(counting.fetch_one(self.pool()).await.map_err(translate)?),
            Some(within) => {
                let work = async {
                    let mut transaction = self.pool().begin().await.map_err(translate)?;
                    limit_time(&mut transaction, within).await?;
                    // The transaction ends when it is dropped.
                    in_time(counting.fetch_one(&mut *transaction).await)
                };
                self.in_time(work).await?
            }
        };
        counts
            .map(|counts| json(&counts, "contacts", "counts", &workspace))
            .transpose()
    }

    async fn extent(&self, workspace: WorkspaceId) -> Result<Extent, StorageError> {
        let (last, active): (i64, i64) = sqlx::query_as(EXTENT)
            .bind(workspace.0)
            .fetch_one(self.pool())
            .await
            .map_err(translate)?;
        Ok(Extent {
            last: ContactId(last),
            active: active.unsigned_abs(),
        })
    }
}

/// The segments, in any order, and what formulas name.
pub(crate) async fn read(
    executor: impl PgExecutor<'_>,
    workspace: WorkspaceId,
) -> Result<(Vec<Segment>, Definitions), StorageError> {
    let row: DefinitionsRow = sqlx::query_as(DEFINITIONS)
        .bind(workspace.0)
        .fetch_one(executor)
        .await
        .map_err(translate)?;
    let formulas = row.formulas()?;
    let policy = row.policy.as_deref();
    let policy: Option<Policy> = policy
        .map(|text| json(text, "policies", "policy", &workspace))
        .transpose()?;
    let segments = rows::all(row.segments, Segment::try_from)?;
    let names = segments.iter().map(|segment| (segment.id, segment.name.clone()));
    let definitions = Definitions {
        names: names.collect(),
        formulas,
        fields: rows::all(row.fields, CustomField::try_from)?,
        shared_threshold: policy.map_or(0, |policy| policy.shared_threshold),
    };
    Ok((segments, definitions))
}

/// The values of a compiled query.
pub(crate) fn arguments(query: Query) -> Result<PgArguments, StorageError> {
    let mut arguments = PgArguments::default();
    for value in query.values {
        let added = match value {
            Bound::Integer(number) => arguments.add(number),
            Bound::Small(number) => arguments.add(number),
            Bound::Text(text) => arguments.add(text),
            Bound::Moment(at) => arguments.add(at),
        };
        added.map_err(StorageError::Refused)?;
    }
    Ok(arguments)
}

/// Reads the formulas of the segments that were found, and all segments where the footprint requests all. Adds the
/// segments that it found to `found`.
///
/// This is a separate statement, after the one that read the state. A definition that another commit changes between
/// the two makes the batch stale.
pub(crate) async fn of_footprint(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    footprint: &Footprint,
    found: &mut Vec<Segment>,
) -> Result<BTreeMap<SegmentId, Formula>, StorageError> {
    if found.is_empty() && !footprint.all_segments {
        return Ok(BTreeMap::new());
    }
    let ids: Vec<i64> = found.iter().map(|segment| segment.id.0).collect();
    let row: DefinitionsRow = sqlx::query_as(READ_DEFINITIONS)
        .bind(workspace.0)
        .bind(footprint.all_segments)
        .bind(ids)
        .fetch_one(connection)
        .await
        .map_err(translate)?;
    let formulas = row.formulas()?;
    if footprint.all_segments {
        *found = rows::all(row.segments, Segment::try_from)?;
        found.sort_by_key(|segment| segment.id);
    }
    Ok(formulas)
}

/// Writes formulas, and deletes segments, in the transaction of the commit.
pub(crate) async fn write(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    revision: Revision,
    changes: &ChangeSet,
) -> Result<(), StorageError> {
    if !changes.formulas.is_empty() {
        let ids: Vec<i64> = changes.formulas.iter().map(|(id, _)| id.0).collect();
        let formulas: Vec<String> = changes
            .formulas
            .iter()
            .map(|(_, formula)| formula.to_json().to_string())
            .collect();
        let done = sqlx::query(WRITE)
            .bind(workspace.0)
            .bind(revision.0)
            .bind(&ids)
            .bind(formulas);
        let done = done.execute(&mut *connection).await.map_err(translate)?;
        if done.rows_affected() != ids.len() as u64 {
            return Err(corrupt("segment_formulas", "segment_id", &workspace));
        }
    }
    if changes.segments_removed.is_empty() {
        return Ok(());
    }
    delete(connection, workspace, revision, &changes.segments_removed).await
}

async fn delete(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    revision: Revision,
    gone: &[DeletedSegment],
) -> Result<(), StorageError> {
    let ids: Vec<i64> = gone.iter().map(|gone| gone.segment.id.0).collect();
    let formulas = sqlx::query(DELETE_FORMULAS).bind(workspace.0).bind(&ids);
    formulas.execute(&mut *connection).await.map_err(translate)?;
    let periods = sqlx::query(DELETE_PERIODS).bind(workspace.0).bind(&ids);
    periods.execute(&mut *connection).await.map_err(translate)?;
    let done = sqlx::query(DELETE).bind(workspace.0).bind(&ids);
    let done = done.execute(&mut *connection).await.map_err(translate)?;
    if done.rows_affected() != ids.len() as u64 {
        return Err(corrupt("segments", "segment_id", &workspace));
    }
    let names: Vec<&str> = gone.iter().map(|gone| gone.segment.name.as_str()).collect();
    let kept = sqlx::query(KEEP_DELETED)
        .bind(workspace.0)
        .bind(revision.0)
        .bind(&ids)
        .bind(names)
        .bind(gone.iter().map(|gone| gone.is_dynamic).collect::<Vec<bool>>())
        .bind(
            gone.iter()
                .map(|gone| gone.segment.created_at)
                .collect::<Vec<Timestamp>>(),
        )
        .bind(gone.iter().map(|gone| gone.deleted_at).collect::<Vec<Timestamp>>());
    kept.execute(connection).await.map(drop).map_err(translate)
}
