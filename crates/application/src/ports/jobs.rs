//! Background work that continues after its request was answered.

use async_trait::async_trait;
use selfsame_domain::{Timestamp, WorkspaceId};
use std::fmt;
use uuid::Uuid;

use super::StorageError;

/// The ID of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub Uuid);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The kind of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobKind {
    /// Runs an import; the payload is its ID.
    Import,
    /// Undoes an import; the payload is its ID.
    UndoImport,
    /// Executes a run of an export; the payload is its ID.
    Export,
    /// Makes and sends the messages of a webhook; the payload is its ID.
    Webhook,
    /// Puts all contacts that a formula chooses into a list, or takes them out of it; the payload has the input and the progress.
    ContactAction,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Import,
        Self::UndoImport,
        Self::Export,
        Self::Webhook,
        Self::ContactAction,
    ];

    /// The stable text of the kind, as stored and as a label of metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::UndoImport => "undo_import",
            Self::Export => "export",
            Self::Webhook => "webhook",
            Self::ContactAction => "contact_action",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobState {
    /// It waits for a server.
    Queued,
    /// A server has leased it. When the lease ends without a heartbeat, another server may lease it.
    Running,
    /// It is done.
    Finished,
    /// It failed for good.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Finished,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The stable text of the state, as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A job to enqueue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// The workspace that it works for.
    pub workspace: WorkspaceId,
    /// Its ID, unique within the workspace.
    pub id: JobId,
    /// Its kind.
    pub kind: JobKind,
    /// Jobs of one queue of a workspace run one after the other, in the order in which they were enqueued. 1 to 200 characters.
    pub queue: String,
    /// The input of the kind.
    pub payload: String,
    /// The earliest time at which it may run.
    pub not_before: Timestamp,
    /// When it was enqueued.
    pub created_at: Timestamp,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The job as it was enqueued; `not_before` moves when an attempt fails.
    pub job: NewJob,
    /// Its state.
    pub state: JobState,
    /// How many of its leases were not released.
    pub attempts: u32,
    /// Its current lease, while it is running.
    pub lease: Option<Lease>,
    /// When its holder last sent a heartbeat.
    pub heartbeat_at: Option<Timestamp>,
    /// Whether its holder is requested to stop.
    pub is_cancelling: bool,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The error of the last attempt, without values that a client chose.
    pub error: Option<String>,
}

/// The holder of a job, and the end of its lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The worker: a random ID that is new at every start of a server.
    pub owner: Uuid,
    /// The end of the lease.
    pub until: Timestamp,
}

/// A worker's request for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseRequest {
    /// The kind of job.
    pub kind: JobKind,
    /// How many jobs of the kind may run at the same time for one workspace, at least 1.
    pub per_workspace: u32,
    /// The current time.
    pub now: Timestamp,
    /// The lease to store.
    pub lease: Lease,
}

/// A worker's claim to a leased job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The job.
    pub job: JobId,
    /// The worker.
    pub owner: Uuid,
}

/// The answer to a worker's heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The job is still the worker's.
    Yes,
    /// The job is still the worker's, and its cancellation was requested.
    Cancelling,
    /// The job is not the worker's any more.
    No,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptEnd {
    /// The job is done.
    Finished,
    /// The job was cancelled.
    Cancelled,
    /// The job failed for good.
    Failed {
        /// The error.
        error: String,
    },
    /// Another attempt follows.
    Retry {
        /// The error.
        error: String,
        /// The time of the next attempt.
        not_before: Timestamp,
    },
    /// The worker stops before the job is done. Another one continues at once; the attempt does not count.
    Released,
}

impl AttemptEnd {
    /// The state of the job afterwards.
    pub fn state(&self) -> JobState {
        match self {
            Self::Finished => JobState::Finished,
            Self::Cancelled => JobState::Cancelled,
            Self::Failed { .. } => JobState::Failed,
            Self::Retry { .. } | Self::Released => JobState::Queued,
        }
    }

    /// The error of a failed attempt.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Failed { error } | Self::Retry { error, .. } => Some(error),
            Self::Finished | Self::Cancelled | Self::Released => None,
        }
    }

    /// The new earliest time at which the job may run, if it changes.
    pub fn not_before(&self) -> Option<Timestamp> {
        match self {
            Self::Retry { not_before, .. } => Some(*not_before),
            _ => None,
        }
    }

    /// Whether the attempt counts.
    pub fn counts(&self) -> bool {
        *self != Self::Released
    }
}

impl JobState {
    /// Whether the job is over.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// Stores jobs.
///
/// The subject of a job is written in one transaction with it: the port of the subject takes a [`NewJob`], as
/// [`super::Imports::accept_import`] does.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Enqueues a job without a subject. [`StorageError::UnknownWorkspace`] when its workspace does not exist,
    /// [`StorageError::Conflict`] when the workspace has a job of this ID.
    async fn enqueue(&self, job: &NewJob) -> Result<(), StorageError>;

    /// Leases one due job of a kind: queued and not before its time, or running with a lease that has ended.
    ///
    /// MUST skip jobs behind a queued or running job of their queue, and jobs of workspaces that have `per_workspace`
    /// jobs of the kind running under a lease. Of the others, MUST choose the workspace with the fewest such jobs, and
    /// there the job that was enqueued first. Two workers MUST NOT get the same job.
    async fn lease(&self, request: &LeaseRequest) -> Result<Option<Job>, StorageError>;

    /// Records a heartbeat, and extends the worker's lease.
    async fn heartbeat(&self, holding: &Holding, now: Timestamp, until: Timestamp) -> Result<Held, StorageError>;

    /// Replaces the payload of a job that stores its progress there. Returns whether the job was still the worker's; if not, nothing changes.
    async fn note_progress(&self, holding: &Holding, payload: &str) -> Result<bool, StorageError>;

    /// Ends an attempt. Returns whether the job was still the worker's; if not, nothing changes.
    async fn end_attempt(&self, holding: &Holding, end: &AttemptEnd, now: Timestamp) -> Result<bool, StorageError>;

    /// Cancels a queued job; requests the holder of a running one to stop. Returns the new state. A job that is over
    /// keeps its state.
    async fn cancel_job(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        now: Timestamp,
    ) -> Result<Option<JobState>, StorageError>;

    /// One job.
    async fn job(&self, workspace: WorkspaceId, job: JobId) -> Result<Option<Job>, StorageError>;

    /// Deletes jobs that ended before a time; returns how many.
    async fn prune_jobs(&self, ended_before: Timestamp) -> Result<u64, StorageError>;
}
