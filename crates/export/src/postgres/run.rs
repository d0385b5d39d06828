//! A run: staging, and one transaction.

use super::compare::{Sides, compare};
use super::connect::in_time;
use super::copy::{self, Form};
use super::sql;
use super::tables::run;
use crate::marks::{Known, WATERMARK};
use async_trait::async_trait;
use selfsame_application::ports::{CompareRequest, SinkError, SinkRequest, SinkRun, TableComparison, Watermark};
use selfsame_domain::export::{Cell, Column, Dataset, Row};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::collections::{BTreeMap, BTreeSet};

/// The types of the columns of a table, in their order.
const TYPES: &str = "
    SELECT format_type(atttypid, NULL)
    FROM pg_attribute
    WHERE attrelid = $1::regclass AND attnum > 0
    ORDER BY attnum";

/// A temporary table.
#[derive(Debug, Clone)]
struct Temporary {
    /// Its name, quoted, with its schema.
    name: String,
    /// The forms of its columns.
    forms: Vec<Form>,
}

/// A running run. Its connection ends with it, which discards uncommitted work.
pub(super) struct PostgresRun {
    connection: PgConnection,
    request: SinkRequest,
    known: Known,
    /// Whether the transaction has begun.
    has_begun: bool,
    /// The temporary tables that exist.
    made: BTreeMap<String, Temporary>,
    /// The datasets and columns by which rows are deleted.
    forgotten: BTreeSet<(Dataset, &'static str)>,
}

impl PostgresRun {
    pub(super) fn new(connection: PgConnection, request: SinkRequest, known: Known) -> Self {
        Self {
            connection,
            request,
            known,
            has_begun: false,
            made: BTreeMap::new(),
            forgotten: BTreeSet::new(),
        }
    }

    async fn begin(&mut self) -> Result<(), SinkError> {
        if !self.has_begun {
            in_time(self.connection.execute("BEGIN")).await?;
            self.has_begun = true;
        }
        Ok(())
    }

    fn datasets(&self) -> Vec<Dataset> {
        self.request.tables.iter().map(|plan| plan.dataset).collect()
    }

    fn columns(&self, dataset: Dataset) -> Vec<Column> {
        let plan = self.request.tables.iter().find(|plan| plan.dataset == dataset);
        plan.map_or_else(Vec::new, |plan| plan.columns.clone())
    }

    fn target(&self, dataset: Dataset) -> String {
        sql::table(&self.request.schema, dataset.as_str())
    }

    /// Creates a temporary table with the columns of the target table, once.
    async fn temporary(&mut self, table: String, dataset: Dataset, columns: &str) -> Result<Temporary, SinkError> {
        self.begin().await?;
        if let Some(made) = self.made.get(&table) {
            return Ok(made.clone());
        }
        let statement = format!(
            "CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {columns} FROM {} WITH NO DATA",
            sql::name(&table),
            self.target(dataset)
        );
        run(&mut self.connection, statement).await?;
        let name = sql::table("pg_temp", &table);
        let types = sqlx::query_scalar(TYPES).bind(&name);
        let types: Vec<String> = in_time(types.fetch_all(&mut self.connection)).await?;
        let made = Temporary {
            name,
            forms: types.iter().map(|kind| Form::of(kind)).collect(),
        };
        self.made.insert(table, made.clone());
        Ok(made)
    }

    async fn staged(&mut self, dataset: Dataset) -> Result<Temporary, SinkError> {
        let columns = sql::names(self.columns(dataset).iter().map(|column| &*column.name));
        self.temporary(format!("_selfsame_staged_{}", dataset.as_str()), dataset, &columns)
            .await
    }

    async fn gone(&mut self, dataset: Dataset, column: &'static str) -> Result<Temporary, SinkError> {
        let table = format!("_selfsame_gone_{}_{column}", dataset.as_str());
        self.temporary(table, dataset, &sql::name(column)).await
    }

