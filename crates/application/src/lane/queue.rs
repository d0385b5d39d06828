//! The queues of the write lane, and the order in which they are served.

use super::batch::{Job, take_batch};
use super::contention::Contention;
use super::execute::execute;
use super::overlap::{Before, Place, over};
use crate::ports::{AccessVersion, Clock, Ids, StorageError, Store};
use crate::submit::{Reply, Submission, SubmitError};
use futures::FutureExt;
use selfsame_domain::{Decision, DecisionId, Envelope, WorkspaceId};
use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{Notify, oneshot, watch};

/// Bounds of the write lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneOptions {
    /// The most commands in a transaction; 1 turns batching off.
    pub batch_commands: usize,
    /// The most request bytes in a transaction.
    pub batch_bytes: usize,
    /// The most waiting submissions; one more is refused as busy.
    pub depth: usize,
}

impl Default for LaneOptions {
    fn default() -> Self {
        Self {
            batch_commands: 256,
            batch_bytes: 1 << 20,
            depth: 4096,
        }
    }
}

/// The write lane. A clone shares all state.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    options: LaneOptions,
    state: Mutex<State>,
    /// How many submissions are accepted and not yet answered.
    open: watch::Sender<usize>,
    /// How many live submissions were accepted so far.
    live: AtomicU64,
}

/// The priority of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Priority {
    /// A caller waits for the answer.
    Live,
    /// It runs when no live submission of the workspace waits, in a transaction of its own.
    Background,
}

/// The waiting submissions of one workspace.
#[derive(Debug, Default)]
struct Waiting {
    live: VecDeque<Job>,
    background: VecDeque<Job>,
    /// The number of commands in `live`.
    commands: usize,
    /// While the worker task waits for more commands: how many it waits for, and what wakes it.
    wanted: Option<usize>,
    arrivals: Arc<Notify>,
}

impl Waiting {
    fn push(&mut self, job: Job, priority: Priority) {
        match priority {
            Priority::Live => {
                self.commands += job.envelopes.len();
                self.live.push_back(job);
            }
            Priority::Background => self.background.push_back(job),
        }
        if self.wanted.is_some_and(|wanted| self.commands >= wanted) {
            self.wanted = None;
            self.arrivals.notify_one();
        }
    }

    fn take(&mut self, options: &LaneOptions) -> Vec<Job> {
        let batch = take_batch(&mut self.live, options);
        if batch.is_empty() {
            let next = self.background.pop_front();
            if let Some(turn) = next.as_ref().and_then(|job| job.turn.as_ref()) {
                turn.get_or_init(Instant::now);
            }
            return next.into_iter().collect();
        }
        self.commands -= batch.iter().map(|job| job.envelopes.len()).sum::<usize>();
        batch
    }
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    /// One queue for every workspace that has a running worker task.
    queues: HashMap<WorkspaceId, Waiting>,
}

impl Lane {
    pub(crate) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, options: LaneOptions) -> Self {
        let (open, _) = watch::channel(0);
        Self {
            inner: Arc::new(Inner {
                store,
                clock,
                ids,
                options,
                state: Mutex::default(),
                open,
                live: AtomicU64::new(0),
            }),
        }
    }

    /// Accepts a submission, and returns after its commit. A caller that disconnects does not stop its submission.
    /// With an access version, it is decided only at this version of the workspace.
    pub(crate) async fn submit(
        &self,
        workspace: WorkspaceId,
        submission: Submission,
        access: Option<AccessVersion>,
    ) -> Reply {
        let (sender, receiver) = oneshot::channel();
        let job = self.inner.job(submission, access, sender);
        self.enqueue(workspace, job, Priority::Live)?;
        receiver.await.unwrap_or_else(|_| Err(abandoned().into()))
    }

    /// The same in the background. Also returns the time from the submission's turn to its answer.
    pub(crate) async fn submit_in_background(
        &self,
        workspace: WorkspaceId,
        submission: Submission,
    ) -> Result<(Vec<Decision>, Duration), SubmitError> {
        let (sender, receiver) = oneshot::channel();
        let turn = Arc::new(OnceLock::new());
        let mut job = self.inner.job(submission, None, sender);
        job.turn = Some(Arc::clone(&turn));
        self.enqueue(workspace, job, Priority::Background)?;
        let decisions = receiver.await.unwrap_or_else(|_| Err(abandoned().into()))?;
        Ok((decisions, turn.get().map_or(Duration::ZERO, Instant::elapsed)))
    }

    fn enqueue(&self, workspace: WorkspaceId, job: Job, priority: Priority) -> Result<(), SubmitError> {
        let inner = &self.inner;
        let mut state = inner.lock();
        // Background submissions do not count: the number of running jobs bounds them, and a job fails for good after a
        // number of failed attempts, which a busy server must not cause.
        let is_full = priority == Priority::Live && *inner.open.borrow() >= inner.options.depth;
        if state.closed || is_full {
            return Err(SubmitError::Busy);
        }
        inner.open.send_modify(|open| *open += 1);
        if priority == Priority::Live {
            inner.live.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(waiting) = state.queues.get_mut(&workspace) {
            waiting.push(job, priority);
        } else {
            state.queues.entry(workspace).or_default().push(job, priority);
            drop(state);
            start(Arc::clone(inner), workspace);
        }
        Ok(())
    }

    /// How many submissions are accepted and not yet answered.
    pub(crate) fn depth(&self) -> usize {
        *self.inner.open.borrow()
    }

    /// The most submissions that may be accepted and not yet answered.
    pub(crate) fn capacity(&self) -> usize {
        self.inner.options.depth
    }

    /// How many live submissions were accepted so far.
    pub(crate) fn live_submissions(&self) -> u64 {
        self.inner.live.load(Ordering::Relaxed)
    }

    /// Refuses new submissions, and returns when all accepted ones are answered.
    pub(crate) async fn close(&self) {
        self.inner.lock().closed = true;
        let mut open = self.inner.open.subscribe();
        // The sender lives in `self`, so the wait ends only when no submission is open.
        let _ = open.wait_for(|open| *open == 0).await;
    }
}

