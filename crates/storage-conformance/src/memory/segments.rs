//! Dynamic segments, by the evaluator of the domain.

use super::contacts::{active, details};
use super::space::Space;
use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    ContactDetails, CountQuery, Extent, HistoryOf, MemberOrder, MemberQuery, MembersFrom, RowOutcome, Segments,
    StorageError,
};
use selfsame_domain::segments::{ContactFacts, Definitions, Plan, StoredFacts};
use selfsame_domain::{Contact, ContactId, Event, IdentifierKey, Timestamp, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

#[async_trait]
impl Segments for MemoryStore {
    async fn definitions(&self, workspace: WorkspaceId) -> Result<Definitions, StorageError> {
        let mut definitions = self.space(workspace).definitions();
        if let Some(account) = self.lock().accounts.get(&workspace) {
            definitions.shared_threshold = account.workspace.policy.shared_threshold;
        }
        Ok(definitions)
    }

    async fn members(
        &self,
        workspace: WorkspaceId,
        query: &MemberQuery<'_>,
    ) -> Result<Vec<ContactDetails>, StorageError> {
        let space = self.space(workspace);
        let imports = self.changed_by_imports(workspace);
        let mut found: Vec<Contact> = active(&space)
            .filter(|contact| matches(&space, &imports, query.plan, contact, query.now))
            .collect();
        let passed_over = match query.from {
            MembersFrom::After(after) => {
                found.retain(|contact| contact.id > after);
                0
            }
            MembersFrom::Place { order, after } => {
                let (MemberOrder::Created { ascending } | MemberOrder::Updated { ascending }) = order;
                found.sort_by_key(|contact| order.place(contact));
                if !ascending {
                    found.reverse();
                }
                let is_beyond = |contact: &Contact, after| {
                    let place = order.place(contact);
                    if ascending { place > after } else { place < after }
                };
                found.retain(|contact| after.is_none_or(|after| is_beyond(contact, after)));
                0
            }
            MembersFrom::Offset { offset, ascending } => {
                if !ascending {
                    found.reverse();
                }
                usize::try_from(offset).unwrap_or(usize::MAX)
            }
        };
        let page = found.into_iter().skip(passed_over).take(query.limit as usize);
        Ok(page.map(|contact| details(&space, contact)).collect())
    }

    /// Counts at once, whatever the time.
    async fn count_within(
        &self,
        workspace: WorkspaceId,
        query: &CountQuery<'_>,
    ) -> Result<Option<Vec<u64>>, StorageError> {
        let space = self.space(workspace);
        let imports = self.changed_by_imports(workspace);
        let is_member = |plan: &Plan, contact: &Contact| matches(&space, &imports, plan, contact, query.now);
        let members: Vec<Contact> = active(&space)
            .filter(|contact| is_member(query.plan, contact))
            .collect();
        let of_them = query.of_them.iter();
        let of_them = of_them.map(|plan| members.iter().filter(|contact| is_member(plan, contact)).count());
        let counts = [members.len()].into_iter().chain(of_them);
        Ok(Some(counts.map(|count| count as u64).collect()))
    }

    async fn extent(&self, workspace: WorkspaceId) -> Result<Extent, StorageError> {
        let space = self.space(workspace);
        Ok(Extent {
            last: space.contacts.keys().next_back().copied().unwrap_or(ContactId::NONE),
            active: active(&space).count() as u64,
        })
    }
}

/// The imports that changed each contact.
pub(super) type ChangedBy = BTreeMap<ContactId, BTreeSet<Uuid>>;

impl MemoryStore {
    pub(super) fn changed_by_imports(&self, workspace: WorkspaceId) -> ChangedBy {
        let shared = self.lock();
        let imports = shared.imports.iter().filter(|((of, _), _)| *of == workspace);
        let mut changed = ChangedBy::new();
        for ((_, id), import) in imports {
            for row in &import.rows {
                let is_change = !matches!(row.outcome, RowOutcome::Unchanged | RowOutcome::Rejected);
                if let Some(contact) = row.contact.filter(|_| is_change) {
                    changed.entry(contact).or_default().insert(id.0);
                }
            }
        }
        changed
    }
}

/// Everything that is stored about a contact outside of it.
pub(super) fn stored_facts(space: &Space, imports: &ChangedBy, id: ContactId, shared_threshold: u32) -> StoredFacts {
    let subjects = space.subjects(&HistoryOf::Contact(id)).unwrap_or_default();
    let left = |event: &&Event| event.subject.is_some_and(|subject| subjects.contains(&subject));
    let group = space.group(id);
    let ordered = space.orders.values().filter(|order| group.contains(&order.contact));
    let held = space.owned.get(&id).into_iter().flatten().map(|(key, _)| key);
    let is_shared = |key: &&IdentifierKey| {
        let seen_with = space.keys.get(*key).map_or(0, |record| record.seen_with.len());
        seen_with >= shared_threshold as usize
    };
    let changed_by = group.iter().filter_map(|id| imports.get(id));
    StoredFacts {
        events: space.events.values().filter(left).cloned().collect(),
        orders: ordered.cloned().collect(),
        is_cut: false,
        absorbed: group.iter().filter(|member| **member != id).count(),
        shared: held.filter(is_shared).cloned().collect(),
        imports: changed_by.flatten().copied().collect(),
    }
}

/// Whether a contact matches a plan.
pub(super) fn matches(space: &Space, imports: &ChangedBy, plan: &Plan, contact: &Contact, now: Timestamp) -> bool {
    let threshold = plan.needs().shared.unwrap_or_default();
    let details = details(space, contact.clone());
    let facts = ContactFacts {
        contact,
        unsubscribed: &details.unsubscribed,
        stored: &stored_facts(space, imports, contact.id, threshold),
    };
    plan.matches(facts, now)
}

impl Space {
    /// The names and formulas of the segments, and the custom fields, without the threshold of the policy, which is no row of the data.
    pub(super) fn definitions(&self) -> Definitions {
        let names = self.segments.values();
        Definitions {
            names: names.map(|segment| (segment.id, segment.name.clone())).collect(),
            formulas: self.formulas.clone(),
            fields: self.fields.values().cloned().collect(),
            shared_threshold: 0,
        }
    }
}
