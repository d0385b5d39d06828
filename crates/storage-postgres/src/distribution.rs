//! Distribution of the tables on the nodes of a Citus cluster.
//!
//! The tables of a workspace's data are distributed by `workspace_id` and colocated, so a workspace is on one node, and
//! a call of `read_v1` or `write_v1` is one command to that node. Tables that are read before a workspace is known are
//! copied to every node. Two tables stay on the coordinator.

use crate::error::translate;
use crate::store::PostgresStore;
use selfsame_application::ports::StorageError;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Tables that every node has a copy of, each after the tables that its foreign keys reference.
const REFERENCE: [&str; 12] = [
    "workspaces",
    "api_keys",
    "sites",
    "site_origins",
    "signing_secrets",
    "users",
    "members",
    "invitations",
    "sessions",
    "second_factors",
    "recovery_codes",
    "user_identities",
];

/// Tables on the coordinator only: locks between servers, and the list of migrations.
const LOCAL: [&str; 2] = ["turns", "_sqlx_migrations"];

/// The table that all others are colocated with.
const FIRST: &str = "revisions";

/// Functions that run on the node of the workspace in their arguments.
const DELEGATED: [&str; 2] = ["read_v1", "write_v1"];

const TURN: &str = "SELECT FROM turns WHERE name = 'distribution' FOR UPDATE";

/// For each of our tables except partitions: whether it is distributed by workspace, and whether it is on every node.
const TABLES: &str = "
    SELECT c.relname::text AS name, COALESCE(p.partmethod = 'h', false) AS by_workspace,
           COALESCE(p.partmethod = 'n' AND p.repmodel = 't', false) AS everywhere
    FROM pg_class c
    LEFT JOIN pg_dist_partition p ON p.logicalrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname <> 'revisions', c.relname";

/// Functions that the other nodes lack, and functions to delegate that are not delegated yet.
const LACKING_FUNCTIONS: &str = "
    SELECT p.proname::text AS name, p.oid::regprocedure::text AS signature
    FROM pg_proc p
    LEFT JOIN pg_dist_object o ON o.classid = 'pg_proc'::regclass AND o.objid = p.oid
    WHERE p.pronamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
      AND (o.objid IS NULL OR (p.proname = ANY ($1) AND o.force_delegation IS NOT TRUE))
    ORDER BY p.oid";

/// Citus opens the sessions on workers: settings of a session on the coordinator do not reach them, settings of the
/// role do. The coordinator's other time-outs also end what runs on the workers.
const ROLE_SETTINGS: &str = "
    SELECT format('ALTER ROLE %I IN DATABASE %I SET %s = %L', current_user, current_database(), name, value)
    FROM unnest($1::text[], $2::text[]) AS setting (name, value)";

/// Why a database cannot be distributed.
#[derive(Debug, thiserror::Error)]
pub enum DistributeError {
    /// The database does not belong to a cluster.
    #[error(
        "the database lacks the extension `citus`; run CREATE EXTENSION citus in it on every node, then citus_set_coordinator_host and \
         citus_add_node on the coordinator"
    )]
    NoExtension,
    /// The URL names a worker.
    #[error("the database is not the coordinator of its cluster")]
    NotCoordinator,
    /// No node would hold the data.
    #[error("no node of the cluster takes data; add one with citus_add_node")]
    NoNodes,
    /// A table that this release does not know how to distribute.
    #[error("the table `{0}` has no column workspace_id and is none that stays on the coordinator")]
    UnknownTable(String),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for DistributeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(translate(error))
    }
}

/// How the database is distributed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// The version of the extension, such as `13.2-1`.
    pub version: String,
    /// How many nodes hold data.
    pub nodes: u64,
    /// Tables that are distributed by workspace.
    pub by_workspace: Vec<String>,
    /// Tables that every node has a copy of.
    pub everywhere: Vec<String>,
    /// Tables and functions that should be distributed and are not.
    pub lacking: Vec<String>,
}

/// What [`PostgresStore::distribute`] did. Empty when nothing was left to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distributed {
    /// Tables that it distributed by workspace.
    pub by_workspace: Vec<String>,
    /// Tables that it copied to every node.
    pub everywhere: Vec<String>,
    /// Functions that it created on every node. Citus creates the views there itself.
    pub functions: Vec<String>,
}

#[derive(Debug, sqlx::FromRow)]
struct TableRow {
    name: String,
    by_workspace: bool,
    everywhere: bool,
}

#[derive(Debug, sqlx::FromRow)]
struct FunctionRow {
    name: String,
    signature: String,
}

impl PostgresStore {
    /// How the database is distributed. None without the extension, or when no table is distributed.
    pub async fn distribution(&self) -> Result<Option<Distribution>, StorageError> {
        let mut connection = self.pool().acquire().await.map_err(translate)?;
        self.in_time(async { read(&mut connection).await.map_err(translate) })
            .await
    }

    /// Distributes the tables, empty or filled, by workspace, and returns what it did. Writes to a table wait while it
    /// is copied. A repeated call continues where the last one stopped.
    pub async fn distribute(&self) -> Result<Distributed, DistributeError> {
        let mut waiting = PgConnection::connect_with(self.migrating()).await?;
        // One server at a time: the others wait here, and then find nothing left to do.
        let mut turn = waiting.begin().await?;
        sqlx::query(TURN).execute(&mut *turn).await?;
        let mut connection = PgConnection::connect_with(self.migrating()).await?;
        let done = distribute(&mut connection, &self.worker_settings()).await;
        connection.close().await?;
        turn.commit().await?;
        waiting.close().await?;
        done
    }
}

