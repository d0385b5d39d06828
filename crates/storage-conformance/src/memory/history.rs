//! Reading histories.

use super::space::Space;
use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{EventQuery, History, HistoryOf, StorageError};
use selfsame_domain::values::EventTypeKey;
use selfsame_domain::{
    ContactId, Decision, DecisionId, Event, EventType, IdentifierKey, PAGE_VIEW, Subject, Visitor, WorkspaceId,
};
use std::cmp::Reverse;
use std::collections::BTreeMap;

const MAX_VISITORS: usize = 100;

#[async_trait]
impl History for MemoryStore {
    async fn events(
        &self,
        workspace: WorkspaceId,
        of: &HistoryOf,
        query: &EventQuery,
    ) -> Result<Option<Vec<Event>>, StorageError> {
        let space = self.space(workspace);
        let Some(subjects) = space.subjects(of) else {
            return Ok(None);
        };
        let wanted = |event: &&Event| {
            event.subject.is_some_and(|subject| subjects.contains(&subject))
                && query
                    .page_views
                    .is_none_or(|views| views == (event.type_key.as_str() == PAGE_VIEW))
                && query.from.is_none_or(|from| event.occurred_at >= from)
                && query.until.is_none_or(|until| event.occurred_at < until)
                && query.after.is_none_or(|after| event.place() < after)
        };
        let mut found: Vec<Event> = space.events.values().filter(wanted).cloned().collect();
        found.sort_by_key(|event| Reverse(event.place()));
        found.truncate(query.limit as usize);
        Ok(Some(found))
    }

    async fn latest_decisions(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Option<Vec<(ContactId, Decision)>>, StorageError> {
        let space = self.space(workspace);
        let Some(contact) = space.answering(id) else {
            return Ok(None);
        };
        let group = space.group(contact.id);
        let entries = space
            .log
            .iter()
            .filter(|((contact, decision), _)| group.contains(contact) && after.is_none_or(|after| *decision < after));
        let mut by_time: BTreeMap<DecisionId, (ContactId, &Decision)> = BTreeMap::new();
        for ((touched, id), entry) in entries {
            let found = by_time.entry(*id).or_insert((*touched, &entry.decision));
            if *touched == contact.id {
                found.0 = *touched;
            }
        }
        let latest = by_time.into_values().rev().take(limit as usize);
        Ok(Some(
            latest.map(|(touched, decision)| (touched, decision.clone())).collect(),
        ))
    }

    async fn visitors(&self, workspace: WorkspaceId, key: &IdentifierKey) -> Result<Vec<Visitor>, StorageError> {
        let space = self.space(workspace);
        let mut found: Vec<Visitor> = space.visitors.values().filter(|row| row.key == *key).cloned().collect();
        found.sort_by_key(|visitor| Reverse((visitor.since, visitor.id)));
        found.truncate(MAX_VISITORS);
        Ok(found)
    }

    async fn event_types(
        &self,
        workspace: WorkspaceId,
        after: Option<&EventTypeKey>,
        limit: u32,
    ) -> Result<Vec<EventType>, StorageError> {
        let space = self.space(workspace);
        let types = space.event_types.values();
        let types = types.filter(|row| after.is_none_or(|after| row.key > *after));
        Ok(types.take(limit as usize).cloned().collect())
    }
}

impl Space {
    /// The contacts and visitors of a history; none when the contact does not exist.
    pub(super) fn subjects(&self, of: &HistoryOf) -> Option<Vec<Subject>> {
        let visitors = match of {
            HistoryOf::Visitors(visitors) => return Some(visitors.iter().copied().map(Subject::Visitor).collect()),
            HistoryOf::Contact(id) => {
                let id = self.answering(*id)?.id;
                let owned = self.visitors.values().filter(move |row| row.owner == Some(id));
                let contacts = self.group(id).into_iter().map(Subject::Contact);
                owned.map(|row| Subject::Visitor(row.id)).chain(contacts)
            }
        };
        Some(visitors.collect())
    }
}
