//! Forgetting what exports need no longer.

use crate::app::Application;
use crate::ports::{PruneUpTo, StorageError};
use chrono::TimeDelta;
use selfsame_domain::Revision;

/// For how long runs can be looked at, in days.
const RUN_DAYS: i64 = 30;

/// Of how many commits the change feed has the erasures at least.
const FEED_COMMITS: i64 = 1_000_000;

impl Application {
    /// Deletes runs of more than 30 days ago, and notes of what was deleted that neither an export nor the change feed needs; returns how many of both.
    pub async fn prune_exports(&self) -> Result<u64, StorageError> {
        let before = self.clock.now() - TimeDelta::days(RUN_DAYS);
        let mut pruned = self.store.prune_runs(before).await?;
        for workspace in self.store.workspaces().await? {
            // Read before the exports: one that is made meanwhile begins with this state, or a later one.
            let latest = self.store.export_snapshot(workspace.id).await?.revision();
            let exports = self.store.exports(workspace.id).await?;
            // One that never ran to its end may be at its first run, and then need notes that were made since that began.
            let synced = exports.iter().map(|export| export.synced.unwrap_or_default());
            let up_to = synced.min().unwrap_or(latest);
            let feed_begins = Revision(latest.0.saturating_sub(FEED_COMMITS).max(0));
            let up_to = PruneUpTo {
                contacts: up_to.min(feed_begins),
                others: up_to,
            };
            pruned += self.store.prune_deleted(workspace.id, up_to).await?;
        }
        Ok(pruned)
    }
}