impl Inner {
    /// A panic cannot leave the queues inconsistent: every critical section is a single push or take.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn job(&self, submission: Submission, access: Option<AccessVersion>, reply: oneshot::Sender<Reply>) -> Job {
        let at = self.clock.now();
        let envelope = |command| Envelope {
            decision: DecisionId(self.ids.uuid(at)),
            at,
            command,
        };
        let Submission {
            commands,
            replay,
            duplicate_digest,
            bytes,
            import,
        } = submission;
        let envelopes = commands.into_iter().map(envelope).collect();
        Job {
            envelopes,
            replay,
            duplicate_digest,
            bytes,
            import,
            access,
            at,
            turn: None,
            reply,
        }
    }
}

/// The answer to the callers of a batch that panicked. Whether it was committed is unknown.
fn abandoned() -> StorageError {
    let reason = "the transaction was abandoned".to_owned();
    StorageError::Unavailable { reason }
}

/// Starts to serve a workspace.
fn start(inner: Arc<Inner>, workspace: WorkspaceId) {
    let runtime = Handle::current();
    if inner.store.excludes() && runtime.runtime_flavor() == RuntimeFlavor::MultiThread {
        // On a thread of its own, since the batches block it: requests go on meanwhile.
        let serving = runtime.clone();
        runtime.spawn_blocking(move || serving.block_on(work(inner, workspace)));
    } else {
        runtime.spawn(work(inner, workspace));
    }
}

/// Serves one workspace until its queue is empty.
async fn work(inner: Arc<Inner>, workspace: WorkspaceId) {
    let contention = Arc::new(Contention::default());
    let mut before: Option<Before> = None;
    loop {
        if let Some(before) = before.as_ref().filter(|before| !before.is_over())
            && contention.reads_apart()
        {
            before.over().await;
        }
        let batch = match next(&inner, workspace, before.as_ref()) {
            Next::Batch(batch) => batch,
            Next::Later(arrivals) => {
                if let Some(before) = &before {
                    tokio::select! {
                        () = before.over() => {}
                        () = arrivals.notified() => {}
                    }
                }
                continue;
            }
            Next::Nothing => return,
        };
        metrics::histogram!("selfsame_lane_batch_submissions").record(measured(batch.len()));
        let (begins, begun) = oneshot::channel();
        let (end, done) = watch::channel(());
        let overlaps = inner.store.overlaps();
        let place = Place::new(before.clone(), overlaps.then_some(begins), done.clone());
        let running = run(
            Arc::clone(&inner),
            workspace,
            batch,
            Arc::clone(&contention),
            place,
            end,
        );
        if !overlaps {
            running.await;
            continue;
        }
        tokio::spawn(running);
        // An error means that the batch has ended without a write.
        if let Ok(writing) = begun.await {
            before = Some(writing);
        } else {
            over(done).await;
        }
    }
}

/// Executes a batch. `_end` is dropped when it has ended.
async fn run(
    inner: Arc<Inner>,
    workspace: WorkspaceId,
    batch: Vec<Job>,
    contention: Arc<Contention>,
    place: Place,
    _end: watch::Sender<()>,
) {
    let count = batch.len();
    // A panic in an adapter must not strand the submissions behind it. It drops the senders, so the callers of the batch are
    // answered. Nothing that it may leave inconsistent is used afterwards: the store drops the connection.
    let work = execute(&*inner.store, workspace, batch, &contention, &place);
    if AssertUnwindSafe(work).catch_unwind().await.is_err() {
        tracing::error!(workspace = workspace.0, "a batch panicked");
    }
    inner.open.send_modify(|open| *open -= count);
    metrics::gauge!("selfsame_lane_depth").set(measured(*inner.open.borrow()));
}

/// Converts a count for metrics; capped at `u32::MAX`.
fn measured(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}

/// What the worker task of a workspace does next.
enum Next {
    Batch(Vec<Job>),
    /// It waits until the batch before has ended, or enough submissions have arrived.
    Later(Arc<Notify>),
    /// The queue is empty, and removed.
    Nothing,
}

/// While a batch is written, the next one begins when it is as large: smaller ones would grow smaller and smaller.
fn next(inner: &Inner, workspace: WorkspaceId, before: Option<&Before>) -> Next {
    let mut state = inner.lock();
    let Some(waiting) = state.queues.get_mut(&workspace) else {
        return Next::Nothing;
    };
    let running = before.filter(|before| !before.is_over());
    let wanted = running.map(|before| before.size().min(inner.options.batch_commands));
    waiting.wanted = wanted.filter(|wanted| waiting.commands < *wanted);
    if waiting.wanted.is_some() {
        return Next::Later(Arc::clone(&waiting.arrivals));
    }
    let batch = waiting.take(&inner.options);
    if batch.is_empty() {
        state.queues.remove(&workspace);
        return Next::Nothing;
    }
    Next::Batch(batch)
}
