//! One batch, one transaction.

use super::batch::Job;
use crate::ports::{Mode, Recorded, StorageError, Store};
use crate::submit::{Reply, SubmitError};
use chrono::TimeDelta;
use selfsame_domain::{
    ChangeSet, Contact, ContactId, Decision, DecisionId, Effect, Envelope, IdentifierKey, Learned, Outcome, Policy,
    Rejection, Rule, Snapshot, Timestamp, WorkspaceId, footprint, resolve,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How often a batch that lost a race is done again before its callers are told to come back.
const ATTEMPTS: u32 = 10;

/// How often a batch is done again whose connection was lost before its commit. Each time may take as long as a statement may.
const RECONNECTS: u32 = 1;

/// How long a reply is kept for an idempotency key (identity rules, "Decided").
const REPLAY_HOURS: i64 = 24;

/// Does a batch and answers everybody in it. A batch that fails is halved until the submission that makes it fail is alone.
pub(super) async fn execute(store: &dyn Store, workspace: WorkspaceId, batch: Vec<Job>) {
    let mut waiting = vec![batch];
    while let Some(mut jobs) = waiting.pop() {
        match attempt(store, workspace, &jobs).await {
            Ok(replies) => {
                for (job, reply) in jobs.into_iter().zip(replies) {
                    // The caller may have gone; what it asked for is done all the same.
                    let _ = job.reply.send(reply);
                }
            }
            Err(StorageError::Refused(_) | StorageError::Corrupt { .. }) if jobs.len() > 1 => {
                let second = jobs.split_off(jobs.len() / 2);
                waiting.push(second);
                waiting.push(jobs);
            }
            Err(error) => {
                tracing::error!(
                    workspace = workspace.0,
                    error = &error as &dyn std::error::Error,
                    "a batch failed"
                );
                let error = Arc::new(error);
                for job in jobs {
                    let _ = job.reply.send(Err(SubmitError::Storage(Arc::clone(&error))));
                }
            }
        }
    }
}

async fn attempt(store: &dyn Store, workspace: WorkspaceId, jobs: &[Job]) -> Result<Vec<Reply>, StorageError> {
    let first = jobs.first().and_then(|job| job.envelopes.first());
    persist(first, || transact(store, workspace, jobs)).await
}

/// Does again what lost a race, or its connection.
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

/// Grows with every try, and differs between servers that collide: the decision's identity is random at its end.
fn pause(tries: u32, first: Option<&Envelope>) -> Duration {
    let seed = first.map_or(0, |first| first.decision.0.as_u128());
    let spread = (seed.rotate_right(tries * 7) % 1000) as u64;
    Duration::from_micros(u64::from(tries) * (500 + 4 * spread))
}

/// What becomes of a job before anything is resolved.
enum Fate {
    /// It is resolved.
    Live,
    /// Its reply is known.
    Known(Reply),
    /// It is an earlier job of the batch, sent again under its idempotency key.
    SameAs(usize),
    /// It repeats a request within the workspace's window: refused, unless the window has ended (see [`has_ended`]).
    Repeats(Original),
}

/// The request that another one repeats.
enum Original {
    /// That of an earlier job of the batch.
    Earlier(usize),
    /// One that was recorded, with the contacts that it was about.
    Recorded(Vec<ContactId>),
}

/// What a batch comes to.
struct Decided {
    fates: Vec<Fate>,
    /// Of the live jobs, in their order.
    decisions: Vec<Vec<Decision>>,
    changes: ChangeSet,
}

/// Which custom fields identify, and what a removed contact holds, is known from the snapshot only, when the locks are taken. A batch that
/// gives values to such fields, or may bring such a contact back, is therefore done in a second transaction, which locks these, too.
async fn transact(store: &dyn Store, workspace: WorkspaceId, jobs: &[Job]) -> Result<Vec<Reply>, StorageError> {
    let mut known = Learned::default();
    loop {
        if let Some(replies) = transact_knowing(store, workspace, jobs, &mut known).await? {
            return Ok(replies);
        }
    }
}

/// One transaction; `None`, and nothing done, when it learned of more that the batch touches.
async fn transact_knowing(
    store: &dyn Store,
    workspace: WorkspaceId,
    jobs: &[Job],
    known: &mut Learned,
) -> Result<Option<Vec<Reply>>, StorageError> {
    let mut work = store.begin(workspace, Mode::Write).await?;
    let policy = work.policy().clone();
    let keys = replay_keys(jobs, &policy);
    let recorded = match (keys.is_empty(), jobs.iter().map(|job| job.at).min()) {
        (false, Some(earliest)) => work.recorded(&keys, earliest).await?,
        _ => Vec::new(),
    };
    let fates = fates(jobs, &policy, &recorded, &BTreeSet::new());
    let asked = envelopes(jobs, &fates, |fate| matches!(fate, Fate::Live | Fate::Repeats(_)));
    if asked.is_empty() {
        return Ok(Some(replies(jobs, fates, Vec::new())));
    }
    let mut footprint = footprint(&asked, &policy, known);
    footprint.contacts.extend(originals(&fates));
    let snapshot = work.load(&footprint).await?;
    if snapshot.learn(&footprint, known) {
        return Ok(None);
    }
    let decided = decide(jobs, fates, &snapshot, &policy, &recorded);
    let records = all_records(jobs, &decided, &snapshot, &policy);
    if decided.changes != ChangeSet::default() || !records.is_empty() {
        work.apply(&decided.changes, &records).await?;
        work.commit().await?;
    }
    decided.decisions.iter().flatten().for_each(count);
    Ok(Some(replies(jobs, decided.fates, decided.decisions)))
}

/// Decides the live jobs. Whether a window has ended is known once what came before is decided, so a job whose window has ended is decided
/// after all.
fn decide(jobs: &[Job], mut fates: Vec<Fate>, snapshot: &Snapshot, policy: &Policy, recorded: &[Recorded]) -> Decided {
    let mut ended = BTreeSet::new();
    loop {
        let asked = envelopes(jobs, &fates, |fate| matches!(fate, Fate::Live));
        let resolution = resolve(&asked, snapshot, policy);
        let decisions = split(live(jobs, &fates).map(|(_, job)| job), resolution.decisions);
        let decided: BTreeMap<usize, &[Decision]> = live(jobs, &fates)
            .zip(&decisions)
            .map(|((index, _), decisions)| (index, decisions.as_slice()))
            .collect();
        let repeats = fates.iter().enumerate().filter_map(|(index, fate)| match fate {
            Fate::Repeats(original) => Some((index, original)),
            _ => None,
        });
        // One at a time, the first first: what was decided behind it may come out otherwise.
        let next = repeats
            .filter(|(index, original)| has_ended(*index, original, &decided, snapshot))
            .map(|(index, _)| index)
            .next();
        let Some(next) = next else {
            let changes = resolution.changes;
            return Decided {
                fates,
                decisions,
                changes,
            };
        };
        ended.insert(next);
        fates = self::fates(jobs, policy, recorded, &ended);
    }
}

/// Whether the window of a request has ended for the job at the index that repeats it: the request was refused, or one of its contacts was
/// removed since.
fn has_ended(index: usize, original: &Original, decided: &BTreeMap<usize, &[Decision]>, snapshot: &Snapshot) -> bool {
    let (since, contacts) = match original {
        Original::Earlier(earlier) => {
            let decisions = decided.get(earlier).copied().unwrap_or_default();
            if !is_accepted(decisions) {
                return true;
            }
            (
                earlier + 1,
                about(decisions).into_iter().map(|id| (id, false)).collect(),
            )
        }
        Original::Recorded(contacts) => (0, contacts.iter().map(|id| now(snapshot, *id)).collect::<Vec<_>>()),
    };
    contacts.into_iter().any(|(mut contact, mut is_removed)| {
        for decision in decided.range(since..index).flat_map(|(_, decisions)| *decisions) {
            let absorbs = |effect: &Effect| matches!(effect, Effect::Merged { absorbed, .. } if *absorbed == contact);
            if decision.effects.iter().any(absorbs) {
                contact = decision.contact.unwrap_or(contact);
            }
            match decision.outcome {
                Outcome::Removed | Outcome::Erased if decision.contact == Some(contact) => is_removed = true,
                Outcome::Restored if decision.contact == Some(contact) => is_removed = false,
                _ => {}
            }
        }
        is_removed
    })
}

/// The contacts that decisions were done to and did not remove.
fn about(decisions: &[Decision]) -> Vec<ContactId> {
    let is_kept = |decision: &&Decision| !matches!(decision.outcome, Outcome::Removed | Outcome::Rejected);
    let kept = decisions.iter().filter(is_kept);
    kept.filter_map(|decision| decision.contact).collect()
}

/// The contact that answers for a number, and whether it is removed.
pub(super) fn now(snapshot: &Snapshot, contact: ContactId) -> (ContactId, bool) {
    let answering = *snapshot.canonical.get(&contact).unwrap_or(&contact);
    let is_active = snapshot.contacts.get(&answering).is_some_and(Contact::is_active);
    (answering, !is_active)
}

/// The contacts of recorded requests that jobs repeat: whether they were removed ends the window.
fn originals(fates: &[Fate]) -> impl Iterator<Item = ContactId> + '_ {
    let recorded = fates.iter().filter_map(|fate| match fate {
        Fate::Repeats(Original::Recorded(contacts)) => Some(contacts),
        _ => None,
    });
    recorded.flatten().copied()
}

