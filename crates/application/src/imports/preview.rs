//! Deciding the rows of a file without storing anything.

use super::outcome;
use super::reading::{Body, Reading, ReadingEnd};
use crate::app::Application;
use crate::ports::{
    FileSample, Import, ImportFormat, ImportId, ImportRow, ImportStatus, Inspection, InspectionContext, JobId, ReadRow,
    RowCounts, RowReader, RowsError, StorageError,
};
use crate::submit::SubmitError;
use selfsame_domain::{Command, Decision, Policy, WorkspaceId};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::sync::Arc;
use tokio::task::JoinError;
use tokio::time::{Instant, timeout_at};

/// How many rows are decided together.
const BATCH: usize = 500;

/// How many different reasons for rejected rows are counted.
const MOST_REASONS: usize = 100;

/// The bytes that a preview is about.
#[derive(Debug)]
pub enum PreviewBody {
    /// A file of this machine, readable from its beginning.
    File(File),
    /// An upload whose import is not accepted yet.
    Upload(ImportId),
}

/// What a preview is about.
#[derive(Debug)]
pub struct PreviewRequest {
    /// The form of the file.
    pub format: ImportFormat,
    /// What the form needs to know besides the file.
    pub options: String,
    /// The file, unpacked or not.
    pub body: PreviewBody,
    /// How many rows are returned with their decisions.
    pub rows: usize,
    /// Whether every row of the file is decided and counted.
    pub with_totals: bool,
    /// When the deciding stops; the totals then are of the rows that were decided.
    pub until: Instant,
}

/// What an import of a file would do now.
#[derive(Debug)]
pub struct ImportPreview {
    /// What the file looks like.
    pub inspection: Inspection,
    /// The first rows.
    pub rows: Vec<PreviewRow>,
    /// The outcomes of all rows, if they were asked for.
    pub totals: Option<PreviewTotals>,
}

/// What an import would do with a row.
#[derive(Debug)]
pub struct PreviewRow {
    /// Its outcome.
    pub row: ImportRow,
    /// The decision; none for a row that cannot be read.
    pub decision: Option<Decision>,
    /// Its cells, in the order of the columns.
    pub values: Vec<String>,
}

