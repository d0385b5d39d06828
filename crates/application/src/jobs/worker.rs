//! The job loop of a server.

use super::attempt::{later, make, span};
use super::handler::JobHandler;
use crate::app::Application;
use crate::contact_actions::ContactActionHandler;
use crate::exports::ExportHandler;
use crate::imports::{ImportHandler, UndoHandler};
use crate::ports::{Holding, Job, Lease, LeaseRequest, RowReader, StorageError};
use crate::webhooks::WebhookHandler;
use selfsame_domain::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Settings of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerOptions {
    /// How many jobs of a kind run at the same time on this server, at least 1.
    pub at_once: usize,
    /// How many jobs of a kind run at the same time for one workspace, on all servers, at least 1.
    pub per_workspace: u32,
    /// How long a lease lasts, in whole seconds. It is extended after every third of that time. After a server is
    /// killed, its jobs wait that long for another server.
    pub lease: Duration,
    /// How often the worker looks for jobs that other servers enqueued or released.
    pub poll: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            at_once: 4,
            per_workspace: 2,
            lease: Duration::from_secs(10),
            poll: Duration::from_secs(1),
        }
    }
}

impl WorkerOptions {
    pub(super) fn lease_end(&self, now: Timestamp) -> Timestamp {
        later(now, span(self.lease))
    }
}

/// Runs jobs. One per server.
#[derive(Debug)]
pub struct Worker {
    app: Application,
    handlers: Vec<Arc<dyn JobHandler>>,
    owner: Uuid,
    options: WorkerOptions,
}

/// Running attempts, each with the index of its handler.
type Running = JoinSet<usize>;

impl Application {
    /// Creates a worker for the jobs of this application. `rows` reads the bodies of imports.
    pub fn worker(&self, rows: Arc<dyn RowReader>, options: WorkerOptions) -> Worker {
        Worker {
            app: self.clone(),
            handlers: vec![
                Arc::new(ImportHandler::new(rows)),
                Arc::new(UndoHandler),
                Arc::new(ExportHandler),
                Arc::new(WebhookHandler),
                Arc::new(ContactActionHandler),
            ],
            owner: self.ids.uuid(self.clock.now()),
            options,
        }
    }
}

impl Worker {
    /// Runs jobs until `stop`: jobs enqueued on this server at once, jobs of other servers within
    /// [`WorkerOptions::poll`]. After `stop` it returns when the running attempts have finished their current step and
    /// released their jobs.
    pub async fn run(&self, stop: CancellationToken) {
        let mut running = Running::new();
        let mut counts = vec![0; self.handlers.len()];
        loop {
            if let Err(error) = self.fill(&mut running, &mut counts, &stop).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot look for jobs");
            }
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ended) = running.join_next() => self.count_ended(ended.ok(), &mut counts),
                () = self.app.jobs.wait_for_job() => {}
                () = tokio::time::sleep(self.options.poll) => {}
            }
        }
        while running.join_next().await.is_some() {}
    }

    /// Runs jobs until none is due. For one-shot programs and for tests.
    pub async fn run_due(&self) -> Result<(), StorageError> {
        let stop = CancellationToken::new();
        let mut running = Running::new();
        let mut counts = vec![0; self.handlers.len()];
        loop {
            self.fill(&mut running, &mut counts, &stop).await?;
            match running.join_next().await {
                Some(ended) => self.count_ended(ended.ok(), &mut counts),
                None => return Ok(()),
            }
        }
    }

    /// Starts as many attempts as fit.
    async fn fill(
        &self,
        running: &mut Running,
        counts: &mut [usize],
        stop: &CancellationToken,
    ) -> Result<(), StorageError> {
        for (place, handler) in self.handlers.iter().enumerate() {
            while counts[place] < self.options.at_once && !stop.is_cancelled() {
                let Some(job) = self.lease(&**handler).await? else {
                    break;
                };
                let holding = Holding {
                    workspace: job.job.workspace,
                    job: job.job.id,
                    owner: self.owner,
                };
                let (app, options) = (self.app.clone(), self.options);
                let attempt = make(app, Arc::clone(handler), job, holding, options, stop.clone());
                running.spawn(async move {
                    attempt.await;
                    place
                });
                counts[place] += 1;
                self.show(place, counts);
            }
        }
        Ok(())
    }

    async fn lease(&self, handler: &dyn JobHandler) -> Result<Option<Job>, StorageError> {
        let now = self.app.clock.now();
        let request = LeaseRequest {
            kind: handler.kind(),
            per_workspace: self.options.per_workspace,
            now,
            lease: Lease {
                owner: self.owner,
                until: self.options.lease_end(now),
            },
        };
        self.app.store.lease(&request).await
    }

    /// The task of an attempt does not panic: its handler runs in a task of its own.
    fn count_ended(&self, place: Option<usize>, counts: &mut [usize]) {
        if let Some(place) = place {
            counts[place] = counts[place].saturating_sub(1);
            self.show(place, counts);
        }
    }

    fn show(&self, place: usize, counts: &[usize]) {
        let count = u32::try_from(counts[place]).unwrap_or(u32::MAX);
        metrics::gauge!("selfsame_jobs_running", "kind" => self.handlers[place].kind().as_str()).set(f64::from(count));
    }
}
