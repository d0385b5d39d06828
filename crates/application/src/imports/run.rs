//! Runs an import: rows in batches through the write lane, behind live requests.

use super::inspect::{InspectionEnd, inspect};
use super::outcome::{self, rows_of};
use super::pace::Pace;
use super::reading::{Reading, ReadingEnd};
use crate::app::Application;
use crate::jobs::{Attempt, Interruption, JobEnd, JobHandler};
use crate::ports::{
    Import, ImportEnd, ImportFormat, ImportId, ImportRow, Job, JobKind, ReadRow, RowCounts, RowOutcome, RowReader,
    RowsRecorded, StorageError,
};
use crate::submit::{ImportBatch, Submission, SubmitError};
use async_trait::async_trait;
use selfsame_domain::{Command, Policy};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// The most bytes of rows in a batch.
const BATCH_BYTES: usize = 1 << 20;

/// The reason for a row that the database refuses.
const REFUSED: &str = "the database refused the row";

/// Runs imports.
#[derive(Debug)]
pub(crate) struct ImportHandler {
    rows: Arc<dyn RowReader>,
}

impl ImportHandler {
    pub(crate) fn new(rows: Arc<dyn RowReader>) -> Self {
        Self { rows }
    }
}

#[async_trait]
impl JobHandler for ImportHandler {
    fn kind(&self) -> JobKind {
        JobKind::Import
    }

    async fn run(&self, app: &Application, job: &Job, attempt: &Attempt) -> Result<JobEnd, Interruption> {
        let workspace = job.job.workspace;
        let Some(mut import) = import_of(app, job).await? else {
            return Ok(JobEnd::Finished);
        };
        if import.is_cancelling {
            return end(app, &import, &ImportEnd::Cancelled).await;
        }
        if !app.store.start_import(workspace, import.id, app.clock.now()).await? {
            return Ok(JobEnd::Finished);
        }
        let policy = Policy::clone(&*app.store.policy(workspace).await?.policy);
        if import.format == ImportFormat::File && import.found.is_none() {
            let end = inspect(app, &self.rows, &import, policy.clone(), attempt).await?;
            if let Some(end) = inspected(app, &mut import, end).await? {
                return Ok(end);
            }
        }
        let reading = Reading::start(Arc::clone(&app.store), Arc::clone(&self.rows), import.clone(), policy);
        let run = Run {
            app,
            import: &import,
            done: import.counts.total(),
            reading,
            pending: VecDeque::new(),
            pace: Pace::default(),
        };
        run.finish(attempt).await
    }

    async fn give_up(&self, app: &Application, job: &Job, error: &str) -> Result<(), StorageError> {
        let Some(import) = import_of(app, job).await? else {
            return Ok(());
        };
        let error = error.to_owned();
        let end = ImportEnd::Failed { error };
        app.store
            .end_import(import.workspace, import.id, &end, app.clock.now())
            .await?;
        Ok(())
    }
}

/// Notes what an inspection found. Returns how the attempt ends if no row is to be read now.
async fn inspected(app: &Application, import: &mut Import, how: InspectionEnd) -> Result<Option<JobEnd>, Interruption> {
    let found = match how {
        InspectionEnd::Done(found) => found,
        InspectionEnd::Malformed(error) => return end(app, import, &ImportEnd::Failed { error }).await.map(Some),
        InspectionEnd::Cancelled => return end(app, import, &ImportEnd::Cancelled).await.map(Some),
        InspectionEnd::Attempt(end) => return Ok(Some(end)),
    };
    let (workspace, id, now) = (import.workspace, import.id, app.clock.now());
    if !app.store.record_inspection(workspace, id, &found, now).await? {
        return Ok(Some(JobEnd::Lost));
    }
    if !found.problems.is_empty() {
        return Ok(Some(JobEnd::Finished));
    }
    import.total = Some(found.total);
    import.found = Some(found.found);
    Ok(None)
}

/// The import that a job is about; none when it is over or was deleted.
async fn import_of(app: &Application, job: &Job) -> Result<Option<Import>, StorageError> {
    let Ok(id) = Uuid::parse_str(&job.job.payload) else {
        return Ok(None);
    };
    let found = app.store.import(job.job.workspace, ImportId(id)).await?;
    Ok(found.filter(|import| !import.status.is_over()))
}

async fn end(app: &Application, import: &Import, end: &ImportEnd) -> Result<JobEnd, Interruption> {
    app.store
        .end_import(import.workspace, import.id, end, app.clock.now())
        .await?;
    Ok(match end {
        ImportEnd::Cancelled => JobEnd::Cancelled,
        ImportEnd::Finished | ImportEnd::Failed { .. } => JobEnd::Finished,
    })
}

/// A running import.
struct Run<'a> {
    app: &'a Application,
    import: &'a Import,
    /// How many rows are processed and recorded.
    done: u64,
    reading: Reading,
    /// Rows that were read and not processed yet; the first is row `done` + 1.
    pending: VecDeque<ReadRow>,
    pace: Pace,
}

