//! Decides a batch: which of its jobs are resolved, and the result of each.

use super::batch::Job;
use super::records::{duplicate_key, window_end};
use crate::ports::Recorded;
use crate::submit::{Reply, SubmitError};
use selfsame_domain::{
    ChangeSet, Contact, ContactId, Decision, Effect, Envelope, Invariant, Outcome, Policy, Rejection, Rule, Snapshot,
    resolve,
};
use std::collections::{BTreeMap, BTreeSet};

/// How a job is answered, before anything is resolved.
pub(super) enum Treatment {
    /// It is resolved.
    Decide,
    /// It is answered from a recorded reply.
    Answer(Reply),
    /// It repeats an earlier job of the batch under the same idempotency key.
    SameAs(usize),
    /// It repeats a request within the workspace's duplicate window: refused, unless the window has ended (see
    /// [`has_ended`]).
    Repeats(Original),
}

/// The request that another one repeats.
pub(super) enum Original {
    /// An earlier job of the batch.
    Earlier(usize),
    /// A recorded request, with its contacts.
    Recorded(Vec<ContactId>),
}

/// The result of a batch.
pub(super) struct Decided {
    pub(super) treatments: Vec<Treatment>,
    /// The decisions of the resolved jobs, in their order.
    pub(super) decisions: Vec<Vec<Decision>>,
    pub(super) changes: ChangeSet,
}

/// Decides the jobs. Whether a window has ended is known only after the earlier jobs are resolved. A job whose window
/// has ended is then resolved after all.
pub(super) fn decide(
    jobs: &[Job],
    mut treatments: Vec<Treatment>,
    snapshot: &Snapshot,
    policy: &Policy,
    recorded: &[Recorded],
) -> Result<Decided, Invariant> {
    let mut ended = BTreeSet::new();
    loop {
        let undecided = envelopes(jobs, &treatments, |treatment| matches!(treatment, Treatment::Decide));
        let resolution = resolve(&undecided, snapshot, policy)?;
        let decisions = split(to_decide(jobs, &treatments).map(|(_, job)| job), resolution.decisions);
        let decided: BTreeMap<usize, &[Decision]> = to_decide(jobs, &treatments)
            .zip(&decisions)
            .map(|((index, _), decisions)| (index, decisions.as_slice()))
            .collect();
        let repeats = treatments
            .iter()
            .enumerate()
            .filter_map(|(index, treatment)| match treatment {
                Treatment::Repeats(original) => Some((index, original)),
                _ => None,
            });
        // One at a time, in order: resolving one more job can change the decisions after it.
        let next = repeats
            .filter(|(index, original)| has_ended(*index, original, &decided, snapshot))
            .map(|(index, _)| index)
            .next();
        let Some(next) = next else {
            let changes = resolution.changes;
            return Ok(Decided {
                treatments,
                decisions,
                changes,
            });
        };
        ended.insert(next);
        treatments = self::treatments(jobs, policy, recorded, &ended);
    }
}

/// Whether the duplicate window has ended for the job at `index`, which repeats the original request: the original was
/// refused, or one of its contacts was removed since.
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

/// The contacts of accepted decisions that did not remove them.
pub(super) fn about(decisions: &[Decision]) -> Vec<ContactId> {
    let is_kept = |decision: &&Decision| !matches!(decision.outcome, Outcome::Removed | Outcome::Rejected);
    let kept = decisions.iter().filter(is_kept);
    kept.filter_map(|decision| decision.contact).collect()
}

/// Returns the canonical contact of a number, and whether it is removed.
pub(super) fn now(snapshot: &Snapshot, contact: ContactId) -> (ContactId, bool) {
    let answering = *snapshot.canonical.get(&contact).unwrap_or(&contact);
    let is_active = snapshot.contacts.get(&answering).is_some_and(Contact::is_active);
    (answering, !is_active)
}

/// The jobs to resolve, with their indexes.
pub(super) fn to_decide<'a>(jobs: &'a [Job], treatments: &'a [Treatment]) -> impl Iterator<Item = (usize, &'a Job)> {
    let all = jobs.iter().enumerate().zip(treatments);
    all.filter(|(_, treatment)| matches!(treatment, Treatment::Decide))
        .map(|(job, _)| job)
}

