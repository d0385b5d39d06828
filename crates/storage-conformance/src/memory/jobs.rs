//! Jobs: work that continues after its request was answered.

use super::store::{MemoryStore, Shared};
use async_trait::async_trait;
use selfsame_application::ports::{
    AttemptEnd, Held, Holding, Job, JobId, JobState, Jobs, LeaseRequest, NewJob, StorageError,
};
use selfsame_domain::{Timestamp, WorkspaceId};

#[async_trait]
impl Jobs for MemoryStore {
    async fn enqueue(&self, job: &NewJob) -> Result<(), StorageError> {
        self.lock().enqueue(job)
    }

    async fn lease(&self, request: &LeaseRequest) -> Result<Option<Job>, StorageError> {
        let mut shared = self.lock();
        let due = shared
            .jobs
            .iter()
            .enumerate()
            .filter(|(place, _)| shared.is_due(*place, request));
        let first = due.min_by_key(|(place, job)| (shared.running(job.job.workspace, request), *place));
        let Some((place, _)) = first else { return Ok(None) };
        let job = &mut shared.jobs[place];
        job.state = JobState::Running;
        job.attempts += 1;
        job.lease = Some(request.lease);
        job.heartbeat_at = Some(request.now);
        Ok(Some(job.clone()))
    }

    async fn heartbeat(&self, holding: &Holding, now: Timestamp, until: Timestamp) -> Result<Held, StorageError> {
        let mut shared = self.lock();
        let Some(job) = shared.held(holding) else {
            return Ok(Held::No);
        };
        job.heartbeat_at = Some(now);
        if let Some(lease) = &mut job.lease {
            lease.until = until;
        }
        Ok(if job.is_cancelling { Held::Cancelling } else { Held::Yes })
    }

    async fn note_progress(&self, holding: &Holding, payload: &str) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let job = shared.held(holding);
        let is_held = job.is_some();
        if let Some(job) = job {
            payload.clone_into(&mut job.job.payload);
        }
        Ok(is_held)
    }

    async fn end_attempt(&self, holding: &Holding, end: &AttemptEnd, now: Timestamp) -> Result<bool, StorageError> {
        let mut shared = self.lock();
        let Some(job) = shared.held(holding) else {
            return Ok(false);
        };
        job.state = end.state();
        job.lease = None;
        job.error = end.error().map(str::to_owned);
        job.attempts -= u32::from(!end.counts());
        job.finished_at = end.state().is_over().then_some(now);
        job.job.not_before = end.not_before().unwrap_or(job.job.not_before);
        Ok(true)
    }

    async fn cancel_job(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        now: Timestamp,
    ) -> Result<Option<JobState>, StorageError> {
        let mut shared = self.lock();
        let Some(job) = shared.job_mut(workspace, job) else {
            return Ok(None);
        };
        match job.state {
            JobState::Queued => {
                job.state = JobState::Cancelled;
                job.finished_at = Some(now);
            }
            JobState::Running => job.is_cancelling = true,
            JobState::Finished | JobState::Failed | JobState::Cancelled => {}
        }
        Ok(Some(job.state))
    }

    async fn job(&self, workspace: WorkspaceId, job: JobId) -> Result<Option<Job>, StorageError> {
        Ok(self.lock().job_mut(workspace, job).cloned())
    }

    async fn prune_jobs(&self, ended_before: Timestamp) -> Result<u64, StorageError> {
        let mut shared = self.lock();
        let before = shared.jobs.len();
        shared
            .jobs
            .retain(|job| job.finished_at.is_none_or(|at| at >= ended_before));
        Ok((before - shared.jobs.len()) as u64)
    }
}

impl Shared {
    pub(super) fn enqueue(&mut self, job: &NewJob) -> Result<(), StorageError> {
        if !self.accounts.contains_key(&job.workspace) {
            return Err(StorageError::UnknownWorkspace);
        }
        if self.job_mut(job.workspace, job.id).is_some() {
            return Err(StorageError::Conflict {
                what: "the ID of the job",
            });
        }
        self.jobs.push(Job {
            job: job.clone(),
            state: JobState::Queued,
            attempts: 0,
            lease: None,
            heartbeat_at: None,
            is_cancelling: false,
            finished_at: None,
            error: None,
        });
        Ok(())
    }

    pub(super) fn job_mut(&mut self, workspace: WorkspaceId, id: JobId) -> Option<&mut Job> {
        let mut own = self.jobs.iter_mut().filter(|job| job.job.workspace == workspace);
        own.find(|job| job.job.id == id)
    }

    fn held(&mut self, holding: &Holding) -> Option<&mut Job> {
        let job = self.job_mut(holding.workspace, holding.job)?;
        let is_held = job.lease.is_some_and(|lease| lease.owner == holding.owner);
        Some(job).filter(|job| is_held && job.state == JobState::Running)
    }

    /// Whether a job may be leased. Jobs are in the order in which they were enqueued.
    fn is_due(&self, place: usize, request: &LeaseRequest) -> bool {
        let job = &self.jobs[place];
        let waits = match job.state {
            JobState::Queued => job.job.not_before <= request.now,
            JobState::Running => job.lease.is_some_and(|lease| lease.until <= request.now),
            JobState::Finished | JobState::Failed | JobState::Cancelled => false,
        };
        let goes_before = |other: &Job| {
            !other.state.is_over() && other.job.workspace == job.job.workspace && other.job.queue == job.job.queue
        };
        waits
            && job.job.kind == request.kind
            && !self.jobs[..place].iter().any(goes_before)
            && self.running(job.job.workspace, request) < request.per_workspace as usize
    }

    fn running(&self, workspace: WorkspaceId, request: &LeaseRequest) -> usize {
        let runs = |job: &&Job| {
            job.job.workspace == workspace
                && job.job.kind == request.kind
                && job.state == JobState::Running
                && job.lease.is_some_and(|lease| lease.until > request.now)
        };
        self.jobs.iter().filter(runs).count()
    }
}
