//! Compares staged rows with their table, by two queries: one for the sums, and one for the rows where the sums differ.

use super::error::ApiError;
use super::script::{name, names, same_key, time};
use crate::marks::event_time;
use selfsame_application::ports::{CompareRequest, Difference, DifferentRow, TableComparison, TableSum};
use selfsame_domain::export::{Dataset, TablePlan};

/// The staged rows and the table of a dataset.
pub(super) struct Sides<'a> {
    pub(super) plan: &'a TablePlan,
    /// The table, with its project and dataset.
    pub(super) table: &'a str,
    /// The staged rows, in the same form; none when there are no rows.
    pub(super) staged: Option<&'a str>,
}

impl Sides<'_> {
    fn dataset(&self) -> Dataset {
        self.plan.dataset
    }

    /// The rows of both sides that are compared. Those of the workspace get the types of the table's columns.
    fn sources(&self, request: CompareRequest) -> String {
        let columns = names(&self.plan.columns, "");
        let key: Vec<String> = self.dataset().key().iter().map(|column| name(column)).collect();
        let within = event_time(self.dataset(), &self.plan.columns)
            .zip(request.events_since)
            .map_or_else(
                || "TRUE".to_owned(),
                |(column, since)| format!("{} >= {}", name(&column.name), time(since)),
            );
        let staged = self.staged.map_or_else(String::new, |staged| {
            format!(
                "\nUNION ALL SELECT {columns} FROM \
                 (SELECT *, ROW_NUMBER() OVER (PARTITION BY {key}) AS row_of_key FROM {staged}) \
                 WHERE row_of_key = 1 AND {within}",
                key = key.join(", "),
            )
        });
        format!(
            "WITH s AS (SELECT {columns} FROM {table} WHERE FALSE{staged}),\n\
             t AS (SELECT {columns} FROM {table} WHERE {within})",
            table = self.table,
        )
    }

    /// Counts the rows of both sides, and sums up the fingerprints of their texts.
    pub(super) fn sums(&self, request: CompareRequest) -> String {
        let side = |side: &str| {
            format!(
                "SELECT '{side}' AS side, CAST(COUNT(*) AS STRING) AS row_count,\n\
                 CAST(COALESCE(SUM(CAST(FARM_FINGERPRINT(TO_JSON_STRING(STRUCT({}))) AS BIGNUMERIC)), 0) AS STRING) AS checksum\n\
                 FROM {side}",
                names(&self.plan.columns, ""),
            )
        };
        format!("{}\n{}\nUNION ALL {}", self.sources(request), side("s"), side("t"))
    }

    /// The first keys of each kind of difference, with how many rows differ alike.
    pub(super) fn different(&self, request: CompareRequest) -> String {
        let key = self.dataset().key();
        let keys = |side: &str| {
            let texts = key.iter().enumerate();
            let texts = texts.map(|(place, column)| format!("CAST({side}.{} AS STRING) AS key_{place}", name(column)));
            texts.collect::<Vec<_>>().join(", ")
        };
        let places: Vec<String> = (0..key.len()).map(|place| format!("key_{place}")).collect();
        let bare: Vec<String> = key.iter().map(|column| format!("t.{}", name(column))).collect();
        let others = self.plan.columns.iter().filter(|column| !key.contains(&&*column.name));
        let differ = others.map(|column| format!("s.{0} IS DISTINCT FROM t.{0}", name(&column.name)));
        let differ: Vec<String> = std::iter::once("FALSE".to_owned()).chain(differ).collect();
        format!(
            "{sources},\n\
             different AS (\n\
             SELECT {of_s}, 'missing' AS difference FROM s WHERE NOT EXISTS (SELECT 1 FROM t WHERE {same})\n\
             UNION ALL SELECT {of_t}, 'extra' AS difference FROM t WHERE NOT EXISTS (SELECT 1 FROM s WHERE {same})\n\
             UNION ALL SELECT {of_t}, 'extra' AS difference FROM t GROUP BY {bare} HAVING COUNT(*) > 1\n\
             UNION ALL SELECT {of_s}, 'changed' AS difference FROM s INNER JOIN t ON {same} WHERE {differ}),\n\
             numbered AS (\n\
             SELECT *, COUNT(*) OVER (PARTITION BY difference) AS alike,\n\
             ROW_NUMBER() OVER (PARTITION BY difference ORDER BY {places}) AS place FROM different)\n\
             SELECT difference, CAST(alike AS STRING) AS alike, {places} FROM numbered WHERE place <= {limit}\n\
             ORDER BY difference, {places}",
            sources = self.sources(request),
            of_s = keys("s"),
            of_t = keys("t"),
            same = same_key(self.dataset(), "s", "t"),
            bare = bare.join(", "),
            differ = differ.join(" OR "),
            places = places.join(", "),
            limit = request.limit,
        )
    }
}

type Rows = Vec<Vec<Option<String>>>;

/// Reads the answer to [`Sides::sums`].
pub(super) fn read_sums(dataset: Dataset, rows: &Rows) -> Result<TableComparison, ApiError> {
    let side = |wanted: &str| {
        let found = rows.iter().find_map(|row| match row.as_slice() {
            [Some(side), Some(rows), Some(checksum)] if side == wanted => Some((rows.parse().ok()?, checksum.clone())),
            _ => None,
        });
        let (rows, checksum) = found.ok_or_else(unreadable)?;
        Ok(TableSum { rows, checksum })
    };
    Ok(TableComparison::new(dataset, side("s")?, side("t")?))
}

/// Reads the answer to [`Sides::different`].
pub(super) fn read_different(found: &mut TableComparison, rows: Rows) -> Result<(), ApiError> {
    for row in rows {
        let mut cells = row.into_iter().flatten();
        let difference = cells.next().and_then(|text| Difference::from_text(&text));
        let count = cells.next().and_then(|text| text.parse().ok());
        let (difference, count) = difference.zip(count).ok_or_else(unreadable)?;
        let key = cells.collect();
        found.add(DifferentRow { key, difference }, count);
    }
    Ok(())
}

fn unreadable() -> ApiError {
    ApiError::unreadable("the answer of a comparison")
}
