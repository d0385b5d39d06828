//! Reading the identity log, erasures, and entries and exits of segments in the order of the commits.

use super::store::MemoryStore;
use async_trait::async_trait;
use selfsame_application::ports::{Changes, Deleted, Logged, LoggedEntry, LoggedPage, StorageError};
use selfsame_domain::{ContactId, DecisionId, Revision, SegmentId, WorkspaceId};

#[async_trait]
impl Changes for MemoryStore {
    async fn logged(&self, workspace: WorkspaceId, after: Revision, limit: u32) -> Result<LoggedPage, StorageError> {
        if !self.lock().accounts.contains_key(&workspace) {
            return Err(StorageError::UnknownWorkspace);
        }
        let space = self.space(workspace);
        let decided = space.log.values().map(|entry| {
            let id = entry.decision.id;
            let what = Logged::Decided(Box::new(entry.decision.clone()));
            (space.revisions.decision(id), entry.contact, what)
        });
        let erased = space.deleted.iter().filter_map(|(revision, deleted)| match deleted {
            Deleted::Contact(contact) => Some((*revision, *contact, Logged::Erased)),
            _ => None,
        });
        let moved = space.moves().into_iter();
        let moved = moved.map(|(revision, contact, moved)| (revision, contact, Logged::Moved(moved)));
        let all = decided.chain(erased).chain(moved);
        let mut all: Vec<LoggedEntry> = all
            .filter(|(revision, ..)| *revision > after)
            .map(|(revision, contact, what)| LoggedEntry {
                revision,
                contact,
                what,
            })
            .collect();
        all.sort_by_key(place);
        let latest = space.revisions.latest;
        let full = all.get((limit as usize).saturating_sub(1));
        let until = full.map_or(latest, |last| last.revision);
        all.retain(|entry| entry.revision <= until);
        Ok(LoggedPage {
            entries: all,
            until,
            latest,
            begins: space.feed_begins,
        })
    }
}

/// The place of an entry in the feed.
fn place(entry: &LoggedEntry) -> (Revision, bool, Option<DecisionId>, ContactId, Option<SegmentId>) {
    let (decision, segment) = match &entry.what {
        Logged::Decided(decision) => (Some(decision.id), None),
        Logged::Erased => (None, None),
        Logged::Moved(moved) => (None, Some(moved.segment)),
    };
    (entry.revision, decision.is_none(), decision, entry.contact, segment)
}