/// The live jobs with their places.
fn live<'a>(jobs: &'a [Job], fates: &'a [Fate]) -> impl Iterator<Item = (usize, &'a Job)> {
    let all = jobs.iter().enumerate().zip(fates);
    all.filter(|(_, fate)| matches!(fate, Fate::Live)).map(|(job, _)| job)
}

fn envelopes(jobs: &[Job], fates: &[Fate], wanted: impl Fn(&Fate) -> bool) -> Vec<Envelope> {
    let chosen = jobs.iter().zip(fates).filter(|(_, fate)| wanted(fate));
    chosen.flat_map(|(job, _)| job.envelopes.iter().cloned()).collect()
}

fn is_accepted(decisions: &[Decision]) -> bool {
    decisions.iter().any(|decision| decision.outcome != Outcome::Rejected)
}

fn count(decision: &Decision) {
    let labels = [
        ("call", decision.call.clone()),
        ("outcome", decision.outcome.as_str().to_owned()),
        ("rule", decision.rule.as_str().to_owned()),
    ];
    metrics::counter!("selfsame_decisions_total", &labels).increment(1);
}

pub(super) fn duplicate_key(digest: Option<&[u8]>, policy: &Policy) -> Option<String> {
    let digest = digest.filter(|_| policy.duplicate_window_seconds > 0)?;
    Some(
        digest
            .iter()
            .fold("duplicate:".to_owned(), |key, byte| format!("{key}{byte:02x}")),
    )
}

