//! Background work that continues after its request was answered.

use crate::error::{conflict, names_nothing, storage};
use crate::rows::{Row, corrupt, micros};
use crate::statement::{SqliteRow, statement};
use crate::store::SqliteStore;
use async_trait::async_trait;
use rusqlite::Connection;
use selfsame_application::ports::{
    AttemptEnd, Held, Holding, Job, JobId, JobKind, JobState, Jobs, Lease, LeaseRequest, NewJob, StorageError,
};
use selfsame_domain::{Timestamp, WorkspaceId};
use uuid::Uuid;

/// The next due job.
const DUE: &str = "
SELECT d.workspace_id, d.job_id
FROM jobs AS d
WHERE d.kind = ?1
  AND d.state IN ('queued', 'running')
  AND ((d.state = 'queued' AND d.not_before <= ?2) OR (d.state = 'running' AND d.lease_until <= ?2))
  AND NOT EXISTS (
      SELECT 1 FROM jobs AS e
      WHERE e.workspace_id = d.workspace_id AND e.queue = d.queue AND e.number < d.number
        AND e.state IN ('queued', 'running'))
  AND (SELECT count(*) FROM jobs AS r
       WHERE r.workspace_id = d.workspace_id AND r.kind = d.kind
         AND r.state = 'running' AND r.lease_until > ?2) < ?3
ORDER BY (SELECT count(*) FROM jobs AS r
          WHERE r.workspace_id = d.workspace_id AND r.kind = d.kind
            AND r.state = 'running' AND r.lease_until > ?2),
         d.created_at, d.workspace_id, d.number
LIMIT 1";

const LEASE: &str = "
UPDATE jobs
SET state = 'running', attempts = attempts + 1, lease_owner = ?3, lease_until = ?4, heartbeat_at = ?5
WHERE workspace_id = ?1 AND job_id = ?2";

const JOB: &str = "
SELECT workspace_id, job_id, kind, queue, payload, state, attempts, is_cancelling, lease_owner,
    lease_until, heartbeat_at, not_before, created_at, finished_at, error
FROM jobs
WHERE workspace_id = ?1 AND job_id = ?2";

const HEARTBEAT: &str = "
UPDATE jobs
SET heartbeat_at = ?4, lease_until = ?5
WHERE workspace_id = ?1 AND job_id = ?2 AND lease_owner = ?3 AND state = 'running'
RETURNING is_cancelling";

const NOTE_PROGRESS: &str = "
UPDATE jobs SET payload = ?4
WHERE workspace_id = ?1 AND job_id = ?2 AND lease_owner = ?3 AND state = 'running'";

const END_ATTEMPT: &str = "
UPDATE jobs
SET state = ?4, error = ?5, not_before = COALESCE(?6, not_before), attempts = attempts - ?7, finished_at = ?8,
    lease_owner = NULL, lease_until = NULL
WHERE workspace_id = ?1 AND job_id = ?2 AND lease_owner = ?3 AND state = 'running'";

const CANCEL: &str = "
UPDATE jobs
SET state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
    finished_at = CASE WHEN state = 'queued' THEN ?3 ELSE finished_at END,
    is_cancelling = is_cancelling OR state = 'running'
WHERE workspace_id = ?1 AND job_id = ?2
RETURNING state";

const INSERT: &str = "
INSERT INTO jobs (workspace_id, job_id, number, kind, queue, payload, state, not_before, created_at)
SELECT ?1, ?2, COALESCE(max(number), 0) + 1, ?3, ?4, ?5, 'queued', ?6, ?7
FROM jobs
WHERE workspace_id = ?1";

#[async_trait]
impl Jobs for SqliteStore {
    async fn enqueue(&self, job: &NewJob) -> Result<(), StorageError> {
        let mut writing = self.writer.begin().await?;
        insert(writing.connection()?, job)?;
        writing.commit()
    }

    async fn lease(&self, request: &LeaseRequest) -> Result<Option<Job>, StorageError> {
        // Looks without the write lock first: most of the time no job is due.
        if self.due(request).await?.is_none() {
            return Ok(None);
        }
        let mut writing = self.writer.begin().await?;
        let Some((workspace, id)) = due(writing.connection()?, request)? else {
            return Ok(None);
        };
        statement(LEASE)
            .bind(workspace.0)
            .bind(id.0)
            .bind(request.lease.owner)
            .bind(micros(request.lease.until))
            .bind(micros(request.now))
            .execute(writing.connection()?)
            .map_err(storage)?;
        let job = job(writing.connection()?, workspace, id)?;
        writing.commit()?;
        Ok(job)
    }

