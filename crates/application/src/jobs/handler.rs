//! The interface of a kind of job.

use super::Attempt;
use crate::app::Application;
use crate::ports::{Job, JobKind, StorageError};
use crate::submit::SubmitError;
use async_trait::async_trait;
use std::sync::Arc;

/// How an attempt ended without an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobEnd {
    /// The job is done.
    Finished,
    /// It was cancelled.
    Cancelled,
    /// The server stops; another one continues.
    Released,
    /// The lease was lost: another server has the job.
    Lost,
    /// It cannot be done, for this reason; further attempts would not help.
    Failed(&'static str),
}

/// Why an attempt stopped early. Another one follows.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Interruption {
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] Arc<StorageError>),
    /// The write lane refused the submission, or failed.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// Another cause.
    #[error("{0}")]
    Other(&'static str),
}

impl From<StorageError> for Interruption {
    fn from(error: StorageError) -> Self {
        Self::Storage(Arc::new(error))
    }
}

/// Executes the jobs of one kind.
#[async_trait]
pub(crate) trait JobHandler: Send + Sync + std::fmt::Debug {
    /// The kind.
    fn kind(&self) -> JobKind;

    /// Makes an attempt. MUST continue where the last one stopped, MUST NOT repeat a step although a lease may end at
    /// any time, and MUST check the attempt between steps.
    async fn run(&self, app: &Application, job: &Job, attempt: &Attempt) -> Result<JobEnd, Interruption>;

    /// Records in the job's subject (an import, a run) that the job failed for good.
    async fn give_up(&self, app: &Application, job: &Job, error: &str) -> Result<(), StorageError>;
}