fn replay_keys(jobs: &[Job], policy: &Policy) -> Vec<String> {
    let replays = jobs
        .iter()
        .filter_map(|job| job.replay.as_ref().map(|replay| replay.key.clone()));
    let duplicates = jobs
        .iter()
        .filter_map(|job| duplicate_key(job.duplicate_digest.as_deref(), policy));
    replays.chain(duplicates).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What becomes of each job, when the windows of those at the given places are known to have ended.
fn fates(jobs: &[Job], policy: &Policy, recorded: &[Recorded], ended: &BTreeSet<usize>) -> Vec<Fate> {
    let recorded: BTreeMap<&str, &Recorded> = recorded.iter().map(|record| (record.key.as_str(), record)).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut requests: BTreeMap<String, usize> = BTreeMap::new();
    let mut fates = Vec::with_capacity(jobs.len());
    for (index, job) in jobs.iter().enumerate() {
        let fate = replayed(jobs, job, &recorded, &seen).or_else(|| {
            let in_window = !ended.contains(&index);
            in_window.then(|| repeated(jobs, job, policy, &recorded, &requests))?
        });
        if fate.is_none() {
            seen.extend(job.replay.iter().map(|replay| (replay.key.clone(), index)));
            requests.extend(duplicate_key(job.duplicate_digest.as_deref(), policy).map(|key| (key, index)));
        }
        fates.push(fate.unwrap_or(Fate::Live));
    }
    fates
}

fn replayed(
    jobs: &[Job],
    job: &Job,
    recorded: &BTreeMap<&str, &Recorded>,
    seen: &BTreeMap<String, usize>,
) -> Option<Fate> {
    let replay = job.replay.as_ref()?;
    let counts = |record: &&&Recorded| record.expires_at > job.at;
    if let Some(record) = recorded.get(replay.key.as_str()).filter(counts) {
        let same = record.digest == replay.digest;
        return Some(Fate::Known(if same {
            Ok(record.decisions.clone())
        } else {
            Err(SubmitError::ReplayMismatch)
        }));
    }
    let earlier = *seen.get(&replay.key)?;
    let same = jobs[earlier].replay.as_ref() == Some(replay);
    Some(if same {
        Fate::SameAs(earlier)
    } else {
        Fate::Known(Err(SubmitError::ReplayMismatch))
    })
}

fn repeated(
    jobs: &[Job],
    job: &Job,
    policy: &Policy,
    recorded: &BTreeMap<&str, &Recorded>,
    requests: &BTreeMap<String, usize>,
) -> Option<Fate> {
    let key = duplicate_key(job.duplicate_digest.as_deref(), policy)?;
    let counts = |record: &&Recorded| record.expires_at > job.at;
    if let Some(earlier) = requests.get(&key) {
        let counts = window_end(&jobs[*earlier], policy) > job.at;
        return counts.then_some(Fate::Repeats(Original::Earlier(*earlier)));
    }
    let record = recorded.get(key.as_str()).copied().filter(counts)?;
    Some(Fate::Repeats(Original::Recorded(record.contacts.clone())))
}

pub(super) fn duplicates(envelopes: &[Envelope]) -> Vec<Decision> {
    envelopes.iter().map(duplicated).collect()
}

fn duplicated(envelope: &Envelope) -> Decision {
    Decision {
        id: envelope.decision,
        at: envelope.at,
        call: "duplicate".to_owned(),
        outcome: Outcome::Rejected,
        contact: None,
        rule: Rule::NoMatch,
        matched_by: None,
        effects: Vec::new(),
        rejection: Some(Rejection::DuplicatedRequest),
        email_status: None,
        redacted: false,
    }
}

/// The contacts that decisions are about besides those that they name.
type Mentions<'a> = BTreeMap<DecisionId, &'a BTreeSet<ContactId>>;

/// What is to be recorded. A batch may be longer than a window; then the later request takes the place of the earlier one.
fn all_records(jobs: &[Job], decided: &Decided, snapshot: &Snapshot, policy: &Policy) -> Vec<Recorded> {
    let log = decided.changes.log.iter();
    let mentions: Mentions<'_> = log.map(|entry| (entry.decision.id, &entry.mentions)).collect();
    let records = live(jobs, &decided.fates)
        .zip(&decided.decisions)
        .flat_map(|((_, job), decisions)| records(job, decisions, (&mentions, snapshot), policy));
    let by_key: BTreeMap<String, Recorded> = records.map(|record| (record.key.clone(), record)).collect();
    by_key.into_values().collect()
}

fn records(
    job: &Job,
    decisions: &[Decision],
    (mentions, snapshot): (&Mentions<'_>, &Snapshot),
    policy: &Policy,
) -> Vec<Recorded> {
    let mut contacts: BTreeSet<_> = decisions.iter().flat_map(Decision::names).collect();
    // An identifier that a decision names may be that of an absorbed contact.
    let told = decisions.iter().filter_map(|decision| mentions.get(&decision.id));
    contacts.extend(told.copied().flatten());
    let mut records = Vec::new();
    if let Some(replay) = &job.replay {
        // Nor need it be a contact's that the decision is about: events leave removed ones alone.
        let named: BTreeSet<&IdentifierKey> = decisions.iter().flat_map(Decision::identifiers).collect();
        contacts.extend(snapshot.holders(&named));
        contacts.extend(snapshot.removed(&footprint(&job.envelopes, policy, &Learned::default())));
        let mut decisions = decisions.to_vec();
        if contacts.is_empty() {
            // No erasure would find it.
            for decision in &mut decisions {
                decision.redact(&BTreeSet::new(), |_| false);
            }
        }
        records.push(Recorded {
            key: replay.key.clone(),
            digest: replay.digest.clone(),
            decisions,
            contacts: contacts.into_iter().collect(),
            expires_at: later(job.at, REPLAY_HOURS * 3600),
        });
    }
    let accepted = is_accepted(decisions);
    let contacts = about(decisions);
    let key = duplicate_key(job.duplicate_digest.as_deref(), policy);
    if let (Some(key), Some(digest), true) = (key, &job.duplicate_digest, accepted) {
        let expires_at = window_end(job, policy);
        // Removing one of the contacts ends the window, and erasing one deletes the record.
        let (digest, decisions) = (digest.clone(), Vec::new());
        records.push(Recorded {
            key,
            digest,
            decisions,
            contacts,
            expires_at,
        });
    }
    records
}

/// Until when the request of a job is not taken again.
fn window_end(job: &Job, policy: &Policy) -> Timestamp {
    later(job.at, i64::from(policy.duplicate_window_seconds))
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add_signed(TimeDelta::seconds(seconds))
        .unwrap_or(Timestamp::MAX_UTC)
}

fn split<'a>(jobs: impl Iterator<Item = &'a Job>, decisions: Vec<Decision>) -> Vec<Vec<Decision>> {
    let mut rest = decisions.into_iter();
    jobs.map(|job| rest.by_ref().take(job.envelopes.len()).collect())
        .collect()
}

fn replies(jobs: &[Job], fates: Vec<Fate>, decisions: Vec<Vec<Decision>>) -> Vec<Reply> {
    let mut decided = decisions.into_iter();
    let mut replies: Vec<Reply> = Vec::with_capacity(fates.len());
    for (job, fate) in jobs.iter().zip(fates) {
        let reply = match fate {
            Fate::Live => Ok(decided.next().unwrap_or_default()),
            Fate::Known(reply) => reply,
            Fate::SameAs(earlier) => replies[earlier].clone(),
            Fate::Repeats(_) => Ok(duplicates(&job.envelopes)),
        };
        replies.push(reply);
    }
    replies
}
