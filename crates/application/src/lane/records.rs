//! Recorded replies, for idempotency keys and for the detection of duplicated requests.

use super::batch::Job;
use super::decide::{Decided, about, is_accepted, to_decide};
use crate::ports::Recorded;
use chrono::TimeDelta;
use selfsame_domain::{
    ContactId, Decision, DecisionId, FootprintExpansion, IdentifierKey, Policy, Snapshot, Timestamp, footprint,
};
use std::collections::{BTreeMap, BTreeSet};

/// For how many hours a reply is kept for an idempotency key (identity rules, "Decided").
const REPLAY_HOURS: i64 = 24;

/// The prefix of the keys under which requests are recorded to detect duplicates.
const DUPLICATE: &str = "duplicate:";

/// The contacts of recorded requests that may be repeated. The batch reads them, because removing one ends the
/// duplicate window.
pub(super) fn originals(recorded: &[Recorded]) -> impl Iterator<Item = ContactId> + '_ {
    let requests = recorded.iter().filter(|record| record.key.starts_with(DUPLICATE));
    requests.flat_map(|record| &record.contacts).copied()
}

/// The key under which a request is recorded to detect duplicates. None where the workspace has no duplicate window.
pub(super) fn duplicate_key(digest: Option<&[u8]>, policy: &Policy) -> Option<String> {
    let digest = digest.filter(|_| policy.duplicate_window_seconds > 0)?;
    Some(
        digest
            .iter()
            .fold(DUPLICATE.to_owned(), |key, byte| format!("{key}{byte:02x}")),
    )
}

/// The keys under which replies to the jobs may be recorded.
pub(super) fn reply_keys(jobs: &[Job], policy: &Policy) -> Vec<String> {
    let replays = jobs
        .iter()
        .filter_map(|job| job.replay.as_ref().map(|replay| replay.key.clone()));
    let duplicates = jobs
        .iter()
        .filter_map(|job| duplicate_key(job.duplicate_digest.as_deref(), policy));
    replays.chain(duplicates).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Per decision, the contacts that it involves without naming them.
type Mentions<'a> = BTreeMap<DecisionId, &'a BTreeSet<ContactId>>;

/// All replies to record. When a batch lasts longer than a duplicate window, the later of two equal requests replaces
/// the earlier.
pub(super) fn all_records(jobs: &[Job], decided: &Decided, snapshot: &Snapshot, policy: &Policy) -> Vec<Recorded> {
    let log = decided.changes.log.iter();
    let mentions: Mentions<'_> = log.map(|entry| (entry.decision.id, &entry.mentions)).collect();
    let records = to_decide(jobs, &decided.treatments)
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
    // A decision may name an identifier of an absorbed contact.
    let involved = decisions.iter().filter_map(|decision| mentions.get(&decision.id));
    contacts.extend(involved.copied().flatten());
    let mut records = Vec::new();
    if let Some(replay) = &job.replay {
        // The named identifier may also belong to a contact that the decision does not change: events leave removed
        // contacts as they are.
        let named: BTreeSet<&IdentifierKey> = decisions.iter().flat_map(Decision::identifiers).collect();
        contacts.extend(snapshot.holders(&named));
        contacts.extend(snapshot.removed(&footprint(&job.envelopes, policy, &FootprintExpansion::default())));
        let mut decisions = decisions.to_vec();
        if contacts.is_empty() {
            // No erasure could find this record, so it must not hold personal data.
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

/// The end of the window in which a repetition of the job's request is refused.
pub(super) fn window_end(job: &Job, policy: &Policy) -> Timestamp {
    later(job.at, i64::from(policy.duplicate_window_seconds))
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add_signed(TimeDelta::seconds(seconds))
        .unwrap_or(Timestamp::MAX_UTC)
}
