//! Dynamic segments, by the evaluator of the domain.

use super::contacts::{active, details};
use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{ContactDetails, MemberQuery, MembersFrom, Segments, StorageError};
use selfsame_domain::segments::{ContactFacts, Definitions, Plan};
use selfsame_domain::{Contact, Timestamp, WorkspaceId};

#[async_trait]
impl Segments for MemoryStore {
    async fn definitions(&self, workspace: WorkspaceId) -> Result<Definitions, StorageError> {
        let space = self.space(workspace);
        let names = space.segments.values();
        Ok(Definitions {
            names: names.map(|segment| (segment.id, segment.name.clone())).collect(),
            formulas: space.formulas.clone(),
            fields: space.fields.values().cloned().collect(),
        })
    }

    async fn members(
        &self,
        workspace: WorkspaceId,
        query: &MemberQuery<'_>,
    ) -> Result<Vec<ContactDetails>, StorageError> {
        let space = self.space(workspace);
        let mut found: Vec<Contact> = active(&space)
            .filter(|contact| query.plan.matches(ContactFacts { contact }, query.now))
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
        let members = active(&space).filter(|contact| plan.matches(ContactFacts { contact }, now));
        Ok(members.count() as u64)
    }
}
