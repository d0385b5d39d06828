//! The identity log.

use super::batch::Batch;
use super::merges;
use crate::error::storage;
use crate::rows::{Row, hex, json};
use crate::statement::statement;
use rusqlite::params;
use selfsame_application::ports::StorageError;
use selfsame_domain::{ContactId, Decision, DecisionId, IdentifierKey, LogEntry, Merge};
use std::collections::{BTreeMap, BTreeSet};

/// Appends entries, and stores the mentions of decisions that involve more than one contact.
pub(super) fn write(batch: &mut Batch<'_>, log: &[LogEntry]) -> Result<(), StorageError> {
    let entries = "INSERT INTO identity_log (workspace_id, contact_id, decision_id, body, revision)
         VALUES (?1, ?2, ?3, ?4, ?5)";
    let (workspace, revision) = (batch.workspace.0, batch.revision.0);
    batch.each("identity_log", entries, log, |statement, entry| {
        let (contact, decision) = (entry.contact.0, &entry.decision);
        let columns = params![workspace, contact, decision.id.0, json(decision)?, revision];
        statement.execute(columns).map_err(storage)
    })?;
    let mut concerned: BTreeMap<DecisionId, BTreeSet<ContactId>> = BTreeMap::new();
    for entry in log {
        let contacts = concerned.entry(entry.decision.id).or_default();
        contacts.insert(entry.contact);
        contacts.extend(&entry.mentions);
    }
    let rows: Vec<_> = concerned
        .iter()
        .filter(|(_, contacts)| contacts.len() > 1)
        .flat_map(|(decision, contacts)| contacts.iter().map(|contact| (hex(decision.0), *contact)))
        .collect();
    let mentions = "INSERT INTO identity_log_mentions (workspace_id, decision_id, contact_id)
         SELECT ?1, unhex(r.value ->> 0), r.value ->> 1 FROM jsonb_each(?2) AS r";
    batch.run_all("identity_log_mentions", mentions, &rows)
}

/// Deletes the contacts' logs, and redacts the contacts in every decision about them in the logs of others. Runs after
/// their identifiers are deleted, so that it keeps only those that others hold.
pub(super) fn erase(batch: &mut Batch<'_>, contacts: &[ContactId]) -> Result<(), StorageError> {
    let own = "DELETE FROM identity_log WHERE workspace_id = ?1 AND contact_id IN (SELECT value FROM json_each(?2))";
    batch.run(own, contacts)?;
    let mut decisions = shared(batch, contacts)?;
    let mut merges = merges::of(batch, &decisions)?;
    let held = held(batch, &decisions, &merges)?;
    let gone = contacts.iter().copied().collect();
    for decision in &mut decisions {
        decision.redact(&gone, |key| held.contains(key));
    }
    let rows: Vec<_> = decisions
        .iter()
        .filter(|decision| decision.redacted)
        .map(|decision| (hex(decision.id.0), decision))
        .collect();
    // An UPDATE would scan the log of the workspace.
    let redacted = "INSERT INTO identity_log (workspace_id, contact_id, decision_id, body, revision)
         SELECT ?1, l.contact_id, l.decision_id, r.value -> 1, l.revision
         FROM jsonb_each(?2) AS r
         CROSS JOIN identity_log AS l INDEXED BY identity_log_by_decision
            ON l.workspace_id = ?1 AND l.decision_id = unhex(r.value ->> 0)
         WHERE true
         ON CONFLICT (workspace_id, contact_id, decision_id) DO UPDATE SET body = excluded.body";
    batch.run(redacted, &rows)?;
    let mentions =
        "DELETE FROM identity_log_mentions WHERE workspace_id = ?1 AND contact_id IN (SELECT value FROM json_each(?2))";
    batch.run(mentions, contacts)?;
    for merge in &mut merges {
        merge.redact(|key| held.contains(key));
    }
    merges::redact(batch, &merges)
}

/// The decisions about one of the contacts in the log of another.
fn shared(batch: &mut Batch<'_>, contacts: &[ContactId]) -> Result<Vec<Decision>, StorageError> {
    let rows = statement(
        "SELECT (SELECT l.body FROM identity_log AS l WHERE l.workspace_id = ?1 AND l.decision_id = m.decision_id LIMIT 1) AS body
         FROM (SELECT DISTINCT m.decision_id
               FROM json_each(?2) AS n
               CROSS JOIN identity_log_mentions AS m ON m.workspace_id = ?1 AND m.contact_id = n.value) AS m
         WHERE body IS NOT NULL",
    )
    .bind(batch.workspace.0)
    .bind(json(contacts)?)
    .fetch_all(batch.connection)
    .map_err(storage)?;
    rows.iter()
        .map(|row| Row::new(row, "identity_log", 0).json(0, "body"))
        .collect()
}

/// The identifiers in the decisions and the merges that some contact holds.
fn held(
    batch: &mut Batch<'_>,
    decisions: &[Decision],
    merges: &[Merge],
) -> Result<BTreeSet<IdentifierKey>, StorageError> {
    let mut named: BTreeSet<&IdentifierKey> = decisions.iter().flat_map(Decision::identifiers).collect();
    named.extend(merges.iter().flat_map(Merge::identifiers));
    let requested: Vec<_> = named.iter().map(|key| (key.kind.code(), &key.value)).collect();
    let rows = statement(
        "SELECT k.key
         FROM jsonb_each(?2) AS k
         WHERE EXISTS
            (SELECT 1 FROM identifiers AS i
             WHERE i.workspace_id = ?1 AND i.kind = k.value ->> 0 AND i.value = k.value ->> 1)",
    )
    .bind(batch.workspace.0)
    .bind(json(&requested)?)
    .fetch_all(batch.connection)
    .map_err(storage)?;
    let places = rows.iter().map(|row| Row::new(row, "identifiers", 0).get(0, "key"));
    let places = places.collect::<Result<BTreeSet<i64>, _>>()?;
    let held = named.into_iter().zip(0..).filter(|(_, place)| places.contains(place));
    Ok(held.map(|(key, _)| key.clone()).collect())
}
