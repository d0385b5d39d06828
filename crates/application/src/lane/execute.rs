//! Reads, decides and writes a batch.

use super::batch::Job;
use super::contention::Contention;
use super::decide::{Decided, decide, replies};
use super::overlap::{Fresh, Place, fresh, must_read_again};
use super::records::{all_records, originals, reply_keys};
use crate::imports::rows_of;
use crate::ports::{
    Basis, Commit, Exclusive, ImportProgress, ImportRow, PolicyVersion, ReadAnswer, ReadRequest, ReadState, Recorded,
    RowsRecorded, StorageError, Store, Written,
};
use crate::submit::{ImportBatch, Reply, SubmitError};
use selfsame_domain::{ContactId, Decision, Envelope, FootprintExpansion, Timestamp, WorkspaceId, footprint};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How many times a batch that loses races is tried before its callers receive an error.
const ATTEMPTS: u32 = 10;

/// How many times a batch is repeated whose connection was lost before the commit. Each attempt may take the time of a
/// statement.
const RECONNECTS: u32 = 1;

/// Executes a batch and answers all of its callers. A batch that the database refuses is halved until the failing
/// submission is alone.
pub(super) async fn execute(
    store: &dyn Store,
    workspace: WorkspaceId,
    batch: Vec<Job>,
    contention: &Contention,
    place: &Place,
) {
    let mut waiting = vec![batch];
    while let Some(mut jobs) = waiting.pop() {
        let first = jobs.first().and_then(|job| job.envelopes.first());
        let done = persist(first, || transact(store, workspace, &jobs, contention, place)).await;
        match done {
            Ok(replies) => {
                for (job, reply) in jobs.into_iter().zip(replies) {
                    // The caller may have disconnected; the submission is committed all the same.
                    let _ = job.reply.send(reply);
                }
            }
            Err(error) if error.is_lasting() && jobs.len() > 1 => {
                let second = jobs.split_off(jobs.len() / 2);
                waiting.push(second);
                waiting.push(jobs);
            }
            Err(error) => fail(workspace, jobs, error),
        }
    }
}

fn fail(workspace: WorkspaceId, jobs: Vec<Job>, error: StorageError) {
    // An import that was cancelled is no failure.
    if !matches!(error, StorageError::ImportNotRunning) {
        tracing::error!(
            workspace = workspace.0,
            error = &error as &dyn std::error::Error,
            "a batch failed"
        );
    }
    let error = Arc::new(error);
    for job in jobs {
        let _ = job.reply.send(Err(SubmitError::Storage(Arc::clone(&error))));
    }
}

/// Repeats work that lost a race or its connection.
pub(super) async fn persist<T, F>(first: Option<&Envelope>, work: impl Fn() -> F) -> Result<T, StorageError>
where
    F: Future<Output = Result<T, StorageError>>,
{
    let (mut tries, mut reconnects) = (1, 0);
    loop {
        match work().await {
            Err(StorageError::Retriable) if tries < ATTEMPTS => {
                metrics::counter!("selfsame_lane_retries_total").increment(1);
                tokio::time::sleep(pause(tries, first)).await;
                tries += 1;
            }
            Err(StorageError::Lost { reason }) if reconnects < RECONNECTS => {
                tracing::warn!(reason, "a connection was lost: doing its batch again on another one");
                reconnects += 1;
            }
            Err(StorageError::Lost { reason }) => return Err(StorageError::Unavailable { reason }),
            result => return result,
        }
    }
}

/// The pause before the next attempt. It grows with every attempt, and differs between colliding servers: the end of
/// the decision ID is random.
fn pause(tries: u32, first: Option<&Envelope>) -> Duration {
    let seed = first.map_or(0, |first| first.decision.0.as_u128());
    let spread = (seed.rotate_right(tries * 7) % 1000) as u64;
    Duration::from_micros(u64::from(tries) * (500 + 4 * spread))
}

/// Where a batch is read from.
pub(super) enum Source<'a> {
    /// The committed state, without excluding other writers.
    Committed(&'a dyn Store),
    /// A transaction that excludes other writers.
    Exclusive(&'a mut dyn Exclusive),
}

impl Source<'_> {
    async fn read(&mut self, workspace: WorkspaceId, request: &ReadRequest) -> Result<ReadAnswer, StorageError> {
        match self {
            Self::Committed(store) => store.read(workspace, request).await,
            Self::Exclusive(transaction) => transaction.read(request).await,
        }
    }
}

/// What a batch is decided on.
pub(super) struct Found {
    pub(super) policy: PolicyVersion,
    pub(super) request: ReadRequest,
    pub(super) state: ReadState,
}

/// A decided batch that is not written yet.
struct Prepared {
    basis: Arc<Basis>,
    /// The contact numbers that it may assign.
    fresh: Fresh,
    decided: Decided,
    records: Vec<Recorded>,
    /// The rows of the batch's import.
    rows: Vec<ImportRow>,
}

impl Prepared {
    fn commit<'a>(&'a self, jobs: &[Job]) -> Commit<'a> {
        Commit {
            changes: &self.decided.changes,
            records: &self.records,
            import: import_of(jobs).map(|(import, now)| ImportProgress {
                import: import.import,
                done: import.done,
                rows: &self.rows,
                now,
            }),
        }
    }

    /// Builds the replies. Call it once the batch is durable.
    fn replies(self, jobs: &[Job]) -> Vec<Reply> {
        self.decided.decisions.iter().flatten().for_each(count);
        replies(jobs, self.decided.treatments, self.decided.decisions)
    }
}

