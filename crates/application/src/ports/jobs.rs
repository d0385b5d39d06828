//! Work that goes on after its request was answered.

use async_trait::async_trait;
use selfsame_domain::{Timestamp, WorkspaceId};
use std::fmt;
use uuid::Uuid;

use super::StorageError;

/// One job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub Uuid);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobKind {
    /// Carries out an import; the payload is its ID.
    Import,
    /// Takes an import back; the payload is its ID.
    UndoImport,
    /// Carries out a run of an export; the payload is its ID.
    Export,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Import, Self::UndoImport, Self::Export];

    /// The stable text of the kind, as stored and as a label of metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::UndoImport => "undo_import",
            Self::Export => "export",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobState {
    /// It waits for a server.
    Queued,
    /// A server has leased it. When the lease ends without a heartbeat, another server may take it over.
    Running,
    /// It is done.
    Finished,
    /// It was given up.
    Failed,
    /// Somebody cancelled it.
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

/// A job to be enqueued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// The workspace that it works for.
    pub workspace: WorkspaceId,
    /// Its ID, unique within the workspace.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// Jobs of one queue of a workspace run one after the other, in the order in which they were enqueued. 1 to 200 characters.
    pub queue: String,
    /// What the kind needs to know.
    pub payload: String,
    /// It does not run before this time.
    pub not_before: Timestamp,
    /// When it was enqueued.
    pub created_at: Timestamp,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// As it was enqueued; `not_before` moves when an attempt fails.
    pub job: NewJob,
    /// Where it stands.
    pub state: JobState,
    /// How many leases it was given and did not give back.
    pub attempts: u32,
    /// Who has it, while it is running.
    pub lease: Option<Lease>,
    /// When its holder last said that it is at work.
    pub heartbeat_at: Option<Timestamp>,
    /// Whether its holder is asked to stop.
    pub is_cancelling: bool,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Why the last attempt failed, in words without values that a client chose.
    pub error: Option<String>,
}

/// Who has a job, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The worker, drawn anew at every start of a server.
    pub owner: Uuid,
    /// The end of the lease.
    pub until: Timestamp,
}

/// What a worker asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseRequest {
    /// The kind of job.
    pub kind: JobKind,
    /// How many jobs of the kind may run at a time for one workspace, at least 1.
    pub per_workspace: u32,
    /// The present.
    pub now: Timestamp,
    /// For whom, and until when.
    pub lease: Lease,
}

/// Which job, and who says that it has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The job.
    pub job: JobId,
    /// The worker.
    pub owner: Uuid,
}

/// What a worker is told when it says that it is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Go on.
    Yes,
    /// The job is still the worker's, and somebody asked to cancel it.
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
    /// The job is given up.
    Failed {
        /// Why.
        error: String,
    },
    /// Another attempt follows.
    Retry {
        /// Why.
        error: String,
        /// When.
        not_before: Timestamp,
    },
    /// The worker stops before it is done. Another one goes on at once; the attempt does not count.
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

    /// Why it failed, if it did.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Failed { error } | Self::Retry { error, .. } => Some(error),
            Self::Finished | Self::Cancelled | Self::Released => None,
        }
    }

    /// Before when the job does not run again, if that changes.
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

/// Keeps jobs.
///
/// What a job is about is written in one transaction with it: the port of that thing takes a [`NewJob`], as
/// [`super::Imports::accept_import`] does.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Enqueues a job that stands for itself. [`StorageError::UnknownWorkspace`] without its workspace, [`StorageError::Conflict`] when
    /// the workspace has a job of this ID.
    async fn enqueue(&self, job: &NewJob) -> Result<(), StorageError>;

    /// Leases one job of a kind that is due: queued and not before its time, or running with a lease that has ended.
    ///
    /// MUST leave out jobs before which another one of their queue is queued or running, and those of workspaces that have
    /// `per_workspace` jobs of the kind running under a lease. Of the others it takes that of the workspace with the fewest such jobs,
    /// the one that was enqueued first among those. Two workers MUST NOT get one job.
    async fn lease(&self, request: &LeaseRequest) -> Result<Option<Job>, StorageError>;

    /// Says that a worker is at work, and extends its lease.
    async fn heartbeat(&self, holding: &Holding, now: Timestamp, until: Timestamp) -> Result<Held, StorageError>;

    /// Ends an attempt. Says whether the job was still the worker's; if not, nothing is changed.
    async fn end_attempt(&self, holding: &Holding, end: &AttemptEnd, now: Timestamp) -> Result<bool, StorageError>;

    /// Cancels a job that is queued; asks the holder of a running one to stop. Returns the state that it has afterwards; that of a job
    /// that has ended stays.
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