impl Run<'_> {
    async fn finish(mut self, attempt: &Attempt) -> Result<JobEnd, Interruption> {
        for _ in 0..self.done {
            // The same body always has the same rows. When fewer come, the reader failed, and its end reports that.
            if self.reading.next().await.is_none() {
                break;
            }
        }
        loop {
            match attempt.must_end() {
                Some(JobEnd::Cancelled) => return end(self.app, self.import, &ImportEnd::Cancelled).await,
                Some(other) => return Ok(other),
                None => {}
            }
            let size = self.read_ahead().await;
            if size == 0 {
                break;
            }
            let rows = self.pending.drain(..size).collect();
            match self.process(rows).await? {
                RowsRecorded::Yes => {}
                RowsRecorded::Cancelling => return end(self.app, self.import, &ImportEnd::Cancelled).await,
                RowsRecorded::No => return Ok(JobEnd::Lost),
            }
        }
        let how = match self.reading.end().await? {
            ReadingEnd::Complete => ImportEnd::Finished,
            ReadingEnd::Malformed(error) => ImportEnd::Failed { error },
        };
        end(self.app, self.import, &how).await
    }

    /// Fills `pending` for the next batch, and returns the size of the batch.
    async fn read_ahead(&mut self) -> usize {
        let (mut size, mut bytes) = (0, 0);
        while size < self.pace.rows() && bytes < BATCH_BYTES {
            if size == self.pending.len() && !self.read_one().await {
                break;
            }
            bytes += self.pending[size].bytes;
            size += 1;
        }
        size
    }

    async fn read_one(&mut self) -> bool {
        let row = self.reading.next().await;
        let read = row.is_some();
        self.pending.extend(row);
        read
    }

    /// Decides and records rows. Those that the database refuses are halved until the failing one is alone; it is rejected.
    async fn process(&mut self, rows: Arc<[ReadRow]>) -> Result<RowsRecorded, Interruption> {
        let mut parts = vec![rows];
        while let Some(rows) = parts.pop() {
            let recorded = match self.decide(&rows).await {
                Err(SubmitError::Storage(error)) if error.is_lasting() => match &*rows {
                    [read] => {
                        let rejected = outcome::rejected(self.done + 1, read, REFUSED.to_owned());
                        self.record(&[rejected]).await?
                    }
                    rows => {
                        let (first, second) = rows.split_at(rows.len() / 2);
                        parts.extend([Arc::from(second), Arc::from(first)]);
                        continue;
                    }
                },
                Err(SubmitError::Storage(error)) if matches!(*error, StorageError::ImportNotRunning) => {
                    self.not_running().await?
                }
                decided => decided?,
            };
            if recorded != RowsRecorded::Yes {
                return Ok(recorded);
            }
        }
        Ok(RowsRecorded::Yes)
    }

    /// Decides rows, and records them in the commit of their decisions.
    async fn decide(&mut self, rows: &Arc<[ReadRow]>) -> Result<RowsRecorded, SubmitError> {
        let batch = ImportBatch {
            import: self.import.id,
            done: self.done,
            rows: Arc::clone(rows),
        };
        let commands: Vec<Command> = rows
            .iter()
            .filter_map(|row| row.command.as_ref().ok().cloned())
            .collect();
        if commands.is_empty() {
            return Ok(self.record(&rows_of(&batch, &[])).await?);
        }
        let (count, live) = (commands.len(), self.app.live_submissions());
        let workspace = self.import.workspace;
        if self.import.is_dry_run {
            let begun = Instant::now();
            let decisions = self.app.dry_run(workspace, commands, None).await?;
            let took = begun.elapsed();
            let rows: Vec<ImportRow> = rows_of(&batch, &decisions)
                .into_iter()
                .map(outcome::unwritten)
                .collect();
            let recorded = self.record(&rows).await?;
            self.note_pace(count, live, took);
            return Ok(recorded);
        }
        let submission = Submission {
            commands,
            replay: None,
            duplicate_digest: None,
            bytes: 0,
            import: Some(batch.clone()),
        };
        let (decisions, took) = self.app.submit_in_background(workspace, submission).await?;
        self.note_pace(count, live, took);
        self.note_recorded(&rows_of(&batch, &decisions));
        Ok(RowsRecorded::Yes)
    }

    fn note_pace(&mut self, count: usize, live: u64, took: Duration) {
        let others = self.app.live_submissions() != live;
        self.pace.note(count, took, others);
    }

    /// Why a commit was refused: the import is to be cancelled, or it is over or runs on another server.
    async fn not_running(&self) -> Result<RowsRecorded, StorageError> {
        let import = self.app.store.import(self.import.workspace, self.import.id).await?;
        let is_cancelling = import.is_some_and(|import| import.is_cancelling && !import.status.is_over());
        Ok(if is_cancelling {
            RowsRecorded::Cancelling
        } else {
            RowsRecorded::No
        })
    }

    /// Records rows without a commit.
    async fn record(&mut self, rows: &[ImportRow]) -> Result<RowsRecorded, StorageError> {
        let (workspace, id) = (self.import.workspace, self.import.id);
        let recorded = self
            .app
            .store
            .record_rows(workspace, id, self.done, rows, self.app.clock.now())
            .await?;
        if recorded != RowsRecorded::No {
            self.note_recorded(rows);
        }
        Ok(recorded)
    }

    fn note_recorded(&mut self, rows: &[ImportRow]) {
        self.done += rows.len() as u64;
        count(&RowCounts::of(rows));
    }
}

fn count(counts: &RowCounts) {
    for outcome in RowOutcome::ALL {
        let rows = counts.get(*outcome);
        metrics::counter!("selfsame_import_rows_total", "outcome" => outcome.as_str()).increment(rows);
    }
}
