//! One attempt at a job: its lease and its end.

use super::handler::{Interruption, JobEnd, JobHandler};
use super::worker::WorkerOptions;
use crate::app::Application;
use crate::ports::{AttemptEnd, Held, Holding, Job, StorageError};
use chrono::TimeDelta;
use selfsame_domain::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// After how many attempts a job fails for good.
const MAX_ATTEMPTS: u32 = 20;

/// The longest pause between two attempts, in seconds.
const MAX_PAUSE_SECONDS: i64 = 300;

/// The handler's view of the running attempt.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    held: watch::Receiver<Held>,
    stop: CancellationToken,
}

impl Attempt {
    /// How the attempt must end now, if it must.
    pub(crate) fn must_end(&self) -> Option<JobEnd> {
        match *self.held.borrow() {
            Held::No => Some(JobEnd::Lost),
            Held::Cancelling => Some(JobEnd::Cancelled),
            Held::Yes if self.stop.is_cancelled() => Some(JobEnd::Released),
            Held::Yes => None,
        }
    }

    /// Does work that may wait for others. When the attempt must end, it drops the work and returns how to end.
    pub(crate) async fn unless_ended<T>(&self, work: impl Future<Output = T>) -> Result<T, JobEnd> {
        tokio::select! {
            biased;
            end = self.end() => Err(end),
            done = work => Ok(done),
        }
    }

    /// Waits until the attempt must end.
    async fn end(&self) -> JobEnd {
        let mut held = self.held.clone();
        loop {
            if let Some(end) = self.must_end() {
                return end;
            }
            tokio::select! {
                changed = held.changed() => {
                    if changed.is_err() {
                        // Nobody extends the lease any more.
                        return JobEnd::Lost;
                    }
                }
                () = self.stop.cancelled() => {}
            }
        }
    }
}

/// Makes one attempt at a leased job, and records its end in the storage.
pub(super) async fn make(
    app: Application,
    handler: Arc<dyn JobHandler>,
    job: Job,
    holding: Holding,
    options: WorkerOptions,
    stop: CancellationToken,
) {
    let (lease_state, held) = watch::channel(Held::Yes);
    let attempt = Attempt { held, stop };
    let work = {
        let (app, handler, job) = (app.clone(), Arc::clone(&handler), job.clone());
        // A separate task: a panic must not end the worker.
        tokio::spawn(async move { handler.run(&app, &job, &attempt).await })
    };
    let result = tokio::select! {
        result = work => result.unwrap_or(Err(Interruption::Other("the attempt panicked"))),
        () = keep_lease(&app, &holding, &options, &lease_state) => return,
    };
    let end = match result {
        Ok(JobEnd::Lost) => return,
        Ok(JobEnd::Finished) => AttemptEnd::Finished,
        Ok(JobEnd::Cancelled) => AttemptEnd::Cancelled,
        Ok(JobEnd::Released) => AttemptEnd::Released,
        Ok(JobEnd::Failed(reason)) => AttemptEnd::Failed {
            error: reason.to_owned(),
        },
        Err(interruption) => after(&app, &*handler, &job, &interruption).await,
    };
    let kind = job.job.kind.as_str();
    metrics::counter!("selfsame_job_attempts_total", "kind" => kind, "end" => name(&end)).increment(1);
    if let Err(error) = app.store.end_attempt(&holding, &end, app.clock.now()).await {
        // The lease expires by itself, and another attempt continues with the remaining work.
        warn(&job, &error, "cannot note the end of a job's attempt");
    }
    app.jobs.ended();
}

/// Decides what follows an interrupted attempt.
async fn after(app: &Application, handler: &dyn JobHandler, job: &Job, interruption: &Interruption) -> AttemptEnd {
    let (workspace, id) = (job.job.workspace.0, job.job.id);
    let error = interruption.to_string();
    if job.attempts < MAX_ATTEMPTS {
        tracing::warn!(workspace, job = %id, attempts = job.attempts, error = interruption as &dyn std::error::Error, "a job was interrupted; trying again");
        let not_before = later(app.clock.now(), pause_seconds(job.attempts));
        return AttemptEnd::Retry { error, not_before };
    }
    tracing::error!(workspace, job = %id, attempts = job.attempts, error = interruption as &dyn std::error::Error, "a job is given up");
    match handler.give_up(app, job, &error).await {
        Ok(()) => AttemptEnd::Failed { error },
        Err(failure) => {
            warn(job, &failure, "cannot give a job up; trying again");
            let not_before = later(app.clock.now(), MAX_PAUSE_SECONDS);
            AttemptEnd::Retry { error, not_before }
        }
    }
}

/// Extends the lease after every third of its length, and sends the storage's answer to the handler. Never returns: the
/// caller drops it at the end of the attempt.
async fn keep_lease(app: &Application, holding: &Holding, options: &WorkerOptions, lease_state: &watch::Sender<Held>) {
    loop {
        tokio::time::sleep(options.lease / 3).await;
        let now = app.clock.now();
        match app.store.heartbeat(holding, now, options.lease_end(now)).await {
            Ok(held) => {
                lease_state.send_replace(held);
            }
            Err(error) => tracing::warn!(
                workspace = holding.workspace.0,
                job = %holding.job,
                error = &error as &dyn std::error::Error,
                "cannot extend the lease of a job"
            ),
        }
    }
}

/// The pause before the next attempt: 1, 2, 4 … seconds.
fn pause_seconds(attempts: u32) -> i64 {
    2_i64.saturating_pow(attempts.saturating_sub(1)).min(MAX_PAUSE_SECONDS)
}

pub(super) fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add_signed(TimeDelta::seconds(seconds))
        .unwrap_or(Timestamp::MAX_UTC)
}

pub(super) fn span(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

fn name(end: &AttemptEnd) -> &'static str {
    match end {
        AttemptEnd::Finished => "finished",
        AttemptEnd::Cancelled => "cancelled",
        AttemptEnd::Failed { .. } => "failed",
        AttemptEnd::Retry { .. } => "interrupted",
        AttemptEnd::Released => "released",
    }
}

fn warn(job: &Job, error: &StorageError, text: &'static str) {
    let (workspace, id) = (job.job.workspace.0, job.job.id);
    tracing::warn!(workspace, job = %id, error = error as &dyn std::error::Error, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let pauses: Vec<i64> = [0, 1, 2, 3, 9, 10, 64, u32::MAX]
            .into_iter()
            .map(pause_seconds)
            .collect();
        assert_eq!(pauses, [1, 1, 2, 4, 256, 300, 300, 300]);
    }
}
