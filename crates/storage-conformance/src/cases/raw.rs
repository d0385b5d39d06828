//! Rows that no command would write, written without the rules.

use super::kinds::values;
use crate::{Fixture, Kind, event_type, identifier};
use chrono::DateTime;
use selfsame_application::ports::{Commit, ReadAnswer, ReadRequest, ReadState, Recorded, StorageError, Store};
use selfsame_domain::values::Source;
use selfsame_domain::{
    ChangeSet, ChannelDetails, ContactId, ContactRow, ContactState, Decision, DecisionId, Event, EventId, EventParams,
    HeldIdentifier, Identifier, IdentifierKind, IdentifierState, Membership, Merge, MergeId, MergeRule, Moved, Origin,
    Outcome, Revision, Rule, SegmentId, Subject, Timestamp, Visitor, VisitorId, WorkspaceId,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A number far above those that tests get.
pub(super) const FAR: i64 = 5_000_000_000;

pub(super) fn far(index: i64) -> ContactId {
    ContactId(FAR + index)
}

pub(super) fn at() -> Timestamp {
    DateTime::from_timestamp_micros(1_767_000_000_000_001).unwrap_or_default()
}

pub(super) fn active(id: ContactId) -> ContactRow {
    ContactRow {
        id,
        state: ContactState::Active,
        canonical: id,
        merged_into: None,
        source: Source::Manual,
        created_at: at(),
        updated_at: at(),
    }
}

pub(super) fn merged(id: ContactId, into: ContactId, canonical: ContactId) -> ContactRow {
    ContactRow {
        state: ContactState::Merged,
        canonical,
        merged_into: Some(into),
        ..active(id)
    }
}

/// The merge that absorbed a contact.
pub(super) fn merge(absorbed: &ContactRow) -> Option<Merge> {
    let number = u128::from(absorbed.id.0.unsigned_abs());
    Some(Merge {
        id: MergeId(Uuid::from_u128(number)),
        survivor: absorbed.merged_into?,
        absorbed: absorbed.id,
        rule: MergeRule::Explicit,
        evidence: None,
        forced: false,
        decision: DecisionId(Uuid::from_u128(number)),
        at: at(),
        moved: Moved::default(),
        undone_at: None,
    })
}

/// Contacts, with the merges that absorbed them.
pub(super) fn contacts(rows: Vec<ContactRow>) -> ChangeSet {
    changes(|c| {
        c.merges = rows.iter().filter_map(merge).collect();
        c.contacts = rows;
    })
}

/// How many of the contacts are active afterwards.
fn active_among(changes: &ChangeSet) -> i64 {
    let active = changes
        .contacts
        .iter()
        .filter(|row| row.state == ContactState::Active && !changes.erased.contains(&row.id));
    active.map(|_| 1).sum()
}

pub(super) fn held(identifier: Identifier, home: ContactId, owner: ContactId) -> HeldIdentifier {
    HeldIdentifier {
        identifier,
        home,
        owner,
        state: IdentifierState::Active,
        hidden_by: None,
        channels: BTreeSet::new(),
        details: ChannelDetails::default(),
        confirmed: false,
        source: Source::Manual,
        first_seen: at(),
        last_seen: at(),
    }
}

pub(super) fn held_sample(kind: IdentifierKind, index: usize, id: ContactId) -> HeldIdentifier {
    held(identifier(kind, values(kind)[index]), id, id)
}

pub(super) fn member(segment: SegmentId, home: ContactId, owner: ContactId) -> Membership {
    Membership {
        segment,
        home,
        owner,
        hidden_by: None,
        since: at(),
    }
}

pub(super) fn visitor(number: u128, cookie: &str, owner: Option<ContactId>) -> Visitor {
    let id = VisitorId(Uuid::from_u128(number));
    Visitor {
        id,
        key: identifier(Kind::Cookie, cookie).key,
        home: owner,
        owner,
        since: at(),
        closed_at: None,
        follows: false,
    }
}

pub(super) fn event(number: u128, subject: Subject) -> Event {
    Event {
        id: EventId(Uuid::from_u128(number)),
        decision: DecisionId(Uuid::from_u128(number)),
        type_key: event_type("seen"),
        key_value: None,
        subject: Some(subject),
        occurred_at: at(),
        received_at: at(),
        origin: Origin::Api,
        params: EventParams::default(),
    }
}

/// A decision without effects.
pub(super) fn decision(number: u128) -> Decision {
    Decision {
        id: DecisionId(Uuid::from_u128(number)),
        at: at(),
        call: "contact".to_owned(),
        outcome: Outcome::Unchanged,
        contact: None,
        rule: Rule::NoMatch,
        matched_by: None,
        effects: Vec::new(),
        rejection: None,
        email_status: None,
        redacted: false,
        undo: Vec::new(),
    }
}

pub(super) fn recorded(key: &str, expires_at: Timestamp) -> Recorded {
    Recorded {
        key: key.to_owned(),
        digest: vec![7; 32],
        decisions: Vec::new(),
        contacts: Vec::new(),
        expires_at,
    }
}

/// A change set that the function fills.
pub(super) fn changes(say: impl FnOnce(&mut ChangeSet)) -> ChangeSet {
    let mut changes = ChangeSet::default();
    say(&mut changes);
    changes.active_contacts = active_among(&changes);
    changes
}

/// Writes changes in a separate commit; returns its revision.
pub(super) async fn write(
    store: &dyn Store,
    workspace: WorkspaceId,
    changes: &ChangeSet,
    records: &[Recorded],
) -> Result<Revision, StorageError> {
    let mut changes = changes.clone();
    changes.active_contacts = active_among(&changes);
    let rows = changes.contacts.iter().map(|row| row.id);
    let touched: BTreeSet<ContactId> = rows.chain(changes.erased.iter().copied()).collect();
    for id in touched {
        // No case removes a contact before, so a contact that answers for itself is active.
        let answering = store.answering(workspace, id).await?;
        changes.active_contacts -= i64::from(answering == Some(id));
    }
    let transaction = store.exclusive(workspace).await?;
    let changes = &changes;
    transaction
        .write(Commit {
            changes,
            records,
            import: None,
        })
        .await
}

/// Writes changes that keep the contract; returns the revision of the commit.
pub(super) async fn plant(f: &Fixture<'_>, changes: ChangeSet) -> Revision {
    write(f.store(), f.workspace, &changes, &[]).await.expect("plant rows")
}

/// Reads the requested part of the committed state.
pub(super) async fn read(f: &Fixture<'_>, request: ReadRequest) -> ReadState {
    let policy = f.store().policy(f.workspace).await.expect("the policy").revision;
    let answer = f.store().read(f.workspace, &ReadRequest { policy, ..request }).await;
    match answer.expect("read") {
        ReadAnswer::State(state) => *state,
        ReadAnswer::OutdatedPolicy(newer) => panic!("the policy was not changed: {newer:?}"),
    }
}

/// The replies that are recorded under the keys and valid at a time.
pub(super) async fn recorded_at(f: &Fixture<'_>, keys: &[&str], now: Timestamp) -> Vec<Recorded> {
    let reply_keys = keys.iter().map(|key| (*key).to_owned()).collect();
    let request = ReadRequest {
        reply_keys,
        now,
        ..ReadRequest::default()
    };
    read(f, request).await.recorded
}