    async fn copy(&mut self, table: &Temporary, rows: &[Row]) -> Result<u64, SinkError> {
        let bytes = copy::encode(rows, &table.forms)?;
        let statement = format!("COPY {} FROM STDIN WITH (FORMAT binary)", table.name);
        let copying = async {
            let mut copy = self.connection.copy_in_raw(&statement).await?;
            copy.send(bytes.as_slice()).await?;
            copy.finish().await
        };
        in_time(copying).await?;
        Ok(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
    }

    /// Checks that no concurrent run has written the tables, so that this run does not overwrite it.
    async fn check_marks(&mut self) -> Result<(), SinkError> {
        let table = sql::table(&self.request.schema, WATERMARK);
        run(
            &mut self.connection,
            format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"),
        )
        .await?;
        let datasets: Vec<&str> = self.request.tables.iter().map(|plan| plan.dataset.as_str()).collect();
        let statement = format!("SELECT dataset, revision FROM {table} WHERE dataset = ANY ($1::text[])");
        let query = sqlx::query_as(AssertSqlSafe(statement)).bind(&datasets);
        let now: Vec<(String, i64)> = in_time(query.fetch_all(&mut self.connection)).await?;
        if now.into_iter().collect::<std::collections::BTreeMap<_, _>>() == self.known.marks {
            Ok(())
        } else {
            Err(SinkError::Raced)
        }
    }

    async fn write_table(&mut self, dataset: Dataset, is_full: bool) -> Result<(), SinkError> {
        let (target, staged) = (self.target(dataset), self.staged(dataset).await?.name);
        let columns = self.columns(dataset);
        run(&mut self.connection, format!("ANALYZE {staged}")).await?;
        let forgotten: Vec<&'static str> = self
            .forgotten
            .iter()
            .filter(|(of, _)| *of == dataset)
            .map(|(_, column)| *column)
            .collect();
        for column in forgotten {
            let gone = self.gone(dataset, column).await?.name;
            run(&mut self.connection, format!("ANALYZE {gone}")).await?;
            let column = sql::name(column);
            let statement = format!("DELETE FROM {target} t USING {gone} g WHERE t.{column} = g.{column}");
            run(&mut self.connection, statement).await?;
        }
        if is_full {
            run(&mut self.connection, sql::delete_others(&target, &staged, dataset)).await?;
        }
        run(&mut self.connection, sql::upsert(&target, &staged, dataset, &columns)).await
    }

    async fn mark(&mut self, watermark: Watermark) -> Result<(), SinkError> {
        let datasets: Vec<&str> = self.request.tables.iter().map(|plan| plan.dataset.as_str()).collect();
        let statement = format!(
            "INSERT INTO {} (dataset, revision, as_of, export_id) SELECT d, $2, $3, $4 FROM unnest($1::text[]) AS d \
             ON CONFLICT (dataset) DO UPDATE SET revision = EXCLUDED.revision, as_of = EXCLUDED.as_of",
            sql::table(&self.request.schema, WATERMARK)
        );
        let marking = sqlx::query(AssertSqlSafe(statement))
            .bind(&datasets)
            .bind(watermark.revision.0)
            .bind(watermark.as_of)
            .bind(self.request.export.0);
        in_time(marking.execute(&mut self.connection)).await?;
        Ok(())
    }
}

#[async_trait]
impl SinkRun for PostgresRun {
    fn watermark(&self) -> Option<Watermark> {
        self.known.watermark
    }

    async fn stage(&mut self, dataset: Dataset, rows: Vec<Row>) -> Result<u64, SinkError> {
        let staged = self.staged(dataset).await?;
        self.copy(&staged, &rows).await
    }

    async fn forget(&mut self, dataset: Dataset, column: &'static str, values: Vec<Cell>) -> Result<(), SinkError> {
        let gone = self.gone(dataset, column).await?;
        let rows: Vec<Row> = values.into_iter().map(|value| vec![value]).collect();
        self.copy(&gone, &rows).await?;
        self.forgotten.insert((dataset, column));
        Ok(())
    }

    async fn write(&mut self, watermark: Watermark, is_full: bool) -> Result<(), SinkError> {
        self.begin().await?;
        self.check_marks().await?;
        for dataset in self.datasets() {
            self.write_table(dataset, is_full).await?;
        }
        self.mark(watermark).await
    }

    async fn commit(mut self: Box<Self>) -> Result<(), SinkError> {
        in_time(self.connection.execute("COMMIT")).await?;
        // The commit is durable, however the connection ends.
        let _ = self.connection.close().await;
        Ok(())
    }

    async fn compare(&mut self, request: CompareRequest) -> Result<Vec<TableComparison>, SinkError> {
        self.begin().await?;
        self.check_marks().await?;
        let mut found = Vec::new();
        for dataset in self.datasets() {
            let (table, staged) = (self.target(dataset), self.staged(dataset).await?.name);
            run(&mut self.connection, format!("ANALYZE {staged}")).await?;
            let columns = self.columns(dataset);
            let sides = Sides {
                dataset,
                columns: &columns,
                table: &table,
                staged: &staged,
            };
            found.push(compare(&mut self.connection, &sides, request).await?);
        }
        Ok(found)
    }
}