pub(super) fn envelopes(jobs: &[Job], treatments: &[Treatment], wanted: impl Fn(&Treatment) -> bool) -> Vec<Envelope> {
    let chosen = jobs.iter().zip(treatments).filter(|(_, treatment)| wanted(treatment));
    chosen.flat_map(|(job, _)| job.envelopes.iter().cloned()).collect()
}

pub(super) fn is_accepted(decisions: &[Decision]) -> bool {
    decisions.iter().any(|decision| decision.outcome != Outcome::Rejected)
}

/// How each job is answered, given the indexes of jobs whose windows are known to have ended.
pub(super) fn treatments(
    jobs: &[Job],
    policy: &Policy,
    recorded: &[Recorded],
    ended: &BTreeSet<usize>,
) -> Vec<Treatment> {
    let recorded: BTreeMap<&str, &Recorded> = recorded.iter().map(|record| (record.key.as_str(), record)).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut requests: BTreeMap<String, usize> = BTreeMap::new();
    let mut treatments = Vec::with_capacity(jobs.len());
    for (index, job) in jobs.iter().enumerate() {
        let treatment = replayed(jobs, job, &recorded, &seen).or_else(|| {
            let in_window = !ended.contains(&index);
            in_window.then(|| repeated(jobs, job, policy, &recorded, &requests))?
        });
        if treatment.is_none() {
            seen.extend(job.replay.iter().map(|replay| (replay.key.clone(), index)));
            requests.extend(duplicate_key(job.duplicate_digest.as_deref(), policy).map(|key| (key, index)));
        }
        treatments.push(treatment.unwrap_or(Treatment::Decide));
    }
    treatments
}

fn replayed(
    jobs: &[Job],
    job: &Job,
    recorded: &BTreeMap<&str, &Recorded>,
    seen: &BTreeMap<String, usize>,
) -> Option<Treatment> {
    let replay = job.replay.as_ref()?;
    let counts = |record: &&&Recorded| record.expires_at > job.at;
    if let Some(record) = recorded.get(replay.key.as_str()).filter(counts) {
        let same = record.digest == replay.digest;
        return Some(Treatment::Answer(if same {
            Ok(record.decisions.clone())
        } else {
            Err(SubmitError::ReplayMismatch)
        }));
    }
    let earlier = *seen.get(&replay.key)?;
    let same = jobs[earlier].replay.as_ref() == Some(replay);
    Some(if same {
        Treatment::SameAs(earlier)
    } else {
        Treatment::Answer(Err(SubmitError::ReplayMismatch))
    })
}

fn repeated(
    jobs: &[Job],
    job: &Job,
    policy: &Policy,
    recorded: &BTreeMap<&str, &Recorded>,
    requests: &BTreeMap<String, usize>,
) -> Option<Treatment> {
    let key = duplicate_key(job.duplicate_digest.as_deref(), policy)?;
    let counts = |record: &&Recorded| record.expires_at > job.at;
    if let Some(earlier) = requests.get(&key) {
        let counts = window_end(&jobs[*earlier], policy) > job.at;
        return counts.then_some(Treatment::Repeats(Original::Earlier(*earlier)));
    }
    let record = recorded.get(key.as_str()).copied().filter(counts)?;
    Some(Treatment::Repeats(Original::Recorded(record.contacts.clone())))
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
        undo: Vec::new(),
    }
}

fn split<'a>(jobs: impl Iterator<Item = &'a Job>, decisions: Vec<Decision>) -> Vec<Vec<Decision>> {
    let mut rest = decisions.into_iter();
    jobs.map(|job| rest.by_ref().take(job.envelopes.len()).collect())
        .collect()
}

pub(super) fn replies(jobs: &[Job], treatments: Vec<Treatment>, decisions: Vec<Vec<Decision>>) -> Vec<Reply> {
    let mut decided = decisions.into_iter();
    let mut replies: Vec<Reply> = Vec::with_capacity(treatments.len());
    for (job, treatment) in jobs.iter().zip(treatments) {
        let reply = match treatment {
            Treatment::Decide => Ok(decided.next().unwrap_or_default()),
            Treatment::Answer(reply) => reply,
            Treatment::SameAs(earlier) => replies[earlier].clone(),
            Treatment::Repeats(_) => Ok(duplicates(&job.envelopes)),
        };
        replies.push(reply);
    }
    replies
}
