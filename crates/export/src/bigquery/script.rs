//! Texts of scripts: names of tables and columns cannot be parameters.
//!
//! A run is written by one transaction. It has `UPDATE` and `INSERT` instead of `MERGE`, which reads about as much: the emulator that the
//! tests run on cannot do a `MERGE` within a transaction.

use crate::marks::{NOTHING, WATERMARK, event_time};
use selfsame_application::ports::Watermark;
use selfsame_domain::export::{Column, ColumnType, Dataset, TablePlan};
use selfsame_domain::{ExportId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The error of a script when another run has moved the watermark. No row's value is compared with it.
pub(super) const RACED: &str = "selfsame: another run has moved the watermark";

/// A table of staged rows.
#[derive(Debug, Clone)]
pub(super) struct Staged {
    /// Its name.
    pub(super) table: String,
    /// The first and the last time in the column that the target is partitioned by.
    pub(super) span: Option<(Timestamp, Timestamp)>,
}

/// What a run writes.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub(super) project: &'a str,
    pub(super) dataset: &'a str,
    pub(super) export: ExportId,
    pub(super) tables: &'a [TablePlan],
    /// Where rows were staged.
    pub(super) staged: &'a BTreeMap<Dataset, Staged>,
    /// The table of keys of rows to be taken away, and by which columns.
    pub(super) gone: Option<&'a str>,
    pub(super) forgotten: &'a BTreeSet<(Dataset, &'static str)>,
    /// The watermarks as they have to be still.
    pub(super) marks: &'a BTreeMap<String, i64>,
    pub(super) watermark: Watermark,
    pub(super) is_full: bool,
}

/// The column by whose days the table of a dataset is partitioned.
pub(super) fn partition_of(plan: &TablePlan) -> Option<&Column> {
    event_time(plan.dataset, &plan.columns)
}

/// The question for the watermarks of datasets.
pub(super) fn marks(project: &str, dataset: &str, tables: &[TablePlan]) -> String {
    format!(
        "SELECT dataset, CAST(revision AS STRING) AS revision, CAST(UNIX_MICROS(as_of) AS STRING) AS as_of, export_id\n\
         FROM {}\nWHERE dataset IN ({})",
        table(project, dataset, WATERMARK),
        datasets(tables)
    )
}

/// The statement that says of a table that it has nothing.
pub(super) fn unmark(project: &str, dataset: &str, of: Dataset) -> String {
    format!(
        "UPDATE {} SET revision = {NOTHING} WHERE dataset = '{}'",
        table(project, dataset, WATERMARK),
        of.as_str()
    )
}

/// A name, quoted.
pub(super) fn name(name: &str) -> String {
    format!("`{}`", name.replace(['`', '\\'], ""))
}

/// A table with its project and dataset.
pub(super) fn table(project: &str, dataset: &str, table: &str) -> String {
    format!("{}.{}.{}", name(project), name(dataset), name(table))
}

fn datasets(tables: &[TablePlan]) -> String {
    let quoted = tables.iter().map(|plan| format!("'{}'", plan.dataset.as_str()));
    quoted.collect::<Vec<_>>().join(", ")
}

/// A time.
pub(super) fn time(time: Timestamp) -> String {
    format!("TIMESTAMP '{}'", time.format("%Y-%m-%d %H:%M:%S%.6f+00"))
}

/// Quoted names, separated by commas, each behind a prefix.
pub(super) fn names(columns: &[Column], prefix: &str) -> String {
    let names = columns.iter().map(|column| format!("{prefix}{}", name(&column.name)));
    names.collect::<Vec<_>>().join(", ")
}

/// Equality of the key columns of two tables.
pub(super) fn same_key(dataset: Dataset, left: &str, right: &str) -> String {
    let equal = dataset
        .key()
        .iter()
        .map(|column| format!("{left}.{0} = {right}.{0}", name(column)));
    equal.collect::<Vec<_>>().join(" AND ")
}

