//! A run: load jobs into staging tables, and one script.

use super::client::Client;
use super::compare::{Sides, read_different, read_sums};
use super::error::ApiError;
use super::rows;
use super::script::{self, Staged, Work, partition_of};
use super::tables;
use super::upload::Upload;
use crate::marks::Known;
use async_trait::async_trait;
use chrono::{SubsecRound, TimeDelta};
use selfsame_application::ports::{CompareRequest, SinkError, SinkRequest, SinkRun, TableComparison, Watermark};
use selfsame_domain::Timestamp;
use selfsame_domain::export::{Cell, Dataset, Row, TablePlan};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How long staging tables of a run that was killed stay.
const STAGED_FOR: TimeDelta = TimeDelta::days(1);

/// A run under way. What it has staged when it is dropped, no table shows.
pub(super) struct BigQueryRun {
    client: Client,
    dataset: String,
    request: SinkRequest,
    known: Known,
    staged: BTreeMap<Dataset, Staged>,
    /// The files that are being sent, by the names of the tables that they are loaded into.
    uploads: BTreeMap<String, Upload>,
    /// The table of keys of rows to be taken away.
    gone: Option<String>,
    /// By which columns rows are taken away.
    forgotten: BTreeSet<(Dataset, &'static str)>,
    /// The script that writes the run; none before everything is loaded.
    script: Option<String>,
}

impl BigQueryRun {
    pub(super) fn new(client: Client, dataset: String, request: SinkRequest, known: Known) -> Self {
        Self {
            client,
            dataset,
            request,
            known,
            staged: BTreeMap::new(),
            uploads: BTreeMap::new(),
            gone: None,
            forgotten: BTreeSet::new(),
            script: None,
        }
    }

    /// Makes a staging table and begins its load job; answers its name.
    async fn begin(&mut self, what: &str, fields: &Value) -> Result<String, SinkError> {
        let attempt = self.request.attempt.simple();
        let (table, job) = (
            format!("_selfsame_{what}_{attempt}"),
            format!("selfsame_{attempt}_{what}"),
        );
        let until = self
            .request
            .begun_at
            .checked_add_signed(STAGED_FOR)
            .unwrap_or(self.request.begun_at);
        let (client, dataset) = (&self.client, &self.dataset);
        let begun = async {
            tables::make_passing(client, dataset, &table, fields, until).await?;
            Upload::begin(client, job, &tables::reference(client, dataset, &table), fields).await
        };
        let upload = begun.await.map_err(|error| error.sink(client, "a staging table"))?;
        self.uploads.insert(table.clone(), upload);
        Ok(table)
    }

    async fn send(&mut self, table: &str, lines: &[u8]) -> Result<u64, SinkError> {
        if let Some(upload) = self.uploads.get_mut(table) {
            let sent = upload.write(&self.client, lines).await;
            sent.map_err(|error| error.sink(&self.client, "an upload of rows"))?;
        }
        Ok(u64::try_from(lines.len()).unwrap_or(u64::MAX))
    }

    fn plan(&self, dataset: Dataset) -> Option<&TablePlan> {
        self.request.tables.iter().find(|plan| plan.dataset == dataset)
    }

    /// Ends the uploads, and waits for their jobs, which run side by side.
    async fn load(&mut self) -> Result<(), SinkError> {
        let client = &self.client;
        let mut jobs = Vec::new();
        for (_, upload) in std::mem::take(&mut self.uploads) {
            let begun = upload.finish(client).await;
            jobs.push(begun.map_err(|error| error.sink(client, "an upload of rows"))?);
        }
        for job in jobs {
            let done = client.wait(&job).await;
            done.map_err(|error| error.sink(client, "rows that cannot be loaded"))?;
        }
        Ok(())
    }

    /// Compares a table with its staged rows, which are loaded.
    async fn compare_table(&self, plan: &TablePlan, request: CompareRequest) -> Result<TableComparison, ApiError> {
        let (dataset, attempt) = (plan.dataset, self.request.attempt.simple());
        let table = |name: &str| script::table(&self.client.project, &self.dataset, name);
        let staged = self.staged.get(&dataset).map(|staged| table(&staged.table));
        let sides = Sides {
            plan,
            table: &table(dataset.as_str()),
            staged: staged.as_deref(),
        };
        let job = |what: &str| format!("selfsame_{attempt}_{what}_{}", dataset.as_str());
        let sums = self.client.query(&job("sums"), &sides.sums(request)).await?;
        let mut found = read_sums(dataset, &sums)?;
        if found.source != found.destination {
            let rows = self.client.query(&job("different"), &sides.different(request)).await?;
            read_different(&mut found, rows)?;
        }
        Ok(found)
    }

    /// Whether the watermarks are still those that the run began with.
    async fn has_marks(&self) -> Result<bool, ApiError> {
        let sql = script::marks(&self.client.project, &self.dataset, &self.request.tables);
        let job = format!("selfsame_{}_marks_again", self.request.attempt.simple());
        let now: BTreeMap<String, i64> = self
            .client
            .query(&job, &sql)
            .await?
            .into_iter()
            .filter_map(|row| {
                let mut cells = row.into_iter().flatten();
                Some((cells.next()?, cells.next()?.parse().ok()?))
            })
            .collect();
        Ok(now == self.known.marks)
    }

