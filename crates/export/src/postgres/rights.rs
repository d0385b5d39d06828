//! The rights that a run needs, and the statements that grant them.

use super::connect::in_time;
use super::error::denied;
use selfsame_application::ports::SinkError;
use sqlx::{FromRow, PgConnection};

const RIGHTS: &str = "
    SELECT
        format('%I', current_database()) AS database,
        format('%I', current_user) AS user_name,
        format('%I', $1::text) AS schema_name,
        EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) AS has_schema,
        has_database_privilege(current_database(), 'CREATE') AS may_make_schemas,
        has_database_privilege(current_database(), 'TEMPORARY') AS may_stage,
        COALESCE((SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = $1), false) AS may_use,
        COALESCE((SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = $1), false) AS may_make_tables,
        (SELECT count(*)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relname = ANY ($2)) = cardinality($2::text[]) AS has_tables";

/// The statement that grants the rights on a table that has not all of them.
const LACKING: &str = "
    SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I.%I TO %I', n.nspname, c.relname, current_user)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = ANY ($2) AND c.relkind IN ('r', 'p')
      AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
               AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
    ORDER BY c.relname
    LIMIT 1";

const TAKES_WRITES: &str = "SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean";

#[derive(FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "the row of a question about rights")]
struct Rights {
    database: String,
    user_name: String,
    schema_name: String,
    has_schema: bool,
    may_make_schemas: bool,
    may_stage: bool,
    may_use: bool,
    may_make_tables: bool,
    has_tables: bool,
}

async fn check_writable(connection: &mut PgConnection) -> Result<(), SinkError> {
    let takes_writes: bool = in_time(sqlx::query_scalar(TAKES_WRITES).fetch_one(connection)).await?;
    if takes_writes {
        Ok(())
    } else {
        Err(denied("the server takes no writes: it is a standby, or read-only"))
    }
}

/// Fails with the first missing right for an export that writes these tables of a schema, whether they exist or not.
pub(super) async fn check(connection: &mut PgConnection, schema: &str, tables: &[&str]) -> Result<(), SinkError> {
    check_writable(connection).await?;
    check_schema(connection, schema, tables).await?;
    let lacking = sqlx::query_scalar(LACKING).bind(schema).bind(tables);
    let grant: Option<String> = in_time(lacking.fetch_optional(connection)).await?;
    match grant {
        None => Ok(()),
        Some(grant) => Err(SinkError::Denied {
            problem: "the user may not read and write a table of the export".to_owned(),
            grant: Some(grant),
        }),
    }
}

async fn check_schema(connection: &mut PgConnection, schema: &str, tables: &[&str]) -> Result<(), SinkError> {
    let rights = sqlx::query_as(RIGHTS).bind(schema).bind(tables);
    let rights: Rights = in_time(rights.fetch_one(connection)).await?;
    let Rights {
        database,
        user_name,
        schema_name,
        ..
    } = &rights;
    let (problem, grant) = if !rights.has_schema && !rights.may_make_schemas {
        (
            "the schema is not there, and the user may not make it",
            format!("CREATE SCHEMA {schema_name} AUTHORIZATION {user_name}"),
        )
    } else if rights.has_schema && !rights.may_use {
        (
            "the user may not use the schema",
            format!("GRANT USAGE, CREATE ON SCHEMA {schema_name} TO {user_name}"),
        )
    } else if rights.has_schema && !rights.may_make_tables && !rights.has_tables {
        (
            "the user may not make tables in the schema",
            format!("GRANT CREATE ON SCHEMA {schema_name} TO {user_name}"),
        )
    } else if !rights.may_stage {
        (
            "the user may not make temporary tables",
            format!("GRANT TEMPORARY ON DATABASE {database} TO {user_name}"),
        )
    } else {
        return Ok(());
    };
    Err(SinkError::Denied {
        problem: problem.to_owned(),
        grant: Some(grant),
    })
}