/// The outcomes of all rows.
#[derive(Debug, Default)]
pub struct PreviewTotals {
    /// How many rows have which outcome.
    pub counts: RowCounts,
    /// How many rows are rejected for which reason. Of the reasons beyond a hundred different ones, the rows are counted in `counts` alone.
    pub reasons: BTreeMap<String, u64>,
    /// Whether every row was decided; not where the time was over before.
    pub is_complete: bool,
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The file cannot be imported with these options.
    #[error("{0}")]
    Malformed(String),
    /// The file was not inspected in time.
    #[error("the file takes too long to look at")]
    TooLate,
    /// The file cannot be read from the disk.
    #[error("the file cannot be read")]
    File(#[from] io::Error),
    /// The rows cannot be decided.
    #[error(transparent)]
    Failed(#[from] SubmitError),
}

impl From<StorageError> for PreviewError {
    fn from(error: StorageError) -> Self {
        Self::Failed(error.into())
    }
}

impl Application {
    /// Decides the rows of a file as an import would now. Nothing is written. Batches are decided each by itself: rows of two batches that would come
    /// to the same new contact count as two.
    pub async fn preview_import(
        &self,
        workspace: WorkspaceId,
        reader: Arc<dyn RowReader>,
        request: PreviewRequest,
    ) -> Result<ImportPreview, PreviewError> {
        let policy = Policy::clone(&*self.store.policy(workspace).await?.policy);
        let fields = self.store.fields(workspace).await?;
        let context = InspectionContext {
            policy: policy.clone(),
            fields,
        };
        let mut import = self.previewed(workspace, &request);
        let body = self.open(&request, &import)?;
        let inspecting = inspect(Arc::clone(&reader), import.clone(), context.clone(), body);
        let inspected = timeout_at(request.until, inspecting).await;
        let inspection = inspected.map_err(|_| PreviewError::TooLate)??;
        import.found = Some(inspection.found.clone());
        let body = self.open(&request, &import)?;
        let mut reading = Reading::of(Arc::clone(&reader), import.clone(), policy, body);
        let mut preview = ImportPreview {
            inspection,
            rows: Vec::new(),
            totals: None,
        };
        let mut totals = PreviewTotals::default();
        while preview.rows.len() < request.rows || request.with_totals {
            if Instant::now() >= request.until && preview.rows.len() >= request.rows {
                break;
            }
            let done = totals.counts.total();
            let most = if request.with_totals { BATCH } else { request.rows };
            let batch = next_rows(&mut reading, most).await;
            if batch.is_empty() {
                totals.is_complete = true;
                break;
            }
            for decided in self.decide_rows(workspace, done, batch).await? {
                totals.count(&decided.row);
                if preview.rows.len() < request.rows {
                    preview.rows.push(decided);
                }
            }
        }
        // Waited for even when it was stopped: the handles of a file share one position, and the caller reads the file next.
        let end = whole(reading).await;
        if totals.is_complete {
            end?;
        }
        preview.totals = Some(totals).filter(|_| request.with_totals);
        let body = self.open(&request, &import)?;
        let sample = sample(reader, import, context, body, request.rows).await?;
        for (row, values) in preview.rows.iter_mut().zip(sample.rows) {
            row.values = values;
        }
        Ok(preview)
    }

    /// The beginning of a file, and where its columns go by the options. `with_totals` does not matter.
    pub async fn sample_import(
        &self,
        workspace: WorkspaceId,
        reader: Arc<dyn RowReader>,
        request: &PreviewRequest,
    ) -> Result<FileSample, PreviewError> {
        let context = InspectionContext {
            policy: Policy::clone(&*self.store.policy(workspace).await?.policy),
            fields: self.store.fields(workspace).await?,
        };
        let import = self.previewed(workspace, request);
        let body = self.open(request, &import)?;
        sample(reader, import, context, body, request.rows).await
    }

    /// The previewed file from its beginning.
    fn open(&self, request: &PreviewRequest, import: &Import) -> io::Result<Box<dyn Read + Send>> {
        Ok(match &request.body {
            PreviewBody::File(file) => Box::new(beginning(file)?),
            PreviewBody::Upload(_) => Box::new(Body::stored(Arc::clone(&self.store), import)),
        })
    }

    /// The import that a preview is about. It is stored nowhere.
    fn previewed(&self, workspace: WorkspaceId, request: &PreviewRequest) -> Import {
        let now = self.clock.now();
        let id = match request.body {
            PreviewBody::Upload(id) => id,
            PreviewBody::File(_) => ImportId(self.ids.uuid(now)),
        };
        Import {
            workspace,
            id,
            job: JobId(id.0),
            format: request.format,
            options: request.options.clone(),
            status: ImportStatus::Running,
            total: None,
            counts: RowCounts::default(),
            is_dry_run: true,
            found: None,
            problems: Vec::new(),
            error: None,
            is_cancelling: false,
            is_undoing: false,
            created_at: now,
            started_at: Some(now),
            heartbeat_at: now,
            finished_at: None,
        }
    }

    async fn decide_rows(
        &self,
        workspace: WorkspaceId,
        done: u64,
        rows: Vec<ReadRow>,
    ) -> Result<Vec<PreviewRow>, SubmitError> {
        let commands: Vec<Command> = rows.iter().filter_map(|row| row.command.clone().ok()).collect();
        let decisions = if commands.is_empty() {
            Vec::new()
        } else {
            self.dry_run(workspace, commands, None).await?
        };
        let mut decisions = decisions.into_iter();
        let decided = (done + 1..).zip(rows).map(|(number, read)| {
            let (row, decision) = if let Err(error) = &read.command {
                (outcome::rejected(number, &read, error.clone()), None)
            } else {
                let decision = decisions.next()?;
                (outcome::decided(number, &read, &decision), Some(decision))
            };
            Some(PreviewRow {
                row: outcome::unwritten(row),
                decision,
                values: Vec::new(),
            })
        });
        Ok(decided.flatten().collect())
    }
}

impl PreviewTotals {
    fn count(&mut self, row: &ImportRow) {
        self.counts.add(&RowCounts::of(std::slice::from_ref(row)));
        let Some(error) = &row.error else { return };
        if let Some(rows) = self.reasons.get_mut(error) {
            *rows += 1;
        } else if self.reasons.len() < MOST_REASONS {
            self.reasons.insert(error.clone(), 1);
        }
    }
}

/// Inspects a file on a thread that may block.
fn inspect(
    reader: Arc<dyn RowReader>,
    import: Import,
    context: InspectionContext,
    mut body: Box<dyn Read + Send>,
) -> impl Future<Output = Result<Inspection, PreviewError>> {
    let inspector = tokio::task::spawn_blocking(move || reader.inspect(&import, &context, &mut body));
    async move { read_by(inspector.await) }
}

/// Reads the beginning of a file on a thread that may block.
async fn sample(
    reader: Arc<dyn RowReader>,
    import: Import,
    context: InspectionContext,
    mut body: Box<dyn Read + Send>,
    most: usize,
) -> Result<FileSample, PreviewError> {
    let read = tokio::task::spawn_blocking(move || reader.sample(&import, &context, &mut body, most));
    read_by(read.await)
}

/// What a thread has read.
fn read_by<T>(read: Result<Result<T, RowsError>, JoinError>) -> Result<T, PreviewError> {
    match read {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(RowsError::Malformed(reason))) => Err(PreviewError::Malformed(reason)),
        Ok(Err(RowsError::Interrupted(error))) => Err(error.into()),
        Err(panicked) => Err(io::Error::other(panicked).into()),
    }
}

/// The file from its beginning.
fn beginning(file: &File) -> io::Result<File> {
    let mut file = file.try_clone()?;
    file.rewind()?;
    Ok(file)
}

async fn next_rows(reading: &mut Reading, most: usize) -> Vec<ReadRow> {
    let mut rows = Vec::new();
    while rows.len() < most {
        let Some(row) = reading.next().await else { break };
        rows.push(row);
    }
    rows
}

/// Waits until the reader has ended; fails when it did not come to the end of the file.
async fn whole(reading: Reading) -> Result<(), PreviewError> {
    match reading.end().await {
        Ok(ReadingEnd::Complete) => Ok(()),
        Ok(ReadingEnd::Malformed(reason)) => Err(PreviewError::Malformed(reason)),
        Err(error) => Err(io::Error::other(error).into()),
    }
}
