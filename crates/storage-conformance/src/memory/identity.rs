//! Reading identities, logs and merges of contacts.

use super::space::Space;
use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{Holder, Identity, IdentityView, Lookup, StorageError};
use selfsame_domain::{
    ContactId, Decision, DecisionId, IdentifierKey, KeyRecord, Merge, MergeId, Timestamp, Visitor, VisitorId,
    WorkspaceId,
};
use std::cmp::Reverse;
use std::collections::BTreeMap;

const MAX_VISITORS: usize = 1_000;

const MAX_HOLDERS: usize = 100;

#[async_trait]
impl Identity for MemoryStore {
    async fn identity(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<IdentityView>, StorageError> {
        let space = self.space(workspace);
        let Some(contact) = space.answering(id) else {
            return Ok(None);
        };
        let record = |key: &IdentifierKey| {
            let record = space.keys.get(key).filter(|record| **record != KeyRecord::default());
            record.map(|record| (key.clone(), record.clone()))
        };
        let keys = contact
            .identifiers
            .iter()
            .filter_map(|held| record(held.key()))
            .collect();
        let mut visitors = space.visitors_of(contact.id);
        visitors.truncate(MAX_VISITORS);
        let group = space.group(contact.id);
        let concerns = |merge: &&Merge| {
            let (survivor, absorbed) = (group.contains(&merge.survivor), group.contains(&merge.absorbed));
            (survivor && absorbed) || (merge.undone_at.is_some() && (survivor || absorbed))
        };
        let mut merges: Vec<Merge> = space.merges.values().filter(concerns).cloned().collect();
        merges.sort_by_key(|merge| (merge.at, merge.id));
        Ok(Some(IdentityView {
            contact,
            keys,
            visitors,
            merges,
        }))
    }

    async fn visitors_of(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<(Timestamp, VisitorId)>,
        limit: u32,
    ) -> Result<Vec<Visitor>, StorageError> {
        let space = self.space(workspace);
        let found = space.answering(id).map(|contact| space.visitors_of(contact.id));
        let found = found.unwrap_or_default().into_iter();
        let rest = found.filter(|visitor| after.is_none_or(|after| (visitor.since, visitor.id) > after));
        Ok(rest.take(limit as usize).collect())
    }

    async fn log(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Option<Vec<Decision>>, StorageError> {
        let space = self.space(workspace);
        let Some(contact) = space.answering(id) else {
            return Ok(None);
        };
        let group = space.group(contact.id);
        let entries = space
            .log
            .iter()
            .filter(|((contact, decision), _)| group.contains(contact) && after.is_none_or(|after| *decision > after));
        let by_time: BTreeMap<DecisionId, &Decision> = entries.map(|((_, id), entry)| (*id, &entry.decision)).collect();
        Ok(Some(by_time.into_values().take(limit as usize).cloned().collect()))
    }

    async fn decision(&self, workspace: WorkspaceId, id: DecisionId) -> Result<Option<Decision>, StorageError> {
        let space = self.space(workspace);
        let found = space.log.iter().find(|((_, decision), _)| *decision == id);
        Ok(found.map(|(_, entry)| entry.decision.clone()))
    }

    async fn lookup(&self, workspace: WorkspaceId, key: &IdentifierKey) -> Result<Lookup, StorageError> {
        let space = self.space(workspace);
        let record = space.keys.get(key).cloned().unwrap_or_default();
        let visible = space.rows_of(key).filter(|held| held.is_visible());
        let mut holders: Vec<Holder> = visible
            .map(|held| Holder {
                contact: held.owner,
                removed: !space.is_active(held.owner),
                held: held.clone(),
            })
            .collect();
        holders.sort_by_key(|holder| (holder.contact, holder.held.home));
        holders.truncate(MAX_HOLDERS);
        Ok(Lookup { record, holders })
    }

    async fn merges(
        &self,
        workspace: WorkspaceId,
        before: Option<MergeId>,
        limit: u32,
    ) -> Result<Vec<Merge>, StorageError> {
        let space = self.space(workspace);
        let bound = before
            .and_then(|id| space.merges.get(&id))
            .map(|merge| (merge.at, merge.id));
        let earlier = |merge: &&Merge| bound.is_none_or(|bound| (merge.at, merge.id) < bound);
        let mut found: Vec<Merge> = space.merges.values().filter(earlier).cloned().collect();
        found.sort_by_key(|merge| Reverse((merge.at, merge.id)));
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn merge(&self, workspace: WorkspaceId, id: MergeId) -> Result<Option<Merge>, StorageError> {
        Ok(self.space(workspace).merges.get(&id).cloned())
    }
}

impl Space {
    /// The visitors that a contact answers for, the earliest first.
    fn visitors_of(&self, id: ContactId) -> Vec<Visitor> {
        let owned = self.visitors.values().filter(|visitor| visitor.owner == Some(id));
        let mut found: Vec<Visitor> = owned.cloned().collect();
        found.sort_by_key(|visitor| (visitor.since, visitor.id));
        found
    }
}
