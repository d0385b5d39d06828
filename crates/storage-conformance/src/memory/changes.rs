//! Reading the identity log in the order of the commits.

use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{Changes, Deleted, LoggedEntry, LoggedPage, StorageError};
use selfsame_domain::{Revision, WorkspaceId};

#[async_trait]
impl Changes for MemoryStore {
    async fn logged(&self, workspace: WorkspaceId, after: Revision, limit: u32) -> Result<LoggedPage, StorageError> {
        if !self.lock().accounts.contains_key(&workspace) {
            return Err(StorageError::UnknownWorkspace);
        }
        let space = self.space(workspace);
        let decided = space.log.values().map(|entry| {
            let id = entry.decision.id;
            let found = LoggedEntry {
                revision: space.revisions.decision(id),
                contact: entry.contact,
                decision: Some(entry.decision.clone()),
            };
            (found, Some(id))
        });
        let erased = space.deleted.iter().filter_map(|(revision, deleted)| match deleted {
            Deleted::Contact(contact) => Some((
                LoggedEntry {
                    revision: *revision,
                    contact: *contact,
                    decision: None,
                },
                None,
            )),
            _ => None,
        });
        let all = decided.chain(erased);
        let mut all: Vec<_> = all.filter(|(entry, _)| entry.revision > after).collect();
        all.sort_by_key(|(entry, decision)| (entry.revision, decision.is_none(), *decision, entry.contact));
        let latest = space.revisions.latest;
        let full = all.get((limit as usize).saturating_sub(1));
        let until = full.map_or(latest, |(last, _)| last.revision);
        all.retain(|(entry, _)| entry.revision <= until);
        Ok(LoggedPage {
            entries: all.into_iter().map(|(entry, _)| entry).collect(),
            until,
            latest,
            begins: space.feed_begins,
        })
    }
}
