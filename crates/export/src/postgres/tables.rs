//! Creates missing tables and columns, and reads the watermark of the tables.

use super::connect::in_time;
use super::sql;
use crate::marks::{DESCRIPTION, Known, Mark, NOTHING, WATERMARK};
use selfsame_application::ports::{SinkError, SinkRequest};
use selfsame_domain::export::{Dataset, TablePlan};
use sqlx::{AssertSqlSafe, Executor, FromRow, PgConnection};
use std::collections::BTreeMap;

const COLUMNS: &str = "
    SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS kind
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped";

/// Whether a unique index exists on exactly these columns.
const IS_UNIQUE: &str = "
    SELECT EXISTS (
        SELECT
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = $2 AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
          AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text)
               FROM pg_attribute a
               WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey::smallint[]))
            = (SELECT array_agg(k ORDER BY k) FROM unnest($3::text[]) AS k))";

const HAS_SCHEMA: &str = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)";

#[derive(FromRow)]
struct Found {
    name: String,
    kind: String,
}

pub(super) async fn prepare(connection: &mut PgConnection, request: &SinkRequest) -> Result<Known, SinkError> {
    let schema = &request.schema;
    in_time(connection.execute("BEGIN")).await?;
    let has_schema: bool = in_time(sqlx::query_scalar(HAS_SCHEMA).bind(schema).fetch_one(&mut *connection)).await?;
    if !has_schema {
        run(connection, format!("CREATE SCHEMA {}", sql::name(schema))).await?;
    }
    if columns(connection, schema, WATERMARK).await?.is_empty() {
        make_watermark(connection, schema).await?;
    }
    for plan in &request.tables {
        if prepare_table(connection, schema, plan).await? {
            let statement = format!(
                "UPDATE {} SET revision = $2 WHERE dataset = $1",
                sql::table(schema, WATERMARK)
            );
            let update = sqlx::query(AssertSqlSafe(statement))
                .bind(plan.dataset.as_str())
                .bind(NOTHING);
            in_time(update.execute(&mut *connection)).await?;
        }
    }
    let known = read(connection, request).await?;
    in_time(connection.execute("COMMIT")).await?;
    Ok(known)
}

/// The tables of a schema that exports have written. They may be gone.
pub(super) async fn written(connection: &mut PgConnection, schema: &str) -> Result<Vec<String>, SinkError> {
    if columns(connection, schema, WATERMARK).await?.is_empty() {
        return Ok(Vec::new());
    }
    let statement = format!("SELECT dataset FROM {}", sql::table(schema, WATERMARK));
    in_time(sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(connection)).await
}

async fn make_watermark(connection: &mut PgConnection, schema: &str) -> Result<(), SinkError> {
    let table = sql::table(schema, WATERMARK);
    let create = format!(
        "CREATE TABLE {table} (dataset text PRIMARY KEY, revision bigint NOT NULL, as_of timestamp with time zone NOT NULL, \
         export_id uuid NOT NULL)"
    );
    run(connection, create).await?;
    run(
        connection,
        format!("COMMENT ON TABLE {table} IS {}", sql::literal(DESCRIPTION)),
    )
    .await
}

/// Creates or extends a table. Returns whether it did.
async fn prepare_table(connection: &mut PgConnection, schema: &str, plan: &TablePlan) -> Result<bool, SinkError> {
    let dataset = plan.dataset;
    let found = columns(connection, schema, dataset.as_str()).await?;
    if found.is_empty() {
        for statement in sql::create(schema, dataset, &plan.columns) {
            run(connection, statement).await?;
        }
        return Ok(true);
    }
    let mut is_altered = false;
    for column in &plan.columns {
        match found.get(&*column.name) {
            None => {
                for statement in sql::add(schema, dataset, column) {
                    run(connection, statement).await?;
                }
                is_altered = true;
            }
            Some(actual) if sql::holds(column.kind, actual) => {}
            Some(actual) => {
                return Err(SinkError::Incompatible {
                    problem: format!(
                        "the column `{}` of the table `{}` is of the type {actual}, and has to be {}",
                        column.name,
                        dataset.as_str(),
                        sql::type_of(column.kind)
                    ),
                    way_out: "change its type, or rename the table so that the next run creates it again",
                });
            }
        }
    }
    check_key(connection, schema, dataset).await?;
    Ok(is_altered)
}

async fn check_key(connection: &mut PgConnection, schema: &str, dataset: Dataset) -> Result<(), SinkError> {
    let query = sqlx::query_scalar(IS_UNIQUE)
        .bind(schema)
        .bind(dataset.as_str())
        .bind(dataset.key());
    let is_unique: bool = in_time(query.fetch_one(connection)).await?;
    if is_unique {
        return Ok(());
    }
    Err(SinkError::Incompatible {
        problem: format!(
            "the table `{}` has no primary key of {}",
            dataset.as_str(),
            dataset.key().join(", ")
        ),
        way_out: "add it, or rename the table so that the next run creates it again",
    })
}

async fn columns(
    connection: &mut PgConnection,
    schema: &str,
    table: &str,
) -> Result<BTreeMap<String, String>, SinkError> {
    let query = sqlx::query_as(COLUMNS).bind(schema).bind(table);
    let found: Vec<Found> = in_time(query.fetch_all(connection)).await?;
    Ok(found.into_iter().map(|column| (column.name, column.kind)).collect())
}

async fn read(connection: &mut PgConnection, request: &SinkRequest) -> Result<Known, SinkError> {
    let datasets: Vec<&str> = request.tables.iter().map(|plan| plan.dataset.as_str()).collect();
    let statement = format!(
        "SELECT dataset, revision, as_of, export_id FROM {} WHERE dataset = ANY ($1::text[])",
        sql::table(&request.schema, WATERMARK)
    );
    let query = sqlx::query_as(AssertSqlSafe(statement)).bind(&datasets);
    let marks: Vec<Mark> = in_time(query.fetch_all(connection)).await?;
    Known::read(marks, request)
}

/// Executes a statement whose names are quoted.
pub(super) async fn run(connection: &mut PgConnection, statement: String) -> Result<(), SinkError> {
    in_time(sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection)).await?;
    Ok(())
}
