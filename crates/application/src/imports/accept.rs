//! Accepting an import, waiting for it, cancelling it.

use crate::app::Application;
use crate::ports::{
    Accepted, CHUNK_BYTES, Import, ImportFormat, ImportId, ImportStatus, JobId, JobKind, NewImport, NewJob,
    StorageError,
};
use crate::submit::{Replay, SubmitError};
use chrono::TimeDelta;
use selfsame_domain::{Timestamp, WorkspaceId};
use std::time::Duration;
use tokio::time::Instant;

/// For how many hours an idempotency key is answered with its import (identity rules, "Decided").
const REPLAY_HOURS: i64 = 24;

/// How often a waiting caller checks whether another server has finished the import.
const ELSEWHERE: Duration = Duration::from_millis(200);

/// A request to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRequest {
    /// The format of the body.
    pub format: ImportFormat,
    /// The options of the format.
    pub options: String,
    /// The number of rows, where it is known.
    pub total: Option<u64>,
    /// Whether its rows are decided and nothing is written.
    pub is_dry_run: bool,
    /// Imports of one queue are carried out one after the other, in the order in which they were accepted. 1 to 200 characters.
    pub queue: String,
    /// The idempotency key, if the request has one.
    pub replay: Option<Replay>,
}

impl Application {
    /// Stores an import and queues it. After `Ok` it survives any crash. A repetition under an idempotency key returns
    /// the import of the first request.
    pub async fn accept_import(
        &self,
        workspace: WorkspaceId,
        request: ImportRequest,
        body: &[u8],
    ) -> Result<ImportId, SubmitError> {
        let id = ImportId(self.ids.uuid(self.clock.now()));
        let chunks: Vec<&[u8]> = body.chunks(CHUNK_BYTES).collect();
        self.accept(self.new_import(workspace, id, request, false), &chunks)
            .await
    }

    /// An import to be accepted now.
    pub(super) fn new_import(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        request: ImportRequest,
        is_uploaded: bool,
    ) -> NewImport {
        let now = self.clock.now();
        NewImport {
            id,
            format: request.format,
            options: request.options,
            total: request.total,
            is_dry_run: request.is_dry_run,
            is_uploaded,
            replay: request.replay,
            replays_since: hours_before(now, REPLAY_HOURS),
            job: new_job(workspace, id, JobId(id.0), request.queue, now),
        }
    }

    pub(super) async fn accept(&self, import: NewImport, chunks: &[&[u8]]) -> Result<ImportId, SubmitError> {
        let id = import.id;
        match self.store.accept_import(&import, chunks).await? {
            Accepted::New => {
                self.jobs.enqueued();
                Ok(id)
            }
            Accepted::Known(id) => Ok(id),
            Accepted::OtherRequest => Err(SubmitError::ReplayMismatch),
        }
    }

    /// Queues an import that needs a decision, with other options. Says whether it needed one.
    pub async fn decide_import(&self, import: &Import, options: &str, queue: String) -> Result<bool, StorageError> {
        let now = self.clock.now();
        let job = JobId(self.ids.uuid(now));
        let job = new_job(import.workspace, import.id, job, queue, now);
        let is_decided = self.store.decide_import(import.id, options, &job).await?;
        if is_decided {
            self.jobs.enqueued();
        }
        Ok(is_decided)
    }

    /// An import, as soon as it is over or needs a decision, or as it is when `patience` is at its end.
    pub async fn import_when_over(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        patience: Duration,
    ) -> Result<Option<Import>, StorageError> {
        let rests = |import: &Import| import.status.is_over() || import.status == ImportStatus::NeedsDecision;
        self.when(workspace, id, patience, rests).await
    }

    /// Returns an import as soon as the condition holds, or in its current state when `patience` runs out.
    pub(super) async fn when(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        patience: Duration,
        is_so: impl Fn(&Import) -> bool,
    ) -> Result<Option<Import>, StorageError> {
        let mut ends = self.jobs.ends();
        let end = Instant::now() + patience;
        loop {
            let found = self.store.import(workspace, id).await?;
            let waits = found.as_ref().is_some_and(|import| !is_so(import));
            if !waits || Instant::now() >= end {
                return Ok(found);
            }
            tokio::select! {
                // The sender lives in `self`.
                _ = ends.changed() => {}
                () = tokio::time::sleep_until(end.min(Instant::now() + ELSEWHERE)) => {}
            }
        }
    }

    /// Cancels an import. A queued import never begins; a running one stops after its current batch. Returns it when it
    /// is over, or in its current state when `patience` runs out.
    pub async fn cancel_import(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        patience: Duration,
    ) -> Result<Option<Import>, StorageError> {
        let found = self.store.cancel_import(workspace, id, self.clock.now()).await?;
        if found.is_none() {
            return Ok(None);
        }
        self.jobs.ended();
        self.import_when_over(workspace, id, patience).await
    }
}

fn new_job(workspace: WorkspaceId, import: ImportId, id: JobId, queue: String, now: Timestamp) -> NewJob {
    NewJob {
        workspace,
        id,
        kind: JobKind::Import,
        queue,
        payload: import.to_string(),
        not_before: now,
        created_at: now,
    }
}

fn hours_before(at: Timestamp, hours: i64) -> Timestamp {
    at.checked_sub_signed(TimeDelta::hours(hours))
        .unwrap_or(Timestamp::MIN_UTC)
}
