//! Maintenance: pruning, expiry, and the check of the invariants.

use super::space::Space;
use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{Expired, Maintenance, StorageError};
use selfsame_domain::{
    Contact, ContactId, ContactState, DecisionId, Policy, Subject, Timestamp, Violation, WorkspaceId,
    unrecorded_merges, violations,
};
use std::collections::BTreeSet;
use std::sync::Arc;

const MAX_VIOLATIONS: usize = 1_000;

#[async_trait]
impl Maintenance for MemoryStore {
    async fn ping(&self) -> Result<(), StorageError> {
        Ok(())
    }

    async fn try_to_grow(&self) -> Result<(), StorageError> {
        Ok(())
    }

    async fn violations(&self) -> Result<Vec<(WorkspaceId, Violation)>, StorageError> {
        let all: Vec<(WorkspaceId, Arc<Space>)> = self
            .lock()
            .accounts
            .iter()
            .map(|(id, account)| (*id, Arc::clone(&account.space)))
            .collect();
        let found = all
            .iter()
            .flat_map(|(id, space)| check(space).into_iter().map(|violation| (*id, violation)));
        Ok(found.take(MAX_VIOLATIONS).collect())
    }

    async fn prepare(&self, _now: Timestamp) -> Result<u64, StorageError> {
        Ok(0)
    }

    async fn misplaced_events(&self) -> Result<u64, StorageError> {
        Ok(0)
    }

    async fn prune(&self, now: Timestamp) -> Result<u64, StorageError> {
        let workspaces: Vec<WorkspaceId> = self.lock().accounts.keys().copied().collect();
        let mut pruned = 0;
        for workspace in workspaces {
            // As a writer, so that no commit brings back what was deleted.
            let _writer = self.writer(workspace)?.lock_owned().await;
            let mut shared = self.lock();
            let Some(account) = shared.accounts.get_mut(&workspace) else {
                continue;
            };
            let space = Arc::make_mut(&mut account.space);
            let before = space.replies.len() + space.log.len();
            space.replies.retain(|_, record| record.expires_at >= now);
            let kept = (ContactId::NONE, DecisionId::first_kept_without_contact(now));
            space.log.retain(|entry, _| entry.0 != kept.0 || *entry >= kept);
            pruned += (before - space.replies.len() - space.log.len()) as u64;
        }
        Ok(pruned)
    }

    async fn expire(&self, now: Timestamp) -> Result<Expired, StorageError> {
        let workspaces: Vec<WorkspaceId> = self.lock().accounts.keys().copied().collect();
        let mut expired = Expired::default();
        for workspace in workspaces {
            // As a writer, so that no commit brings back what was deleted.
            let _writer = self.writer(workspace)?.lock_owned().await;
            let mut shared = self.lock();
            let Some(account) = shared.accounts.get_mut(&workspace) else {
                continue;
            };
            if let Some(since) = account.workspace.policy.events_kept_since(now) {
                let (events, identities) = Arc::make_mut(&mut account.space).expire(since);
                expired.events += events as u64;
                expired.identities += identities as u64;
            }
        }
        Ok(expired)
    }
}

impl Space {
    /// Deletes expired events; returns the number of deleted events and event IDs.
    fn expire(&mut self, since: Timestamp) -> (usize, usize) {
        let before = (self.events.len(), self.sent_events.len());
        self.events.retain(|_, event| event.occurred_at >= since);
        let since = Policy::identities_kept_since(since);
        self.sent_events.retain(|_, received_at| *received_at >= since);
        (before.0 - self.events.len(), before.1 - self.sent_events.len())
    }
}

fn check(space: &Space) -> BTreeSet<Violation> {
    let contacts: Vec<Contact> = space.contacts.keys().filter_map(|id| space.contact(*id)).collect();
    let mut found = violations(&contacts);
    found.extend(unrecorded_merges(&contacts, space.merges.values()));
    found.extend(orphans(space));
    let memberships = space.memberships.values().map(|row| row.segment);
    let categories = space.categories.values().map(|row| row.segment);
    let gone = memberships
        .chain(categories)
        .filter(|id| !space.segments.contains_key(id));
    found.extend(gone.map(|segment| Violation::NoSegment { segment }));
    let visitors = space.events.values().filter_map(|event| match event.subject {
        Some(Subject::Visitor(id)) => Some(id),
        _ => None,
    });
    let waiting = space.keys.values().filter_map(|record| record.waiting);
    let named = visitors.chain(waiting.map(|waiting| waiting.visitor));
    let gone = named.filter(|id| !space.visitors.contains_key(id));
    found.extend(gone.map(|visitor| Violation::NoVisitor { visitor }));
    let latest = space.revisions.latest;
    let written = space.contacts.keys().map(|id| space.revisions.contact(*id)).max();
    found.extend(
        written
            .filter(|revision| *revision > latest)
            .map(|revision| Violation::RevisionAhead {
                what: "contact".to_owned(),
                revision,
            }),
    );
    found
}

/// Rows that an absorbed contact owns, and rows of contacts that do not exist.
fn orphans(space: &Space) -> impl Iterator<Item = Violation> {
    let (identifiers, visitors) = (space.identifiers.values(), space.visitors.values());
    let owned = identifiers.clone().map(|row| ("identifier", row.owner));
    let owned = owned.chain(space.memberships.values().map(|row| ("membership", row.owner)));
    let owned = owned.chain(visitors.clone().filter_map(|row| Some(("visitor", row.owner?))));
    let answers = |id: ContactId| {
        let row = space.contacts.get(&id);
        row.is_some_and(|row| row.state != ContactState::Merged)
    };
    let of = space.orders.values().map(|row| ("order", row.contact));
    let of = of.chain(
        space
            .merges
            .values()
            .flat_map(|row| [row.survivor, row.absorbed].map(|id| ("merge", id))),
    );
    let logged = space.log.keys().map(|(id, _)| ("decision", *id));
    let of = of.chain(logged.filter(|(_, id)| *id != ContactId::NONE));
    let of = of.chain(space.events.values().filter_map(|row| match row.subject {
        Some(Subject::Contact(id)) => Some(("event", id)),
        _ => None,
    }));
    let of = of.chain(
        identifiers
            .filter(|row| row.home != row.owner)
            .map(|row| ("identifier brought by a contact", row.home)),
    );
    let of = of.chain(
        visitors
            .filter(|row| row.owner.is_some() && row.home != row.owner)
            .filter_map(|row| Some(("visitor brought by a contact", row.home?))),
    );
    let owned = owned.filter(move |(_, id)| !answers(*id));
    let of = of.filter(|(_, id)| !space.contacts.contains_key(id));
    owned.chain(of).map(|(what, owner)| Violation::Orphan {
        what: what.to_owned(),
        owner,
    })
}