async fn read(connection: &mut PgConnection) -> Result<Option<Distribution>, sqlx::Error> {
    let Some(version) = version(connection).await? else {
        return Ok(None);
    };
    let tables = tables(connection).await?;
    if !tables.iter().any(|table| table.by_workspace) {
        return Ok(None);
    }
    let lacks = |table: &&TableRow| !table.by_workspace && !table.everywhere && !LOCAL.contains(&table.name.as_str());
    let mut lacking: Vec<String> = tables.iter().filter(lacks).map(|table| table.name.clone()).collect();
    lacking.extend(functions(connection).await?.into_iter().map(|function| function.name));
    let names = |wanted: fn(&TableRow) -> bool| {
        let of = tables.iter().filter(|table| wanted(table));
        of.map(|table| table.name.clone()).collect()
    };
    Ok(Some(Distribution {
        version,
        nodes: nodes(connection).await?,
        by_workspace: names(|table| table.by_workspace),
        everywhere: names(|table| table.everywhere),
        lacking,
    }))
}

async fn distribute(
    connection: &mut PgConnection,
    settings: &[(&str, String)],
) -> Result<Distributed, DistributeError> {
    if version(connection).await?.is_none() {
        return Err(DistributeError::NoExtension);
    }
    let coordinator: bool = sqlx::query_scalar("SELECT citus_is_coordinator()")
        .fetch_one(&mut *connection)
        .await?;
    if !coordinator {
        return Err(DistributeError::NotCoordinator);
    }
    if nodes(connection).await? == 0 {
        return Err(DistributeError::NoNodes);
    }
    let mut done = Distributed::default();
    distribute_tables(connection, &mut done).await?;
    for function in functions(connection).await? {
        delegate(connection, &function).await?;
        done.functions.push(function.name);
    }
    let (names, values): (Vec<&str>, Vec<&str>) = settings.iter().map(|(name, value)| (*name, value.as_str())).unzip();
    let statements: Vec<String> = sqlx::query_scalar(ROLE_SETTINGS)
        .bind(names)
        .bind(values)
        .fetch_all(&mut *connection)
        .await?;
    for statement in statements {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await?;
    }
    Ok(done)
}

async fn distribute_tables(connection: &mut PgConnection, done: &mut Distributed) -> Result<(), DistributeError> {
    let all = tables(connection).await?;
    for name in REFERENCE {
        if all.iter().any(|table| table.name == name && !table.everywhere) {
            sqlx::query("SELECT create_reference_table($1::text::regclass)")
                .bind(name)
                .execute(&mut *connection)
                .await?;
            done.everywhere.push(name.to_owned());
        }
    }
    let named = |names: &[&str], table: &TableRow| names.contains(&table.name.as_str());
    let rest = all
        .into_iter()
        .filter(|table| !named(&REFERENCE, table) && !named(&LOCAL, table));
    for table in rest.filter(|table| !table.by_workspace) {
        distribute_table(connection, &table.name).await?;
        done.by_workspace.push(table.name);
    }
    Ok(())
}

async fn distribute_table(connection: &mut PgConnection, name: &str) -> Result<(), DistributeError> {
    let has_workspace: bool = sqlx::query_scalar(
        "SELECT EXISTS (
            SELECT FROM pg_attribute WHERE attrelid = $1::text::regclass AND attname = 'workspace_id' AND NOT attisdropped)",
    )
    .bind(name)
    .fetch_one(&mut *connection)
    .await?;
    if !has_workspace {
        return Err(DistributeError::UnknownTable(name.to_owned()));
    }
    sqlx::query("SELECT create_distributed_table($1::text::regclass, 'workspace_id', colocate_with => $2)")
        .bind(name)
        .bind(if name == FIRST { "none" } else { FIRST })
        .execute(&mut *connection)
        .await?;
    // The rows of a filled table are on the other nodes now, and still in hidden files here.
    sqlx::query("SELECT truncate_local_data_after_distributing_table($1::text::regclass)")
        .bind(name)
        .execute(&mut *connection)
        .await?;
    Ok(())
}

async fn delegate(connection: &mut PgConnection, function: &FunctionRow) -> Result<(), sqlx::Error> {
    let is_delegated = DELEGATED.contains(&function.name.as_str());
    if is_delegated {
        // The extension chooses the shard during planning, so it needs the parameter values.
        let reset = format!("ALTER FUNCTION {} RESET plan_cache_mode", function.signature);
        sqlx::raw_sql(AssertSqlSafe(reset)).execute(&mut *connection).await?;
    }
    // Citus delegates a call within a transaction only when forced to.
    let statement = if is_delegated {
        "SELECT create_distributed_function($1::text::regprocedure, 'asked_workspace', colocate_with => 'revisions',
                                            force_delegation => true)"
    } else {
        "SELECT create_distributed_function($1::text::regprocedure)"
    };
    sqlx::query(statement)
        .bind(&function.signature)
        .execute(connection)
        .await
        .map(drop)
}

async fn version(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT extversion FROM pg_extension WHERE extname = 'citus'")
        .fetch_optional(connection)
        .await
}

/// How many nodes accept data.
async fn nodes(connection: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_dist_node WHERE isactive AND shouldhaveshards AND noderole = 'primary'",
    )
    .fetch_one(connection)
    .await?;
    Ok(count.unsigned_abs())
}

async fn tables(connection: &mut PgConnection) -> Result<Vec<TableRow>, sqlx::Error> {
    sqlx::query_as(TABLES).fetch_all(connection).await
}

async fn functions(connection: &mut PgConnection) -> Result<Vec<FunctionRow>, sqlx::Error> {
    sqlx::query_as(LACKING_FUNCTIONS)
        .bind(DELEGATED.as_slice())
        .fetch_all(connection)
        .await
}
