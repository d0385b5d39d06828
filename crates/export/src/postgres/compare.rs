//! Compares staged rows with their table, within the database.

use super::connect::in_time;
use super::sql::{name, names};
use crate::marks::event_time;
use selfsame_application::ports::{CompareRequest, Difference, DifferentRow, SinkError, TableComparison, TableSum};
use selfsame_domain::export::{Column, ColumnType, Dataset};
use sqlx::{AssertSqlSafe, FromRow, PgConnection};

/// The staged rows and the table of a dataset.
pub(super) struct Sides<'a> {
    pub(super) dataset: Dataset,
    pub(super) columns: &'a [Column],
    /// The table, quoted.
    pub(super) table: &'a str,
    /// The staged rows, quoted.
    pub(super) staged: &'a str,
}

#[derive(FromRow)]
struct Sums {
    source_rows: i64,
    source_checksum: String,
    table_rows: i64,
    table_checksum: String,
}

#[derive(FromRow)]
struct Different {
    difference: String,
    key: Vec<String>,
    alike: i64,
}

/// Compares the sums, and the rows where the sums differ.
pub(super) async fn compare(
    connection: &mut PgConnection,
    sides: &Sides<'_>,
    request: CompareRequest,
) -> Result<TableComparison, SinkError> {
    let sums: Sums = in_time(sqlx::query_as(AssertSqlSafe(sides.sums(request))).fetch_one(&mut *connection)).await?;
    let sum = |rows: i64, checksum: String| TableSum {
        rows: u64::try_from(rows).unwrap_or_default(),
        checksum,
    };
    let mut found = TableComparison::new(
        sides.dataset,
        sum(sums.source_rows, sums.source_checksum),
        sum(sums.table_rows, sums.table_checksum),
    );
    if found.source == found.destination {
        return Ok(found);
    }
    let query = sqlx::query_as(AssertSqlSafe(sides.different(request)));
    let rows: Vec<Different> = in_time(query.fetch_all(connection)).await?;
    for row in rows {
        let difference = Difference::from_text(&row.difference)
            .ok_or_else(|| SinkError::Refused("the answer cannot be read".to_owned()))?;
        let count = u64::try_from(row.alike).unwrap_or_default();
        found.add(
            DifferentRow {
                key: row.key,
                difference,
            },
            count,
        );
    }
    Ok(found)
}

impl Sides<'_> {
    /// The rows of both sides that are compared.
    fn sources(&self, request: CompareRequest) -> String {
        let columns = names(self.columns.iter().map(|column| &*column.name));
        let key = names(self.dataset.key().iter().copied());
        let within = event_time(self.dataset, self.columns)
            .zip(request.events_since)
            .map_or_else(String::new, |(column, since)| {
                format!(
                    "WHERE {} >= '{}'",
                    name(&column.name),
                    since.format("%Y-%m-%d %H:%M:%S%.6f")
                )
            });
        format!(
            "WITH s AS (SELECT DISTINCT ON ({key}) {columns} FROM {} {within}),\n\
             t AS (SELECT {columns} FROM {} {within})",
            self.staged, self.table
        )
    }

    /// Counts the rows and sums up the hashes of their texts. The digits of a number after its last one do not count.
    fn sums(&self, request: CompareRequest) -> String {
        let value = |column: &Column| match column.kind {
            ColumnType::Number => format!("trim_scale({})", name(&column.name)),
            _ => name(&column.name),
        };
        let values: Vec<String> = self.columns.iter().map(value).collect();
        let checksum = format!(
            "COALESCE(sum(hashtextextended(ROW({})::text, 0)), 0)::text",
            values.join(", ")
        );
        format!(
            "{}\n\
             SELECT source.*, found.*\n\
             FROM (SELECT count(*) AS source_rows, {checksum} AS source_checksum FROM s) AS source,\n\
             (SELECT count(*) AS table_rows, {checksum} AS table_checksum FROM t) AS found",
            self.sources(request)
        )
    }

    /// The first keys of each kind of difference, with how many rows differ alike.
    fn different(&self, request: CompareRequest) -> String {
        let key = names(self.dataset.key().iter().copied());
        let keys: Vec<String> = self
            .dataset
            .key()
            .iter()
            .map(|column| format!("COALESCE(s.{0}, t.{0})::text", name(column)))
            .collect();
        let first = self.dataset.key().first().copied().unwrap_or_default();
        let all = |side: &str| {
            let columns = self
                .columns
                .iter()
                .map(|column| format!("{side}.{}", name(&column.name)));
            columns.collect::<Vec<_>>().join(", ")
        };
        format!(
            "{sources},\n\
             different AS (\n\
             SELECT ARRAY[{keys}] AS key,\n\
             CASE WHEN t.{first} IS NULL THEN 'missing' WHEN s.{first} IS NULL THEN 'extra' ELSE 'changed' END AS difference\n\
             FROM s FULL JOIN t USING ({key})\n\
             WHERE t.{first} IS NULL OR s.{first} IS NULL OR ({of_s}) IS DISTINCT FROM ({of_t})),\n\
             numbered AS (\n\
             SELECT key, difference, count(*) OVER (PARTITION BY difference) AS alike,\n\
             row_number() OVER (PARTITION BY difference ORDER BY key) AS place\n\
             FROM different)\n\
             SELECT key, difference, alike FROM numbered WHERE place <= {limit} ORDER BY difference, key",
            sources = self.sources(request),
            keys = keys.join(", "),
            first = name(first),
            of_s = all("s"),
            of_t = all("t"),
            limit = request.limit,
        )
    }
}