impl Work<'_> {
    /// The whole script.
    pub(super) fn script(&self) -> String {
        let mut statements = vec!["BEGIN TRANSACTION".to_owned(), self.check()];
        for plan in self.tables {
            statements.extend(self.forget(plan.dataset));
            statements.extend(self.write(plan));
        }
        statements.extend(self.mark());
        statements.push("COMMIT TRANSACTION".to_owned());
        statements.join(";\n") + ";\n"
    }

    fn table(&self, table_name: &str) -> String {
        table(self.project, self.dataset, table_name)
    }

    /// Fails when the watermarks are not those that the run began with.
    fn check(&self) -> String {
        let (marks, all) = (self.table(WATERMARK), datasets(self.tables));
        let same = self
            .marks
            .iter()
            .map(|(dataset, revision)| format!("dataset = '{dataset}' AND revision = {revision}"));
        let same: Vec<String> = std::iter::once("FALSE".to_owned()).chain(same).collect();
        format!(
            "IF (SELECT COUNT(*) FROM {marks} WHERE dataset IN ({all})) != {count}\n\
             OR (SELECT COUNT(*) FROM {marks} WHERE {same}) != {count} THEN\n  RAISE USING MESSAGE = '{RACED}';\nEND IF",
            count = self.marks.len(),
            same = same.join(" OR "),
        )
    }

    /// Takes rows away by the values of columns.
    fn forget(&self, dataset: Dataset) -> Vec<String> {
        let Some(gone) = self.gone else { return Vec::new() };
        let of = self.forgotten.iter().filter(|(of, _)| *of == dataset);
        of.map(|(_, column)| {
            let is_number = dataset
                .column(column)
                .is_some_and(|column| column.kind == ColumnType::BigInteger);
            let value = if is_number { "CAST(value AS INT64)" } else { "value" };
            format!(
                "DELETE FROM {} WHERE {} IN (SELECT {value} FROM {} WHERE dataset = '{}' AND column_name = '{column}')",
                self.table(dataset.as_str()),
                name(column),
                self.table(gone),
                dataset.as_str(),
            )
        })
        .collect()
    }

    /// Writes the staged rows of a table over those that are there, and takes others away where all rows were staged.
    fn write(&self, plan: &TablePlan) -> Vec<String> {
        let (dataset, target) = (plan.dataset, self.table(plan.dataset.as_str()));
        let Some(staged) = self.staged.get(&dataset) else {
            return if self.is_full {
                vec![format!("DELETE FROM {target} WHERE TRUE")]
            } else {
                Vec::new()
            };
        };
        // A row may have been staged twice, and is the same then.
        let key: Vec<String> = dataset.key().iter().map(|column| name(column)).collect();
        let source = format!(
            "(SELECT {} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {}) AS row_of_key FROM {}) WHERE row_of_key = 1)",
            names(&plan.columns, ""),
            key.join(", "),
            self.table(&staged.table),
        );
        // Rows that are looked for have their days: other partitions are not read.
        let within = match (partition_of(plan), staged.span) {
            (Some(column), Some((first, last))) => {
                format!(
                    " AND t.{} BETWEEN {} AND {}",
                    name(&column.name),
                    time(first),
                    time(last)
                )
            }
            _ => String::new(),
        };
        let same = same_key(dataset, "t", "s");
        let others = plan
            .columns
            .iter()
            .filter(|column| !dataset.key().contains(&&*column.name));
        let set: Vec<String> = others
            .map(|column| format!("{0} = s.{0}", name(&column.name)))
            .collect();
        let mut statements = Vec::new();
        if self.is_full {
            statements.push(format!(
                "DELETE FROM {target} AS t WHERE NOT EXISTS (SELECT 1 FROM {} AS s WHERE {same})",
                self.table(&staged.table)
            ));
            // Primary keys are not enforced. A row that is there twice is deleted, and inserted once.
            let key = key.join(", ");
            statements.push(format!(
                "DELETE FROM {target} AS t WHERE EXISTS (SELECT 1 FROM (SELECT {key} FROM {target} GROUP BY {key} HAVING COUNT(*) > 1) \
                 AS s WHERE {same})"
            ));
        }
        if !set.is_empty() {
            statements.push(format!(
                "UPDATE {target} AS t SET {} FROM {source} AS s WHERE {same}{within}",
                set.join(", ")
            ));
        }
        statements.push(format!(
            "INSERT INTO {target} ({}) SELECT {} FROM {source} AS s WHERE NOT EXISTS (SELECT 1 FROM {target} AS t WHERE {same}{within})",
            names(&plan.columns, ""),
            names(&plan.columns, "s."),
        ));
        statements
    }

    fn mark(&self) -> [String; 2] {
        let marks = self.table(WATERMARK);
        let row = |plan: &TablePlan| {
            let Watermark { revision, as_of } = self.watermark;
            format!(
                "('{}', {}, {}, '{}')",
                plan.dataset.as_str(),
                revision.0,
                time(as_of),
                self.export
            )
        };
        let rows: Vec<String> = self.tables.iter().map(row).collect();
        [
            format!("DELETE FROM {marks} WHERE dataset IN ({})", datasets(self.tables)),
            format!(
                "INSERT INTO {marks} (dataset, revision, as_of, export_id) VALUES {}",
                rows.join(", ")
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use selfsame_domain::Revision;
    use selfsame_domain::export::ColumnSet;
    use uuid::Uuid;

    fn script(dataset: Dataset, staged: Option<Staged>, is_full: bool) -> String {
        let tables = [TablePlan::new(&ColumnSet::new(dataset, false)).unwrap()];
        let staged = staged.into_iter().map(|staged| (dataset, staged)).collect();
        let work = Work {
            project: "p",
            dataset: "d",
            export: ExportId(Uuid::nil()),
            tables: &tables,
            staged: &staged,
            gone: Some("gone"),
            forgotten: &BTreeSet::from([(dataset, "contactId")]),
            marks: &BTreeMap::from([(dataset.as_str().to_owned(), 5)]),
            watermark: Watermark {
                revision: Revision(6),
                as_of: Timestamp::UNIX_EPOCH,
            },
            is_full,
        };
        work.script()
    }

    #[test]
    fn a_run_is_one_transaction_with_the_watermark_last() {
        let staged = Staged {
            table: "staged".to_owned(),
            span: None,
        };
        let script = script(Dataset::Devices, Some(staged), false);
        let begins: Vec<&str> = script
            .lines()
            .map(|line| line.split(' ').next().unwrap_or_default())
            .collect();
        let expected = [
            "BEGIN", "IF", "OR", "", "END", "DELETE", "UPDATE", "INSERT", "DELETE", "INSERT", "COMMIT",
        ];
        assert_eq!(begins, expected, "{script}");
        assert!(
            script.contains("FALSE OR dataset = 'devices' AND revision = 5) != 1"),
            "{script}"
        );
        assert!(
            script.contains("`contactId` IN (SELECT CAST(value AS INT64) FROM `p`.`d`.`gone`"),
            "{script}"
        );
        assert!(
            script.contains("('devices', 6, TIMESTAMP '1970-01-01 00:00:00.000000+00', '00000000"),
            "{script}"
        );
    }

    #[test]
    fn a_full_run_takes_away_what_was_not_staged() {
        assert!(script(Dataset::Contacts, None, true).contains("DELETE FROM `p`.`d`.`contacts` WHERE TRUE;"));
        assert!(!script(Dataset::Contacts, None, false).contains("WHERE TRUE"));
    }

    #[test]
    fn events_are_looked_for_in_their_days() {
        let staged = Staged {
            table: "staged".to_owned(),
            span: Some((Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH)),
        };
        let script = script(Dataset::Events, Some(staged), false);
        let days = "AND t.`occured` BETWEEN TIMESTAMP '1970-01-01 00:00:00.000000+00' AND TIMESTAMP";
        assert_eq!(script.matches(days).count(), 2, "{script}");
    }
}
