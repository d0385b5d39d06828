//! Dynamic segments, by the evaluator of the domain.

use super::contacts::{active, details};
use super::space::Space;
use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::HistoryOf;
use selfsame_application::ports::{ContactDetails, MemberQuery, MembersFrom, Segments, StorageError};
use selfsame_domain::segments::{ContactFacts, Definitions, Plan};
use selfsame_domain::{Contact, Event, Order, Timestamp, WorkspaceId};

#[async_trait]
impl Segments for MemoryStore {
    async fn definitions(&self, workspace: WorkspaceId) -> Result<Definitions, StorageError> {
        Ok(self.space(workspace).definitions())
    }

    async fn members(
        &self,
        workspace: WorkspaceId,
        query: &MemberQuery<'_>,
    ) -> Result<Vec<ContactDetails>, StorageError> {
        let space = self.space(workspace);
        let mut found: Vec<Contact> = active(&space)
            .filter(|contact| matches(&space, query.plan, contact, query.now))
            .collect();
        let passed_over = match query.from {
            MembersFrom::After(after) => {
                found.retain(|contact| contact.id > after);
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

    async fn count_members(&self, workspace: WorkspaceId, plan: &Plan, now: Timestamp) -> Result<u64, StorageError> {
        let space = self.space(workspace);
        let members = active(&space).filter(|contact| matches(&space, plan, contact, now));
        Ok(members.count() as u64)
    }
}

/// Whether a contact matches a plan.
pub(super) fn matches(space: &Space, plan: &Plan, contact: &Contact, now: Timestamp) -> bool {
    let subjects = space.subjects(&HistoryOf::Contact(contact.id)).unwrap_or_default();
    let left = |event: &&Event| event.subject.is_some_and(|subject| subjects.contains(&subject));
    let group = space.group(contact.id);
    let events: Vec<Event> = match plan.needs_events() {
        (false, false) => Vec::new(),
        _ => space.events.values().filter(left).cloned().collect(),
    };
    let ordered = space.orders.values().filter(|order| group.contains(&order.contact));
    let orders: Vec<Order> = ordered.cloned().collect();
    let details = details(space, contact.clone());
    let facts = ContactFacts {
        contact,
        events: &events,
        orders: &orders,
        unsubscribed: &details.unsubscribed,
        absorbed: group.iter().filter(|id| **id != contact.id).count(),
    };
    plan.matches(facts, now)
}

impl Space {
    /// The names and formulas of the segments, and the custom fields.
    pub(super) fn definitions(&self) -> Definitions {
        let names = self.segments.values();
        Definitions {
            names: names.map(|segment| (segment.id, segment.name.clone())).collect(),
            formulas: self.formulas.clone(),
            fields: self.fields.values().cloned().collect(),
        }
    }
}
