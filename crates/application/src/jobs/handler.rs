//! What a kind of job does.

use super::Attempt;
use crate::app::Application;
use crate::ports::{Job, JobKind, StorageError};
use crate::submit::SubmitError;
use async_trait::async_trait;
use std::sync::Arc;

/// How an attempt at a job ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobEnd {
    /// The job is done.
    Finished,
    /// It was cancelled.
    Cancelled,
    /// The server stops: another one goes on.
    Released,
    /// Another server has it by now.
    Lost,
}

/// Why an attempt did not come to its end. Another one follows.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Interruption {
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] Arc<StorageError>),
    /// The write lane took nothing, or failed.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// Something else.
    #[error("{0}")]
    Other(&'static str),
}

impl From<StorageError> for Interruption {
    fn from(error: StorageError) -> Self {
        Self::Storage(Arc::new(error))
    }
}

/// Does the jobs of one kind.
#[async_trait]
pub(crate) trait JobHandler: Send + Sync + std::fmt::Debug {
    /// Which kind.
    fn kind(&self) -> JobKind;

    /// Makes an attempt. MUST go on where the last one stopped, MUST NOT do a step twice although a lease may end at any time, and MUST look at the
    /// attempt between steps.
    async fn run(&self, app: &Application, job: &Job, attempt: &Attempt) -> Result<JobEnd, Interruption>;

    /// Notes with the thing that the job is about that it is given up.
    async fn give_up(&self, app: &Application, job: &Job, error: &str) -> Result<(), StorageError>;
}