    /// Compares all tables.
    async fn compare_tables(&self, request: CompareRequest) -> Result<Vec<TableComparison>, ApiError> {
        let mut found = Vec::new();
        for plan in &self.request.tables {
            found.push(self.compare_table(plan, request).await?);
        }
        Ok(found)
    }

    /// Deletes the staging tables.
    async fn clear(&self) {
        let staged = self.staged.values().map(|staged| &staged.table);
        for table in staged.chain(&self.gone) {
            // The run is written, and the table expires.
            let _ = tables::delete(&self.client, &self.dataset, table).await;
        }
    }
}

#[async_trait]
impl SinkRun for BigQueryRun {
    fn watermark(&self) -> Option<Watermark> {
        self.known.watermark
    }

    async fn stage(&mut self, dataset: Dataset, new: Vec<Row>) -> Result<u64, SinkError> {
        let Some(plan) = self.plan(dataset).cloned() else {
            return Ok(0);
        };
        let table = match self.staged.get(&dataset) {
            Some(staged) => staged.table.clone(),
            None => {
                self.begin(&format!("staged_{}", dataset.as_str()), &rows::fields(&plan.columns))
                    .await?
            }
        };
        let lines = rows::lines(&plan.columns, &new).map_err(|_| unwritable())?;
        let staged = self.staged.entry(dataset).or_insert_with(|| Staged {
            table: table.clone(),
            span: None,
        });
        staged.span = span(&plan, &new, staged.span);
        self.send(&table, &lines).await
    }

    async fn forget(&mut self, dataset: Dataset, column: &'static str, values: Vec<Cell>) -> Result<(), SinkError> {
        let table = if let Some(table) = &self.gone {
            table.clone()
        } else {
            let field = |name: &str| json!({"name": name, "type": "STRING", "mode": "NULLABLE"});
            let fields = json!([field("dataset"), field("column_name"), field("value")]);
            self.begin("gone", &fields).await?
        };
        self.gone = Some(table.clone());
        let mut lines = Vec::new();
        for value in values {
            let text = match value {
                Cell::Integer(number) => number.to_string(),
                Cell::Text(text) => text,
                _ => return Err(unwritable()),
            };
            let line = json!({"dataset": dataset.as_str(), "column_name": column, "value": text});
            serde_json::to_writer(&mut lines, &line).map_err(|_| unwritable())?;
            lines.push(b'\n');
        }
        self.send(&table, &lines).await?;
        self.forgotten.insert((dataset, column));
        Ok(())
    }

    async fn write(&mut self, watermark: Watermark, is_full: bool) -> Result<(), SinkError> {
        self.load().await?;
        let work = Work {
            project: &self.client.project,
            dataset: &self.dataset,
            export: self.request.export,
            tables: &self.request.tables,
            staged: &self.staged,
            gone: self.gone.as_deref(),
            forgotten: &self.forgotten,
            marks: &self.known.marks,
            watermark,
            is_full,
        };
        self.script = Some(work.script());
        Ok(())
    }

    async fn commit(mut self: Box<Self>) -> Result<(), SinkError> {
        let Some(script) = self.script.take() else {
            return Err(SinkError::Refused("nothing is written yet".to_owned()));
        };
        let job = format!("selfsame_{}_write", self.request.attempt.simple());
        let written = self.client.query(&job, &script).await;
        written.map_err(|error| error.sink(&self.client, "the script that writes the run"))?;
        self.clear().await;
        Ok(())
    }

    async fn compare(&mut self, request: CompareRequest) -> Result<Vec<TableComparison>, SinkError> {
        self.load().await?;
        let failed = |error: ApiError| error.sink(&self.client, "a comparison of tables");
        let found = self.compare_tables(request).await.map_err(failed)?;
        // Tables that another run wrote meanwhile are at another state.
        if !self.has_marks().await.map_err(failed)? {
            return Err(SinkError::Raced);
        }
        let is_written = request.mend && found.iter().any(|table| table.differences() > 0);
        if !is_written {
            self.clear().await;
        }
        Ok(found)
    }
}

/// The first and the last time in the column that the table is partitioned by, to the second as it is staged.
fn span(plan: &TablePlan, rows: &[Row], before: Option<(Timestamp, Timestamp)>) -> Option<(Timestamp, Timestamp)> {
    let column = partition_of(plan)?;
    let place = plan.columns.iter().position(|one| one.name == column.name)?;
    let times = rows.iter().filter_map(|row| match row.get(place) {
        Some(Cell::Time(time)) => Some(time.trunc_subsecs(0)),
        _ => None,
    });
    times.fold(before, |span, time| {
        let (first, last) = span.unwrap_or((time, time));
        Some((first.min(time), last.max(time)))
    })
}

fn unwritable() -> SinkError {
    SinkError::Refused("a row cannot be written".to_owned())
}
