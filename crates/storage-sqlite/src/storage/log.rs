//! The identity log.

use super::apply::Batch;
use crate::rows::hex;
use selfsame_application::ports::StorageError;
use selfsame_domain::{ContactId, Decision, DecisionId, Effect, LogEntry, Rejection};
use std::collections::{BTreeMap, BTreeSet};

/// Appends entries, and notes whom their decisions concern where that is more than one contact.
pub(super) async fn write(batch: &mut Batch<'_>, log: &[LogEntry]) -> Result<(), StorageError> {
    let rows: Vec<_> = log
        .iter()
        .map(|entry| (entry.contact, hex(entry.decision.id.0), &entry.decision))
        .collect();
    let entries = "INSERT INTO identity_log (workspace_id, contact_id, decision_id, body)
         SELECT ?1, r.value ->> 0, unhex(r.value ->> 1), r.value -> 2 FROM jsonb_each(?2) AS r";
    batch.run_all("identity_log", entries, &rows).await?;
    let mut concerned: BTreeMap<DecisionId, BTreeSet<ContactId>> = BTreeMap::new();
    for entry in log {
        let contacts = concerned
            .entry(entry.decision.id)
            .or_insert_with(|| named(&entry.decision));
        contacts.insert(entry.contact);
    }
    let rows: Vec<_> = concerned
        .iter()
        .filter(|(_, contacts)| contacts.len() > 1)
        .flat_map(|(decision, contacts)| contacts.iter().map(|contact| (hex(decision.0), *contact)))
        .collect();
    let mentions = "INSERT INTO identity_log_mentions (workspace_id, decision_id, contact_id)
         SELECT ?1, unhex(r.value ->> 0), r.value ->> 1 FROM jsonb_each(?2) AS r";
    batch.run_all("identity_log_mentions", mentions, &rows).await
}

/// Deletes the contacts' logs, and every decision that concerns one of them from the logs of others.
pub(super) async fn erase(batch: &mut Batch<'_>, contacts: &[ContactId]) -> Result<(), StorageError> {
    for statement in ERASING {
        batch.run(statement, contacts).await?;
    }
    Ok(())
}

const ERASING: [&str; 3] = [
    "DELETE FROM identity_log
     WHERE rowid IN
        (SELECT l.rowid
         FROM json_each(?2) AS n
         CROSS JOIN identity_log_mentions AS m ON m.workspace_id = ?1 AND m.contact_id = n.value
         CROSS JOIN identity_log_mentions AS o ON o.workspace_id = ?1 AND o.decision_id = m.decision_id
         CROSS JOIN identity_log AS l
            ON l.workspace_id = ?1 AND l.contact_id = o.contact_id AND l.decision_id = o.decision_id)",
    "DELETE FROM identity_log WHERE workspace_id = ?1 AND contact_id IN (SELECT value FROM json_each(?2))",
    "DELETE FROM identity_log_mentions
     WHERE workspace_id = ?1 AND decision_id IN
        (SELECT m.decision_id
         FROM json_each(?2) AS n
         CROSS JOIN identity_log_mentions AS m ON m.workspace_id = ?1 AND m.contact_id = n.value)",
];

/// The contacts that a decision names. Every effect is listed, so that a new one is thought of here.
fn named(decision: &Decision) -> BTreeSet<ContactId> {
    let in_effects = decision.effects.iter().filter_map(|effect| match effect {
        Effect::Moved { from, .. } => Some(*from),
        Effect::Merged { absorbed, .. } => Some(*absorbed),
        Effect::Unmerged { contact, .. } => Some(*contact),
        Effect::KeptApart { contact, .. } => *contact,
        Effect::Attached { .. }
        | Effect::Replaced { .. }
        | Effect::Quarantined { .. }
        | Effect::Blocked { .. }
        | Effect::Shared { .. }
        | Effect::Unsubscribed { .. }
        | Effect::Resubscribed { .. }
        | Effect::EventWaits { .. }
        | Effect::EventsDeleted { .. }
        | Effect::VisitorAdopted { .. }
        | Effect::Changed { .. }
        | Effect::Skipped(_)
        | Effect::SegmentAdded { .. }
        | Effect::SegmentRemoved { .. }
        | Effect::SegmentCreated { .. }
        | Effect::Category { .. }
        | Effect::Field { .. } => None,
    });
    let holder = match &decision.rejection {
        Some(Rejection::ExternalIdHeld { holder }) => Some(*holder),
        _ => None,
    };
    in_effects.chain(decision.contact).chain(holder).collect()
}
