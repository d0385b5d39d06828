//! Reading identities, logs and merges of contacts.

use super::space::Space;
use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{
    Holder, Identity, IdentityView, Lookup, PeriodCounts, QuarantinedPlace, SharedIdentifier, StorageError,
};
use selfsame_domain::{
    ContactId, Decision, DecisionId, HeldIdentifier, IdentifierKey, IdentifierState, KeyRecord, Merge, MergeId,
    Timestamp, Visitor, VisitorId, WorkspaceId,
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

    async fn shared(
        &self,
        workspace: WorkspaceId,
        least: u32,
        after: Option<&IdentifierKey>,
        limit: u32,
    ) -> Result<Vec<SharedIdentifier>, StorageError> {
        let space = self.space(workspace);
        let is_shared = |record: &KeyRecord| record.seen_with.len() >= least.max(2) as usize;
        let found = space.keys.iter().filter(|(_, record)| is_shared(record));
        let mut found: Vec<SharedIdentifier> = found
            .filter(|(key, _)| after.is_none_or(|after| place_of(key) > place_of(after)))
            .map(|(key, record)| SharedIdentifier {
                key: key.clone(),
                external_ids: u32::try_from(record.seen_with.len()).unwrap_or(u32::MAX),
            })
            .collect();
        found.sort_by(|one, other| place_of(&one.key).cmp(&place_of(&other.key)));
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn quarantined(
        &self,
        workspace: WorkspaceId,
        after: Option<&QuarantinedPlace>,
        limit: u32,
    ) -> Result<Vec<Holder>, StorageError> {
        let space = self.space(workspace);
        let place = |held: &HeldIdentifier| (held.kind().code(), held.key().value.clone(), held.home);
        let after = after.map(|after| (after.key.kind.code(), after.key.value.clone(), after.home));
        let mut found: Vec<Holder> = space
            .identifiers
            .values()
            .filter(|held| held.state == IdentifierState::Quarantined && held.is_visible())
            .filter(|held| after.as_ref().is_none_or(|after| place(held) > *after))
            .map(|held| Holder {
                contact: held.owner,
                removed: !space.is_active(held.owner),
                held: held.clone(),
            })
            .collect();
        found.sort_by_key(|holder| place(&holder.held));
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn counts_between(
        &self,
        workspace: WorkspaceId,
        bounds: &[Timestamp],
    ) -> Result<Vec<PeriodCounts>, StorageError> {
        let space = self.space(workspace);
        let count = |pair: &[Timestamp]| {
            let is_in = |at: Timestamp| pair[0] <= at && at < pair[1];
            let created = space.contacts.values().filter(|contact| is_in(contact.created_at));
            let merged = space.merges.values().filter(|merge| is_in(merge.at));
            PeriodCounts {
                created: created.count() as u64,
                merged: merged.count() as u64,
            }
        };
        Ok(bounds.windows(2).map(count).collect())
    }

    async fn merge(&self, workspace: WorkspaceId, id: MergeId) -> Result<Option<Merge>, StorageError> {
        Ok(self.space(workspace).merges.get(&id).cloned())
    }
}

/// The order of identifiers in lists.
fn place_of(key: &IdentifierKey) -> (i16, &str) {
    (key.kind.code(), &key.value)
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
