//! Undoes an import, from the last row to the first.

use super::pace::Pace;
use crate::app::Application;
use crate::jobs::{Attempt, Interruption, JobEnd, JobHandler};
use crate::ports::{
    Import, ImportId, ImportStatus, Job, JobId, JobKind, NewJob, StorageError, UndoAnswer, UndoRow, UndoneRow,
};
use crate::submit::{Replay, Submission, SubmitError};
use async_trait::async_trait;
use selfsame_domain::{Command, Decision, Effect, Skipped, WorkspaceId};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// How many rows are read at a time; also the limit of a batch.
const READ_AT_ONCE: u32 = 1000;

/// The reason for a row whose undo the database refuses.
const REFUSED: &str = "the database refused to take the row back";

impl Application {
    /// Undoes an import that is over. Returns it when the undo is done, or in its current state when `patience` runs
    /// out.
    pub async fn undo_import(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        patience: Duration,
    ) -> Result<UndoAnswer, StorageError> {
        let now = self.clock.now();
        let job = NewJob {
            workspace,
            id: JobId(self.ids.uuid(now)),
            kind: JobKind::UndoImport,
            queue: format!("undo:{id}"),
            payload: id.to_string(),
            not_before: now,
            created_at: now,
        };
        let answer = self.store.undo_import(id, &job).await?;
        if !matches!(answer, UndoAnswer::Accepted(_)) {
            return Ok(answer);
        }
        self.jobs.enqueued();
        let found = self.when(workspace, id, patience, |import| !import.is_undoing).await?;
        Ok(found.map_or(UndoAnswer::Unknown, |import| UndoAnswer::Accepted(Box::new(import))))
    }
}

/// Undoes imports.
#[derive(Debug)]
pub(crate) struct UndoHandler;

#[async_trait]
impl JobHandler for UndoHandler {
    fn kind(&self) -> JobKind {
        JobKind::UndoImport
    }

    async fn run(&self, app: &Application, job: &Job, attempt: &Attempt) -> Result<JobEnd, Interruption> {
        let Some(import) = import_of(app, job).await? else {
            return Ok(JobEnd::Finished);
        };
        let mut pace = Pace::default();
        loop {
            if let Some(end) = attempt.must_end() {
                return Ok(end);
            }
            let rows = app
                .store
                .rows_to_undo(import.workspace, import.id, READ_AT_ONCE)
                .await?;
            if rows.is_empty() {
                break;
            }
            let undone = take_back(app, &import, &rows, &mut pace).await?;
            let now = app.clock.now();
            app.store
                .record_undone(import.workspace, import.id, &undone, now)
                .await?;
        }
        app.store
            .end_undo(import.workspace, import.id, true, app.clock.now())
            .await?;
        Ok(JobEnd::Finished)
    }

    async fn give_up(&self, app: &Application, job: &Job, _: &str) -> Result<(), StorageError> {
        let Some(import) = import_of(app, job).await? else {
            return Ok(());
        };
        app.store
            .end_undo(import.workspace, import.id, false, app.clock.now())
            .await
    }
}

/// Returns the import of a job while its undo is in progress.
async fn import_of(app: &Application, job: &Job) -> Result<Option<Import>, StorageError> {
    let Ok(id) = Uuid::parse_str(&job.job.payload) else {
        return Ok(None);
    };
    let found = app.store.import(job.job.workspace, ImportId(id)).await?;
    Ok(found.filter(|import| import.is_undoing && import.status != ImportStatus::Undone))
}

/// Undoes the first rows, and reports what could not be undone of each. The batch has an idempotency key of its own:
/// when it was committed before a crash, its record answers with the rows that it had then.
async fn take_back(
    app: &Application,
    import: &Import,
    rows: &[UndoRow],
    pace: &mut Pace,
) -> Result<Vec<UndoneRow>, Interruption> {
    let mut size = first_batch(rows, pace.rows());
    loop {
        match submit(app, import, &rows[..size], pace).await {
            Ok(decisions) => return Ok(rows.iter().zip(&decisions).map(undone).collect()),
            Err(SubmitError::Storage(error)) if error.is_lasting() && size > 1 => size /= 2,
            Err(SubmitError::Storage(error)) if error.is_lasting() => {
                let kept = vec![Skipped {
                    field: "contact".to_owned(),
                    reason: REFUSED.to_owned(),
                }];
                return Ok(rows
                    .first()
                    .map(|row| UndoneRow { row: row.row, kept })
                    .into_iter()
                    .collect());
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The size of the next batch. A row with merges goes alone, because its undo reads all contacts of the merged groups.
fn first_batch(rows: &[UndoRow], most: usize) -> usize {
    let merges = |row: &UndoRow| row.parts.iter().any(|part| !part.merges.is_empty());
    let without = rows.iter().take(most).take_while(|row| !merges(row)).count();
    without.max(1)
}

async fn submit(
    app: &Application,
    import: &Import,
    rows: &[UndoRow],
    pace: &mut Pace,
) -> Result<Vec<Decision>, SubmitError> {
    let (begun, live) = (Instant::now(), app.live_submissions());
    let command = |row: &UndoRow| Command::TakeBack {
        contact: row.contact,
        parts: row.parts.clone(),
    };
    let last = rows.first().map_or(0, |row| row.row);
    let submission = Submission {
        commands: rows.iter().map(command).collect(),
        replay: Some(Replay {
            key: format!("undo:{}:{last}", import.id),
            digest: import.id.0.as_bytes().to_vec(),
        }),
        duplicate_digest: None,
        bytes: 0,
        import: None,
    };
    let (decisions, _) = app.submit_in_background(import.workspace, submission).await?;
    pace.note(rows.len(), begun.elapsed(), app.live_submissions() != live);
    Ok(decisions)
}

fn undone((row, decision): (&UndoRow, &Decision)) -> UndoneRow {
    let kept = decision.effects.iter().filter_map(|effect| match effect {
        Effect::Skipped(skipped) => Some(skipped.clone()),
        _ => None,
    });
    UndoneRow {
        row: row.row,
        kept: kept.collect(),
    }
}
