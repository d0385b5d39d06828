//! Accepting an import, waiting for it, cancelling it.

use crate::app::Application;
use crate::ports::{
    Accepted, CHUNK_BYTES, Import, ImportFormat, ImportId, JobId, JobKind, NewImport, NewJob, StorageError,
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
    /// The queue. Imports of one queue run one after the other, in the order in which they were accepted. 1 to 200
    /// characters.
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
        let now = self.clock.now();
        let id = ImportId(self.ids.uuid(now));
        let import = NewImport {
            id,
            format: request.format,
            options: request.options,
            total: request.total,
            replay: request.replay,
            replays_since: hours_before(now, REPLAY_HOURS),
            job: NewJob {
                workspace,
                id: JobId(id.0),
                kind: JobKind::Import,
                queue: request.queue,
                payload: id.to_string(),
                not_before: now,
                created_at: now,
            },
        };
        let chunks: Vec<&[u8]> = body.chunks(CHUNK_BYTES).collect();
        match self.store.accept_import(&import, &chunks).await? {
            Accepted::New => {
                self.jobs.enqueued();
                Ok(id)
            }
            Accepted::Known(id) => Ok(id),
            Accepted::OtherRequest => Err(SubmitError::ReplayMismatch),
        }
    }

    /// Returns an import as soon as it is over, or in its current state when `patience` runs out.
    pub async fn import_when_over(
        &self,
        workspace: WorkspaceId,
        id: ImportId,
        patience: Duration,
    ) -> Result<Option<Import>, StorageError> {
        self.when(workspace, id, patience, |import| import.status.is_over())
            .await
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

fn hours_before(at: Timestamp, hours: i64) -> Timestamp {
    at.checked_sub_signed(TimeDelta::hours(hours))
        .unwrap_or(Timestamp::MIN_UTC)
}
