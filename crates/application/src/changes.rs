//! The change feed: what became of contacts, in the order of the commits.

use crate::app::Application;
use crate::ports::{Logged, LoggedEntry, StorageError};
use selfsame_domain::{ChangeKind, ContactChange, Revision, WorkspaceId};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often a caller that waits looks for a new commit, which another server may have made.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A query of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeQuery {
    /// The last commit that the caller knows; none to begin with what comes next.
    pub after: Option<Revision>,
    /// About how many changes to look at.
    pub limit: u32,
    /// Which changes to return.
    pub kinds: BTreeSet<ChangeKind>,
}

/// Changes of some commits, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangePage {
    /// The changes, in the order of the commits.
    pub items: Vec<ContactChange>,
    /// The last commit that was looked at: where to go on.
    pub next: Revision,
}

/// Why the feed does not answer.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// Changes after this commit are not all kept any more.
    #[error("changes up to revision {begins} are not all kept")]
    TooOld {
        /// The last commit of which they are not.
        begins: Revision,
    },
    /// The workspace has no such commit yet.
    #[error("must be at most {latest}, the present revision of the workspace")]
    Ahead {
        /// The last commit.
        latest: Revision,
    },
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Application {
    /// One page of the feed. Entries and exits of segments that earlier commits caused are recorded first, as far as that takes little time. May be
    /// empty although there are more commits, when none of those looked at has a change of the kinds.
    pub async fn changes(&self, workspace: WorkspaceId, query: &ChangeQuery) -> Result<ChangePage, ChangesError> {
        if query.after.is_some() && query.kinds.iter().any(|kind| kind.is_of_segment()) {
            self.catch_up(workspace).await?;
        }
        let after = query.after.unwrap_or(Revision(i64::MAX));
        let page = self.store.logged(workspace, after, query.limit).await?;
        let Some(after) = query.after else {
            return Ok(ChangePage {
                items: Vec::new(),
                next: page.latest,
            });
        };
        if after < page.begins {
            return Err(ChangesError::TooOld { begins: page.begins });
        }
        if after > page.latest {
            return Err(ChangesError::Ahead { latest: page.latest });
        }
        let changes = page.entries.iter().filter_map(change);
        Ok(ChangePage {
            items: changes.filter(|change| query.kinds.contains(&change.kind)).collect(),
            next: page.until,
        })
    }

    /// The same, but waits for a change of the kinds, at most so long, and only while `goes_on` says so.
    pub async fn wait_for_changes(
        &self,
        workspace: WorkspaceId,
        query: &ChangeQuery,
        wait: Duration,
        goes_on: impl Fn() -> bool + Send,
    ) -> Result<ChangePage, ChangesError> {
        let end = Instant::now() + wait;
        let mut query = query.clone();
        loop {
            let page = self.changes(workspace, &query).await?;
            let left = end.saturating_duration_since(Instant::now());
            if !page.items.is_empty() || left.is_zero() || !goes_on() {
                return Ok(page);
            }
            // Where nothing new was looked at, everything there is was.
            if query.after == Some(page.next) {
                sleep(left.min(LOOK_EVERY)).await;
            }
            query.after = Some(page.next);
        }
    }
}

fn change(entry: &LoggedEntry) -> Option<ContactChange> {
    match &entry.what {
        Logged::Erased => Some(ContactChange::erasure(entry.revision, entry.contact)),
        Logged::Decided(decision) => ContactChange::of(entry.revision, entry.contact, decision),
        Logged::Moved(moved) => Some(ContactChange::of_segment(entry.revision, entry.contact, *moved)),
    }
}