    async fn heartbeat(&self, holding: &Holding, now: Timestamp, until: Timestamp) -> Result<Held, StorageError> {
        let mut writing = self.writer.begin().await?;
        let row = statement(HEARTBEAT)
            .bind(holding.workspace.0)
            .bind(holding.job.0)
            .bind(holding.owner)
            .bind(micros(now))
            .bind(micros(until))
            .fetch_optional(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        let Some(row) = row else { return Ok(Held::No) };
        let is_cancelling = row
            .get(0)
            .ok_or_else(|| corrupt("jobs", "is_cancelling", &holding.job))?;
        Ok(if is_cancelling { Held::Cancelling } else { Held::Yes })
    }

    async fn note_progress(&self, holding: &Holding, payload: &str) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement(NOTE_PROGRESS)
            .bind(holding.workspace.0)
            .bind(holding.job.0)
            .bind(holding.owner)
            .bind(payload)
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected() == 1)
    }

    async fn end_attempt(&self, holding: &Holding, end: &AttemptEnd, now: Timestamp) -> Result<bool, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement(END_ATTEMPT)
            .bind(holding.workspace.0)
            .bind(holding.job.0)
            .bind(holding.owner)
            .bind(end.state().as_str())
            .bind(end.error())
            .bind(end.not_before().map(micros))
            .bind(!end.counts())
            .bind(end.state().is_over().then_some(micros(now)))
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected() == 1)
    }

    async fn cancel_job(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        now: Timestamp,
    ) -> Result<Option<JobState>, StorageError> {
        let mut writing = self.writer.begin().await?;
        let row = statement(CANCEL)
            .bind(workspace.0)
            .bind(job.0)
            .bind(micros(now))
            .fetch_optional(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        let state = |row: SqliteRow| row.get(0).and_then(JobState::from_text);
        row.map(|row| state(row).ok_or_else(|| corrupt("jobs", "state", &job)))
            .transpose()
    }

    async fn job(&self, workspace: WorkspaceId, id: JobId) -> Result<Option<Job>, StorageError> {
        let mut reader = self.readers.lend().await?;
        job(reader.connection()?, workspace, id)
    }

    async fn prune_jobs(&self, ended_before: Timestamp) -> Result<u64, StorageError> {
        let mut writing = self.writer.begin().await?;
        let done = statement("DELETE FROM jobs WHERE finished_at < ?1")
            .bind(micros(ended_before))
            .execute(writing.connection()?)
            .map_err(storage)?;
        writing.commit()?;
        Ok(done.rows_affected())
    }
}

impl SqliteStore {
    async fn due(&self, request: &LeaseRequest) -> Result<Option<(WorkspaceId, JobId)>, StorageError> {
        let mut reader = self.readers.lend().await?;
        due(reader.connection()?, request)
    }
}

fn due(connection: &Connection, request: &LeaseRequest) -> Result<Option<(WorkspaceId, JobId)>, StorageError> {
    let row = statement(DUE)
        .bind(request.kind.as_str())
        .bind(micros(request.now))
        .bind(request.per_workspace)
        .fetch_optional(connection)
        .map_err(storage)?;
    let Some(row) = row else { return Ok(None) };
    let row = Row::new(&row, "jobs", 1);
    Ok(Some((
        WorkspaceId(row.get(0, "workspace_id")?),
        JobId(row.get(1, "job_id")?),
    )))
}

fn job(connection: &Connection, workspace: WorkspaceId, id: JobId) -> Result<Option<Job>, StorageError> {
    let row = statement(JOB)
        .bind(workspace.0)
        .bind(id.0)
        .fetch_optional(connection)
        .map_err(storage)?;
    row.map(|row| read(&row)).transpose()
}

/// Enqueues a job in the transaction of its subject.
pub(crate) fn insert(connection: &Connection, job: &NewJob) -> Result<(), StorageError> {
    statement(INSERT)
        .bind(job.workspace.0)
        .bind(job.id.0)
        .bind(job.kind.as_str())
        .bind(&job.queue)
        .bind(&job.payload)
        .bind(micros(job.not_before))
        .bind(micros(job.created_at))
        .execute(connection)
        .map_err(|error| {
            if names_nothing(&error) {
                StorageError::UnknownWorkspace
            } else {
                conflict(error, "the ID of the job")
            }
        })?;
    Ok(())
}

/// Reads the columns of [`JOB`].
fn read(row: &SqliteRow) -> Result<Job, StorageError> {
    let row = Row::new(row, "jobs", 1);
    let owner: Option<Uuid> = row.get(8, "lease_owner")?;
    let until = row.optional_time(9, "lease_until")?;
    Ok(Job {
        state: row.read(5, "state", JobState::from_text)?,
        attempts: row.get(6, "attempts")?,
        lease: owner.zip(until).map(|(owner, until)| Lease { owner, until }),
        heartbeat_at: row.optional_time(10, "heartbeat_at")?,
        is_cancelling: row.get(7, "is_cancelling")?,
        finished_at: row.optional_time(13, "finished_at")?,
        error: row.get(14, "error")?,
        job: NewJob {
            workspace: WorkspaceId(row.get(0, "workspace_id")?),
            id: JobId(row.get(1, "job_id")?),
            kind: row.read(2, "kind", JobKind::from_text)?,
            queue: row.get(3, "queue")?,
            payload: row.get(4, "payload")?,
            not_before: row.time(11, "not_before")?,
            created_at: row.time(12, "created_at")?,
        },
    })
}
