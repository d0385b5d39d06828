//! Background work that continues after its request was answered.

use crate::error::{is_taken, translate};
use crate::rows::corrupt;
use crate::store::PostgresStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    AttemptEnd, Held, Holding, Job, JobId, JobKind, JobState, Jobs, Lease, LeaseRequest, NewJob, StorageError,
};
use selfsame_domain::{Timestamp, WorkspaceId};
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

/// The next due job. Rows that another server is leasing are skipped.
const LEASE: &str = "
UPDATE jobs AS j
SET state = 'running', attempts = j.attempts + 1, lease_owner = $3, lease_until = $4, heartbeat_at = $2
FROM (
    SELECT d.workspace_id, d.job_id
    FROM jobs AS d
    WHERE d.kind = $1
      AND d.state IN ('queued', 'running')
      AND ((d.state = 'queued' AND d.not_before <= $2) OR (d.state = 'running' AND d.lease_until <= $2))
      AND NOT EXISTS (
          SELECT FROM jobs AS e
          WHERE e.workspace_id = d.workspace_id AND e.queue = d.queue AND e.number < d.number
            AND e.state IN ('queued', 'running'))
      AND (SELECT count(*) FROM jobs AS r
           WHERE r.workspace_id = d.workspace_id AND r.kind = d.kind
             AND r.state = 'running' AND r.lease_until > $2) < $5
    ORDER BY (SELECT count(*) FROM jobs AS r
              WHERE r.workspace_id = d.workspace_id AND r.kind = d.kind
                AND r.state = 'running' AND r.lease_until > $2),
             d.created_at, d.workspace_id, d.number
    LIMIT 1
    FOR UPDATE OF d SKIP LOCKED
) AS due
WHERE j.workspace_id = due.workspace_id AND j.job_id = due.job_id
RETURNING j.workspace_id, j.job_id, j.kind, j.queue, j.payload, j.state, j.attempts, j.is_cancelling, j.lease_owner,
    j.lease_until, j.heartbeat_at, j.not_before, j.created_at, j.finished_at, j.error";

const JOB: &str = "
SELECT workspace_id, job_id, kind, queue, payload, state, attempts, is_cancelling, lease_owner,
    lease_until, heartbeat_at, not_before, created_at, finished_at, error
FROM jobs
WHERE workspace_id = $1 AND job_id = $2";

const HEARTBEAT: &str = "
UPDATE jobs
SET heartbeat_at = $4, lease_until = $5
WHERE workspace_id = $1 AND job_id = $2 AND lease_owner = $3 AND state = 'running'
RETURNING is_cancelling";

const NOTE_PROGRESS: &str = "
UPDATE jobs SET payload = $4
WHERE workspace_id = $1 AND job_id = $2 AND lease_owner = $3 AND state = 'running'";

const END_ATTEMPT: &str = "
UPDATE jobs
SET state = $4, error = $5, not_before = COALESCE($6, not_before), attempts = attempts - $7, finished_at = $8,
    lease_owner = NULL, lease_until = NULL
WHERE workspace_id = $1 AND job_id = $2 AND lease_owner = $3 AND state = 'running'";

const CANCEL: &str = "
UPDATE jobs
SET state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
    finished_at = CASE WHEN state = 'queued' THEN $3 ELSE finished_at END,
    is_cancelling = is_cancelling OR state = 'running'
WHERE workspace_id = $1 AND job_id = $2
RETURNING state";

/// The order of a workspace's jobs is the order in which their inserts lock its row.
const LOCK_WORKSPACE: &str = "SELECT workspace_id FROM workspaces WHERE workspace_id = $1 FOR NO KEY UPDATE";

const INSERT: &str = "
INSERT INTO jobs (workspace_id, job_id, number, kind, queue, payload, state, not_before, created_at)
SELECT $1, $2, COALESCE(max(number), 0) + 1, $3, $4, $5, 'queued', $6, $7
FROM jobs
WHERE workspace_id = $1";

#[derive(FromRow)]
struct JobRow {
    workspace_id: i64,
    job_id: Uuid,
    kind: String,
    queue: String,
    payload: String,
    state: String,
    attempts: i32,
    is_cancelling: bool,
    lease_owner: Option<Uuid>,
    lease_until: Option<Timestamp>,
    heartbeat_at: Option<Timestamp>,
    not_before: Timestamp,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
    error: Option<String>,
}

#[async_trait]
impl Jobs for PostgresStore {
    async fn enqueue(&self, job: &NewJob) -> Result<(), StorageError> {
        self.in_time(async {
            let mut transaction = self.pool().begin().await.map_err(translate)?;
            insert(&mut transaction, job).await?;
            transaction.commit().await.map_err(translate)
        })
        .await
    }