/// The rows of an import that a batch is about, and their time. Such a batch has a single job.
fn import_of(jobs: &[Job]) -> Option<(&ImportBatch, Timestamp)> {
    let job = jobs.first()?;
    Some((job.import.as_ref()?, job.at))
}

/// Ends a batch that changes nothing. The rows of an import are recorded all the same.
async fn end_unchanged(
    store: &dyn Store,
    workspace: WorkspaceId,
    prepared: Prepared,
    jobs: &[Job],
) -> Result<Vec<Reply>, StorageError> {
    if let Some(progress) = prepared.commit(jobs).import {
        let ImportProgress {
            import,
            done,
            rows,
            now,
        } = progress;
        if store.record_rows(workspace, import, done, rows, now).await? == RowsRecorded::No {
            return Err(StorageError::ImportNotRunning);
        }
    }
    Ok(prepared.replies(jobs))
}

/// Reads, decides and writes. A stale batch is done again with other writers excluded; the storage may require that for all batches.
async fn transact(
    store: &dyn Store,
    workspace: WorkspaceId,
    jobs: &[Job],
    contention: &Contention,
    place: &Place,
) -> Result<Vec<Reply>, StorageError> {
    if !store.excludes() && !contention.excludes() {
        let running = place.running();
        let mut prepared = prepare(&mut Source::Committed(store), store, workspace, jobs).await?;
        if must_read_again(running, &prepared.basis, !prepared.commit(jobs).is_empty()).await {
            metrics::counter!("selfsame_lane_reread_total").increment(1);
            contention.note_reread();
            prepared = prepare(&mut Source::Committed(store), store, workspace, jobs).await?;
        }
        if prepared.commit(jobs).is_empty() {
            return end_unchanged(store, workspace, prepared, jobs).await;
        }
        let size = jobs.iter().map(|job| job.envelopes.len()).sum();
        place.begin(&prepared.basis, &prepared.fresh, &prepared.decided.changes, size);
        match store.write(workspace, &prepared.basis, prepared.commit(jobs)).await? {
            Written::Committed(_) => return Ok(prepared.replies(jobs)),
            Written::Stale => {
                metrics::counter!("selfsame_lane_stale_total").increment(1);
                contention.note_stale();
            }
        }
    }
    if let Some(before) = place.running() {
        before.over().await;
    }
    let mut transaction = store.exclusive(workspace).await?;
    let prepared = prepare(&mut Source::Exclusive(&mut *transaction), store, workspace, jobs).await?;
    if prepared.commit(jobs).is_empty() {
        drop(transaction);
        return end_unchanged(store, workspace, prepared, jobs).await;
    }
    transaction.write(prepared.commit(jobs)).await?;
    Ok(prepared.replies(jobs))
}

async fn prepare(
    source: &mut Source<'_>,
    store: &dyn Store,
    workspace: WorkspaceId,
    jobs: &[Job],
) -> Result<Prepared, StorageError> {
    let read_request = |policy: &PolicyVersion, known: &FootprintExpansion| request(jobs, policy, known);
    let Found { policy, request, state } = read(source, store, workspace, read_request).await?;
    let decided = decide(jobs, &state, &policy.policy)?;
    let rows = import_of(jobs).map(|(import, _)| rows_of(import, decided.decisions.first().map_or(&[], Vec::as_slice)));
    Ok(Prepared {
        rows: rows.unwrap_or_default(),
        records: all_records(jobs, &decided, &state.snapshot, &policy.policy),
        basis: Arc::new(Basis::of(&request, &state)),
        fresh: fresh(&state.snapshot),
        decided,
    })
}

/// The read request of the jobs. Which jobs are answered from recorded replies is known only after the read, so the
/// request covers all of them.
fn request(jobs: &[Job], policy: &PolicyVersion, known: &FootprintExpansion) -> ReadRequest {
    let read_request = jobs.iter().flat_map(|job| &job.envelopes);
    ReadRequest {
        policy: policy.revision,
        footprint: footprint(read_request, &policy.policy, known),
        reply_keys: reply_keys(jobs, &policy.policy),
        now: jobs.iter().map(|job| job.at).min().unwrap_or_default(),
    }
}

/// Reads a snapshot. The read reveals identifying custom fields, identifiers of removed contacts, and the contacts of a
/// repeated request; when these extend the footprint, the batch is read again. So is a batch whose footprint was made
/// with an outdated policy.
pub(super) async fn read(
    source: &mut Source<'_>,
    store: &dyn Store,
    workspace: WorkspaceId,
    make_request: impl Fn(&PolicyVersion, &FootprintExpansion) -> ReadRequest,
) -> Result<Found, StorageError> {
    let mut policy = store.policy(workspace).await?;
    let mut known = FootprintExpansion::default();
    let mut repeated: BTreeSet<ContactId> = BTreeSet::new();
    loop {
        let mut request = make_request(&policy, &known);
        request.footprint.contacts.extend(&repeated);
        match source.read(workspace, &request).await? {
            ReadAnswer::OutdatedPolicy(newer) => policy = newer,
            ReadAnswer::State(state) => {
                repeated.extend(originals(&state.recorded));
                let learned = state.snapshot.expand_footprint(&request.footprint, &mut known);
                if !learned && repeated.is_subset(&request.footprint.contacts) {
                    let state = *state;
                    return Ok(Found { policy, request, state });
                }
            }
        }
    }
}

fn count(decision: &Decision) {
    let (call, outcome, rule) = (decision.call.clone(), decision.outcome.as_str(), decision.rule.as_str());
    metrics::counter!("selfsame_decisions_total", "call" => call, "outcome" => outcome, "rule" => rule).increment(1);
}