    async fn lease(&self, request: &LeaseRequest) -> Result<Option<Job>, StorageError> {
        let row: Option<JobRow> = sqlx::query_as(LEASE)
            .bind(request.kind.as_str())
            .bind(request.now)
            .bind(request.lease.owner)
            .bind(request.lease.until)
            .bind(i64::from(request.per_workspace))
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        row.map(JobRow::read).transpose()
    }

    async fn heartbeat(&self, holding: &Holding, now: Timestamp, until: Timestamp) -> Result<Held, StorageError> {
        let is_cancelling: Option<bool> = sqlx::query_scalar(HEARTBEAT)
            .bind(holding.workspace.0)
            .bind(holding.job.0)
            .bind(holding.owner)
            .bind(now)
            .bind(until)
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        Ok(match is_cancelling {
            None => Held::No,
            Some(true) => Held::Cancelling,
            Some(false) => Held::Yes,
        })
    }

    async fn note_progress(&self, holding: &Holding, payload: &str) -> Result<bool, StorageError> {
        let done = sqlx::query(NOTE_PROGRESS)
            .bind(holding.workspace.0)
            .bind(holding.job.0)
            .bind(holding.owner)
            .bind(payload)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(done.rows_affected() == 1)
    }

    async fn end_attempt(&self, holding: &Holding, end: &AttemptEnd, now: Timestamp) -> Result<bool, StorageError> {
        let done = sqlx::query(END_ATTEMPT)
            .bind(holding.workspace.0)
            .bind(holding.job.0)
            .bind(holding.owner)
            .bind(end.state().as_str())
            .bind(end.error())
            .bind(end.not_before())
            .bind(i32::from(!end.counts()))
            .bind(end.state().is_over().then_some(now))
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(done.rows_affected() == 1)
    }

    async fn cancel_job(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        now: Timestamp,
    ) -> Result<Option<JobState>, StorageError> {
        let state: Option<String> = sqlx::query_scalar(CANCEL)
            .bind(workspace.0)
            .bind(job.0)
            .bind(now)
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        let read = |state: String| JobState::from_text(&state).ok_or_else(|| corrupt("jobs", "state", &job));
        state.map(read).transpose()
    }

    async fn job(&self, workspace: WorkspaceId, job: JobId) -> Result<Option<Job>, StorageError> {
        let row: Option<JobRow> = sqlx::query_as(JOB)
            .bind(workspace.0)
            .bind(job.0)
            .fetch_optional(self.pool())
            .await
            .map_err(translate)?;
        row.map(JobRow::read).transpose()
    }

    async fn prune_jobs(&self, ended_before: Timestamp) -> Result<u64, StorageError> {
        let done = sqlx::query("DELETE FROM jobs WHERE finished_at < $1")
            .bind(ended_before)
            .execute(self.pool())
            .await
            .map_err(translate)?;
        Ok(done.rows_affected())
    }
}

/// Enqueues a job in the transaction of its subject.
pub(crate) async fn insert(connection: &mut PgConnection, job: &NewJob) -> Result<(), StorageError> {
    sqlx::query(LOCK_WORKSPACE)
        .bind(job.workspace.0)
        .fetch_optional(&mut *connection)
        .await
        .map_err(translate)?
        .ok_or(StorageError::UnknownWorkspace)?;
    let inserted = sqlx::query(INSERT)
        .bind(job.workspace.0)
        .bind(job.id.0)
        .bind(job.kind.as_str())
        .bind(&job.queue)
        .bind(&job.payload)
        .bind(job.not_before)
        .bind(job.created_at)
        .execute(connection)
        .await;
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if is_taken(&error) => Err(StorageError::Conflict {
            what: "the ID of the job",
        }),
        Err(error) => Err(translate(error)),
    }
}

impl JobRow {
    fn read(self) -> Result<Job, StorageError> {
        let id = JobId(self.job_id);
        let lease = self.lease_owner.zip(self.lease_until);
        Ok(Job {
            state: JobState::from_text(&self.state).ok_or_else(|| corrupt("jobs", "state", &id))?,
            attempts: u32::try_from(self.attempts).map_err(|_| corrupt("jobs", "attempts", &id))?,
            lease: lease.map(|(owner, until)| Lease { owner, until }),
            heartbeat_at: self.heartbeat_at,
            is_cancelling: self.is_cancelling,
            finished_at: self.finished_at,
            error: self.error,
            job: NewJob {
                workspace: WorkspaceId(self.workspace_id),
                id,
                kind: JobKind::from_text(&self.kind).ok_or_else(|| corrupt("jobs", "kind", &id))?,
                queue: self.queue,
                payload: self.payload,
                not_before: self.not_before,
                created_at: self.created_at,
            },
        })
    }
}
